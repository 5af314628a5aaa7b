"""Everything about many IRIs, in as few queries as an endpoint bears, and never a part taken for the whole.

First the rows of each IRI are counted, then as many IRIs are asked about at once as fit into an answer. An answer that
may be cut, or that lacks rows that were counted, is asked again in halves; a single IRI is read page by page.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .client import SparqlClient, TooMuchError
from .questions import Question, Row
from .reply import count_of

_IRIS_COUNTED = 150
_IRIS_ASKED = 100
_PAGE_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of one IRI, in the order of the other end where not all were read."""

    iri: str  # as it was asked for
    rows: Sequence[Row]
    total: int | None  # how many there are; None where not all were read and the endpoint cannot count them


def ask_about(
    client: SparqlClient, question: Question, iris: Sequence[str], *, most: int | None = None
) -> Iterator[Found]:
    """Yield what there is about each IRI; those without rows are left out.

    Args:
        client: Asks; it may raise `EndpointError`.
        question: What to ask.
        iris: IRIs that may stand in a query, each once; the order of the queries follows theirs.
        most: How many rows of one IRI to read, the first in the order of the other end; all where None.
    """
    batch = _Batch(client, question)
    for start in range(0, len(iris), _IRIS_COUNTED):
        counts = batch.count(iris[start : start + _IRIS_COUNTED])
        pack: dict[str, int] = {}
        for iri, total in counts.items():
            if total is None or total > batch.room or (most is not None and total > most):
                yield batch.read_pages(iri, total, most)
            elif total:
                if len(pack) == _IRIS_ASKED or total + sum(pack.values()) > batch.room:
                    yield from batch.read(pack)
                    pack = {}
                pack[iri] = total
        if pack:
            yield from batch.read(pack)


def count_about(client: SparqlClient, question: Question, iris: Sequence[str]) -> Iterator[tuple[str, int | None]]:
    """Yield how many rows there are about each IRI; None where the endpoint cannot count them."""
    batch = _Batch(client, question)
    for start in range(0, len(iris), _IRIS_COUNTED):
        yield from batch.count(iris[start : start + _IRIS_COUNTED]).items()


class _Batch:
    """One question to one endpoint, about several IRIs or about one."""

    def __init__(self, client: SparqlClient, question: Question) -> None:
        self._client = client
        self._question = question
        self._most = client.manner.answer_rows
        self.room = min(self._most, (client.cut_at or self._most + 1) - 1)  # more rows look like a cut answer
        self._page_rows = max(2, min(_PAGE_ROWS, self.room))

    def count(self, iris: Sequence[str]) -> dict[str, int | None]:
        """Return the number of rows of each IRI, in the same order; None for one that the endpoint cannot count."""
        limit = len(iris) + 1
        with suppress(TooMuchError):
            answer = self._client.ask(self._question.count(iris, limit), limit=limit, can_split=True)
            found = {row["x"]["value"]: count_of(row) for row in answer.rows if "x" in row}
            if found.keys() >= set(iris):
                return {iri: found[iri] for iri in iris}
        if len(iris) == 1:
            return {iris[0]: None}
        half = len(iris) // 2
        return self.count(iris[:half]) | self.count(iris[half:])

    def read(self, counts: dict[str, int]) -> Iterator[Found]:
        """Yield all rows of IRIs that have so many."""
        iris = list(counts)
        limit = min(self._most, sum(counts.values())) + 1
        rows: dict[str, list[Row]] = defaultdict(list)
        with suppress(TooMuchError):
            answer = self._client.ask(self._question.rows(iris, limit), limit=limit, can_split=True)
            for row in answer.rows:
                rows[row.get("x", {}).get("value", "")].append(row)
            if not answer.is_part and all(len(rows[iri]) >= counts[iri] for iri in iris):
                yield from (Found(iri, rows[iri], len(rows[iri])) for iri in iris)
                return
        if len(iris) == 1:
            yield self.read_pages(iris[0], counts[iris[0]], None)
            return
        half = len(iris) // 2
        for part in (iris[:half], iris[half:]):
            yield from self.read({iri: counts[iri] for iri in part})

    def read_pages(self, iri: str, total: int | None, most: int | None) -> Found:
        """Read the rows of one IRI in the order of their key, up to `most` of them or to the end.

        If the endpoint has not the time to sort them, some `most` of them are read.
        """
        bounds: Sequence[str] = ()
        if most is not None and total is not None and total > self._client.manner.most_sorted:
            bounds = self._bounds(iri, most / total)
        try:
            for bound in (*bounds, None):
                rows = self._walk(iri, None if bound else total, most, up_to=bound)
                if most is not None and len(rows) > most:
                    return Found(iri, rows[:most], total)
        except TooMuchError:
            limit = min(most or 0, self.room)
            answer = self._client.ask(self._question.rows([iri], limit), limit=limit)
            found = sorted(answer.rows, key=_other_end)
            return Found(iri, found, total if answer.is_part else len(found))
        return Found(iri, rows, max(len(rows), total or 0))

    def _bounds(self, iri: str, share: float) -> list[str]:
        """Return other ends before which that share of an IRI's rows may well stand: not all need to be sorted."""
        limit = self._page_rows
        try:
            answer = self._client.ask(self._question.rows([iri], limit), limit=limit, can_split=True)
        except TooMuchError:
            return []
        ends = sorted(filter(self._question.is_key, map(self._question.key_of, answer.rows)))
        places = [int(len(ends) * share * factor) + factor for factor in (3, 20)]
        return [ends[place] for place in places if place < len(ends)]

    def _walk(self, iri: str, total: int | None, most: int | None, *, up_to: str | None = None) -> Sequence[Row]:
        """Return the rows of one IRI, page by page, to the end or until they are more than `most`.

        They come in the order of the other end only where they are more than `most`.
        """
        question, limit = self._question, self._page_rows
        rows: list[Row] = []
        after: str | None = None
        while True:
            query = question.page(iri, after, limit, up_to=up_to)
            answer = self._client.ask(query, limit=limit, can_sample=most is not None)
            is_cut = answer.is_part or (total is not None and len(rows) + len(answer.rows) < total)
            keys = [question.key_of(row) for row in answer.rows]
            # There may be more rows of the last key: they come again, unless there is no other key.
            whole = [row for row, key in zip(answer.rows, keys, strict=True) if key != keys[-1]] if is_cut else []
            kept = whole or answer.rows
            rows += kept
            if most is not None and len(rows) > most:
                distinct = {_other_end(row): row for row in rows}  # a triple in two graphs comes twice
                if len(distinct) > most:
                    return [distinct[end] for end in sorted(distinct)]
            last = next(filter(question.is_key, map(question.key_of, reversed(kept))), None)
            if not is_cut or last is None or last == after:
                return rows
            after = last


def _other_end(row: Row) -> tuple[str, str]:
    return row.get("y", {}).get("value", ""), row.get("p", {}).get("value", "")
