"""Posts with other names keep their shape: the same entities in the same order, and the words between them."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ner import KnownName, TaggedPost, spans_from_tags
from ner.training.augment import Pool, training_example
from ner.training.recipes import ContextRecipe
from ner.training.renaming import renamed

NAMES = (("Kobe Bryant", "PER"), ("Ann", "PER"), ("Paris", "LOC"), ("New York City", "LOC"), ("FIFA", "ORG"))
POST = TaggedPost(
    "1",
    ("Look", ",", "#Chad", "beats", "lagos", "and", "JAMAICA", "today"),
    ("O", "O", "B-PER", "O", "B-LOC", "O", "B-LOC", "O"),
    caption="two flags",
    knowledge=(("Chad", "is a", "country"),),
)
NOTHING = dict.fromkeys(ContextRecipe.__dataclass_fields__, 0.0)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_entities_keep_their_order_and_types_and_the_rest_its_words(seed: int) -> None:
    changed, places = renamed(POST, NAMES, random.Random(seed))
    spans = spans_from_tags(changed.tags)
    assert [span.type for span in spans] == ["PER", "LOC", "LOC"]
    assert set(places) <= set(spans)
    outside = [token for token, tag in zip(changed.tokens, changed.tags, strict=True) if tag == "O"]
    assert outside == ["Look", ",", "beats", "and", "today"]
    assert all(changed.tokens)


def test_most_names_are_new_and_are_written_as_the_old_ones_were() -> None:
    changed = [renamed(POST, NAMES, random.Random(seed))[0] for seed in range(200)]
    first = [post.tokens[2] for post in changed]
    assert 0.5 < sum(token != "#Chad" for token in first) / 200 < 0.9
    assert all(token.startswith("#") and len(token) > 1 for token in first)
    spans = [spans_from_tags(post.tags) for post in changed]
    assert all(" ".join(p.tokens[s[1].start : s[1].end]).islower() for p, s in zip(changed, spans, strict=True))
    assert all(" ".join(p.tokens[s[2].start : s[2].end]).isupper() for p, s in zip(changed, spans, strict=True))


def test_nothing_that_speaks_of_the_old_names_stays() -> None:
    changed, _ = renamed(POST, NAMES, random.Random(1))
    assert changed.knowledge == changed.known_names == ()


def test_a_caption_that_says_an_old_name_goes_with_it() -> None:
    post = replace(POST, caption="a man (lagos's) by the sea")
    options = ContextRecipe(**{**NOTHING, "renamed": 1.0, "caption": 1.0})
    examples = [training_example(post, Pool((), NAMES), options, random.Random(seed))[0] for seed in range(50)]
    assert all("lagos" in example.tokens for example in examples if example.caption)
    assert {example.caption for example in examples} == {"", post.caption}


def test_names_in_another_case_are_not_written_as_the_graph_has_them() -> None:
    names = (
        KnownName(2, 3, (("PER", 1.0),), same_case=True),
        KnownName(4, 5, (("LOC", 1.0),)),
        KnownName(6, 7, (("LOC", 1.0),), same_case=True),
    )
    post = replace(POST, known_names=names)
    for share, same in (("lower_case", [False, False, False]), ("upper_case", [False, False, True])):
        options = ContextRecipe(**{**NOTHING, "known_names": 1.0, share: 1.0})
        example, _ = training_example(post, Pool((), NAMES), options, random.Random(0))
        assert [name.same_case for name in example.known_names] == same


def test_a_post_without_entities_or_a_pool_without_names_is_borne() -> None:
    plain = TaggedPost("2", ("hello", "you"), ("O", "O"))
    assert renamed(plain, NAMES, random.Random(0)) == (plain, ())
    changed, _ = renamed(POST, (), random.Random(3))
    assert len(spans_from_tags(changed.tags)) == 3


def test_half_of_the_new_names_are_known_to_a_list_with_their_places() -> None:
    options = ContextRecipe(**{**NOTHING, "renamed": 1.0})
    source = random.Random(5)
    known = total = 0
    for _ in range(300):
        example, tags = training_example(POST, Pool((), NAMES), options, source)
        assert len(tags) == len(example.tokens)
        places = {(name.start, name.end) for name in example.known_names}
        spans = spans_from_tags(tags)
        total += len(spans)
        known += sum((span.start, span.end) in places for span in spans)
    assert 0.3 < known / total < 0.75
