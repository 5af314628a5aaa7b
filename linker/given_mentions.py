"""Mentions that come with a post, by their tokens or by their characters."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from kg import ENTITY_TYPES
from linker.offsets import Places
from linker.results import GivenMention

NOT_OURS = "--field mentions=-"
"""How to say that a field of this name is another one."""

_PEOPLE = {"screen_name", "username", "acct"}

_Fail = Callable[[str], Exception]
_Span = tuple[int, int, str | None]  # in characters


def read_given_mentions(
    value: Any, text: str, tokens: Sequence[str], places: Places, fail: _Fail, *, by_tokens: bool, may_count: bool
) -> tuple[tuple[str, ...], tuple[GivenMention, ...] | None]:
    """Read the mentions of a post.

    ``start_char`` and ``end_char`` count characters of the text. Bare ``start`` and ``end`` count tokens where the post
    has tokens, else characters too.

    Args:
        value: The field ``mentions`` of the post; None where it has none.
        text: The text.
        tokens: Its tokens.
        places: Where they stand in it.
        fail: Makes an error of a reason.
        by_tokens: Whether the tokens came with the post. They are never cut; others are, where a mention begins or ends
            within one.
        may_count: Whether the text is as the post has it, so that its characters can be counted.

    Returns:
        The tokens, cut where need be, and the mentions by start, then end; None for a post without the field.

    Raises:
        Exception: What `fail` made, where a mention cannot be used.
    """
    if value is None:
        return tuple(tokens), None
    if not isinstance(value, list):
        raise fail(f'mentions must be a list of {{"start", "end", "type"}}; if the field is another one: {NOT_OURS}')
    if not may_count and any(isinstance(item, dict) and item.keys() & {"start_char", "end_char"} for item in value):
        raise fail("the tokens are not those of the text, whose characters mentions count; give their start and end")
    spans = [_span(item, text, places, fail, by_tokens=by_tokens) for item in value]
    if by_tokens:
        cut = list(places)
    else:
        edges = sorted({edge for start, end, _ in spans for edge in (start, end)})
        cut = [piece for place in places for piece in _cut(place, edges)]
        tokens = [text[start:end] for start, end in cut]
    starts, ends = [start for start, _ in cut], [end for _, end in cut]
    mentions = []
    for start, end, kind in spans:
        first, last = bisect_right(ends, start), bisect_left(starts, end)
        if not (first < last and starts[first] >= start and ends[last - 1] <= end):
            raise fail(f"mention {text[start:end]!r} cuts a token, expected it to begin and end where tokens do")
        mentions.append(GivenMention(first, last, kind))
    return tuple(tokens), tuple(sorted(mentions, key=lambda mention: (mention.start, mention.end)))


def are_people(value: Any) -> bool:
    """Whether a field ``mentions`` has, as exports of platforms do, people's names in the place of spans."""
    items = value if isinstance(value, list) else []
    return bool(items) and all(
        isinstance(item, str) or (isinstance(item, dict) and _PEOPLE & set(item)) for item in items
    )


def _span(item: Any, text: str, places: Places, fail: _Fail, *, by_tokens: bool) -> _Span:
    fields: Mapping[str, Any] = item if isinstance(item, dict) else {}
    in_characters = "start_char" in fields or "end_char" in fields
    names = ("start_char", "end_char") if in_characters else ("start", "end")
    unit, count = ("token", len(places)) if by_tokens and not in_characters else ("character", len(text))
    start, end = (fields.get(name) for name in names)
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= count):
        raise fail(f"mention {item!r} must have {unit} offsets 0 <= {names[0]} < {names[1]} <= {count}")
    if fields.get("type") not in (None, *ENTITY_TYPES):
        raise fail(f"mention type is {fields['type']!r}, expected one of {', '.join(ENTITY_TYPES)}, or null")
    if unit == "token":
        return places[start][0], places[end - 1][1], fields.get("type")
    named = text[start:end]
    if not named.strip():
        raise fail(f"mention {item!r} stands on blanks, expected it to have a word")
    return start + len(named) - len(named.lstrip()), start + len(named.rstrip()), fields.get("type")


def _cut(place: tuple[int, int], edges: Sequence[int]) -> list[tuple[int, int]]:
    """A token in pieces, cut at the edges within it."""
    start, end = place
    within = edges[bisect_right(edges, start) : bisect_left(edges, end)]
    return list(pairwise([start, *within, end]))
