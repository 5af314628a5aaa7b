"""The network of Moon et al. 2018 and the baselines that are its options."""

from dataclasses import replace

import pytest
import torch
from word_batches import (
    SIZES,
    assert_loss_falls,
    assert_posts_are_alone,
    one_post,
    random_tags,
    word_batch,
)

from ner.errors import RecipeError
from ner.networks.modality_attention import ModalityAttentionNetwork, ModalityAttentionOptions
from ner.spans import TAGS

TINY = {"width": 6, "letter_width": 4, "letter_embedding": 3, "lstm_width": 5, "dropout": 0.0}
FORMS = {
    "W": {"letters": "none", "picture": False},
    "C": {"vectors": False, "picture": False},
    "W+C": {"picture": False},
    "W+C, Lample": {"picture": False, "fusion": "concatenation"},
    "W+C, Ma and Hovy": {"picture": False, "fusion": "concatenation", "letters": "cnn"},
    "W+C, Aguilar": {"picture": False, "fusion": "concatenation", "letters": "cnn", "segmentation": 1.0},
    "W+C+V": {},
    "W+C+V, concatenation": {"fusion": "concatenation"},
    "all options": {"letters": "cnn", "transform": "sigmoid", "segmentation": 0.5, "tune_words": True},
}


def network(sizes=SIZES, **options):
    torch.manual_seed(0)
    return ModalityAttentionNetwork(ModalityAttentionOptions(**(TINY | options)), sizes)


@pytest.fixture(params=FORMS)
def form(request):
    return FORMS[request.param]


def test_a_post_does_not_depend_on_its_neighbours(form):
    assert_posts_are_alone(network(**form))


def test_every_form_learns(form):
    assert_loss_falls(network(**form))


def test_the_picture_counts_where_it_is_a_view(form):
    tagger = network(**form)
    batch = word_batch([4, 3], [True, True])
    other = replace(batch, regions=batch.regions + 1)
    changed = not torch.equal(tagger.emissions(batch), tagger.emissions(other))
    assert changed == tagger.takes_regions == form.get("picture", True)


def test_without_a_picture_only_the_other_views_are_trusted():
    tagger = network()
    batch = word_batch([4, 3], [False, False])
    views = tagger.layers(tagger._views(one_post(batch, 0, picture=False)))
    alpha = tagger.attention.weights(views, torch.tensor([[True, True, False]]))
    assert bool((alpha[..., 2] == 0).all())
    torch.testing.assert_close(alpha.sum(dim=2), torch.ones(1, 4))


def test_a_network_trained_without_pictures_has_no_picture_view():
    tagger = network(replace(SIZES, region_width=0))
    assert not tagger.takes_regions
    assert len(tagger.layers.layers) == 2
    assert_posts_are_alone(tagger)


def test_the_segmentation_s_loss_is_added_to_that_of_tags():
    options = {"picture": False, "letters": "cnn"}
    alone, multitask = network(**options), network(**options, segmentation=0.25)
    missing, unexpected = alone.load_state_dict(multitask.state_dict(), strict=False)
    assert (missing, sorted(unexpected)) == ([], ["entity_score.bias", "entity_score.weight"])
    batch = word_batch([4, 2], [False, False])
    tags, weight = random_tags(batch), torch.tensor([1.0, 0.5])
    with torch.no_grad():
        scores = multitask.entity_score(multitask.words(batch))[..., 0]
        added = 0.0
        for row in range(2):
            for at in range(int(batch.mask[row].sum())):
                probability = float(torch.sigmoid(scores[row, at]))
                is_entity = TAGS[tags[row, at]] != "O"
                added -= float(weight[row]) * float(torch.tensor(probability if is_entity else 1 - probability).log())
        expected = alone.loss(batch, tags, weight=weight) + 0.25 * added / 2
        torch.testing.assert_close(multitask.loss(batch, tags, weight=weight), expected)
        assert torch.equal(multitask.emissions(batch), alone.emissions(batch))


def test_a_word_of_which_nothing_is_seen_is_refused():
    with pytest.raises(RecipeError, match="at least one of the two"):
        ModalityAttentionOptions(vectors=False, letters="none")
