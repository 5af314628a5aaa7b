"""The text baselines: scores that neither padding nor neighbours change, and a loss that falls."""

import numpy as np
import pytest
import torch

from ner.embeddings.word_table import WordTable
from ner.encoders.words import WordSizes
from ner.inputs.words import WordInputs
from ner.networks.bilstm import (
    BiLstmCrf,
    BiLstmCrfOptions,
    CnnBiLstmCrfOptions,
    HBiLstmCrfOptions,
)
from ner.taggers import TaggerInput

KINDS = [BiLstmCrfOptions, CnnBiLstmCrfOptions, HBiLstmCrfOptions]
KNOWN = ("chad", "smith", "visits", "paris")
POSTS = [TaggerInput(tuple(words.split())) for words in ("Chad Smith visits Paris", "Smith", "Paris visits Chad")]
TAGS = torch.tensor([[1, 2, 0, 3], [1, 0, 0, 0], [3, 0, 1, 0]])


@pytest.fixture(scope="module")
def inputs():
    vectors = np.random.default_rng(1).normal(size=(len(KNOWN), 4)).astype(np.float32)
    table = WordTable(unknown="zeros", words=KNOWN, vectors=vectors, numbered=KNOWN)
    return WordInputs(table, with_speech=False)


def build(options, table, **values):
    torch.manual_seed(1)
    sizes = WordSizes(vector_width=table.width, words=table.id_count)
    return BiLstmCrf(options(letter_width=4, lstm_width=6, **values), sizes)


@pytest.mark.parametrize("options", KINDS)
def test_a_post_is_the_same_among_others(inputs, options):
    network = build(options, inputs.table, lstm_layers=2).eval()
    windows = [inputs.windows(post)[0] for post in POSTS]
    together = network.emissions(inputs.collate(windows))
    assert together.shape == (3, 4, 9)
    for row, window in enumerate(windows):
        alone = network.emissions(inputs.collate([window]))[0]
        torch.testing.assert_close(together[row, : window.size], alone)


@pytest.mark.parametrize("options", KINDS)
def test_it_learns_its_posts(inputs, options):
    network = build(options, inputs.table, dropout=0.0)
    batch = inputs.collate([inputs.windows(post)[0] for post in POSTS])
    optimizer = torch.optim.Adam(network.own_state().values(), lr=0.05)
    first = float(network.loss(batch, TAGS).detach())
    for _ in range(30):
        optimizer.zero_grad()
        network.loss(batch, TAGS).backward()
        optimizer.step()
    assert float(network.loss(batch, TAGS).detach()) < 0.1 * first


def test_what_reads_the_letters_by_default():
    assert [options().letters for options in KINDS] == ["none", "cnn", "lstm"]
