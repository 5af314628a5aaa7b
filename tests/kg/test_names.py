"""Normal forms, likeness, and candidates against a brute-force search."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import AliasIndex, Graph, normal_form, split_hashtag
from kg.names.derived import short_name
from kg.names.fuzzy import Query, likenesses
from kg.names.normal import words

Build = Callable[..., Graph]

_FIRST = words("Kobe Michael Aaliyah Jürgen Zoë Marshmello Serena Novak Björk Sinéad Vladimir Angelina")
_LAST = words("Bryant Jordan O'Neal Müller Djokovic Williams Guðmundsdóttir Connor Putin Jolie Lee Smith-Jones")
_PLACES = ["Chad", "Mali", "Los Angeles Lakers", "New York City", "Real Madrid", "Saudi Arabia", "U.S.A.", "São Tomé"]
_OTHERS = ["Spider-Man", "AT&T", "Łódź"]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Beyoncé", "beyonce"),
        ("#LosAngelesLakers", "losangeleslakers"),
        ("@NASA_Johnson", "nasa johnson"),
        ("O’Neal's", "oneals"),
        ("U.S.A.", "usa"),
        ("St. Louis", "st louis"),
        ("AT&T", "at and t"),
        ("Johnson &amp; Ødegård", "johnson and odegard"),
        ("Łódź  Ørsted", "lodz orsted"),
        ("STRASSE Straße", "strasse strasse"),
        ("東京", "東京"),
        ("हिन्दी", "हिन्दी"),
        ("!!!", "!!!"),
        ("  ", ""),
    ],
)
def test_normal_forms(text: str, normal: str) -> None:
    assert normal_form(text) == normal


@given(st.text(max_size=30))
def test_a_normal_form_is_its_own(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once
    assert once == once.strip()
    assert "  " not in once


@pytest.mark.parametrize(
    ("tag", "split"),
    [
        ("#LosAngelesLakers", "Los Angeles Lakers"),
        ("#NBAFinals2016", "NBA Finals 2016"),
        ("@Real_Madrid", "Real Madrid"),
        ("#76ers", "76ers"),
        ("#afc", "afc"),
        ("Chad", "Chad"),
        ("#", ""),
    ],
)
def test_hashtags_split_at_capitals_and_numbers(tag: str, split: str) -> None:
    assert split_hashtag(tag) == split


@pytest.mark.parametrize(
    ("mention", "name", "least", "most"),
    [
        ("Kobe Bryant", "kobe bryant", 1, 1),
        ("#KobeBryant", "kobe bryant", 1, 1),
        ("kobebryant", "kobe bryant", 0.99, 0.99),
        ("Kobe Bryant's", "kobe bryant", 0.98, 0.98),
        ("Marshmelloooo", "marshmello", 0.97, 0.98),
        ("Bryant Kobe", "kobe bryant", 0.95, 0.95),
        ("Kobe Briant", "kobe bryant", 0.89, 0.91),
        ("Kbe Briant", "kobe bryant", 0.79, 0.81),
        ("Kobe", "kobe bryant", 0.80, 0.85),
        ("Kobe's", "kobe bryant", 0.80, 0.85),
        ("Marleys", "bob marley", 0.80, 0.85),
        ("The Seattle Storm", "seattle storm", 0.98, 0.98),
        ("the Bulls'", "chicago bulls", 0.80, 0.85),
        ("The Beatles", "the beatles", 1, 1),
        ("McDonald", "ronald mcdonald", 0.80, 0.85),
        ("#LosAngeles", "los angeles lakers", 0.80, 0.85),
        ("the", "the beatles", 0, 0),
        ("Chad", "chad", 1, 1),
        ("Cha", "chad", 0, 0),
        ("Mali", "bali", 0, 0.75),
        ("the", "the bottom", 0, 0),
        ("Iran", "iraq", 0, 0.75),
        ("Niger", "nigeria", 0, 0),
        ("", "chad", 0, 0),
    ],
)
def test_likeness(mention: str, name: str, least: float, most: float) -> None:
    assert least <= likenesses(Query.of(mention), [name])[0] <= most


@given(st.text(max_size=20), st.text(max_size=20))
def test_likeness_lies_between_nothing_and_equal(mention: str, name: str) -> None:
    score = likenesses(Query.of(mention), [normal_form(name)])[0]
    assert 0 <= score <= 1
    if normal_form(mention) == normal_form(name) and normal_form(name):
        assert score == 1


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Arsenal FC", "Arsenal"),
        ("1. FC Köln", "Köln"),
        ("1.FSV Mainz 05", "1.FSV Mainz"),
        ("Apple Inc.", "Apple"),
        ("Bologna FC 1909", "Bologna"),
        ("Real Madrid", None),
        ("FC", None),
        ("AC", None),
        ("76ers", None),
    ],
)
def test_club_words_and_legal_forms_are_left_out(name: str, short: str | None) -> None:
    assert short_name(name) == short


def _noisy(name: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(name))
    letter = chance.choice("aeioust")
    return chance.choice(
        [
            name.upper(),
            name[:place] + name[place + 1 :],
            name[:place] + letter + name[place:],
            name[:place] + letter + name[place + 1 :],
            name[: place - 1] + name[place] + name[place - 1] + name[place + 1 :],
            "#" + name.title().replace(" ", ""),
            name + name[-1] * 4,
            " ".join(reversed(name.split())),
            name.split()[0],
            name + "'s",
            name.split()[0] + "s",
            "The " + name,
            "the " + name.split()[-1] + "'s",
        ]
    )


def _search_all(graph: Graph, mention: str, min_fuzzy: float) -> list[tuple[int, float]]:
    best: dict[int, tuple[float, float, float, int]] = {}
    for normal, weight, prior, entity in graph.connection.execute(
        "SELECT a.normal, a.weight, e.prior, e.id FROM alias a JOIN entity e ON e.id = a.entity"
    ):
        [score] = likenesses(Query.of(mention), [normal])
        if score >= min_fuzzy:
            rank = (-score, -weight, -prior, entity)
            best[entity] = min(best.get(entity, rank), rank)
    return [(rank[3], -rank[0]) for rank in sorted(best.values())[:10]]


def test_candidates_are_those_of_a_search_through_all_names(build: Build) -> None:
    names = [f"{first} {last}" for first in sorted(_FIRST) for last in sorted(_LAST)] + _PLACES + _OTHERS
    rows = "".join(f'urn:{number},"{name}",{number % 7}\n' for number, name in enumerate(names))
    graph = build({"e.csv": "iri,label,prior\n" + rows})
    index = AliasIndex(graph)
    chance = random.Random(7)
    for _ in range(150):
        mention = _noisy(chance.choice(names), chance)
        found = [(match.entity.id, match.fuzzy) for match in index.candidates(mention)]
        assert found == _search_all(graph, mention, 0.8), mention


@pytest.mark.parametrize("min_fuzzy", [0.6, 0.8])
def test_names_that_are_near_each_other_are_told_apart(build: Build, min_fuzzy: float) -> None:
    chance = random.Random(11)
    names = sorted({"".join(chance.choices("abé東 ", k=chance.randint(2, 14))).strip() or "a" for _ in range(700)})
    rows = "".join(f'urn:{number},"{name}",{number % 3}\n' for number, name in enumerate(names))
    graph = build({"e.csv": "iri,label,prior\n" + rows})
    index = AliasIndex(graph)
    for name in chance.sample(names, 60):
        mention = _noisy(f"{name}b", chance)
        found = [(match.entity.id, match.fuzzy) for match in index.candidates(mention, min_fuzzy=min_fuzzy)]
        assert found == _search_all(graph, mention, min_fuzzy), mention


def test_lookup_is_exact_and_puts_the_surest_first(build: Build) -> None:
    rows = "urn:1,Chad,,9\nurn:2,Chad Smith,Chad,50\nurn:3,Chad,,10\n"
    graph = build({"e.csv": "iri,label,aliases,prior\n" + rows})
    found = AliasIndex(graph).lookup(["chad", "chad smith", "nobody"])
    assert [match.entity.iri for match in found["chad"]] == ["urn:3", "urn:1", "urn:2"]
    assert [(match.kind, match.fuzzy) for match in found["chad"]] == [("label", 1), ("label", 1), ("alias", 1)]
    assert found.keys() == {"chad", "chad smith"}
    assert AliasIndex(graph).lookup([]) == {}


def test_limits_and_empty_mentions(build: Build) -> None:
    graph = build({"e.csv": "iri,label\n" + "".join(f"urn:{n},Same Name\n" for n in range(30))})
    index = AliasIndex(graph)
    assert len(index.candidates("same name")) == 10
    assert len(index.candidates("same name", limit=25)) == 25
    assert index.candidates("same name", limit=0) == index.candidates("") == index.candidates("#") == ()
    assert index.candidates("same", min_fuzzy=0.9) == ()
    assert index.candidates("x" * 5000) == ()


def test_a_graph_without_names_has_no_candidates(build: Build) -> None:
    assert AliasIndex(build({"e.csv": "iri,label\n"})).candidates("Chad") == ()
