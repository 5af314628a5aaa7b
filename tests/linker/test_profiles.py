"""Profiles: what an entity is, in words, and how posts agree with it."""

from collections.abc import Iterator

import numpy as np
import pytest

from kg import Graph, build_graph
from linker.context_clues import CONTEXT_CLUES, KnownProfiles, context_clues, context_of
from linker.profiles import first_sentences, read_profiles
from linker.word_meanings import WordMeanings, load_word_meanings


@pytest.fixture(scope="module")
def meanings() -> WordMeanings:
    return load_word_meanings()


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    folder = tmp_path_factory.mktemp("profiles")
    (folder / "entities.csv").write_text("iri,label,class\nurn:1,Columbus,city\nurn:2,Georgia,state\nurn:3,Bare,\n")
    (folder / "triples.csv").write_text(
        "subject,predicate,object\nurn:1,urn:state,urn:2\nurn:1,http://dbpedia.org/ontology/abstract,"
        "A <b>city</b> founded in 1828.\nurn:1,urn:motto,What progress has preserved\n"
    )
    build_graph(folder / "kg.sqlite", sources=[folder])
    with Graph.open(folder / "kg.sqlite") as opened:
        yield opened


def test_description_classes_facts_and_neighbours(graph: Graph) -> None:
    columbus, georgia, bare = (graph.find(name) for name in ("Columbus", "Georgia", "Bare"))
    profiles = read_profiles(graph, [columbus, georgia, bare])
    assert profiles[columbus.id].description == "A city founded in 1828."
    assert profiles[columbus.id].classes == ("city",)
    assert profiles[columbus.id].facts == ("What progress has preserved",)
    assert profiles[columbus.id].neighbours == {georgia.id: "Georgia"}
    assert profiles[columbus.id].years == (1828,)
    assert profiles[georgia.id].neighbours == {columbus.id: "Columbus"}
    assert profiles[bare.id].text == ""


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<p>A '''city''' in\n [[Texas]].</p>", "A city in Texas."),
        ("One. " * 300_000, " ".join(["One."] * 200)),
        ("x" * 1_000_000, "x" * 1_000),
        ("Город в России", "Город в России"),
        ("", ""),
    ],
)
def test_first_sentences(text: str, plain: str) -> None:
    assert first_sentences(text) == plain


def test_profiles_are_remembered_up_to_a_number(graph: Graph, meanings: WordMeanings) -> None:
    entities = [graph.find(name) for name in ("Columbus", "Georgia", "Bare")]
    few, many = KnownProfiles(graph, meanings, remembered=1), KnownProfiles(graph, meanings)
    for _ in range(2):
        one, other = few.read(entities), many.read(entities)
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[key].vector, other[key].vector) for key in one)


def clues(graph: Graph, meanings: WordMeanings, text: str) -> dict[str, float]:
    columbus = graph.find("Columbus")
    known = KnownProfiles(graph, meanings).read([columbus])
    context = context_of(text.split(), 0, 1, meanings)
    [row] = context_clues("columbus", context, [known[columbus.id]], meanings)
    return dict(zip(CONTEXT_CLUES, row, strict=True))


def test_shared_words_years_and_neighbours(graph: Graph, meanings: WordMeanings) -> None:
    found = clues(graph, meanings, "Columbus , Georgia is a city of 1830")
    assert found["neighbours_named"] == 1
    assert found["shared_words"] > 0
    assert found["year_agrees"] > 0.5
    assert found["year_disagrees"] == 0
    other = clues(graph, meanings, "Columbus sings a song in 1999")
    assert (other["neighbours_named"], other["shared_words"]) == (0, 0)
    assert other["year_disagrees"] > 1
    assert found["likeness"] > other["likeness"]


def test_a_text_is_near_to_one_that_means_the_same(meanings: WordMeanings) -> None:
    swimming, medals, farming = (
        meanings.text(text.split())
        for text in ("olympic swimmer", "gold medals in the pool at the games", "sheep and wheat on a farm")
    )
    assert swimming @ medals > swimming @ farming
    assert np.linalg.norm(swimming) == pytest.approx(1)
    assert not meanings.text([]).any()
