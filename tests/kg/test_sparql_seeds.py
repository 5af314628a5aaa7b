"""Files of seeds: one IRI a line, and what is broken is told."""

from pathlib import Path

import pytest
import sparql_servers as servers

from kg import EndpointError, SourceError, SparqlRequest, fetch_sparql, read_recipe, read_seeds


def test_a_file_of_seeds(tmp_path: Path) -> None:
    path = tmp_path / "seeds.txt"
    path.write_bytes(
        b"\xef\xbb\xbf# a comment\r\n\r\nhttp://x/Chad\r\n<http://x/Mali>\n  http://x/Peru#part  # the country\n"
        b"http://x/R%C3%A9union\nhttp://x/R\xc3\xa9union\nhttp://x/Chad\n"
        b"Chad\nhttp://x/a b\nhttp://x/> } DROP ALL #\nhttp://x/\xe9\n<http://x/open\n"
    )
    seeds = read_seeds(path)
    assert seeds.iris == ("http://x/Chad", "http://x/Mali", "http://x/Peru#part", "http://x/R%C3%A9union")
    assert [line.split(":")[0] for line in seeds.broken] == [f"line {n}" for n in (9, 10, 11, 12, 13)]
    assert "DROP ALL" in seeds.broken[2]


def test_seeds_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "seeds.txt"
    path.write_text(
        "Q42\tDouglas Adams\nwd:Q1\nhttps://www.wikidata.org/wiki/Q2\nhttp://www.wikidata.org/entity/Q42\nDouglas\n"
    )
    seeds = read_seeds(path, read_recipe("wikidata"))
    assert seeds.iris == tuple(f"http://www.wikidata.org/entity/Q{number}" for number in (42, 1, 2))
    assert seeds.broken == ("line 5: Douglas",)
    path.write_text("https://en.wikipedia.org/wiki/R%C3%A9union\nhttps://dbpedia.org/page/Chad\ndbr:Mali\n")
    names = [iri.rpartition("/")[2] for iri in read_seeds(path, read_recipe("dbpedia")).iris]
    assert names == ["R%C3%A9union", "Chad", "Mali"]


STATEMENTS = """
http://x/Only_an_object_of_page_links
http://y/other http://dbpedia.org/ontology/wikiPageWikiLink http://x/Only_an_object_of_page_links
http://x/Only_an_object http://x/Labelled_in_French http://x/Only_ignored http://x/a_predicate http://x/Class
http://y/other http://y/knows http://x/Only_an_object
http://x/Labelled_in_French http://www.w3.org/2000/01/rdf-schema#label "Tchad"@fr
http://x/Only_ignored http://purl.org/dc/terms/subject http://y/subject
http://y/other http://x/a_predicate http://y/b
http://y/other http://www.w3.org/1999/02/22-rdf-syntax-ns#type http://x/Class
http://x/Old http://dbpedia.org/ontology/wikiPageRedirects http://x/New
http://x/Film_%28work%29 http://www.w3.org/2000/01/rdf-schema#label "Film"@en
http://x/Caf%c3%a9 http://www.w3.org/2000/01/rdf-schema#label "lower-case digits"@en
https://x/Secure http://www.w3.org/2000/01/rdf-schema#label "Secure"@en
"""


def test_only_what_the_endpoint_does_not_hold_is_unknown(tmp_path: Path) -> None:
    if servers.missing_oxigraph():
        pytest.skip(servers.missing_oxigraph())
    rows = [line.split(" ", 2) for line in STATEMENTS.splitlines() if line.count(" ") == 2 or '"' in line]
    ends = [(s, p, o if o.startswith('"') else f"<{o}>") for s, p, o in rows]
    (tmp_path / "all.nt").write_text("".join(f"<{s}> <{p}> {o} .\n" for s, p, o in ends))
    bare = ("Only_an_object_of_page_links", "Only_ignored", "a_predicate", "Class")
    told = ("Only_an_object", "Labelled_in_French", "Old", "New", "Film_(work)", "Film_%28work%29", "Café", "Secure")
    nothing = ("Nobody", "Film", "Caf%C3")
    seeds = tuple("http://x/" + name for name in (*told, *bare, *nothing))
    with servers.oxigraph(tmp_path / "all.nt", tmp_path / "server") as endpoint:
        report = fetch_sparql(SparqlRequest(endpoint, seeds), tmp_path / "out", responses=tmp_path / "r.sqlite")
        assert report.unknown_seeds == tuple("http://x/" + name for name in nothing)
        assert report.bare_seeds == tuple("http://x/" + name for name in bare)
        text = (tmp_path / "out" / "labels.nt").read_text()
        assert [line.partition(" <")[0] for line in text.splitlines()[1:]] == [
            "<http://x/Café>", "<http://x/Film_(work)>", "<http://x/Labelled_in_French>", "<https://x/Secure>",
        ]  # fmt: skip
        for some, words in ((nothing, "knows nothing of the seeds \\(3\\)"), (bare, "nothing that a graph takes")):
            request = SparqlRequest(endpoint, tuple("http://x/" + name for name in some))
            with pytest.raises(EndpointError, match=words):
                fetch_sparql(request, tmp_path / "out", responses=tmp_path / "r.sqlite")


@pytest.mark.parametrize(
    ("text", "words"), [(b"", "it is empty"), (b"# only\n\n", "it is empty"), (b"Chad\n", "line 1: Chad")]
)
def test_files_without_a_seed(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "seeds.txt"
    path.write_bytes(text)
    with pytest.raises(SourceError, match="holds no IRI") as caught:
        read_seeds(path)
    assert words in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(SourceError, match="cannot be read"):
            read_seeds(path)
