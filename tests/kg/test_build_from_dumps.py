"""What dumps become."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from kg import AliasIndex, EntityNotFoundError, Graph, StoreError, build_graph, mark_images
from kg.entities import ImageMark

Line = Callable[[str, str, str], str]
Build = Callable[..., Graph]
RESOURCE = "http://dbpedia.org/resource/"


def _labels(line: Line, *names: str) -> str:
    return "".join(line(name, "label", f'"{name.replace("_", " ")}"@en') for name in names)


def _aliases(graph: Graph, name: str) -> dict[str, str]:
    entity = graph.entity_by_iri(RESOURCE + name)
    assert entity is not None
    return dict(graph.connection.execute("SELECT text, kind FROM alias WHERE entity = ?", (entity.id,)).fetchall())


def test_redirect_chains_end_at_the_entity(build: Build, line: Line) -> None:
    redirects = line("A", "redirect", "B") + line("B", "redirect", "C") + line("Z", "redirect", "A")
    graph = build({"l": _labels(line, "A", "B", "C", "D", "Z"), "r": redirects, "o": line("D", "near", "A")})
    assert graph.counts()["entity"] == 2
    assert _aliases(graph, "C") == {"A": "redirect", "B": "redirect", "C": "label", "Z": "redirect"}
    assert graph.find("C").prior == 1
    assert [entity.label for entity in graph.entities(graph.neighbours([graph.find("D").id], hops=1)).values()] == [
        "C",
        "D",
    ]


def test_redirects_in_a_circle_are_kept_as_rejected_and_stand_for_themselves(build: Build, line: Line) -> None:
    redirects = "".join(line(a, "redirect", b) for a, b in ["AB", "BC", "CA", "XA", "YX", "SS"])
    graph = build({"l": _labels(line, *"ABCXYS"), "r": redirects})
    assert sorted(row.text[-1] for row in graph.rejected()) == ["A", "B", "C", "S"]
    assert {(row.line, row.reason) for row in graph.rejected()} == {(None, "redirects in a circle")}
    assert sorted(_aliases(graph, "A")) == ["A", "X", "Y"]
    assert graph.counts()["entity"] == 4


def test_disambiguation_pages_are_names_and_no_entities(build: Build, line: Line) -> None:
    pages = line("Jordan_(disambiguation)", "means", "Jordan") + line(
        "Jordan_(disambiguation)", "means", "Michael_Jordan"
    )
    pages += line("Jordan_(disambiguation)", "means", "Nobody_Knows")
    labels = _labels(line, "Jordan", "Michael_Jordan", "Jordan_(disambiguation)", "Jordans")
    graph = build({"l": labels, "d": pages, "r": line("Jordans", "redirect", "Jordan_(disambiguation)")})
    assert graph.counts()["entity"] == 2
    assert _aliases(graph, "Michael_Jordan") == {
        "Michael Jordan": "label",
        "Jordan": "disambiguation",
        "Jordans": "disambiguation",
    }
    assert [match.entity.label for match in AliasIndex(graph).candidates("jordan")][:2] == ["Jordan", "Michael Jordan"]


def test_names_without_qualifiers_clubs_and_nicknames(build: Build, line: Line) -> None:
    labels = _labels(
        line, "Georgia_(country)", "Arsenal_FC", "1._FC_Köln", "Bologna_FC_1909", "Paris,_Texas", "AC_Person"
    )
    types = line("Arsenal_FC", "type", "SoccerClub") + line("1._FC_Köln", "type", "SoccerClub")
    types += line("Bologna_FC_1909", "type", "SoccerClub") + line("Paris,_Texas", "type", "City")
    types += line("AC_Person", "type", "Person") + line("Georgia_(country)", "type", "Country")
    literals = line("Arsenal_FC", "nick", '"The Gunners"@en') + line(
        "Georgia_(country)", "demonym", '"Georgian, Kartvelian"@en'
    )
    graph = build({"l": labels, "t": types, "lit": literals})
    assert _aliases(graph, "Georgia_(country)") == {
        "Georgia (country)": "label",
        "Georgia": "qualifier",
        "Georgian": "demonym",
        "Kartvelian": "demonym",
    }
    assert _aliases(graph, "Arsenal_FC") == {"Arsenal FC": "label", "Arsenal": "short", "The Gunners": "nickname"}
    assert _aliases(graph, "1._FC_Köln")["Köln"] == "short"
    assert _aliases(graph, "Bologna_FC_1909")["Bologna"] == "short"
    assert _aliases(graph, "Paris,_Texas")["Paris"] == "qualifier"
    assert _aliases(graph, "AC_Person") == {"AC Person": "label"}
    assert graph.counts()["literal"] == 2


def test_encoded_escaped_and_plain_iris_are_one_entity(build: Build, line: Line) -> None:
    graph = build(
        {
            "l": line("F%C3%B8royar", "label", '"F\\u00F8royar"@en'),
            "t": line("F\\u00F8royar", "type", "Country"),
            "o": line("Føroyar", "capital", "T%c3%b3rshavn"),
        }
    )
    assert graph.counts()["entity"] == 2
    entity = graph.entity_by_iri(RESOURCE + "F%C3%B8royar")
    assert entity is not None
    assert (entity.iri, entity.label, entity.type) == (RESOURCE + "Føroyar", "Føroyar", "LOC")
    assert graph.find("Tórshavn").prior == 1, "seen only as an object, named by its IRI"


def test_types_come_from_the_most_specific_class_and_a_users_table(build: Build, line: Line, tmp_path: Path) -> None:
    types = line("Kobe", "type", "Person") + line("Kobe", "type", "BasketballPlayer") + line("Kobe", "type", "Agent")
    types += line("Thing", "type", "Unheard")
    graph = build({"t": types})
    kobe = graph.find("Kobe")
    assert kobe.type == "PER"
    assert graph.classes(kobe.id) == ("basketball player", "person", "agent")
    assert graph.find("Thing").type is None
    table = tmp_path / "types.csv"
    table.write_text("class,type\nUnheard,ORG\nhttp://dbpedia.org/ontology/Person,OTHER\n")
    other = build({"t": types}, name="other.sqlite", type_map=table)
    assert (other.find("Thing").type, other.find("Kobe").type) == ("ORG", "OTHER")


def test_pictures_are_found_by_any_spelling_of_their_name(build: Build, line: Line, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in (
        "Flag_of_Chad.png",
        "Flag of Mali.png",
        unicodedata.normalize("NFD", "Côte_d'Ivoire.png"),
        "100%25.png",
    ):
        (folder / name).write_bytes(b"")
    pictures = {
        "Chad": "Flag%20of_Chad.png?width=300",
        "Mali": "Flag_of_Mali.png",
        "Ivory_Coast": "C%C3%B4te_d%27Ivoire.png",
        "Percent": "100%2525.png",
        "Escape": "..%2F..%2Fetc%2Fpasswd",
        "Gone": "Gone.png",
        "Long": "x" * 5000,
    }
    text = "".join(line(name, "picture", file) for name, file in pictures.items())
    text += line("Chad", "thumbnail", "x").replace(
        RESOURCE + "x", "http://commons.wikimedia.org/wiki/Special:FilePath/Flag_of_Chad.png"
    )
    graph = build({"i": text}, images_dir=folder)
    found = {graph.entity(image.entity_id).label: image for image in graph.images()}
    assert len(list(graph.images())) == len(pictures), "the same picture under two predicates is one"
    assert {name: image.status for name, image in found.items()} == {
        "Chad": "pending",
        "Mali": "pending",
        "Ivory Coast": "pending",
        "Percent": "pending",
        "Escape": "missing",
        "Gone": "missing",
        "Long": "missing",
    }
    assert "is not a file name" in (found["Escape"].reason or "")
    assert "no file 'Gone.png'" in (found["Gone"].reason or "")


def test_marking_pictures(build: Build, line: Line, tmp_path: Path) -> None:
    graph = build({"i": line("Chad", "picture", "a.png") + line("Mali", "picture", "b.png")})
    assert {image.reason for image in graph.images()} == {"no image folder was given"}
    first, second = graph.images()
    mark_images(
        graph.sqlite_path,
        [ImageMark(first.id, "embedded", None, "ab", 3, 2), ImageMark(second.id, "unreadable", "cut")],
    )
    assert graph.entity_images([first.entity_id, second.entity_id]) == {first.entity_id: (first.id,)}
    assert graph.image_entities([first.id, second.id]) == {first.id: first.entity_id, second.id: second.entity_id}
    assert [image.status for image in graph.images(status="unreadable")] == ["unreadable"]
    with pytest.raises(StoreError):
        mark_images(graph.sqlite_path, [ImageMark(first.id, "pending"), ImageMark(second.id, "no such status")])
    assert len(list(graph.images(status="embedded"))) == 1, "all or nothing"
    with pytest.raises(StoreError, match="does not exist"):
        mark_images(tmp_path / "none.sqlite", [])


def test_duplicates_and_page_links_add_nothing(build: Build, line: Line) -> None:
    objects = line("A", "near", "B") * 3 + line("A", "wikiPageWikiLink", "C") + line("B", "near", "A")
    objects += "_:b0 <http://dbpedia.org/ontology/near> <http://dbpedia.org/resource/A> .\n"
    graph = build({"o": objects, "l": _labels(line, "A", "A"), "again": objects})
    assert graph.counts()["triple"] == 2
    assert graph.counts()["entity"] == 2
    assert (graph.find("A").prior, graph.find("B").prior) == (1, 1)


def test_iris_like_sql_are_only_text(build: Build, tmp_path: Path) -> None:
    evil = "urn:x');DROP-TABLE-entity;--"
    graph = build(
        {"l": f'<{evil}> <http://www.w3.org/2000/01/rdf-schema#label> "Robert\'); DROP TABLE alias;--"@en .\n'}
    )
    assert graph.entity_by_iri(evil) is not None
    assert graph.find("Robert'); DROP TABLE alias;--").iri == evil
    with pytest.raises(EntityNotFoundError):
        graph.find("' OR 1=1 --")
    table = tmp_path / "entities.csv"
    table.write_text('iri,label\n"a"" OR \'1\'=\'1",Bobby\n')
    build_graph(tmp_path / "table.sqlite", sources=[table])
    with Graph.open(tmp_path / "table.sqlite") as other:
        assert other.find("a\" OR '1'='1").label == "Bobby"


def test_a_graph_opens_only_when_it_is_whole(build: Build, line: Line, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        Graph.open(tmp_path / "kg.sqlite")
    (tmp_path / "kg.sqlite.part").write_bytes(b"")
    with pytest.raises(StoreError, match="half-built"):
        Graph.open(tmp_path / "kg.sqlite")
    (tmp_path / "rubbish.sqlite").write_bytes(b"rubbish" * 1000)
    with pytest.raises(StoreError, match="is not a graph"):
        Graph.open(tmp_path / "rubbish.sqlite")
    graph = build({"l": _labels(line, "A")})
    assert not list(tmp_path.glob("kg.sqlite.*"))
    names = graph.connection.execute("SELECT name FROM sqlite_master WHERE name GLOB 'stage_*'").fetchall()
    assert names == []
    assert graph.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    graph.close()
    with pytest.raises(StoreError, match="closed"):
        graph.counts()


def test_other_sources_build_anew_and_the_same_do_not(build: Build, line: Line, tmp_path: Path) -> None:
    first = build({"l": _labels(line, "A")})
    made = first.sqlite_path.stat().st_ino
    assert build({"l": _labels(line, "A")}).sqlite_path.stat().st_ino == made
    assert build({"l": _labels(line, "A", "B")}).counts()["entity"] == 2
    assert first.sqlite_path.stat().st_ino != made


@pytest.mark.parametrize(
    "others", ["", '<urn:e:a> <urn:e:says> "a > b < c"@en .\n', "<urn:e:\u00e9> <urn:e:p> _:b .\n"]
)
@pytest.mark.parametrize(
    ("odd", "is_kept"),
    [
        ("<urn:e:a> <urn:e:p> <tag:x> .", True),
        ("<urn:e:a>\t<urn:e:p>  <tag:x>.", True),
        ("<urn:e:a><urn:e:p> <tag:x> . ", True),
        ("<urn:e:a>x<urn:e:p> <tag:x> .", False),
        ("<urn:e:a> <urn:e:p> <tag:x> x", False),
        ("x<urn:e:a> <urn:e:p> <tag:x> ", False),
        ("<urn:e:a> <urn:e:p> <tag> .", False),
        ("<urn:e:a> <urn:e:p> <tag:x|y> .", False),
    ],
)
def test_a_line_is_read_alike_whatever_stands_beside_it(build: Build, odd: str, is_kept: bool, others: str) -> None:
    plain = "<urn:e:a> <urn:e:p> <urn:e:b> .\n"
    graph = build({"o": f"{plain}{others}{odd}\n{plain}"})
    assert [row.text for row in graph.rejected()] == ([] if is_kept else [odd])
    assert graph.counts()["triple"] == 1 + is_kept
