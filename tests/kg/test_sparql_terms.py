"""What may go into a query, and one form for what comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import EndpointError, SparqlRequest, fetch_sparql
from kg.iris import is_language
from kg.ntriples import parse_line
from kg.sparql import questions
from kg.sparql.questions import BadTermError, in_query, is_iri, properties, spellings
from kg.sparql.statement_files import node, normal_value, written

XSD = "http://www.w3.org/2001/XMLSchema#"
EVIL = (
    "http://x/> } DROP ALL #",
    "http://x/> . ?a ?b ?c } #",
    'http://x/"quoted"',
    "http://x/a b",
    "http://x/a\nb",
    "http://x/a\tb",
    "http://x/{a}",
    "http://x/a\\u003e",
    "http://x/`a`",
    "http://x/\x00",
    "http://x/\x9b",
    "http://x/\ud800",
    "} DROP ALL #",
    "",
    "no-scheme",
    "//host/path",
    "1http://x/",
    "http://x/" + "a" * 5000,
)


@pytest.mark.parametrize("text", EVIL)
def test_no_text_gets_out_of_its_brackets(text: str, tmp_path) -> None:
    assert not is_iri(text)
    with pytest.raises(BadTermError):
        in_query(text)
    for question in (
        *questions.links(()),
        *(questions.pages(()), questions.instances(()), properties(("en",), ()), questions.labels((), ())),
    ):
        for ask in (question.count, question.rows):
            with pytest.raises(BadTermError):
                ask(["http://fine.example/", text], 10)
        with pytest.raises(BadTermError):
            question.page(text, None, 10)
        if text:
            with pytest.raises(ValueError, match="not "):
                question.page("http://fine.example/", text, 10)
    for wrong in (
        SparqlRequest("http://h/", (text,)),
        SparqlRequest("http://h/", ("http://x/",), graphs=(text,)),
        SparqlRequest("http://h/", seed_classes=(text,)),
        SparqlRequest("http://h/", ("http://x/",), languages=(text,)),
    ):
        if text != "no-scheme" or wrong.languages[0] != text:
            with pytest.raises(EndpointError):
                fetch_sparql(wrong, tmp_path / "out", responses=tmp_path / "r.sqlite")
    assert not list(tmp_path.iterdir())


@given(st.text())
def test_what_may_stand_in_a_query_is_one_term_of_n_triples(text: str) -> None:
    if is_iri("http://x/" + text):
        statement = parse_line(f"{node('http://x/' + text)} <http://p/> {in_query('http://x/' + text)} .")
        assert statement is not None
        assert statement.object == "http://x/" + text
    assert is_language(text) == (text.replace("-", "a").isalnum() and text.isascii() and is_language(text))


@pytest.mark.parametrize("wrong", ['en"', "en) || true", "", "e n", "én", "en-"])
def test_languages_are_checked(wrong: str) -> None:
    assert not is_language(wrong)
    with pytest.raises(ValueError, match="not languages"):
        properties((wrong,), ())


def test_an_iri_is_asked_for_as_it_is_in_unicode_and_encoded() -> None:
    assert spellings("http://x/Chad") == ("http://x/Chad",)
    assert spellings("http://x/R%c3%a9union") == ("http://x/R%c3%a9union", "http://x/Réunion", "http://x/R%C3%A9union")
    assert spellings("http://x/a%20b") == ("http://x/a%20b",)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_literals_come_back_as_they_were(text: str) -> None:
    statement = parse_line(
        f"<http://s/> <http://p/> {written({'type': 'literal', 'value': text, 'xml:lang': 'EN-gb'})} ."
    )
    assert statement is not None
    assert (statement.value, statement.tag) == (text, "@en-gb")


@pytest.mark.parametrize(
    ("datatype", "forms", "one"),
    [
        ("double", ["1.80E2", "180", "180.0", "+180", "1.8e+02"], "180"),
        ("double", ["3.141592653589793", "3.14159265358979"], "3.14159265358979"),
        ("double", ["NaN"], "NaN"),
        ("double", ["-INF"], "-INF"),
        ("double", ["twelve"], "twelve"),
        ("float", ["3.14159274", "3.1415927", "3.141592741012573"], "3.14159"),
        ("decimal", ["1.50", "01.5", "1.5"], "1.5"),
        ("decimal", ["-0.0", "0"], "0"),
        ("decimal", ["1E9999999"], "1E9999999"),
        ("integer", ["007", "+7", "7"], "7"),
        ("boolean", ["1", "true"], "true"),
        ("boolean", ["maybe"], "maybe"),
        ("date", ["-044-03-15", "-0044-03-15"], "-0044-03-15"),
        ("date", ["2000-01-02+02:00"], "2000-01-02+02:00"),
        ("gYear", ["-044", "-0044"], "-0044"),
        ("dateTime", ["2000-01-02T03:04:05.500Z", "2000-01-02T03:04:05.5Z"], "2000-01-02T03:04:05.5Z"),
        ("dateTime", ["2000-01-02T03:04:05.000+02:00", "2000-01-02T03:04:05+02:00"], "2000-01-02T03:04:05+02:00"),
        ("time", ["03:04:05.10", "03:04:05.1"], "03:04:05.1"),
        ("anyURI", ["http://a/b c"], "http://a/b c"),
    ],
)
def test_servers_ways_to_write_a_value_are_one(datatype: str, forms: list[str], one: str) -> None:
    assert {normal_value(form, XSD + datatype) for form in forms} == {one}
    assert normal_value(one, XSD + datatype) == one


@given(
    st.text(max_size=30), st.sampled_from(["double", "float", "decimal", "integer", "boolean", "date", "time", "gYear"])
)
def test_any_value_has_one_form(text: str, datatype: str) -> None:
    once = normal_value(text, XSD + datatype)
    assert normal_value(once, XSD + datatype) == once


def test_terms_that_no_graph_holds_are_refused() -> None:
    for term in (
        {"type": "bnode", "value": "b0"},
        {"type": "uri", "value": "http://x/a b"},
        {"type": "uri"},
        {"type": "literal", "value": "half \ud800"},
        {"type": "literal", "value": "x", "xml:lang": 'en" .'},
        {"type": "literal", "value": "x", "datatype": "http://x/> ."},
        {"type": "literal"},
        {},
    ):
        with pytest.raises(BadTermError):
            written(term)
