"""Wikidata's JSON dump: what is read of it, that its RDF gives the same graph, and what real files have wrong."""

import bz2
import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from wikidata_items import DIRECT, ENTITY, claim, dump, item, ntriples, terms, world

from kg import Graph, SourceError, build_graph

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Build = Callable[..., Graph]

QUERIES = {
    "entities": "SELECT iri, label, type, prior FROM entity",
    "names": "SELECT e.iri, a.text, a.kind, a.weight FROM alias a JOIN entity e ON e.id = a.entity",
    "classes": "SELECT e.iri, c.iri, c.label, c.type FROM entity_class x JOIN entity e ON e.id = x.entity"
    " JOIN class c ON c.id = x.class",
    "triples": "SELECT s.iri, p.iri, p.label, o.iri FROM triple t JOIN entity s ON s.id = t.subject"
    " JOIN predicate p ON p.id = t.predicate JOIN entity o ON o.id = t.object",
    "literals": "SELECT s.iri, p.iri, l.value, l.datatype FROM literal l JOIN entity s ON s.id = l.subject"
    " JOIN predicate p ON p.id = l.predicate",
    "pictures": "SELECT e.iri, i.source FROM image i JOIN entity e ON e.id = i.entity",
}


def rows(graph: Graph, what: str) -> list[tuple[Any, ...]]:
    """Rows with IRIs of Wikidata by their last part."""
    found = graph.connection.execute(QUERIES[what]).fetchall()
    short = [
        tuple(v.replace(ENTITY, "").replace(DIRECT, "") if isinstance(v, str) else v for v in row) for row in found
    ]
    return sorted(short, key=repr)


def graph_of(graph: Graph) -> dict[str, list[tuple[Any, ...]]]:
    return {what: rows(graph, what) for what in QUERIES}


def test_a_dump_is_read(build: Build) -> None:
    graph = build({"latest-all.json": dump(*world())})
    assert rows(graph, "entities") == [
        ("Q10", "Sampleland", "LOC", 2.0),
        ("Q11", "Samplegrad", "LOC", 0.0),
        ("Q12", "Jane Exemplar", "PER", 0.0),
        ("Q16", "Vzorek", None, 0.0),
    ]
    assert [(iri, text) for iri, text, *_ in rows(graph, "names")] == [
        ("Q10", "Freistaat Beispiel"), ("Q10", "Republic of Sampleland"),
        ("Q10", "Sample & Land (country)"), ("Q10", "Sampleland"),
        ("Q11", "Samplegrad"), ("Q12", "JX"), ("Q12", "Jane Exemplar"), ("Q16", "Vzorek"),
    ]  # fmt: skip
    assert rows(graph, "classes") == [
        ("Q10", "Q6256", "country", "LOC"),
        ("Q10", "Q901", "free state", "LOC"),
        ("Q11", "Q515", "city", "LOC"),
        ("Q12", "Q5", "human", "PER"),
    ]
    assert rows(graph, "triples") == [
        ("Q10", "P36", "capital", "Q11"),
        ("Q11", "P17", "country", "Q10"),
        ("Q11", "P999", "p999", "Q12"),
    ]
    assert [row for row in rows(graph, "literals") if row[1][0] == "P"] == [
        ("Q10", "P1448", "Freistaat Beispiel", "@de"),
        ("Q10", "P2046", "357022.25", "http://www.w3.org/2001/XMLSchema#decimal"),
        ("Q10", "P571", "1752-09-13T00:00:00Z", "http://www.w3.org/2001/XMLSchema#dateTime"),
        ("Q10", "P625", "Point(13 52.516666666)", "http://www.opengis.net/ont/geosparql#wktLiteral"),
        ("Q12", "P569", "-0043-01-01T00:00:00Z", "http://www.w3.org/2001/XMLSchema#dateTime"),
        ("Q12", "P742", "JX", ""),
    ]
    [(owner, picture)] = rows(graph, "pictures")
    assert (owner, picture.rpartition("/")[2]) == ("Q10", "Flag%20of%20S%27land%20%282%29.svg")
    assert graph.rejected() == ()


@pytest.mark.parametrize("languages", [("en",), ("de", "ja")])
def test_its_rdf_gives_the_same_graph(build: Build, languages: tuple[str, ...]) -> None:
    text = ntriples()
    expected = graph_of(build({"items.json": dump(*world())}, name="json", languages=languages))
    shuffled = "".join(sorted(text.splitlines(keepends=True), key=lambda line: line[::-1]))
    assert graph_of(build({"full.nt": shuffled}, name="lines", languages=languages)) == expected
    quads = pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_TRIPLES)
    turtle = pyoxigraph.serialize(quads, format=pyoxigraph.RdfFormat.TURTLE, prefixes={"wd": ENTITY, "wdt": DIRECT})
    assert graph_of(build({"full.ttl": turtle}, name="turtle", languages=languages)) == expected


def test_the_order_of_items_does_not_matter_nor_how_the_file_is_packed(build: Build) -> None:
    expected = graph_of(build({"items.json": dump(*world())}, name="json"))
    packed = {"items.json.bz2": bz2.compress(dump(*reversed(world())).encode())}
    assert graph_of(build(packed, name="bz2")) == expected
    lines = "".join(json.dumps(one) + "\n" for one in world())
    assert graph_of(build({"lines.gz": gzip.compress(lines.encode())}, name="gz")) == expected
    assert graph_of(build({"lines.zst": zstd.compress(lines.encode())}, name="zst")) == expected
    assert graph_of(build({"list.json": json.dumps(world())}, name="list")) == expected
    one = json.dumps({"entities": {one["id"]: one for one in world() if "id" in one}})
    assert rows(build({"Q10.json": one}, name="one"), "triples") == expected["triples"]


@pytest.mark.parametrize(
    ("form", "keep", "kept", "left_out"),
    [
        ("json", ("PER",), ["Q12"], 3),
        ("json", ("per", "Q515"), ["Q11", "Q12"], 2),
        ("json", ("Q6256",), ["Q10"], 3),
        ("rdf", (ENTITY + "Q902",), ["Q10"], 3),
        ("json", ("sitelinks>=1",), ["Q10"], 3),
        ("json", ("sitelinks >= 2", "PER", "LOC"), ["Q10"], 3),
        ("rdf", ("sitelinks >= 2", "PER", "LOC"), ["Q10"], 3),
        ("rdf", ("sitelinks>=0", "LOC"), ["Q10", "Q11"], 2),
    ],
)
def test_a_part_is_kept(build: Build, form: str, keep: tuple[str, ...], kept: list[str], left_out: int) -> None:
    graph = build({form: dump(*world()) if form == "json" else ntriples() + numbers_of_sitelinks()}, keep=keep)
    assert [row[0] for row in rows(graph, "entities")] == kept
    assert {row[0] for row in rows(graph, "names")} == set(kept)
    assert {end for row in rows(graph, "triples") for end in (row[0], row[3])} <= set(kept)
    [said] = graph.connection.execute("SELECT error FROM build_step WHERE name GLOB 'load *'").fetchone()
    assert said == f"{left_out} entities left out by --keep"
    assert ("free state" in {row[2] for row in rows(graph, "classes")}) == ("Q10" in kept)


def numbers_of_sitelinks() -> str:
    record = "https://www.wikidata.org/wiki/Special:EntityData/"
    line = f'<{record}{{}}> <http://wikiba.se/ontology#sitelinks> "0"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
    return "".join(map(line.format, ("Q11", "Q12", "Q16")))


def test_other_graphs_are_bounded_too(build: Build, line: Callable[[str, str, str], str]) -> None:
    text = line("Chad", "type", "Country") + line("Chad_Smith", "type", "Drummer") + line("Chad", "near", "Nothing")
    assert [row[1] for row in rows(build({"a.nt": text}, keep=["LOC"]), "entities")] == ["Chad"]
    tree = [("Drummer", "Musician"), ("Musician", "Artist"), ("Artist", "Musician")]
    below = " <http://www.w3.org/2000/01/rdf-schema#subClassOf> "
    text += "".join(below.join(f"<http://dbpedia.org/ontology/{name}>" for name in pair) + " .\n" for pair in tree)
    for name, _ in tree:
        one = build({"a.nt": text}, name=name, keep=[f"http://dbpedia.org/ontology/{name}", "sitelinks>=5"])
        assert [row[1] for row in rows(one, "entities")] == ["Chad Smith"]


@pytest.mark.parametrize("rule", ["", "CITY", "sitelinks", "sitelinks>5", "sitelinks>=x", "Q", "P31"])
def test_a_rule_that_is_none_is_refused(build: Build, rule: str) -> None:
    with pytest.raises(
        SourceError, match=r"--keep .*: expected PER, LOC, ORG or OTHER, a class .*, or \"sitelinks>=5\""
    ):
        build({"items.json": dump(*world())}, keep=[rule])


def test_lines_that_are_no_items_are_rejected_alone(build: Build) -> None:
    cut = json.dumps(item("Q12", "Jane"))[:-9]
    broken = [
        json.dumps(item("Q20", "Broken"))[1:],
        '{"id": 7, "labels": {}}',
        "null",
        '{"type":"item","labels":{}}',
        cut,
    ]
    graph = build({"items.json": dump(item("Q10", "Whole"), *broken, item("Q11", "Whole too"))})
    assert [row[:2] for row in rows(graph, "entities")] == [("Q10", "Whole"), ("Q11", "Whole too")]
    found = graph.rejected()
    assert [one.line for one in found] == [3, 4, 5, 6, 7]
    assert found[4].reason == "an item that is cut off (a download that was cut?)"
    assert all(one.reason.startswith("not an item") for one in found[:4])


def test_a_dump_cut_in_the_middle_is_read_up_to_there(build: Build) -> None:
    items = [item(f"Q{n}", f"Thing {n}", claims=[claim("P31", "Q5")]) for n in range(1, 4000)]
    text = dump(*items).encode()
    plain = build({"items.json": text[: len(text) // 2]}, name="plain")
    assert 1900 < len(rows(plain, "entities")) < 2100
    assert plain.rejected()[-1].reason.startswith("an item that is cut off")
    packed = bz2.compress(text)
    graph = build({"items.json.bz2": packed[: len(packed) * 2 // 3]}, name="packed")
    assert 0 < len(rows(graph, "entities")) < 4000
    assert "ends too early" in graph.rejected()[-1].reason


def test_labels_in_300_languages_and_letters_that_are_none(build: Build) -> None:
    many = {f"x{n // 26}{chr(97 + n % 26)}": f"Name {n}" for n in range(300)} | {
        "en_gb": "British",
        "pt": "\x1eP\x00\n",
    }
    odd = item("Q1", "No claims", aliases={}) | {"claims": {"P1559": "text", "P31": [{}]}}
    graph = build({"a.json": dump(item("Q3", None, labels=terms(**many)), json.dumps(item("Q4", "\ud83d lone")), odd)})
    assert rows(graph, "entities")[0][:2] == ("Q3", "British")
    assert len(rows(graph, "names")) == len(rows(graph, "entities"))
    other = build({"a.json": dump(item("Q3", None, labels=terms(**many)))}, name="b", languages=["pt"])
    assert [row[1] for row in rows(other, "entities")] == ["P\x00"]


def test_a_file_is_gone_on_with_in_its_middle(tmp_path: Path) -> None:
    path, whole, target = tmp_path / "items.json", tmp_path / "whole.sqlite", tmp_path / "kg.sqlite"
    items = [
        item(f"Q{n}", f"Thing {n}", padding="x" * 10_000_000, claims=[claim("P50", f"Q{n % 3 + 1}")])
        for n in range(1, 7)
    ]
    path.write_text(dump(*items, "{broken"))
    build_graph(whole, sources=[path])
    read: list[int] = []

    def stop(step: str, done: int, total: int) -> None:
        if step == "load items.json" and done:
            read.append(done)
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            build_graph(target, sources=[path], progress=stop)
    assert 1 < read[0] < read[1] < 9, "the second attempt begins where the first one was stopped"
    report = build_graph(target, sources=[path])
    assert (report.sources[0].records, report.sources[0].rejected, report.counts["entity"]) == (12, 1, 6)
    with Graph.open(whole) as one, Graph.open(target) as other:
        assert graph_of(one) == graph_of(other)
        assert one.rejected() == other.rejected()


@pytest.fixture
def samples(shared_data: Path) -> Path:
    return shared_data / "rdf-samples" / "wikidata"


def test_a_real_item_as_pyoxigraph_reads_it(samples: Path, build: Build) -> None:
    graph = build({"Q42.nt": (samples / "Q42.nt").read_bytes()})
    assert graph_of(graph) == graph_of(build({"Q42.ttl": (samples / "Q42.ttl").read_bytes()}, name="turtle"))
    quads = [q for q in pyoxigraph.parse(path=samples / "Q42.ttl") if q.subject == pyoxigraph.NamedNode(ENTITY + "Q42")]
    claims = [(q.predicate.value.removeprefix(DIRECT), q.object) for q in quads if q.predicate.value.startswith(DIRECT)]
    ends = {(p, o.value.removeprefix(ENTITY)) for p, o in claims if o.value.startswith(ENTITY)}
    assert {(p, o) for s, p, _, o in rows(graph, "triples") if s == "Q42"} == {(p, o) for p, o in ends if p != "P31"}
    assert {c for e, c, *_ in rows(graph, "classes")} == {o for p, o in ends if p == "P31"}
    english = {q.object.value for q in quads if getattr(q.object, "language", "") in ("en", "en-gb", "en-ca", "en-us")
               and q.predicate.value.endswith(("#label", "#altLabel"))}  # fmt: skip
    names = {text for iri, text, *_ in rows(graph, "names") if iri == "Q42"}
    assert names - english == {"David Agnew"}, "a pseudonym; the article is called as the item is"
    assert english <= names
    pictures = {(o.value) for p, o in claims if p == "P18"}
    assert {source for _, source in rows(graph, "pictures")} == pictures
    literals = {(p, o.value.lstrip("+")) for p, o in claims if isinstance(o, pyoxigraph.Literal)
                and (o.language or not o.datatype.value.endswith("#string"))}  # fmt: skip
    assert {(p, v) for _, p, v, _ in rows(graph, "literals") if p[0] == "P"} == literals | {("P742", "David Agnew")}
    [douglas] = [row for row in rows(graph, "entities") if row[0] == "Q42"]
    assert douglas == ("Q42", "Douglas Adams", "PER", 122.0)


def test_real_items_as_their_json_says(samples: Path, build: Build) -> None:
    graph = build({"items.json": (samples / "items.json").read_bytes()})
    lines = (samples / "items.json").read_text().splitlines()[1:-1]
    given = {one["id"]: one for one in (json.loads(line.rstrip(",")) for line in lines)}
    items = {number: one for number, one in given.items() if number[0] == "Q"}
    triples, classes, pictures = set(), set(), set()
    for number, one in items.items():
        for name, claims in one["claims"].items():
            best = [c for c in claims if c["rank"] == "preferred"] or [c for c in claims if c["rank"] == "normal"]
            for data in (c["mainsnak"]["datavalue"] for c in best if c["mainsnak"]["snaktype"] == "value"):
                if data["type"] == "wikibase-entityid":
                    end = f"Q{data['value']['numeric-id']}"
                    (classes if name == "P31" else triples).add((number, name, end))
                elif name in ("P18", "P41", "P94", "P154"):
                    pictures.add((number, data["value"].replace(" ", "%20")))
    known = {row[0] for row in rows(graph, "entities")}
    mere_classes = {end for _, _, end in classes} - {number for number, _, _ in classes}
    silent = {number for number, one in items.items() if not one["labels"] and not one["claims"]}
    assert known == (set(items) | {end for *_, end in triples}) - mere_classes - silent
    assert {(s, p, o) for s, p, _, o in rows(graph, "triples")} == {t for t in triples if t[2] in known}
    assert {row[:2] for row in rows(graph, "classes")} >= {(s, o) for s, _, o in classes if s in known}
    assert {(s, source.rpartition("/")[2]) for s, source in rows(graph, "pictures")} == pictures
    priors = {iri: prior for iri, _, _, prior in rows(graph, "entities")}
    for number in known & set(items):
        one = items[number]
        wanted = [v["value"] for tag, v in (one["labels"] or {}).items() if tag in ("en", "en-gb", "en-ca")]
        wanted += [a["value"] for tag, given_ in (one["aliases"] or {}).items() for a in given_ if tag[:2] == "en"]
        names = {text for iri, text, *_ in rows(graph, "names") if iri == number}
        assert set(wanted) <= names
        assert priors[number] == len(one.get("sitelinks") or ())
    labels = {p: label for _, p, label, _ in rows(graph, "triples")}
    assert labels["P19"] == "p19", "the sample has no label of it"
