"""What the tagger is told of the graph's names in a post."""

import pytest

from kg import AliasMatch, Entity
from linker.candidates import known_names


def match(number: int, kind: str | None, *, alias: str = "Chad", weight: float = 1.0, prior: float = 0.0) -> AliasMatch:
    return AliasMatch(Entity(number, f"urn:{number}", alias, kind, prior), alias, "label", weight, 1.0)


def test_types_share_by_weight_and_by_how_often_each_is_meant() -> None:
    matches = (match(1, "LOC", prior=2.0), match(2, "PER", weight=0.5), match(3, None, weight=0.5))
    (name,) = known_names(("Chad", "wins"), {(0, 1): matches}, {})
    assert dict(name.types) == pytest.approx({"LOC": 0.75, "PER": 0.125})
    assert (name.start, name.end, name.weight, name.prior) == (0, 1, 1.0, 2.0)


@pytest.mark.parametrize(
    ("hops", "nearness"), [({}, 0.0), ({1: 0}, 1.0), ({1: 2, 2: 1}, 0.5), ({2: 2}, 0.25), ({9: 0}, 0.0)]
)
def test_nearness_is_that_of_the_nearest(hops: dict[int, int], nearness: float) -> None:
    (name,) = known_names(("Chad",), {(0, 1): (match(1, "LOC"), match(2, "PER"))}, hops)
    assert name.nearness == nearness


@pytest.mark.parametrize(("token", "same"), [("Chad", True), ("#Chad", True), ("chad", False), ("CHAD", False)])
def test_case_is_compared_as_it_is_written(token: str, same: bool) -> None:
    (name,) = known_names((token,), {(0, 1): (match(1, "LOC"),)}, {})
    assert name.same_case is same


def test_names_come_in_the_order_of_the_text() -> None:
    matched = {(3, 4): (match(1, "LOC"),), (0, 2): (match(2, "ORG"),)}
    assert [(name.start, name.end) for name in known_names(("a", "b", "c", "d"), matched, {})] == [(0, 2), (3, 4)]
