"""What a tagger takes for what: types on exact spans, and spans that are missed, made up or cut wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ner.evaluation.counts import types_in
from ner.spans import Span, spans_from_tags


@dataclass(frozen=True, slots=True)
class Confusion:
    """Where every gold and every predicted entity went.

    The gold entities of a type are its row of ``exact``, its ``wrong_bounds`` and its ``missed``; the predicted ones of
    a type are its column of ``exact``, its ``wrongly_bounded`` and its ``spurious``.

    Attributes:
        types: The types, in the order of the table.
        exact: Entities whose span was found exactly: by gold type, then by predicted type.
        wrong_bounds: Gold entities that only a span with other bounds overlaps, by gold type.
        missed: Gold entities that nothing overlaps, by gold type.
        wrongly_bounded: Predicted entities that overlap a gold one but have no gold one's bounds, by predicted type.
        spurious: Predicted entities that overlap no gold one, by predicted type.
    """

    types: tuple[str, ...]
    exact: Mapping[str, Mapping[str, int]]
    wrong_bounds: Mapping[str, int]
    missed: Mapping[str, int]
    wrongly_bounded: Mapping[str, int]
    spurious: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        exact = {kind: dict(row) for kind, row in self.exact.items()}
        rest = {name: dict(getattr(self, name)) for name in _KINDS_OF_ERRORS}
        return {"types": list(self.types), "exact": exact, **rest}


_KINDS_OF_ERRORS = ("wrong_bounds", "missed", "wrongly_bounded", "spurious")


def confusion_of_tags(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], *, strict: bool = False
) -> Confusion:
    """Count what a tagger takes for what.

    Args:
        gold: The posts' BIO tags.
        predicted: A tagger's, for the same posts.
        strict: Whether only what opens with ``B-`` is an entity.

    Raises:
        ValueError: The two have not the same posts.
    """
    types = types_in(gold, predicted)
    exact: Counter[tuple[str, str]] = Counter()
    errors: dict[str, Counter[str]] = {name: Counter() for name in _KINDS_OF_ERRORS}
    for wanted_tags, found_tags in zip(gold, predicted, strict=True):
        wanted, found = (spans_from_tags(tags, strict=strict) for tags in (wanted_tags, found_tags))
        type_at = {(span.start, span.end): span.type for span in found}
        exact.update((span.type, type_at[span.start, span.end]) for span in wanted if (span.start, span.end) in type_at)
        for spans, others, cut, alone in (
            (wanted, found, "wrong_bounds", "missed"),
            (found, wanted, "wrongly_bounded", "spurious"),
        ):
            for span in _without_a_match(spans, others):
                errors[cut if overlaps_any(span, others) else alone][span.type] += 1
    table = {kind: {other: exact[kind, other] for other in types} for kind in types}
    return Confusion(types, table, **{name: {kind: errors[name][kind] for kind in types} for name in _KINDS_OF_ERRORS})


def overlaps_any(span: Span, others: Sequence[Span]) -> bool:
    """Whether a span shares a token with one of the others."""
    return any(span.start < other.end and other.start < span.end for other in others)


def _without_a_match(spans: Sequence[Span], others: Sequence[Span]) -> Iterator[Span]:
    places = {(span.start, span.end) for span in others}
    return (span for span in spans if (span.start, span.end) not in places)
