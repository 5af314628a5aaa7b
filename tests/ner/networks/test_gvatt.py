"""GVATT: its parts put together, and posts without a picture."""

from dataclasses import replace

import pytest
import torch
from word_batches import SIZES, assert_loss_falls, assert_posts_are_alone, word_batch

from ner.networks.bilstm import Gvatt, GvattOptions, TextQuery

TINY = {"letter_width": 4, "letter_embedding": 3, "lstm_width": 5, "width": 6, "dropout": 0.0}


def network(sizes=SIZES, **options):
    torch.manual_seed(0)
    return Gvatt(GvattOptions(**(TINY | options)), sizes)


@pytest.fixture(params=["lstm", "cnn", "none"])
def letters(request):
    return request.param


def test_a_post_does_not_depend_on_its_neighbours(letters):
    assert_posts_are_alone(network(letters=letters))


def test_it_learns(letters):
    assert_loss_falls(network(letters=letters))


def test_the_picture_counts_where_there_is_one():
    gvatt = network()
    batch = word_batch([4, 3], [True, False])
    changed = gvatt.emissions(batch) != gvatt.emissions(replace(batch, regions=batch.regions + 1))
    assert bool(changed[0].any())
    assert not bool(changed[1].any())


def test_without_a_picture_it_is_hbilstm_crf():
    gvatt, text_alone = network(), network(replace(SIZES, region_width=0))
    assert gvatt.takes_regions
    assert not text_alone.takes_regions
    own = text_alone.state_dict()
    text_alone.load_state_dict({name: value for name, value in gvatt.state_dict().items() if name in own})
    batch = word_batch([4, 3], [False, False])
    assert torch.equal(gvatt.emissions(batch), text_alone.emissions(batch))


def test_the_query_is_where_the_text_ends():
    torch.manual_seed(0)
    query = TextQuery(5, 6)
    batch = word_batch([4, 2, 1], [False] * 3)
    found = query(batch.text.vectors, batch.mask)
    assert found.shape == (3, 6)
    for row, length in enumerate([4, 2, 1]):
        last = query.lstm(batch.text.vectors[row : row + 1, :length])[1][0][0, 0]
        torch.testing.assert_close(found[row], last)
