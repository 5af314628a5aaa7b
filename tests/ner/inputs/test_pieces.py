"""Windows over posts, and batches that do not change what a post gets."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ner.network_tagger import batched_emissions, emissions_apart
from ner.networks.building import Design, build_network
from ner.networks.kg_transformer import KgTransformerOptions
from ner.taggers import TaggerInput

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def built(tiny_encoder):
    options = KgTransformerOptions(adapter_rank=2, letter_width=8, lstm_width=8)
    design = Design(tagger="kg-transformer", options=options, encoder=str(tiny_encoder))
    network, inputs = build_network(design, seed=1)
    return network.eval(), inputs


@settings(max_examples=40, deadline=None)
@example(words=["a"] * 10 + ["extraordinarily"] * 6)
@given(
    words=st.lists(
        st.sampled_from(["a", "Chad", "http://t.co/abcdefgh", "\u200b", "", "extraordinarily", "😀"]), max_size=150
    )
)
def test_windows_fit_the_encoder_and_keep_every_word_once(built, words):
    windows = built[1].windows(TaggerInput(tuple(words), caption="the lakers in paris"))
    kept = [at for window in windows for at in range(window.keep_start, window.keep_end)]
    assert kept == list(range(len(words)))
    for window in windows:
        assert len(window.ids) == len(window.segments) <= 62
        assert window.start <= window.keep_start < window.keep_end <= window.end
        assert len(window.first) == len(window.counts) == window.end - window.start
        assert min(window.counts) >= 1


def test_a_word_that_the_tokenizer_drops_is_unknown(built):
    window = built[1].windows(TaggerInput(("\u200b", "\x00", "")))[0]
    assert window.counts == [1, 1, 1]
    assert set(window.ids[1:4]) == {1}


def test_the_second_segment_is_bounded_and_marked(built):
    post = TaggerInput(("Chad",), (("flagpole", 0.5),), "a great country " * 50, (("Chad", "is a", "country"),) * 9)
    window = built[1].windows(post)[0]
    assert len(window.ids) <= 2 + 1 + 62 // 3
    assert window.segments[:3] == [0, 0, 0]
    assert set(window.segments[3:]) == {1}


def test_no_words_no_window(built):
    assert built[1].windows(TaggerInput(())) == []
    assert emissions_apart(*built, [[]])[0].shape == (0, 9)


def test_padding_changes_nothing(built):
    network, inputs = built
    posts = [
        TaggerInput(tuple(text.split())) for text in ("Chad", "the Lakers visits Paris !", "Smith is in Paris " * 9)
    ]
    windows = [inputs.windows(post)[0] for post in posts]
    with torch.inference_mode():
        together = network.emissions(inputs.collate(windows))
        for row, window in enumerate(windows):
            alone = network.emissions(inputs.collate([window]))[0]
            torch.testing.assert_close(together[row, : len(window.first)], alone, atol=1e-5, rtol=1e-4)


def test_what_lies_in_the_padding_has_no_part_in_the_loss(built):
    network, inputs = built
    batch = inputs.collate(
        [inputs.windows(TaggerInput(tuple(text.split())))[0] for text in ("Chad", "the Lakers visits Paris")]
    )
    tags = torch.zeros(batch.mask.shape, dtype=torch.int64)
    other = torch.where(batch.mask, tags, 5)
    with torch.inference_mode():
        assert torch.equal(network.loss(batch, tags), network.loss(batch, other))


def test_batched_scores_are_those_of_one_at_a_time(built):
    network, inputs = built
    texts = ["Chad looks great", "", "the Lakers " * 60, "Paris"]
    posts = [TaggerInput(tuple(text.split())) for text in texts]
    with torch.inference_mode():
        together = batched_emissions(network, inputs, posts, CPU, size=3)
        for post, found in zip(posts, together, strict=True):
            np.testing.assert_allclose(found, emissions_apart(network, inputs, [inputs.windows(post)])[0], atol=1e-4)
