"""The decision: what becomes a mention, its type, and what of its ranking is said."""

import pytest

from kg import AliasMatch, Entity
from linker import Candidate, GivenMention, LinkedMention, Mention, Post, Ranking, decide

TOKENS = ("Chad", "and", "Mali", "win", "again")


def candidate(number: int, type_: str | None = "LOC", *, score: float = 0.8, hop: int | None = None) -> Candidate:
    match = AliasMatch(Entity(number, f"urn:{number}", f"E{number}", type_, 1.0), f"E{number}", "label", 1.0, 1.0)
    return Candidate(match, hop, score)


def ranking(*candidates: Candidate, nil: float = 0.1, ambiguous: bool = False) -> Ranking:
    best = candidates[0] if candidates and nil <= 0.5 else None
    return Ranking(candidates, nil, 0.05, best, ambiguous)


def mention(start: int, end: int, *, text: str = "Chad", score: float = 0.9, exact: bool = True) -> Mention:
    scores = (("PER", 0.6), ("LOC", 0.4), ("ORG", 0.0), ("OTHER", 0.0)) if score else ()
    return Mention(start, end, text, score, scores, exact)


def one(*asked: object, post: Post | None = None, **options: float) -> LinkedMention:
    [linked] = decide(post or Post("1", TOKENS), [asked[0]], [asked[1]], **options)  # type: ignore[list-item]
    return linked


@pytest.mark.parametrize(("known", "type_"), [("LOC", "LOC"), ("ORG", "ORG"), (None, "PER")])
def test_mention_and_entity_are_of_one_type(known: str | None, type_: str) -> None:
    assert one(mention(0, 1), ranking(candidate(1, known))).type == type_


def test_nil_has_the_taggers_type() -> None:
    linked = one(mention(0, 1), ranking(candidate(1, "ORG"), nil=0.9))
    assert (linked.entity, linked.type, len(linked.candidates)) == (None, "PER", 1)
    assert one(mention(0, 1), ranking()).entity is None


def test_a_link_below_the_least_score_is_not_said() -> None:
    found = ranking(candidate(1, "ORG", score=0.6), candidate(2, score=0.6), ambiguous=True)
    assert one(mention(0, 1), found, min_score=0.6).ambiguous
    unsure = one(mention(0, 1), found, min_score=0.61)
    assert (unsure.entity, unsure.type, unsure.ambiguous, len(unsure.candidates)) == (None, "PER", False, 2)


def test_a_link_needs_a_sure_span_or_a_sure_entity() -> None:
    def said(span: float, entity: float, *, hop: int | None = None, given: bool = False) -> bool:
        post = Post("1", TOKENS, mentions=(GivenMention(0, 1),) if given else None)
        return (
            one(mention(0, 1, score=span), ranking(candidate(1, score=entity, hop=hop)), post=post).entity is not None
        )

    assert said(0.9, 0.3) and said(0.3, 0.9)
    assert not said(0.3, 0.3)
    assert said(0.3, 0.3, hop=0)  # what the picture shows
    assert said(0.3, 0.15, given=True)
    assert not said(0.9, 0.15)
    unsure = mention(0, 1, score=0.3), ranking(candidate(1, score=0.3))
    assert one(*unsure, min_score=0.0).entity  # whoever asks for a least score is given what has it
    assert not one(*unsure, min_score=0.31).entity


def test_ten_candidates_are_named_and_the_others_added_up() -> None:
    linked = one(mention(0, 1), ranking(*(candidate(number, score=0.05) for number in range(15)), nil=0.2))
    assert len(linked.candidates) == 10
    assert linked.other_score == pytest.approx(0.05 + 5 * 0.05)
    assert sum(c.score for c in linked.candidates) + linked.nil_score + linked.other_score == pytest.approx(1)


def test_an_alias_that_the_tagger_left_is_a_mention_only_where_the_picture_shows_it() -> None:
    alias_only, post = mention(0, 1, score=0.0), Post("1", TOKENS)
    for hop, kept in ((None, 0), (0, 1), (1, 0)):
        assert len(decide(post, [alias_only], [ranking(candidate(1, hop=hop))])) == kept
    shown = ranking(candidate(1, hop=0))
    assert decide(post, [mention(0, 1, score=0.0, exact=False)], [shown]) == ()
    assert one(alias_only, shown).type == "LOC"
    assert decide(post, [alias_only], [shown], min_score=0.9) == ()  # without its entity it is none


@pytest.mark.parametrize(("text", "kept"), [("#LosAngelesLakers", 1), ("@LosAngelesLakers", 1), ("#Lakers", 0)])
def test_a_joined_name_is_a_mention_without_the_tagger(text: str, kept: int) -> None:
    hashtag, post = mention(0, 1, text=text, score=0.0), Post("1", (text,))
    assert len(decide(post, [hashtag], [ranking(candidate(1, "ORG"))])) == kept
    assert decide(post, [hashtag], [ranking(candidate(1, "ORG", score=0.4))]) == ()


def test_mentions_do_not_overlap_unless_they_are_given() -> None:
    spans = [mention(0, 2, score=0.6), mention(1, 3, score=0.8), mention(3, 4, score=0.7)]
    found = decide(Post("1", TOKENS), spans, [ranking()] * 3)
    assert [(m.start, m.end) for m in found] == [(1, 3), (3, 4)]
    given = tuple(GivenMention(span.start, span.end) for span in spans)
    assert len(decide(Post("1", TOKENS, mentions=given), spans, [ranking()] * 3)) == 3


def test_a_given_type_stands() -> None:
    post = Post("1", TOKENS, mentions=(GivenMention(0, 1, "ORG"),))
    assert one(mention(0, 1), ranking(candidate(1, None)), post=post).type == "ORG"


def test_offsets_count_the_characters_of_the_text() -> None:
    text = " Chad  and\nMali win again"
    linked = one(mention(0, 3), ranking(), post=Post("1", TOKENS, text=text))
    assert (linked.start_char, linked.end_char, linked.text) == (1, 15, "Chad  and\nMali")
    joined = one(mention(2, 3), ranking())
    assert (joined.start_char, joined.end_char, joined.text) == (9, 13, "Mali")
