"""An epoch's batches: every post once, each with its picture, another's, or none."""

import random
from dataclasses import replace

import numpy as np
import pytest

from ner.formats import TaggedPost
from ner.networks.building import Design, build_network
from ner.networks.kg_transformer import KgTransformerOptions
from ner.training.augment import Pool, training_example
from ner.training.epoch_batches import Corpus, epoch_batches
from ner.training.recipes import recipe_from_dict
from ner.training.training_posts import validations_of

POSTS = tuple(
    TaggedPost(str(n), ("Chad",) * (1 + n % 5), ("B-PER",) + ("O",) * (n % 5), image=f"{n}.jpg") for n in range(40)
)


@pytest.fixture(scope="module")
def inputs(tiny_encoder):
    options = KgTransformerOptions(adapter_rank=2, letter_width=8, lstm_width=8)
    return build_network(Design(tagger="kg-transformer", options=options, encoder=str(tiny_encoder)), seed=1)[1]


def examples(inputs, *, epoch=1, with_pictures=True, batch_size=4, **context):
    recipe = recipe_from_dict({"context": context, "schedule": {"batch_size": batch_size}})
    batches = epoch_batches([Corpus(POSTS, style=0)], recipe, epoch, inputs, with_pictures=with_pictures)
    assert all(len(batch) <= batch_size for batch in batches)
    return [example for batch in batches for example in batch]


def test_every_post_is_there_once_in_an_order_of_the_epochs_own(inputs):
    first, again, second = examples(inputs), examples(inputs), examples(inputs, epoch=2)
    assert sorted(e.post_id for e in first) == sorted(post.id for post in POSTS)
    assert [e.post_id for e in first] == [e.post_id for e in again]
    assert [e.post_id for e in first] != [e.post_id for e in second]


def test_pictures_are_kept_dropped_and_swapped(inputs):
    kept = examples(inputs, contrary_fact=0.0)
    assert all(example.pictured.id == example.post_id for example in kept)
    assert all(e.pictured is None for e in examples(inputs, picture_dropped=1.0))
    swapped = examples(inputs, picture_swapped=1.0, contrary_fact=0.0)
    assert sum(example.pictured.id != example.post_id for example in swapped) > 30
    some = examples(inputs, picture_dropped=0.5, contrary_fact=0.0)
    assert 5 < sum(example.pictured is None for example in some) < 35


def test_a_post_without_a_picture_may_get_one_but_lends_none(inputs, monkeypatch):
    bare = tuple(replace(post, image=None) for post in POSTS[20:])
    monkeypatch.setitem(globals(), "POSTS", POSTS[:20] + bare)
    lent = {e.pictured.id for e in examples(inputs, picture_swapped=1.0, contrary_fact=0.0)}
    assert lent <= {post.id for post in POSTS[:20]}
    monkeypatch.setitem(globals(), "POSTS", bare)
    assert all(e.pictured is None for e in examples(inputs, picture_swapped=1.0))


def test_a_post_whose_tags_were_changed_has_no_picture(inputs):
    found = examples(inputs, contrary_fact=1.0, fact=0.0, unrelated_fact=0.0)
    changed = [example for example in found if example.tags[0] != "B-PER"]
    assert changed
    assert all(example.pictured is None for example in changed)


def test_a_posts_own_attributes_stay_where_they_may():
    post, pool = replace(POSTS[0], attributes=(("suit", 0.9),)), Pool.of(POSTS)
    for shares, expected in (((1.0, 1.0), {"suit"}), ((0.0, 0.0), set())):
        options = recipe_from_dict({"context": dict(zip(("attributes", "gold_attributes"), shares, strict=True))})
        found = training_example(post, pool, options.context, random.Random(0))[0]
        assert {label for label, _ in found.attributes} == expected


def test_without_pictures_nothing_is_drawn_for_them(inputs):
    bare = examples(inputs, with_pictures=False)
    assert all(example.pictured is None for example in bare)
    other = examples(inputs, with_pictures=False, picture_swapped=0.5)
    assert [(e.post_id, e.window.ids) for e in bare] == [(e.post_id, e.window.ids) for e in other]


def test_a_file_with_pictures_is_validated_with_and_without_them():
    def regions(post):
        return np.ones((49, 3), np.float32) if post.id == "1" else None

    found = validations_of("valid", POSTS, regions)
    assert [one.name for one in found] == ["valid", "valid + pictures"]
    assert all(post.regions is None for post in found[0].inputs(POSTS, regions))
    assert [post.regions is not None for post in found[1].inputs(POSTS[:3], regions)] == [False, True, False]
    assert [one.name for one in validations_of("valid", POSTS, lambda post: None)] == ["valid"]
