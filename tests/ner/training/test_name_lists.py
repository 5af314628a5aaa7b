"""Made-up lists treat a name alike wherever it stands, and differ from one another."""

import random

import pytest

from ner import KnownName, TaggedPost, tags_from_spans
from ner.spans import Span
from ner.training.name_lists import LISTS, NameList, longest


def made_posts(count: int) -> list[TaggedPost]:
    source = random.Random(3)
    posts = []
    for number in range(count):
        tokens = [f"{source.choice('abcdefgh')}word{source.randrange(400)}x".replace("0", "o") for _ in range(12)]
        tokens = ["".join(c if c.isalpha() else "abcdefghij"[int(c)] for c in token) for token in tokens]
        tokens[3], tokens[4] = tokens[3].title(), tokens[4].title()
        tags = tags_from_spans([Span(3, 5, "LOC")], len(tokens))
        posts.append(TaggedPost(str(number), tuple(tokens), tags))
    return posts


def test_a_list_says_the_same_of_a_post_every_time() -> None:
    post = made_posts(1)[0]
    assert [NameList.of(n).names_in(post) for n in range(LISTS)] == [
        NameList.of(n).names_in(post) for n in range(LISTS)
    ]


def test_the_share_of_known_names_is_the_lists_own() -> None:
    posts = made_posts(600)
    shares = []
    for number in range(8):
        names = NameList.of(number)
        found = sum(any((name.start, name.end) == (3, 5) for name in names.names_in(post)) for post in posts)
        assert found / len(posts) == pytest.approx(names.known["LOC"], abs=0.08)
        shares.append(found)
    assert max(shares) > 2 * min(shares)


def test_wrong_types_are_as_many_as_the_list_says() -> None:
    posts = made_posts(2000)
    names = max((NameList.of(number) for number in range(LISTS)), key=lambda item: item.wrong_types * item.known["LOC"])
    found = [n for post in posts for n in names.names_in(post) if (n.start, n.end) == (3, 5)]
    right = sum(name.types == (("LOC", 1.0),) for name in found)
    assert 1 - right / len(found) == pytest.approx(names.wrong_types, abs=0.06)


def test_only_linked_lists_know_how_often_something_is_meant() -> None:
    posts = made_posts(200)
    for number in range(12):
        names = NameList.of(number)
        priors = [name.prior for post in posts for name in names.names_in(post)]
        assert any(priors) == (names.linked and bool(priors))


def test_no_two_names_overlap_and_the_longest_stays() -> None:
    names = [KnownName(0, 1, ()), KnownName(0, 3, ()), KnownName(2, 4, ()), KnownName(3, 4, ()), KnownName(5, 6, ())]
    assert [(name.start, name.end) for name in longest(names)] == [(0, 3), (3, 4), (5, 6)]
