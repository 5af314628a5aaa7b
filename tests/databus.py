"""Every kind of file of DBpedia's Databus, small, its lines in their form; by the name of the artifact."""

RESOURCE, ONTOLOGY = "http://dbpedia.org/resource/", "http://dbpedia.org/ontology/"
PREFIXES = {
    "r": RESOURCE,
    "o": ONTOLOGY,
    "p": "http://dbpedia.org/property/",
    "de": "http://de.dbpedia.org/resource/",
    "wd": "http://www.wikidata.org/entity/",
    "wdb": "http://wikidata.dbpedia.org/resource/",
    "wp": "http://en.wikipedia.org/wiki/",
    "file": "http://commons.wikimedia.org/wiki/Special:FilePath/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "georss": "http://www.georss.org/georss/",
    "dct": "http://purl.org/dc/terms/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "prov": "http://www.w3.org/ns/prov#",
    "lex": "http://lexvo.org/ontology#",
    "nif": "http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#",
    "its": "http://www.w3.org/2005/11/its/rdf#",
    "dul": "http://www.ontologydesignpatterns.org/ont/dul/DUL.owl#",
    "vann": "http://purl.org/vocab/vann/",
    "web": "http://www.example.org/",
}

# Artifact (as in `labels_lang=en.ttl.bz2`): what its lines say.
FILES = {
    "labels_lang=en": 'r:Lionel_Messi rdfs:label "Lionel Messi"@en\nr:FC_Barcelona rdfs:label "FC Barcelona"@en\n'
    'r:Rosario rdfs:label "Rosario"@en\nr:Messi rdfs:label "Messi"@en\nr:Leo_Messi rdfs:label "Leo Messi"@en\n'
    'r:Messi_(disambiguation) rdfs:label "Messi (disambiguation)"@en\nr:Asparagus rdfs:label "Asparagus"@en',
    "labels_lang=de": 'de:Lionel_Messi rdfs:label "Lionel Messi"@de\nde:K%C3%B6ln rdfs:label "K\\u00F6ln"@de',
    "redirects_lang=en": "r:Messi o:wikiPageRedirects r:Leo_Messi",
    "redirects_lang=en_transitive": "r:Leo_Messi o:wikiPageRedirects r:Lionel_Messi\n"
    "r:Messi o:wikiPageRedirects r:Lionel_Messi",
    "disambiguations_lang=en": "r:Messi_(disambiguation) o:wikiPageDisambiguates r:Lionel_Messi",
    "instance-types_lang=en_specific": "r:Lionel_Messi rdf:type o:SoccerPlayer\nr:FC_Barcelona rdf:type o:SoccerClub\n"
    "r:Lionel_Messi__CareerStation__1 rdf:type o:CareerStation\nr:Asparagus rdf:type o:Vegetal",
    "instance-types_lang=en_transitive": "r:Lionel_Messi rdf:type o:Person\nr:Lionel_Messi rdf:type dul:Agent",
    "mappingbased-objects_lang=en": "r:Lionel_Messi o:birthPlace r:Rosario\n"
    "r:Lionel_Messi o:careerStation r:Lionel_Messi__CareerStation__1\n"
    "r:Lionel_Messi__CareerStation__1 o:team r:FC_Barcelona",
    "mappingbased-objects-uncleaned_lang=en": "r:Lionel_Messi o:team r:FC_Barcelona",
    "mappingbased-literals_lang=en": 'r:Lionel_Messi o:birthDate "1987-06-24"^^xsd:date\n'
    'r:Lionel_Messi__CareerStation__1 o:years "2004"^^xsd:gYear\nr:Lionel_Messi foaf:nick "La Pulga"@es',
    "specific-mappingbased-properties_lang=en": 'r:Lionel_Messi o:Person/height "170.0"^^web:centimetre',
    "geo-coordinates-mappingbased_lang=en": "r:Rosario rdf:type geo:SpatialThing\n"
    'r:Rosario georss:point "-32.95 -60.64"\nr:Rosario geo:lat "-32.95"^^xsd:float',
    "infobox-properties_lang=en": 'r:Lionel_Messi p:fullname "Lionel Andr\\u00E9s Messi"@en\n'
    "r:Lionel_Messi p:website web:messi\nr:Lionel_Messi p:clubs r:FC_Barcelona\n"
    "r:Lionel_Messi p:wikiPageUsesTemplate r:Template:Infobox_football_biography\n"
    "r:Lionel_Messi p:sound file:Messi.ogg",
    "infobox-property-definitions_lang=en": 'p:fullname rdf:type rdf:Property\np:fullname rdfs:label "full name"@en',
    "images_lang=en": "r:Lionel_Messi foaf:depiction file:Messi.jpg\n"
    "file:Messi.jpg foaf:thumbnail file:Messi.jpg?width=300\n"
    "r:Lionel_Messi o:thumbnail file:Messi.jpg?width=300\nfile:Messi.jpg dc:rights wp:File:Messi.jpg",
    "geo-coordinates_lang=en": 'r:Rosario geo:long "-60.64"^^xsd:float',
    "article-categories_lang=en": "r:Lionel_Messi dct:subject r:Category:Living_people",
    "category-labels_lang=en": 'r:Category:Living_people rdfs:label "Living people"@en',
    "category-labels_lang=de": 'de:Kategorie:Mann rdfs:label "Mann"@de',
    "categories-skos_lang=en": "r:Category:Living_people rdf:type skos:Concept\n"
    'r:Category:Living_people skos:prefLabel "Living people"@en\n'
    "r:Category:Living_people skos:broader r:Category:People",
    "topical-concepts_lang=en": "r:Category:Asparagus skos:subject r:Asparagus",
    "homepages_lang=en": "r:FC_Barcelona foaf:homepage web:fcb",
    "external-links_lang=en": "r:FC_Barcelona o:wikiPageExternalLink web:fcb",
    "interlanguage-links_lang=en": "r:Lionel_Messi owl:sameAs de:Lionel_Messi\nr:Lionel_Messi owl:sameAs wd:Q615",
    "page_lang=en_ids": 'r:Lionel_Messi o:wikiPageID "2150841"^^xsd:integer',
    "page_lang=en_length": 'r:Lionel_Messi o:wikiPageLength "300000"^^xsd:nonNegativeInteger',
    "page_lang=en_out-degree": 'r:Lionel_Messi o:wikiPageOutDegree "900"^^xsd:nonNegativeInteger',
    "revisions_lang=en_ids": 'r:Lionel_Messi o:wikiPageRevisionID "1100"^^xsd:integer',
    "revisions_lang=en_uris": "r:Lionel_Messi prov:wasDerivedFrom wp:Lionel_Messi?oldid=1100",
    "wikilinks_lang=en": "r:Rosario o:wikiPageWikiLink r:Messi\nr:FC_Barcelona o:wikiPageWikiLink r:Lionel_Messi\n"
    "r:FC_Barcelona o:wikiPageWikiLink r:Category:Clubs",
    "wikipedia-links_lang=en": "r:Rosario foaf:isPrimaryTopicOf wp:Rosario\nwp:Rosario foaf:primaryTopic r:Rosario\n"
    'wp:Rosario dc:language "en"\nwp:Rosario rdf:type foaf:Document',
    "anchor-text_lang=en": 'r:Lionel_Messi lex:label "the Flea"@en\nr:Messi lex:label "the Flea"@en\n'
    'r:Lionel_Messi lex:label "the flea"@en\nr:Asparagus lex:label "the flea"@en\nr:Rosario lex:label "here"@en\n'
    'r:Nowhere lex:label "nowhere"@en',
    "persondata_lang=en": 'r:Lionel_Messi foaf:name "Messi, Lionel"@en\nr:Lionel_Messi dc:description "Footballer"@en',
    "short-abstracts_lang=en": 'r:Lionel_Messi rdfs:comment "An Argentine \\"footballer\\"."@en',
    "long-abstracts_lang=en": 'r:Lionel_Messi o:abstract "An Argentine footballer, and more."@en',
    "nif-context_lang=en": "r:Rosario?dbpv=2020-02&nif=context rdf:type nif:Context\n"
    'r:Rosario?dbpv=2020-02&nif=context nif:isString "Rosario is a city."\n'
    "r:Rosario?dbpv=2020-02&nif=context nif:sourceUrl wp:Rosario",
    "nif-text-links_lang=en": 'r:Rosario?dbpv=2020-02&nif=word&char=0,4 nif:anchorOf "city"\n'
    "r:Rosario?dbpv=2020-02&nif=word&char=0,4 its:taIdentRef r:City",
    "alias": 'wdb:Q615 o:alias "Leo"@en',
    "sameas-all-wikis": "wdb:Q615 owl:sameAs r:Lionel_Messi\nwdb:Q615 owl:sameAs wd:Q615",
    "ontology--DEV_type=parsed": 'o:SoccerPlayer rdf:type owl:Class\no:SoccerPlayer rdfs:label "soccer player"@en\n'
    'o:SoccerPlayer rdfs:label "Fu\\u00DFballspieler"@de\no:SoccerPlayer rdfs:subClassOf o:Athlete\n'
    "o:SoccerPlayer owl:equivalentClass wd:Q937857\no:Athlete rdfs:subClassOf o:Person\n"
    "o:Person rdfs:subClassOf dul:Agent\n"
    'o:Vegetal rdf:type owl:Class\no:Vegetal rdfs:label "edible plant"@en\no:Vegetal rdfs:comment "New."@en\n'
    "o:Vegetal rdfs:subClassOf o:Green\no:Green rdfs:subClassOf o:Plant\n"
    "o:team rdf:type owl:ObjectProperty\no:team rdf:type rdf:Property\n"
    'o:team rdfs:label "club"@en\no:team rdfs:range o:SportsTeam\no:team rdfs:domain o:Person\n'
    "o: rdf:type owl:Ontology\no: dct:creator web:somebody\no: vann:preferredNamespacePrefix \"dbo\"",
}  # fmt: skip


def written(text: str) -> str:
    """Return lines of N-Triples as DBpedia writes them, with its comments around them."""
    rows = [" ".join(map(_term, row.split(" ", 2))) + " .\n" for row in text.splitlines()]
    return f"# started 2022-12-01T00:00:00Z\n{''.join(rows)}# completed 2022-12-01T00:00:01Z\n"


def _term(short: str) -> str:
    if short.startswith('"'):
        text, sign, kind = short.rpartition("^^")
        return f"{text}^^{_term(kind)}" if sign else short
    prefix, _, name = short.partition(":")
    return f"<{PREFIXES[prefix]}{name}>"
