"""The example graph as two small tables: who and what exists, and how they are connected.

Every entity but one is real and bears its DBpedia IRI; Chelsea, the cat of scikit-image's test picture, has ours.
The facts are common knowledge, written down for this example.
"""

DBPEDIA = "http://dbpedia.org/resource/"
ONTOLOGY = "http://dbpedia.org/ontology/"
OURS = "https://example.org/kgmner/"

# name | label | type | classes, most specific first | aliases | picture in graph/images (without .jpg)
ENTITIES = """
Chad | Chad | LOC | country, place | Tchad; Republic of Chad | Flag_of_Chad
Romania | Romania | LOC | country, place | România | Flag_of_Romania
Jordan | Jordan | LOC | country, place | Hashemite Kingdom of Jordan | Flag_of_Jordan
Georgia_(country) | Georgia (country) | LOC | country, place | Georgia; Sakartvelo | Flag_of_Georgia
Georgia_(U.S._state) | Georgia (U.S. state) | LOC | state, place | Georgia; Peach State | Flag_of_Georgia_(U.S._state)
Poland | Poland | LOC | country, place | Polska | Flag_of_Poland
Indonesia | Indonesia | LOC | country, place | | Flag_of_Indonesia
Monaco | Monaco | LOC | city-state, country, place | Principality of Monaco | Flag_of_Monaco
United_States | United States | LOC | country, place | USA; U.S.; America |
United_Kingdom | United Kingdom | LOC | country, place | UK; Britain |
N'Djamena | N'Djamena | LOC | capital city, place | Ndjamena |
Bucharest | Bucharest | LOC | capital city, place | București |
Amman | Amman | LOC | capital city, place | |
Petra | Petra | LOC | ancient city, place | |
Tbilisi | Tbilisi | LOC | capital city, place | |
Atlanta | Atlanta | LOC | capital city, place | ATL |
Warsaw | Warsaw | LOC | capital city, place | Warszawa |
Jakarta | Jakarta | LOC | capital city, place | |
London | London | LOC | capital city, place | |
New_York_City | New York City | LOC | city, place | New York; NYC |
Chicago | Chicago | LOC | city, place | |
Jordan_River | Jordan River | LOC | river, place | Jordan; River Jordan |
Lake_Chad | Lake Chad | LOC | lake, place | |
Chelsea,_London | Chelsea, London | LOC | district, place | Chelsea |
Africa | Africa | LOC | continent, place | |
Europe | Europe | LOC | continent, place | |
Chad_Smith | Chad Smith | PER | drummer, musician, person | Chad | Chad_Smith_poster
Michael_Jordan | Michael Jordan | PER | basketball player, athlete, person | Jordan; MJ | Michael_Jordan_poster
Eileen_Collins | Eileen Collins | PER | astronaut, test pilot, person | Collins | Eileen_Collins
Phil_Collins | Phil Collins | PER | singer, drummer, musician, person | Collins | Phil_Collins_poster
Michael_Collins_(astronaut) | Michael Collins (astronaut) | PER | astronaut, person | Michael Collins; Collins |
Grace_Hopper | Grace Hopper | PER | computer scientist, naval officer, person | Hopper; Amazing Grace | Grace_Hopper
Edward_Hopper | Edward Hopper | PER | painter, artist, person | Hopper | Edward_Hopper_poster
Edwin_Hubble | Edwin Hubble | PER | astronomer, scientist, person | Hubble |
Elon_Musk | Elon Musk | PER | businessperson, person | Musk |
Red_Hot_Chili_Peppers | Red Hot Chili Peppers | ORG | rock band, band, organisation | RHCP |
Genesis_(band) | Genesis (band) | ORG | rock band, band, organisation | Genesis |
Chicago_Bulls | Chicago Bulls | ORG | basketball team, organisation | Bulls |
Chelsea_F.C. | Chelsea F.C. | ORG | football club, organisation | Chelsea; Chelsea FC; The Blues | Chelsea_FC_poster
NASA | NASA | ORG | space agency, organisation | National Aeronautics and Space Administration |
SpaceX | SpaceX | ORG | aerospace company, organisation | Space Exploration Technologies |
United_States_Navy | United States Navy | ORG | navy, organisation | US Navy |
Whitney_Museum | Whitney Museum | ORG | museum, organisation | Whitney |
Falcon_9 | Falcon 9 | OTHER | rocket, machine | | Falcon_9
Deep_Space_Climate_Observatory | Deep Space Climate Observatory | OTHER | satellite, machine | DSCOVR |
Hubble_Space_Telescope | Hubble Space Telescope | OTHER | space telescope, machine | Hubble; HST |
Hubble_eXtreme_Deep_Field | Hubble eXtreme Deep Field | OTHER | picture, work | XDF | Hubble_eXtreme_Deep_Field
STS-93 | STS-93 | OTHER | space mission, event | |
Apollo_11 | Apollo 11 | OTHER | space mission, event | |
COBOL | COBOL | OTHER | programming language, work | |
Nighthawks | Nighthawks | OTHER | painting, work | |
In_the_Air_Tonight | In the Air Tonight | OTHER | song, work | |
chelsea-the-cat | Chelsea (cat) | OTHER | cat, animal | Chelsea | Chelsea_the_cat
scikit-image | scikit-image | OTHER | software library, work | skimage |
"""

# subject | predicate | object
TRIPLES = """
Chad | capital | N'Djamena
Chad | continent | Africa
Lake_Chad | location | Chad
Romania | capital | Bucharest
Romania | continent | Europe
Jordan | capital | Amman
Petra | location | Jordan
Jordan_River | country | Jordan
Georgia_(country) | capital | Tbilisi
Georgia_(U.S._state) | capital | Atlanta
Georgia_(U.S._state) | country | United_States
Poland | capital | Warsaw
Poland | continent | Europe
Indonesia | capital | Jakarta
Monaco | continent | Europe
United_Kingdom | capital | London
United_Kingdom | continent | Europe
New_York_City | country | United_States
Chicago | country | United_States
Chelsea,_London | city | London
Chad_Smith | bandMember | Red_Hot_Chili_Peppers
Chad_Smith | nationality | United_States
Michael_Jordan | team | Chicago_Bulls
Michael_Jordan | nationality | United_States
Chicago_Bulls | city | Chicago
Eileen_Collins | employer | NASA
Eileen_Collins | mission | STS-93
STS-93 | operator | NASA
Michael_Collins_(astronaut) | employer | NASA
Michael_Collins_(astronaut) | mission | Apollo_11
Apollo_11 | operator | NASA
Phil_Collins | bandMember | Genesis_(band)
Phil_Collins | nationality | United_Kingdom
In_the_Air_Tonight | artist | Phil_Collins
Grace_Hopper | militaryBranch | United_States_Navy
COBOL | designer | Grace_Hopper
Grace_Hopper | birthPlace | New_York_City
Nighthawks | author | Edward_Hopper
Whitney_Museum | exhibits | Edward_Hopper
Whitney_Museum | city | New_York_City
Chelsea_F.C. | city | London
Falcon_9 | manufacturer | SpaceX
SpaceX | founder | Elon_Musk
Deep_Space_Climate_Observatory | launchVehicle | Falcon_9
Hubble_Space_Telescope | namedAfter | Edwin_Hubble
Hubble_Space_Telescope | operator | NASA
Hubble_eXtreme_Deep_Field | takenBy | Hubble_Space_Telescope
chelsea-the-cat | picturedIn | scikit-image
"""


def entity_rows() -> list[dict[str, str]]:
    """The rows of entities.csv, in the order above."""
    rows = []
    for line in ENTITIES.strip().splitlines():
        name, label, kind, classes, aliases, image = (cell.strip() for cell in line.split("|"))
        rows.append(
            {
                "iri": iri(name),
                "label": label,
                "type": kind,
                "class": "|".join(classes.split(", ")),
                "aliases": "|".join(aliases.split("; ")) if aliases else "",
                "image": f"images/{image}.jpg" if image else "",
            }
        )
    return rows


def triple_rows() -> list[dict[str, str]]:
    """The rows of triples.csv, in the order above."""
    rows = []
    for line in TRIPLES.strip().splitlines():
        subject, predicate, target = (cell.strip() for cell in line.split("|"))
        rows.append({"subject": iri(subject), "predicate": ONTOLOGY + predicate, "object": iri(target)})
    return rows


def iri(name: str) -> str:
    """The IRI of an entity by its name in the tables above."""
    return (OURS if name == "chelsea-the-cat" else DBPEDIA) + name
