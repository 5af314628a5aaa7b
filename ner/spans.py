"""Spans of entities, and the BIO tags that spell them.

Two readings of the same tags. *Lenient* is seqeval's default: an ``I-X`` that continues nothing opens an entity.
*Strict* counts only what opens with ``B-X``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ner.errors import TagError

TYPES: tuple[str, ...] = ("PER", "LOC", "ORG", "OTHER")
"""The entity types, in the order in which every table and tensor has them."""

OUTSIDE = "O"


def tags_of(types: Iterable[str]) -> tuple[str, ...]:
    """The tag set of some types: ``O``, then ``B-X`` and ``I-X`` of each."""
    return (OUTSIDE, *(f"{prefix}-{kind}" for kind in types for prefix in ("B", "I")))


TAGS: tuple[str, ...] = tags_of(TYPES)
"""The tag set of :data:`TYPES`; a tagger may have another."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """An entity: its first token, the token after its last, and its type."""

    start: int
    end: int
    type: str


def spans_from_tags(tags: Sequence[str], *, strict: bool = False) -> tuple[Span, ...]:
    """The entities that BIO tags spell, in order.

    Args:
        tags: ``O``, ``B-X`` or ``I-X`` for each token.
        strict: Whether an entity must open with ``B-X``; an orphan ``I-X`` then belongs to nothing.

    Raises:
        TagError: A tag is none of the three forms.
    """
    spans: list[Span] = []
    start, open_type = 0, ""
    for position, tag in enumerate([*tags, OUTSIDE]):
        prefix, kind = split_tag(tag)
        if prefix == "I" and kind == open_type:
            continue
        if open_type:
            spans.append(Span(start, position, open_type))
        opens = prefix == "B" or (prefix == "I" and not strict)
        start, open_type = (position, kind) if opens else (0, "")
    return tuple(spans)


def tags_from_spans(spans: Iterable[Span], length: int) -> tuple[str, ...]:
    """The BIO tags of non-overlapping spans over ``length`` tokens.

    Raises:
        ValueError: A span is empty, leaves the sentence or overlaps another.
    """
    tags = [OUTSIDE] * length
    for span in spans:
        if not 0 <= span.start < span.end <= length:
            raise ValueError(f"{span} does not lie within {length} tokens")
        if any(tag != OUTSIDE for tag in tags[span.start : span.end]):
            raise ValueError(f"{span} overlaps another span")
        tags[span.start : span.end] = [f"B-{span.type}"] + [f"I-{span.type}"] * (span.end - span.start - 1)
    return tuple(tags)


def repair_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """The same entities by the lenient reading, every one of them opened by its ``B-X``."""
    return tags_from_spans(spans_from_tags(tags), len(tags))


def split_tag(tag: str) -> tuple[str, str]:
    """``("B", "PER")`` of ``"B-PER"``; ``("O", "")`` of ``"O"``.

    Raises:
        TagError: The tag has another form.
    """
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, _, kind = tag.partition("-")
    if prefix not in ("B", "I") or not kind:
        raise TagError(f"tag {tag!r} is not 'O', 'B-TYPE' or 'I-TYPE': correct it in the data")
    return prefix, kind
