"""Texts with marked spans as words and tags: what doccano, Prodigy, Label Studio and spaCy export."""

from collections.abc import Iterator, Mapping
from typing import Any

from ner.errors import FormatError
from ner.spans import Span, tags_from_spans
from ner.tokens import tokenize

_LISTS = ("spans", "entities", "ents", "label", "labels")
_STARTS, _ENDS, _TYPES = ("start", "start_offset"), ("end", "end_offset"), ("label", "labels", "tag_name", "type")

Mark = tuple[int, int, str]
"""Where a span begins and ends, in characters, and its type."""


class MarkedTexts:
    """Turns marked texts into words and tags, and counts the spans that begin or end within a word."""

    def __init__(self) -> None:
        self._widened = self.left_out = 0

    def __str__(self) -> str:
        count, others = self._widened, self.left_out
        widened = f"; {count:,} span{'' if count == 1 else 's'} within a word widened to it" if count else ""
        return widened + (f"; {others:,} not annotated, or rejected: left out" if others else "")

    def words_and_tags(self, row: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The words of a marked text and their BIO tags; None where it is none.

        Raises:
            FormatError: A span is nowhere in the text, or overlaps another.
        """
        text, lists = row.get("text"), [row[name] for name in _LISTS if isinstance(row.get(name), list)]
        if not isinstance(text, str) or not (lists or "answer" in row):
            return None
        items: list[Any] = next(filter(None, lists), [])
        tokens = tokenize(text)
        spans = []
        for start, end, kind in dict.fromkeys(_marks(items)):
            within = [number for number, token in enumerate(tokens) if token.start < end and start < token.end]
            if not (0 <= start < end <= len(text) and within):
                raise FormatError(
                    f"span {start} to {end} ({kind}): expected words of the text, which is {len(text)} long"
                )
            first, last = tokens[within[0]], tokens[within[-1]]
            cut = text[first.start : start] + text[end : last.end]
            self._widened += bool(cut)
            spans.append(Span(within[0], within[-1] + 1, kind))
        try:
            return tuple(token.text for token in tokens), tags_from_spans(spans, len(tokens))
        except ValueError as error:
            raise FormatError(f"{error}: expected spans that share no word") from error


def flat_row(row: Any) -> Any:
    """A row with what spaCy and Label Studio have within others in one place; None where nobody has annotated it."""
    if isinstance(row, list) and len(row) == 2 and isinstance(row[1], Mapping):  # ["…", {"entities": […]}]
        return {**row[1], "text": row[0]}
    if not isinstance(row, Mapping):
        return row
    if isinstance(row.get("data"), Mapping) and isinstance(row.get("annotations"), list):
        done = [one for one in row["annotations"] if isinstance(one, Mapping) and not one.get("was_cancelled")]
        values = [one.get("value") for one in (done[0].get("result") or ()) if isinstance(one, Mapping)] if done else []
        spans = [value for value in values if isinstance(value, Mapping) and "start" in value]
        return {**row, **row["data"], "spans": spans} if done else None
    return None if row.get("answer") in ("reject", "ignore") and isinstance(row.get("text"), str) else row


def _marks(items: list[Any]) -> Iterator[Mark]:
    for item in items:
        if isinstance(item, Mapping):
            parts = [next((item[name] for name in names if name in item), None) for names in (_STARTS, _ENDS, _TYPES)]
        else:
            parts = list(item) if isinstance(item, list) else []
        start, end, kind = parts if len(parts) == 3 else (None, None, None)
        kind = kind[0] if isinstance(kind, list) and len(kind) == 1 else kind
        if not (isinstance(start, int) and isinstance(end, int) and isinstance(kind, str) and kind.strip()):
            raise FormatError(f"span {str(item)[:80]}: expected begin, end (in characters) and type")
        yield start, end, kind.strip()
