"""What an endpoint's reply is worth: a whole answer, a part of one, or trouble.

Status 200 says little. Virtuoso cuts answers at its `ResultSetMaxRows` (header `X-SPARQL-MaxRows`) and at its time
limit (`X-SQL-State: S1TAT`), Blazegraph (Wikidata's) writes the trace of its time-out behind half an answer or sends it
with status 500, proxies cut answers anywhere or send a page of HTML, and most of that comes with status 200.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kg.politeness import retry_after_s

from .questions import Row

_USUAL_CUTS = {10_000}  # numbers of rows at which endpoints are known to cut, header or not
_KINDS = {
    **dict.fromkeys((429, 503), "wait"),
    **dict.fromkeys((400, 413, 414), "refused"),
    **dict.fromkeys((408, 500, 502, 504, *range(520, 530)), "again"),
}
_SHOWN = 200
_OUT_OF_TIME = re.compile(rb"\b(?:java\.util\.concurrent\.|com\.bigdata\.\S*)(?:Query)?TimeoutException")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes  # as far as it came
    cut: str = ""  # why no more of it came


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows, and whether they may be only a part of all."""

    rows: Sequence[Row]
    is_part: bool


class TroubleError(Exception):
    """A reply that is not an answer.

    Its kind is ``wait`` (asked to come later), ``again`` (may pass), ``down`` (nothing answers at the address),
    ``slow`` (cut short by the endpoint's time limit), ``refused`` (a smaller query may pass) or ``fatal``.
    """

    def __init__(self, kind: str, text: str, wait_s: float | None = None) -> None:
        super().__init__(text)
        self.kind = kind
        self.wait_s = wait_s  # how long the endpoint asks to wait, where it says so


def judge(reply: Reply, now: datetime) -> tuple[list[Row], str]:
    """Return the rows of a reply, and what its headers say of their being a part only (else empty).

    The time is for a `Retry-After` that is a date.

    Raises:
        TroubleError: If it is not an answer.
    """
    status, headers = reply.status, reply.headers
    if 300 <= status < 400:
        target = headers.get("location", "")[:_SHOWN]
        raise TroubleError("fatal", f"status {status}, it has moved to {target!r}: give that address")
    if status in (200, 500) and _OUT_OF_TIME.search(reply.body) and not _is_json(reply.body):
        raise TroubleError("slow", f"out of the endpoint's time (status {status}, TimeoutException)")
    if status not in (200, 206):
        kind, text = _KINDS.get(status, "fatal"), f"status {status}: {shown(reply.body)}"
        raise TroubleError(kind, text, retry_after_s(headers.get("retry-after"), now) if kind == "wait" else None)
    state = headers.get("x-sql-state") or headers.get("x-sql-message")
    if status == 206 or state:
        raise TroubleError("slow", f"an incomplete answer ({state[:_SHOWN] if state else 'status 206'})")
    if reply.cut:
        raise TroubleError("again", f"half an answer ({reply.cut})")
    most = headers.get("x-sparql-maxrows")
    return parse_rows(reply.body), "" if most is None else f"cut by the endpoint at {most[:20]} rows"


def parse_rows(body: bytes) -> list[Row]:
    """Read the rows of a SPARQL JSON document, or raise `TroubleError` for anything else, also for half of one."""
    try:
        document = json.loads(body.decode("utf-8"), strict=False)
    except (ValueError, RecursionError) as error:
        is_begun = body.lstrip().startswith(b"{")
        what = f"half a JSON document or a broken one ({error})" if is_begun else "not JSON"
        raise TroubleError("again", f"{what}: {shown(body)}") from None
    try:
        rows = document["results"]["bindings"]
        if not isinstance(rows, list) or not all(map(_is_row, rows)):
            raise TypeError
    except (TypeError, KeyError):
        raise TroubleError("again", f"JSON that is not the result of a SELECT: {shown(body)}") from None
    return rows


def is_part(rows: Sequence[Row], note: str, *, limit: int, cut_at: int | None) -> bool:
    """Say whether rows may be only a part of all, by the endpoint's word or by their number."""
    return bool(note) or len(rows) >= limit or len(rows) in _USUAL_CUTS or len(rows) == cut_at


def count_of(row: Row) -> int | None:
    """Return the number that a query counted as `?n`; None if it is not one."""
    text = row.get("n", {}).get("value", "")
    return int(text) if text.isdecimal() and len(text) < 18 else None


def shown(body: bytes) -> str:
    """Return the beginning of a body, on one line."""
    text = " ".join(body[: _SHOWN * 4].decode("utf-8", "replace").split())
    return repr("".join(char if char.isprintable() else "?" for char in text)[:_SHOWN])


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and all(
        isinstance(term, dict) and all(isinstance(part, str) for part in term.values()) for term in row.values()
    )
