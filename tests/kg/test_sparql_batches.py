"""Batches, halves and pages against a plain look-up, whatever the endpoint cuts or refuses."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kg.sparql.batches import ask_about
from kg.sparql.client import Manner, TooMuchError
from kg.sparql.questions import Question
from kg.sparql.reply import Answer, is_part

Data = dict[str, list[str]]


class Told(Question):
    """A question in JSON, which the endpoint below understands."""

    __slots__ = ()

    def count(self, iris: Sequence[str], limit: int) -> str:
        return json.dumps({"kind": "count", "iris": list(iris)})

    def rows(self, iris: Sequence[str], limit: int) -> str:
        return json.dumps({"kind": "rows", "iris": list(iris)})

    def page(self, iri: str, after: str | None, limit: int, *, up_to: str | None = None) -> str:
        return json.dumps({"kind": "page", "iris": [iri], "after": after, "up_to": up_to or "~"})


@dataclass
class Endpoint:
    """Answers from a dictionary; cuts at `cap` rows, with or without saying so, and refuses more than `most` IRIs."""

    data: Data
    cap: int
    says_so: bool
    most: int
    counts: bool
    cut_at: int | None = None
    manner: Manner = field(default_factory=Manner)

    def ask(self, query: str, *, limit: int, can_split: bool = False, can_sample: bool = False) -> Answer:
        asked: dict[str, Any] = json.loads(query)
        if can_split and (len(asked["iris"]) > self.most or (asked["kind"] == "count" and not self.counts)):
            raise TooMuchError("too much")
        if asked["kind"] == "count":
            rows = [{"x": _uri(iri), "n": {"value": str(len(self.data.get(iri, ())))}} for iri in asked["iris"]]
        else:
            pairs = [(iri, end) for iri in asked["iris"] for end in self.data.get(iri, ())]
            if asked["kind"] == "page":
                pairs = [pair for pair in sorted(pairs) if (asked["after"] or "") < pair[1] <= asked["up_to"]]
            rows = [{"x": _uri(iri), "p": _uri("http://p/"), "y": _uri(end)} for iri, end in pairs]
        rows, whole = rows[:limit][: self.cap], len(rows)
        note = "cut" if self.says_so and len(rows) < min(whole, limit) else ""
        return Answer(rows, is_part(rows, note, limit=limit, cut_at=self.cut_at))


def _uri(iri: str) -> dict[str, str]:
    return {"type": "uri", "value": iri}


DATA = st.dictionaries(
    st.integers(0, 400).map(lambda number: f"http://x/{number}"),
    st.lists(st.integers(0, 60).map(lambda number: f"http://y/{number:02}"), max_size=90),
    max_size=40,
)


@given(
    *(DATA, st.integers(3, 50), st.booleans(), st.integers(0, 20), st.booleans()),
    *(st.none() | st.integers(1, 30), st.sampled_from([3, 20_000])),
)
def test_everything_is_found(
    data: Data, cap: int, says_so: bool, most_iris: int, counts: bool, most: int | None, many: int
) -> None:
    # The same end can come with several predicates; so many rows of one end must fit into a page.
    data = {iri: sorted(ends)[: cap - 1] if len(set(ends)) < 3 else sorted(set(ends)) for iri, ends in data.items()}
    cut_at = None if says_so else cap
    endpoint = Endpoint(data, cap, says_so, most_iris, counts, cut_at)
    iris = [*sorted(data), "http://x/nobody"]
    endpoint.manner = Manner(most_sorted=many)
    found = {one.iri: one for one in ask_about(endpoint, Told("", ""), iris, most=most)}  # type: ignore[arg-type]
    for iri in iris:
        ends = data.get(iri, [])
        one = found.get(iri)
        got = sorted(row["y"]["value"] for row in one.rows) if one else []
        assert got == (ends if most is None else ends[:most])
        if one and most is not None and len(ends) > most:
            assert one.total in ((len(ends),) if counts and most_iris else (len(ends), None))
        elif one:
            assert one.total == len(ends)


@given(DATA, st.integers(4, 50))
def test_a_cut_that_nobody_tells_of_is_found_by_counting(data: Data, cap: int) -> None:
    data = {iri: sorted(set(ends)) for iri, ends in data.items()}
    endpoint = Endpoint(data, max(cap, len(data) + 1), says_so=False, most=100, counts=True)
    found = {one.iri: one for one in ask_about(endpoint, Told("", ""), sorted(data))}  # type: ignore[arg-type]
    assert {iri: sorted(row["y"]["value"] for row in one.rows) for iri, one in found.items()} == {
        iri: ends for iri, ends in data.items() if ends
    }
