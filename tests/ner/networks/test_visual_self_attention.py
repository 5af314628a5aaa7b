"""The tagger of Arshad et al. 2019: its parts put together, its options, and posts without a picture."""

from dataclasses import replace

import pytest
import torch
from word_batches import SIZES, assert_loss_falls, assert_posts_are_alone, word_batch

from ner.errors import RecipeError
from ner.inputs.words import WordTensors
from ner.networks.visual_self_attention import VisualSelfAttention, VisualSelfAttentionOptions

VARIANTS = {
    "printed": {},
    "released": {"directions": "forward-backward", "visual_form": "released", "gate_bias": 1.0},
    "directions alone": {"directions": "forward-backward"},
}
K, D = 9, 8


def network(sizes=SIZES, **options):
    torch.manual_seed(0)
    return VisualSelfAttention(VisualSelfAttentionOptions(letter_width=3, **options), sizes).eval()


@pytest.fixture(params=VARIANTS)
def variant(request):
    return VARIANTS[request.param]


def test_a_post_does_not_depend_on_its_neighbours(variant):
    assert_posts_are_alone(network(**variant))


def test_the_picture_counts_where_there_is_one(variant):
    net = network(**variant)
    batch = word_batch([3, 3], [True, True])
    without = replace(batch, has_regions=torch.tensor([True, False]))
    found, blind = net.emissions(batch), net.emissions(without)
    assert torch.equal(found[0], blind[0])
    assert not torch.allclose(found[1], blind[1], atol=1e-6)


def test_as_printed_words_see_one_another_in_any_order():
    net = network(replace(SIZES, region_width=0))
    batch = word_batch([4], [False])
    turned = replace(batch, text=WordTensors(*(getattr(batch.text, n).flip(1) for n in batch.text.__slots__)))
    torch.testing.assert_close(net.emissions(turned).flip(1), net.emissions(batch))


def test_in_directions_the_order_counts_and_the_picture_aids_the_first():
    net = network(directions="forward-backward")
    assert [(part.direction, part.visual is not None) for part in net.attentions] == [
        ("forward", True),
        ("backward", False),
    ]
    batch = word_batch([4], [True])
    assert net.words(batch).shape == (1, 4, 2 * D)
    changed = replace(batch, text=replace(batch.text, vectors=batch.text.vectors.clone()))
    changed.text.vectors[0, 2] += 1.0
    same = (net.words(batch) - net.words(changed)).abs().amax(dim=0) < 1e-9  # (T, 2D)
    forward, backward = same[:, :D].all(dim=1).tolist(), same[:, D:].all(dim=1).tolist()
    assert forward == [True, True, False, False]
    assert backward == [False, False, False, True]


def test_without_pictures_in_training_there_is_no_visual_part():
    net = network(replace(SIZES, region_width=0))
    assert not net.takes_regions
    assert network().takes_regions
    assert not any("visual" in name for name in net.own_state())
    assert net.emissions(replace(word_batch([3, 2], [False, False]), regions=torch.zeros(2, 0, 0))).shape == (2, 3, K)


def test_it_learns_with_all_its_parameters(variant):
    assert_loss_falls(network(**variant))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"activation": "cube"}, "activation = 'cube': expected one of tanh, sigmoid, relu"),
        ({"directions": "both"}, "directions = 'both': expected one of all, forward-backward"),
        ({"visual_form": "drawn"}, "visual_form = 'drawn': expected one of printed, released"),
    ],
)
def test_a_wrong_option_is_named(options, text):
    with pytest.raises(RecipeError, match=text):
        VisualSelfAttentionOptions(**options)
