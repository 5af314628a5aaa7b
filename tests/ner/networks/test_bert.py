"""The text baselines: what the encoder sees, which sub-token carries the tag, and that a context changes nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ner.encoders.hub import load_encoder
from ner.heads.chain import best_tags
from ner.inputs.pieces import Batch, InputEncoder
from ner.networks.bert import Bert, BertCrf, BertOptions, text_mask
from ner.spans import TAGS
from ner.taggers import TaggerInput

POSTS = (
    TaggerInput(("Chad", "Smith", "visits", "Paris"), caption="a great country"),
    TaggerInput(("the", "Lakers")),
    TaggerInput(("Chad", "looks", "great"), attributes=(("country", 0.4),), knowledge=(("Chad", "is a", "country"),)),
)


def made(folder: Path, network: type[BertCrf] = BertCrf, *, segments: int = 2) -> tuple[Any, InputEncoder]:
    encoder, tokenizer = load_encoder(str(folder))
    torch.manual_seed(0)
    inputs = InputEncoder(tokenizer, max_positions=62, segment_count=segments)
    return network(encoder, BertOptions(), region_width=0).double().eval(), inputs


def batch_of(inputs: InputEncoder, *posts: TaggerInput) -> Batch:
    return inputs.collate([window for post in posts for window in inputs.windows(post)])


def text_alone(post: TaggerInput) -> TaggerInput:
    return TaggerInput(post.tokens)


@pytest.mark.parametrize("segments", [1, 2])
def test_the_text_is_what_a_post_without_context_has(tiny_encoder: Path, segments: int) -> None:
    _, inputs = made(tiny_encoder, segments=segments)
    batch, alone = batch_of(inputs, *POSTS), batch_of(inputs, *map(text_alone, POSTS))
    assert batch.ids.shape[1] > alone.ids.shape[1]
    mask = text_mask(batch)
    assert torch.equal(mask.long(), alone.attention)
    assert torch.equal(batch.ids[:, : mask.shape[1]] * mask, alone.ids)


@pytest.mark.parametrize("network", [Bert, BertCrf])
def test_a_context_changes_nothing(tiny_encoder: Path, network: type[BertCrf]) -> None:
    net, inputs = made(tiny_encoder, network)
    with_context, alone = batch_of(inputs, *POSTS), batch_of(inputs, *map(text_alone, POSTS))
    torch.testing.assert_close(net.emissions(with_context), net.emissions(alone))


@pytest.mark.parametrize("network", [Bert, BertCrf])
def test_emissions_are_the_head_over_each_word_s_first_sub_token(tiny_encoder: Path, network: type[BertCrf]) -> None:
    net, inputs = made(tiny_encoder, network)
    post = TaggerInput(("Chad", "xyz", "Paris"))  # the second word has three sub-tokens
    batch = batch_of(inputs, post)
    (window,) = inputs.windows(post)
    assert window.first == [1, 2, 5]
    hidden = net.encoder.model(torch.tensor([window.ids])).last_hidden_state[0]
    found = net.emissions(batch)[0]
    for word, place in enumerate(window.first):
        expected = net.head.tag_scores.weight @ hidden[place] + net.head.tag_scores.bias
        torch.testing.assert_close(found[word], expected)


@pytest.mark.parametrize("network", [Bert, BertCrf])
def test_a_post_has_the_same_result_alone_and_in_a_batch_with_rubbish_in_its_padding(
    tiny_encoder: Path, network: type[BertCrf]
) -> None:
    net, inputs = made(tiny_encoder, network)
    batch = batch_of(inputs, *POSTS)
    batch.ids[batch.attention == 0] = 7
    together = net.emissions(batch)
    for row, post in enumerate(POSTS):
        alone = net.emissions(batch_of(inputs, post))[0]
        torch.testing.assert_close(together[row, : len(post.tokens)], alone)


def test_pictures_are_not_looked_at(tiny_encoder: Path) -> None:
    net, inputs = made(tiny_encoder)
    regions = np.full((4, 3), np.nan, np.float32)
    seen = batch_of(inputs, TaggerInput(POSTS[0].tokens, regions=regions))
    assert not net.takes_regions
    assert torch.equal(net.emissions(seen), net.emissions(batch_of(inputs, text_alone(POSTS[0]))))


@pytest.mark.parametrize("network", [Bert, BertCrf])
def test_the_loss_reaches_every_parameter_and_falls(tiny_encoder: Path, network: type[BertCrf]) -> None:
    net, inputs = made(tiny_encoder, network)
    batch = batch_of(inputs, *POSTS)
    tags = torch.zeros(batch.mask.shape, dtype=torch.int64)
    tags[0, :2] = torch.tensor([TAGS.index("B-PER"), TAGS.index("I-PER")])
    losses = descend(net, batch, tags)
    assert losses[-1] < 0.5 * losses[0]
    assert {name for name, parameter in net.own_state().items() if parameter.grad is None} == set()


def descend(net: Any, batch: Batch, tags: Tensor, steps: int = 20) -> list[float]:
    optimizer = torch.optim.Adam(net.own_state().values(), lr=1e-2)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = net.loss(batch, tags)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def test_bert_may_break_bio_and_bert_crf_may_not(tiny_encoder: Path) -> None:
    emissions = np.zeros((2, len(TAGS)))
    emissions[:, TAGS.index("I-LOC")] = 9.0
    bert, crf = made(tiny_encoder, Bert)[0], made(tiny_encoder, BertCrf)[0]
    assert best_tags(bert.chain(), emissions) == ("I-LOC", "I-LOC")
    assert best_tags(crf.chain(), emissions) == ("B-LOC", "I-LOC")
