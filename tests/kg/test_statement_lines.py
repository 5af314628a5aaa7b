"""Lines of dumps to statements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.iris import canonical_iri, label_of_iri, words_of_name
from kg.ntriples import BrokenLineError, escape, parse_line, parse_lines

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_IRI_PARTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters='<>"{}|^`\\% '), min_size=1
)


@given(_TEXTS, st.sampled_from(["", "@en", "@pt-BR", "^^<http://www.w3.org/2001/XMLSchema#string>"]))
def test_any_literal_survives_escaping_and_reading(text: str, tag: str) -> None:
    statement = parse_line(f'<urn:s> <urn:p> "{escape(text)}"{tag} .')
    assert statement is not None
    assert (statement.value, statement.object) == (text, None)


@given(_IRI_PARTS)
def test_an_escaped_iri_is_the_iri(name: str) -> None:
    written = "".join(f"\\U{ord(character):08X}" for character in name)
    statement = parse_line(f"<urn:{written}> <urn:p> <urn:{name}> .")
    assert statement is not None
    assert statement.subject == statement.object == f"urn:{name}"


@given(st.text(st.sampled_from('abÅß%25&(/é"<3C4 2F')) | _TEXTS)
def test_canonicalising_twice_changes_nothing(text: str) -> None:
    once = canonical_iri(f"http://e/{text}")
    assert canonical_iri(once) == once


@given(_IRI_PARTS)
def test_percent_encoded_and_plain_iris_are_one(name: str) -> None:
    encoded = "".join(f"%{byte:02x}" for byte in name.encode())
    keep = set("/?#[]")
    plain = "".join(f"%{ord(c):02X}" if c in keep else c if c.isprintable() else canonical_iri(c) for c in name)
    if all(c.isprintable() for c in name):
        assert canonical_iri(f"http://e/{encoded}") == f"http://e/{plain}"


def test_percent_signs_are_never_decoded_twice() -> None:
    assert canonical_iri("http://e/100%2525_%c3%85") == "http://e/100%2525_Å"
    assert canonical_iri("http://e/AC%2FDC%3f%22%FF") == "http://e/AC%2FDC%3F%22%FF"


@pytest.mark.parametrize("line", ["", "   ", "# a comment", "  # another", "\r"])
def test_blank_and_comment_lines_say_nothing(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    "line",
    [
        '<urn:s> <urn:p> "v"@en .',
        '<urn:s>\t<urn:p>\t"v"@en.',
        '  <urn:s> <urn:p> "v"@en . # why not',
        '<urn:s> <urn:p> "v"@en <urn:graph> .\r',
    ],
)
def test_layout_and_graph_names_do_not_matter(line: str) -> None:
    statement = parse_line(line)
    assert statement is not None
    assert (statement.subject, statement.predicate, statement.value, statement.tag) == ("urn:s", "urn:p", "v", "@en")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("<urn:s", "an IRI that is not closed on its line"),
        ('IRI> <urn:p> "v" .', "a statement starts with"),
        ("<urn:s> <urn:p> <urn:o>", "no dot"),
        ('<urn:s> <urn:p> "v .', "a literal that is not closed"),
        ('<urn:s> <urn:p> "\\q" .', "an unknown escape"),
        ('<urn:s> <urn:p> "\\uD800" .', "names no character"),
        ('<urn:s> <urn:p> "\\u12" .', "an unknown escape"),
        ("<urn:a b> <urn:p> <urn:o> .", "a character that an IRI must not hold"),
        ("<urn:a\\u0020b> <urn:p> <urn:o> .", "an escaped character that an IRI must not hold"),
        ("<urn:a\\n> <urn:p> <urn:o> .", "only \\u and \\U escapes"),
        ("<> <urn:p> <urn:o> .", "an empty IRI"),
        ("@prefix dbo: <http://e/> .", "a prefix among N-Triples"),
        ('<urn:s> "p" <urn:o> .', "not subject, predicate, object and a dot"),
        ("<s> <urn:p> <urn:o> .", "<s> is not an absolute IRI"),
        ("<urn:s> <urn:p> <urn:o> <g> .", "<g> is not an absolute IRI"),
        ('<urn:s> <urn:p> "v"^^<t> .', "<t> is not an absolute IRI"),
    ],
)
def test_a_broken_line_says_why(line: str, reason: str) -> None:
    with pytest.raises(BrokenLineError, match=reason.replace("\\", "\\\\")):
        parse_line(line)


@given(st.lists(st.text(st.sampled_from('<>"\\ .@^_:#uabc\t'))))
def test_lines_read_together_are_those_read_one_by_one(lines: list[str]) -> None:
    found = parse_lines(lines)
    if found is not None:
        assert found == [statement for statement in map(parse_line, lines) if statement is not None]


@given(st.text(st.sampled_from('<>"\\ .@^_:#uabc\t\n')))
def test_rubbish_is_a_statement_nothing_or_a_broken_line(line: str) -> None:
    try:
        parse_line(line)
    except BrokenLineError as error:
        assert "\n" not in str(error).replace(line, "")


def test_names_become_words() -> None:
    assert words_of_name("http://dbpedia.org/ontology/BasketballPlayer") == "basketball player"
    assert words_of_name("http://dbpedia.org/ontology/NCAATeamSeason") == "ncaa team season"
    assert words_of_name("tv.tv_program") == "tv program"
    assert label_of_iri("http://dbpedia.org/resource/F%C3%B8royar_(AC%2FDC)") == "Føroyar (AC/DC)"
