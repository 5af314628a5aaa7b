"""GVATT and AdaCAN: their parts put together, and posts without a picture."""

from dataclasses import replace

import pytest
import torch
from word_batches import SIZES, assert_loss_falls, assert_posts_are_alone, word_batch

from ner.networks.bilstm import Adacan, AdacanOptions, Gvatt, GvattOptions, TextQuery

TINY = {"letter_width": 4, "letter_embedding": 3, "lstm_width": 5, "width": 6, "dropout": 0.0}
KINDS = {"gvatt": (Gvatt, GvattOptions), "adacan": (Adacan, AdacanOptions)}


@pytest.fixture(params=sorted(KINDS))
def make(request):
    """Makes the network, from sizes and options."""
    network, network_options = KINDS[request.param]

    def made(sizes=SIZES, **options):
        torch.manual_seed(0)
        return network(network_options(**(TINY | options)), sizes)

    return made


@pytest.fixture(params=["cnn", "lstm", "none"])
def letters(request):
    return request.param


def test_a_post_does_not_depend_on_its_neighbours(make, letters):
    assert_posts_are_alone(make(letters=letters))


def test_it_learns(make, letters):
    assert_loss_falls(make(letters=letters))


def test_the_picture_counts_where_there_is_one(make):
    network = make()
    batch = word_batch([4, 3], [True, False])
    changed = network.emissions(batch) != network.emissions(replace(batch, regions=batch.regions + 1))
    assert bool(changed[0].any())
    assert not bool(changed[1].any())


def test_without_a_picture_it_is_the_network_without_that_part(make):
    network, text_alone = make(), make(replace(SIZES, region_width=0))
    assert network.takes_regions
    assert not text_alone.takes_regions
    own, state = text_alone.state_dict(), network.state_dict()
    scores = "head.tag_scores.weight"  # AdaCAN's are wider, by what the picture adds
    state[scores] = state[scores][:, : own[scores].shape[1]]
    text_alone.load_state_dict({name: value for name, value in state.items() if name in own})
    batch = word_batch([4, 3], [False, False])
    torch.testing.assert_close(network.emissions(batch), text_alone.emissions(batch))


def test_the_query_is_where_the_text_ends():
    torch.manual_seed(0)
    query = TextQuery(5, 6)
    batch = word_batch([4, 2, 1], [False] * 3)
    found = query(batch.text.vectors, batch.mask)
    assert found.shape == (3, 6)
    for row, length in enumerate([4, 2, 1]):
        last = query.lstm(batch.text.vectors[row : row + 1, :length])[1][0][0, 0]
        torch.testing.assert_close(found[row], last)
