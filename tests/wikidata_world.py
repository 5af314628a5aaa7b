"""A small graph in Wikidata's form: as its endpoint holds it, and as the truthy dump has the same."""

from pathlib import Path

WD, WDT = "http://www.wikidata.org/entity/", "http://www.wikidata.org/prop/direct/"
PREFIXES = {
    "wd:": WD,
    "wdt:": WDT,
    "p:": "http://www.wikidata.org/prop/",
    "ps:": "http://www.wikidata.org/prop/statement/",
    "wds:": "http://www.wikidata.org/entity/statement/",
    "wikibase:": "http://wikiba.se/ontology#",
    "rdfs:": "http://www.w3.org/2000/01/rdf-schema#",
    "rdf:": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos:": "http://www.w3.org/2004/02/skos/core#",
    "schema:": "http://schema.org/",
    "owl:": "http://www.w3.org/2002/07/owl#",
    "file:": "http://commons.wikimedia.org/wiki/Special:FilePath/",
    "genid:": "http://www.wikidata.org/.well-known/genid/",
    "en:": "https://en.wikipedia.org/wiki/",
    "fr:": "https://fr.wikipedia.org/wiki/",
}
XSD = "http://www.w3.org/2001/XMLSchema#"
SEEDS = tuple(f"{WD}Q{1000 + number}" for number in range(50))
LANGUAGES = ("en", "de")  # those that all labels are in, but where an item has no label in either


def written(line: str) -> str:
    """A line of short names as a line of N-Triples."""

    def term(text: str) -> str:
        if text.startswith('"'):
            return text
        prefix = max((short for short in PREFIXES if text.startswith(short)), key=len)
        return f"<{PREFIXES[prefix]}{text.removeprefix(prefix)}>"

    return " ".join(map(term, line.split(" ", 2))) + " .\n"


def truthy() -> list[str]:
    """Items around the seeds, two hops far, with all that both forms have."""
    lines = []
    for number in range(50):
        seed, near, far = (f"wd:Q{thousand + number}" for thousand in (1000, 2000, 3000))
        lines += [
            *(f"{seed} wdt:P36 {near}", f"{far} wdt:P17 {near}", f"{near} wdt:P190 wd:Q{3000 + (number * 7) % 50}"),
            *(f"{seed} wdt:P31 wd:Q6256", f"{near} wdt:P31 wd:Q515", f"{far} wdt:P31 wd:Q5"),
            *(f'{seed} rdfs:label "Land {number}"@en', f'{seed} rdfs:label "Staat {number}"@de'),
            *(f'{seed} skos:altLabel "L{number}"@en', f'{seed} schema:description "a land, no. {number}"@en'),
            f"{seed} wdt:P41 file:Flag%20of%20{number}.svg",
            f'{seed} wdt:P1082 "{number + 1}000"^^<{XSD}decimal>',
            f'{seed} wdt:P571 "19{number:02}-01-01T00:00:00Z"^^<{XSD}dateTime>',
            f'{near} rdfs:label "Town {number}"@{("en", "en-gb", "mul", "fr", "de-at")[number % 5]}',
            f'{far} rdfs:label "Person {number}"@en',
            f"wd:Q{9000 + number} owl:sameAs {seed}",
            f"en:Land_{number} schema:about {seed}",
        ]
    for item, label in {"Q6256": "country", "Q515": "city", "Q5": "human", "Q7275": "state", "Q1": "thing"}.items():
        lines += [f'wd:{item} rdfs:label "{label}"@en']
    lines += ["wd:Q6256 wdt:P279 wd:Q7275", "wd:Q7275 wdt:P279 wd:Q1", "wd:Q1 wdt:P279 wd:Q7275"]
    for number, label in {36: "capital", 17: "country", 190: "twinned with", 1082: "people", 571: "since"}.items():
        lines += [f'wd:P{number} rdfs:label "{label}"@en']
    return lines


def only_there() -> list[str]:
    """What the endpoint holds beside that and no graph takes."""
    lines = []
    for number in range(50):
        seed, record = f"wd:Q{1000 + number}", f"wds:Q{1000 + number}-A"
        lines += [
            *(
                f"{seed} p:P36 {record}",
                f"{record} ps:P36 wd:Q{2000 + number}",
                f"{record} wikibase:rank wikibase:Best",
            ),
            *(f"{seed} wdt:P26 genid:{number}", f'{seed} wdt:P300 "code-{number}"'),
            f'{seed} schema:version "{number}"^^<{XSD}integer>',
            *(f'{seed} rdfs:label "Pays {number}"@fr', f'{seed} schema:description "un pays"@fr'),
            *(f"{seed} rdf:type wikibase:Item", f"fr:Pays_{number} schema:about {seed}"),
            f"wd:L{number} wdt:P5137 {seed}",
        ]
    return lines


def write(lines: list[str], path: Path) -> Path:
    path.write_text("".join(map(written, lines)), "utf-8")
    return path
