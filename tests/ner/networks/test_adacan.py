"""AdaCAN: its parts put together, and posts without a picture."""

from dataclasses import replace

import pytest
import torch
from word_batches import SIZES, assert_loss_falls, assert_posts_are_alone, word_batch

from ner.networks.bilstm import Adacan, AdacanOptions

TINY = {"letter_width": 4, "letter_embedding": 3, "lstm_width": 5, "width": 6, "dropout": 0.0}


def network(sizes=SIZES, **options):
    torch.manual_seed(0)
    return Adacan(AdacanOptions(**(TINY | options)), sizes)


@pytest.fixture(params=["cnn", "lstm", "none"])
def letters(request):
    return request.param


def test_a_post_does_not_depend_on_its_neighbours(letters):
    assert_posts_are_alone(network(letters=letters))


def test_it_learns(letters):
    assert_loss_falls(network(letters=letters))


def test_the_picture_counts_where_there_is_one():
    adacan = network()
    batch = word_batch([4, 3], [True, False])
    changed = adacan.emissions(batch) != adacan.emissions(replace(batch, regions=batch.regions + 1))
    assert bool(changed[0].any())
    assert not bool(changed[1].any())


def test_without_a_picture_it_is_cnn_bilstm_crf():
    adacan, text_alone = network(), network(replace(SIZES, region_width=0))
    assert adacan.takes_regions
    assert not text_alone.takes_regions
    state = adacan.state_dict()
    state["head.tag_scores.weight"] = state["head.tag_scores.weight"][:, : text_alone.lstm.width]
    own = text_alone.state_dict()
    text_alone.load_state_dict({name: value for name, value in state.items() if name in own})
    batch = word_batch([4, 3], [False, False])
    torch.testing.assert_close(adacan.emissions(batch), text_alone.emissions(batch))
