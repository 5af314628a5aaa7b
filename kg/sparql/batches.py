"""Everything about many IRIs, in as few queries as an endpoint bears, and never a part taken for the whole.

First the rows of each IRI are counted, then as many IRIs are asked about at once as fit into an answer. An answer that
may be cut, or that lacks rows that were counted, is asked again in halves; a single IRI is read page by page.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .client import SparqlClient, TooMuchError
from .questions import Question
from .reply import Row, count_of
from .terms import is_iri

ANSWER_ROWS = 4000
"""Rows that one answer should have at most: well under the 10,000 that public endpoints give."""

IRIS_COUNTED = 150
IRIS_ASKED = 100
_PAGE_ROWS = 2000
_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of one IRI.

    Attributes:
        iri: As it was asked for.
        rows: What there is about it; in the order of the other end where not all was read.
        total: How many rows there are; None where not all was read and the endpoint cannot count them.
    """

    iri: str
    rows: Sequence[Row]
    total: int | None


def ask_about(
    client: SparqlClient, question: Question, iris: Sequence[str], *, most: int | None = None
) -> Iterator[Found]:
    """Yield what there is about each IRI; those without rows are left out.

    Args:
        client: Asks.
        question: What to ask.
        iris: IRIs that may stand in a query, each once; the order of the queries follows theirs.
        most: How many rows of one IRI to read, the first in the order of the other end; all where None.

    Raises:
        EndpointError: If the endpoint does not answer.
    """
    for start in range(0, len(iris), IRIS_COUNTED):
        counts = _count(client, question, iris[start : start + IRIS_COUNTED])
        pack: list[str] = []
        room = _room(client)
        for iri, total in counts.items():
            if total is None or total > room or (most is not None and total > most):
                yield _read_pages(client, question, iri, total, most)
            elif total:
                if len(pack) == IRIS_ASKED or total + sum(counts[other] or 0 for other in pack) > room:
                    yield from _read_pack(client, question, pack, counts)
                    pack = []
                pack.append(iri)
        if pack:
            yield from _read_pack(client, question, pack, counts)


def _room(client: SparqlClient) -> int:
    """Return how many rows an answer may have before it looks cut."""
    return min(ANSWER_ROWS, (client.cut_at or ANSWER_ROWS + 1) - 1)


def _count(client: SparqlClient, question: Question, iris: Sequence[str]) -> dict[str, int | None]:
    """Return the number of rows of each IRI, in the same order; None for one that the endpoint cannot count."""
    limit = len(iris) + 1
    with suppress(TooMuchError):
        answer = client.ask(question.count(iris, limit), limit=limit, can_split=True)
        found = {row["x"]["value"]: count_of(row) for row in answer.rows if "x" in row}
        if found.keys() >= set(iris):
            return {iri: found[iri] for iri in iris}
    if len(iris) == 1:
        return {iris[0]: None}
    half = len(iris) // 2
    return _count(client, question, iris[:half]) | _count(client, question, iris[half:])


def _read_pack(
    client: SparqlClient, question: Question, iris: Sequence[str], counts: dict[str, int | None]
) -> Iterator[Found]:
    limit = min(ANSWER_ROWS, sum(counts[iri] or 0 for iri in iris)) + 1
    rows: dict[str, list[Row]] = defaultdict(list)
    is_whole = False
    with suppress(TooMuchError):
        answer = client.ask(question.rows(iris, limit), limit=limit, can_split=True)
        for row in answer.rows:
            rows[row.get("x", {}).get("value", "")].append(row)
        is_whole = not answer.part and all(len(rows[iri]) >= (counts[iri] or 0) for iri in iris)
    if is_whole:
        for iri in iris:
            yield Found(iri, rows[iri], len(rows[iri]))
    elif len(iris) == 1:
        yield _read_pages(client, question, iris[0], counts[iris[0]], None)
    else:
        half = len(iris) // 2
        yield from _read_pack(client, question, iris[:half], counts)
        yield from _read_pack(client, question, iris[half:], counts)


def _read_pages(client: SparqlClient, question: Question, iri: str, total: int | None, most: int | None) -> Found:
    """Read the rows of one IRI in the order of their key, up to `most` of them or to the end."""
    if most is not None and total is not None and total > client.manner.most_sorted:
        for bound in _bounds(client, question, iri, most / total):
            rows = _walk(client, question, iri, None, most, up_to=bound)
            if len(rows) > most:
                return Found(iri, rows[:most], total)
    rows = _walk(client, question, iri, total, most)
    if most is not None and len(rows) > most:
        return Found(iri, rows[:most], total)
    return Found(iri, rows, max(len(rows), total or 0))


def _bounds(client: SparqlClient, question: Question, iri: str, share: float) -> list[str]:
    """Return other ends before which that share of an IRI's rows may well stand, so that not all need to be sorted."""
    limit = _page_rows(client)
    try:
        answer = client.ask(question.rows([iri], limit), limit=limit, can_split=True)
    except TooMuchError:
        return []
    ends = sorted(end for row in answer.rows if is_iri(end := _key(row, question)))
    places = [int(len(ends) * share * factor) + factor for factor in (3, 20)]
    return [ends[place] for place in places if place < len(ends)]


def _walk(
    client: SparqlClient,
    question: Question,
    iri: str,
    total: int | None,
    most: int | None,
    *,
    up_to: str | None = None,
) -> Sequence[Row]:
    """Return the rows of one IRI, page by page; where there are more than `most`, the first ones, and more than `most`.

    Rows come in the order of the other end only where there are more than `most`.
    """
    limit = _page_rows(client)
    rows: list[Row] = []
    after: str | None = None
    while True:
        answer = client.ask(question.page(iri, after, limit, up_to=up_to), limit=limit)
        is_cut = bool(answer.part) or (total is not None and len(rows) + len(answer.rows) < total)
        kept = _without_last_key(answer.rows, question) if is_cut else answer.rows
        last = _last_key(kept, question)
        rows += kept
        if most is not None and len(rows) > most:
            distinct = {_other_end(row): row for row in rows}  # a triple in two graphs comes twice
            if len(distinct) > most:
                return [distinct[end] for end in sorted(distinct)]
        if not is_cut or last is None or last == after:
            return rows
        after = last


def _page_rows(client: SparqlClient) -> int:
    return max(2, min(_PAGE_ROWS, _room(client)))


def _without_last_key(rows: Sequence[Row], question: Question) -> Sequence[Row]:
    """Drop the rows of the last key, of which there may be more, unless there is no other key."""
    return [row for row in rows if _key(row, question) != _key(rows[-1], question)] or rows


def _last_key(rows: Sequence[Row], question: Question) -> str | None:
    """Return the last key that can stand in a query."""
    keys = (_key(row, question) for row in reversed(rows))
    return next((key for key in keys if (len(key) == _DIGEST if question.values else is_iri(key))), None)


def _key(row: Row, question: Question) -> str:
    return row.get("k" if question.values else "y", {}).get("value", "")


def _other_end(row: Row) -> tuple[str, str]:
    return row.get("y", {}).get("value", ""), row.get("p", {}).get("value", "")
