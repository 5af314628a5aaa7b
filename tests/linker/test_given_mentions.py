"""Mentions that come with a post: by tokens or by characters."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linker import GivenMention, Post, PostError, post_from_json
from linker.offsets import place_tokens

TEXT = "Chad  Smith's band"


def read(**post: Any) -> Post:
    return post_from_json({"id": 1, **post}, folder=Path())


def spans(*places: tuple[int, int], characters: bool = False) -> list[dict[str, int]]:
    first, last = ("start_char", "end_char") if characters else ("start", "end")
    return [{first: start, last: end} for start, end in places]


@pytest.mark.parametrize(
    ("fields", "mentions"),
    [
        ({"text": TEXT}, spans((0, 11))),
        ({"text": TEXT}, spans((0, 11), characters=True)),
        ({"text": TEXT, "tokens": ["Chad", "Smith", "'s", "band"]}, spans((0, 2))),
        ({"text": TEXT, "tokens": ["Chad", "Smith", "'s", "band"]}, spans((0, 11), characters=True)),
        ({"tokens": ["Chad", "Smith", "'s", "band"]}, spans((0, 10), characters=True)),
        ({"text": f"  {TEXT}"}, spans((1, 13))),  # blanks around it are none of it
    ],
)
def test_offsets_count_tokens_where_they_are_given_else_characters(fields: dict, mentions: list) -> None:
    post = read(**fields, mentions=mentions)
    assert post.mentions == (GivenMention(0, 2),)
    assert post.tokens[:2] == ("Chad", "Smith")


def test_tokens_of_ours_are_cut_where_a_mention_ends() -> None:
    post = read(text="LondonBridge is", mentions=spans((0, 6), (6, 12)))
    assert post.tokens == ("London", "Bridge", "is")
    assert post.mentions == (GivenMention(0, 1), GivenMention(1, 2))


@pytest.mark.parametrize(
    ("fields", "mention", "message"),
    [
        ({"text": "Chad"}, {"start": 0, "end": 5}, "character offsets 0 <= start < end <= 4"),
        ({"text": "Chad"}, {"start_char": 2, "end_char": 2}, "character offsets 0 <= start_char < end_char <= 4"),
        ({"tokens": ["Chad"]}, {"start": 0, "end": 2}, "token offsets 0 <= start < end <= 1"),
        ({"tokens": ["Chad"]}, {"start_char": 0, "end_char": 2}, "cuts a token"),
        ({"text": "a  b"}, {"start": 1, "end": 3}, "stands on blanks"),
        ({"text": "Chad"}, {"start": 0}, "character offsets"),
    ],
)
def test_a_mention_that_cannot_be_used_is_said(fields: dict, mention: dict, message: str) -> None:
    with pytest.raises(PostError, match=message):
        read(**fields, mentions=[mention])


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=5)))
def test_tokens_are_found_in_the_text_that_they_make(tokens: list[str]) -> None:
    joined = " ".join(tokens)
    for text in ("", joined):
        found, places = place_tokens(text, tuple(tokens))
        assert found == joined
        assert [found[start:end] for start, end in places] == tokens
