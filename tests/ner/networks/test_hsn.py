"""The hierarchical self-adaptation network: its parts put together, its ablations, and posts without a picture."""

from dataclasses import replace

import pytest
import torch

from ner.encoders.words import WordSizes
from ner.errors import RecipeError
from ner.fusion.hierarchical_attention import CrossModalInteraction
from ner.inputs.word_shapes import WORD_LETTERS
from ner.inputs.words import WordBatch, WordTensors
from ner.networks.hsn import BLANK_REGIONS, Hsn, HsnOptions

SIZES = WordSizes(vector_width=5, words=6, region_width=4)
TINY = {"letter_width": 3, "speech_width": 2, "width": 8, "heads": 2}
ABLATIONS = {
    "whole": {},
    "heads averaged": {"head_softmax": False},
    "without MI": {"integration": "concatenation"},
    "without HA": {"attention": "luong"},
    "without MP": {"heads": 0},
    "without VF": {"visual": False, "blank_picture": True},
    "blank": {"blank_picture": True},
    "blank, concatenated": {"blank_picture": True, "integration": "concatenation"},
}
K, R = 9, 3


def network(sizes=SIZES, **options):
    torch.manual_seed(0)
    return Hsn(HsnOptions(**{**TINY, **options}), sizes).eval()


@pytest.fixture(params=ABLATIONS)
def ablation(request):
    return ABLATIONS[request.param]


def words(lengths, width):
    b, mask = len(lengths), torch.arange(width) < torch.tensor(lengths)[:, None]
    return WordTensors(
        torch.randn(b, width, SIZES.vector_width),
        torch.randint(2, SIZES.words, (b, width)),
        torch.randint(1, 20, (b, width, WORD_LETTERS)),
        torch.randint(1, 11, (b, width)),
        mask,
    )


def batch_of(lengths, has_regions, *, seed=1):
    """Posts with garbage in the padding and in the regions of those without a picture."""
    torch.manual_seed(seed)
    b = len(lengths)
    return WordBatch(
        words(lengths, max(lengths)),
        words([0] * b, 0),
        torch.zeros(b, 0, SIZES.vector_width),
        torch.zeros(b, 0),
        torch.randn(b, R, SIZES.region_width) * 3,
        torch.tensor(has_regions),
    )


def alone(batch, row, *, regions=True):
    """One post of a batch without padding; without ``regions`` as a batch without any picture has them."""
    length = int(batch.mask[row].sum())
    text = batch.text
    own = WordTensors(
        *(getattr(text, name)[row : row + 1, :length] for name in ("vectors", "ids", "letters", "speech", "mask"))
    )
    return replace(
        batch,
        text=own,
        knowledge=words([0], 0),
        attributes=batch.attributes[:1],
        attribute_weights=batch.attribute_weights[:1],
        regions=batch.regions[row : row + 1] if regions else torch.zeros(1, 0, 0),
        has_regions=batch.has_regions[row : row + 1],
    )


def test_a_post_does_not_depend_on_its_neighbours(ablation):
    hsn = network(**ablation)
    batch = batch_of([4, 2, 3, 1], [True, False, True, False])
    found = hsn.emissions(batch)
    assert found.shape == (4, 4, K)
    for row, length in enumerate([4, 2, 3, 1]):
        own = hsn.emissions(alone(batch, row))[0]
        torch.testing.assert_close(found[row, :length], own, rtol=0, atol=1e-5)
        if not batch.has_regions[row]:
            torch.testing.assert_close(hsn.emissions(alone(batch, row, regions=False))[0], own, rtol=0, atol=1e-5)


def test_a_batch_may_have_no_picture_at_all(ablation):
    hsn = network(**ablation)
    batch = batch_of([3, 2], [False, False])
    without = replace(batch, regions=torch.zeros(2, 0, 0))
    torch.testing.assert_close(hsn.emissions(batch), hsn.emissions(without), rtol=0, atol=1e-5)


def test_the_parts_are_put_together_as_the_algorithm_says():
    hsn = network()
    batch = batch_of([3, 3], [True, True])
    h = hsn.lstm(hsn.highway(hsn.encoder(batch.text)), batch.mask)
    v = torch.relu(hsn.visual.regions(batch.regions))
    f = hsn.visual.interaction(h, v, batch.mask, torch.ones(2, R, dtype=torch.bool))
    gamma = hsn.visual.integration.text_shares(h, f)[..., None]
    torch.testing.assert_close(hsn.words(batch), gamma * h + (1 - gamma) * f)
    both = network(integration="concatenation")
    assert both.words(batch).shape == (2, 3, 16)


def test_without_a_picture_a_word_is_its_text():
    hsn = network()
    batch = batch_of([3, 3], [False, True])
    h = hsn.lstm(hsn.highway(hsn.encoder(batch.text)), batch.mask)
    found = hsn.words(batch)
    assert torch.equal(found[0], h[0])
    assert not torch.allclose(found[1], h[1], atol=1e-3)


def test_a_blank_picture_is_a_picture_of_ones():
    hsn = network(blank_picture=True)
    missing = batch_of([3, 2], [False, False])
    ones = replace(
        missing, regions=torch.ones(2, BLANK_REGIONS, SIZES.region_width), has_regions=torch.tensor([True, True])
    )
    torch.testing.assert_close(hsn.emissions(missing), hsn.emissions(ones), rtol=0, atol=1e-6)
    assert not torch.allclose(hsn.emissions(missing), network().emissions(missing), atol=1e-3)


def test_without_visual_features_no_picture_is_looked_at():
    for blank in (True, False):
        hsn = network(visual=False, blank_picture=blank)
        assert not hsn.takes_regions
        batch = batch_of([3, 2], [True, False])
        torch.testing.assert_close(
            hsn.emissions(batch), hsn.emissions(replace(batch, has_regions=torch.tensor([False, True])))
        )
    assert hsn.visual is None


def test_without_pictures_in_training_there_is_no_visual_part():
    hsn = network(replace(SIZES, region_width=0), blank_picture=True)
    assert hsn.visual is None
    assert not hsn.takes_regions
    found = hsn.emissions(replace(batch_of([3, 2], [False, False]), regions=torch.zeros(2, 0, 0)))
    assert found.shape == (2, 3, K)


def test_the_loss_reaches_every_parameter(ablation):
    hsn = network(**ablation)
    batch = batch_of([4, 2], [True, False])
    loss = hsn.loss(batch, torch.randint(0, K, (2, 4)), weight=torch.tensor([1.0, 0.5]))
    loss.backward()
    assert torch.isfinite(loss)
    untouched = [name for name, p in hsn.own_state().items() if p.grad is None or not p.grad.any()]
    # The regions of a blank picture are all alike: nothing that is learned can weigh one of them more than another.
    alike = {f"visual.interaction.text_to_image.{name}_maps.weight" for name in ("weighed", "by")}
    assert set(untouched) <= (set() if hsn.takes_regions else alike)


def test_the_interaction_has_the_options_of_the_network():
    for options in ({"attention": "luong"}, {"heads": 0}, {"heads": 4}, {"head_softmax": False}):
        interaction = network(**options).visual.interaction
        alike = CrossModalInteraction(8, **{"heads": 2, **options})
        alike.load_state_dict(interaction.state_dict())
        h, v = torch.randn(1, 3, 8), torch.randn(1, R, 8)
        masks = torch.ones(1, 3, dtype=torch.bool), torch.ones(1, R, dtype=torch.bool)
        assert torch.equal(interaction(h, v, *masks), alike(h, v, *masks))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"width": 12, "heads": 8}, "width = 12: expected a multiple of 8 with 8 heads"),
        ({"width": 7, "heads": 0}, "width = 7: expected a multiple of 2"),
        ({"heads": -1}, "heads = -1"),
        ({"attention": "bahdanau"}, "attention = 'bahdanau': expected one of hierarchical, luong"),
        ({"integration": "sum"}, "integration = 'sum': expected one of self-adaptive, concatenation"),
    ],
)
def test_a_wrong_option_is_named(options, text):
    with pytest.raises(RecipeError, match=text):
        HsnOptions(**options)
