"""What stands beside a post: at tagging as words, at training drawn by chance."""

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner.formats import TaggedPost
from ner.inputs.context import MATCH_FEATURES, context_parts, match_features
from ner.inputs.word_shapes import LETTERS, SHAPE_FEATURES, WORD_LETTERS, letter_ids, shape_features
from ner.taggers import TaggerInput
from ner.training.augment import Pool, training_example
from ner.training.recipes import ContextRecipe

NOTHING = ContextRecipe(**{item.name: 0.0 for item in dataclasses.fields(ContextRecipe)})
POST = TaggedPost(
    "1", ("#Chad", "is", "great"), ("B-PER", "O", "O"), caption="a man", knowledge=(("Chad", "is a", "man"),)
)
POOL = Pool(("a dog",), (("Paris", "LOC"), ("Lakers", "ORG"), ("Barack Obama", "PER")))


def test_parts_stand_in_their_order_and_absent_ones_are_left_out():
    knowledge = (("Chad", "is a", "country"), ("Chad", "capital", "N'Djamena"))
    post = TaggerInput(("Chad",), (("suit", 0.01), ("flagpole", 0.4), ("sky", 0.5)), "a flag", knowledge)
    assert context_parts(post) == ("Chad is a country . Chad capital N'Djamena", "a flag", "sky , flagpole")
    assert context_parts(TaggerInput(("Chad",))) == ()


def test_matches_ignore_case_and_signs():
    post = TaggerInput(
        ("#chad", "smith", "COUNTRY", "flag", "!"), caption="a flag", knowledge=(("Chad", "is a", "country"),)
    )
    rows = match_features(post)
    assert rows[0] == [1.0, 1.0, 0.0, 0.0, 1.0]
    assert [row[2] for row in rows] == [0.0, 0.0, 1.0, 0.0, 0.0]
    assert rows[3][3] == 1.0
    assert rows[4] == [0.0] * MATCH_FEATURES


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_every_word_has_its_shape(words):
    rows = shape_features(words)
    assert [len(row) for row in rows] == [SHAPE_FEATURES] * len(words)
    assert all(0.0 <= value <= 1.0 for row in rows for value in row)
    for word in words:
        ids = letter_ids(word)
        assert len(ids) == WORD_LETTERS
        assert all(0 <= number < LETTERS for number in ids)


def test_without_any_context_only_the_text_is_left():
    example, tags = training_example(dataclasses.replace(POST, knowledge=()), POOL, NOTHING, random.Random(0))
    assert example == TaggerInput(POST.tokens)
    assert tags == POST.tags


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("caption", TaggerInput(POST.tokens, caption="a man")),
        ("wrong_caption", TaggerInput(POST.tokens, caption="a dog")),
        ("gold_knowledge", TaggerInput(POST.tokens, knowledge=POST.knowledge)),
        ("lower_case", TaggerInput(("#chad", "is", "great"))),
        ("upper_case", TaggerInput(("#CHAD", "IS", "GREAT"))),
    ],
)
def test_each_share_does_its_own(option, expected):
    options = dataclasses.replace(NOTHING, **{option: 1.0})
    assert training_example(POST, POOL, options, random.Random(0)) == (expected, POST.tags)


def test_a_contrary_fact_changes_the_type_that_is_right():
    post = dataclasses.replace(POST, knowledge=())
    options = dataclasses.replace(NOTHING, contrary_fact=1.0, caption=1.0)
    for seed in range(20):
        example, tags = training_example(post, POOL, options, random.Random(seed))
        assert tags[0] in ("B-LOC", "B-ORG")
        assert example.knowledge[0][:2] == ("Chad", "is a")
        assert example.caption == ""


def test_a_fact_names_the_mention_and_an_unrelated_one_does_not():
    post = dataclasses.replace(POST, knowledge=())
    for seed in range(20):
        own, _ = training_example(post, POOL, dataclasses.replace(NOTHING, fact=1.0), random.Random(seed))
        assert "Chad" in own.knowledge[0][0].split()
        other, tags = training_example(
            post, POOL, dataclasses.replace(NOTHING, unrelated_fact=1.0), random.Random(seed)
        )
        assert other.knowledge[0][0] in {name for name, _ in POOL.names}
        assert tags == POST.tags


def test_a_post_of_signs_alone_bears_every_draw():
    post = TaggedPost("1", ("#", "@"), ("B-PER", "B-LOC"))
    pool = Pool.of([post])
    options = ContextRecipe(fact=0.5, contrary_fact=0.25, unrelated_fact=0.25)
    for seed in range(30):
        training_example(post, pool, options, random.Random(seed))
