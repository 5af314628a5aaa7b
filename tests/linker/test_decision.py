"""The decision: entity or NIL, type, and what becomes a mention."""

import pytest

from kg import AliasMatch, Entity
from linker import FEATURES, Decision, Mention, decide, describe, load_decision

PER, LOC = ("PER", 1.0), ("LOC", 1.0)


def match(number: int, type_: str | None = "LOC", *, fuzzy: float = 1.0, prior: float = 1.0) -> AliasMatch:
    return AliasMatch(Entity(number, f"urn:{number}", f"E{number}", type_, prior), f"E{number}", "label", 1.0, fuzzy)


def mention(start: int, end: int, *, score: float = 0.9, per: float = 0.5, exact: bool = True) -> Mention:
    scores = (("PER", per), ("LOC", 1 - per), ("ORG", 0.0), ("OTHER", 0.0)) if score else ()
    return Mention(start, end, "Chad", score, scores, exact)


def weights(**values: float) -> Decision:
    return Decision(tuple(values.get(name, 0.0) for name in FEATURES), 0.5, 5.0, 0.5)


def test_each_feature_has_a_weight_in_the_package() -> None:
    assert len(load_decision().weights) == len(FEATURES)
    [row] = describe(mention(0, 1), [match(1)], {})
    assert len(row) == len(FEATURES)


def test_the_best_candidate_is_chosen_and_ties_break_by_id() -> None:
    [linked] = decide([mention(0, 1)], [[match(9), match(2), match(3, prior=50.0)]], {}, decision=weights(log_prior=1))
    assert linked.entity is not None
    assert linked.entity.entity.id == 3
    assert [candidate.entity.id for candidate in linked.candidates] == [3, 2, 9]


def test_no_good_candidate_is_nil() -> None:
    [linked] = decide([mention(0, 1)], [[match(1)]], {}, decision=weights(bias=-1))
    assert linked.entity is None
    assert len(linked.candidates) == 1
    [linked] = decide([mention(0, 1)], [[]], {}, decision=weights(bias=1))
    assert linked.entity is None


@pytest.mark.parametrize(("hops", "chosen", "type_"), [({1: 0}, 1, "LOC"), ({2: 0}, 2, "PER"), ({}, 1, "PER")])
def test_the_pictured_entity_decides_entity_and_type(hops: dict[int, int], chosen: int, type_: str) -> None:
    decision = weights(is_pictured=3, bias=0.1)
    candidates = [match(1, "LOC"), match(2, "PER")]
    [linked] = decide([mention(0, 1, per=0.6)], [candidates], hops, decision=decision)
    assert linked.entity is not None
    assert (linked.entity.entity.id, linked.type) == (chosen, type_)


def test_an_alias_that_the_tagger_left_is_a_mention_only_where_the_picture_shows_it() -> None:
    decision = weights(bias=1)
    alias_only = mention(0, 1, score=0.0)
    assert decide([alias_only], [[match(1)]], {}, decision=decision) == ()
    [linked] = decide([alias_only], [[match(1)]], {1: 0}, decision=decision)
    assert (linked.type, linked.score) == ("LOC", 0.0)
    assert decide([alias_only], [[match(1)]], {1: 1}, decision=decision) == ()
    assert decide([mention(0, 1, score=0.0, exact=False)], [[match(1)]], {1: 0}, decision=decision) == ()


def test_mentions_do_not_overlap_unless_they_are_given() -> None:
    spans = [mention(0, 2, score=0.6), mention(1, 3, score=0.8), mention(3, 4, score=0.7)]
    assert [(m.start, m.end) for m in decide(spans, [[], [], []], {})] == [(1, 3), (3, 4)]
    assert len(decide(spans, [[], [], []], {}, keep_all=True)) == 3


def test_a_given_type_stands() -> None:
    [linked] = decide([mention(0, 1)], [[match(1, "PER")]], {1: 0}, keep_all=True, types={(0, 1): "ORG"})
    assert linked.type == "ORG"


@pytest.mark.parametrize(("text", "kept"), [("#LosAngelesLakers", 1), ("@LosAngelesLakers", 1), ("#Lakers", 0)])
def test_a_joined_name_is_a_mention_without_the_tagger(text: str, kept: int) -> None:
    hashtag = Mention(0, 1, text, 0.0, (), exact=True)
    assert len(decide([hashtag], [[match(1, "ORG")]], {}, decision=weights(bias=1))) == kept
    assert decide([hashtag], [[match(1, "ORG")]], {}, decision=weights(bias=-1)) == ()
