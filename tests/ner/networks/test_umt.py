"""The Unified Multimodal Transformer: equation 7, its loss, its ablations, and what must change nothing."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ner.encoders.hub import load_encoder
from ner.errors import RecipeError
from ner.inputs.pieces import Batch, InputEncoder
from ner.networks.umt import SPAN_TAGS, Mt, MtOptions, Umt, UmtOptions, conversion_prior, span_tags
from ner.spans import TAGS
from ner.taggers import TaggerInput

REGION = 5
K = len(TAGS)


def picture(seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=(4, REGION)).astype(np.float32)


POSTS = (
    TaggerInput(("Chad", "Smith", "visits", "Paris"), regions=picture(1), caption="a great country"),
    TaggerInput(("the", "Lakers")),
    TaggerInput(("Chad", "looks", "great"), regions=picture(2)),
)
GOLD = (("B-PER", "I-PER", "O", "B-LOC"), ("O", "B-ORG"), ("B-LOC", "O", "O"))


def made(folder: Path, options: MtOptions, *, region_width: int = REGION) -> tuple[Any, InputEncoder]:
    encoder, tokenizer = load_encoder(str(folder))
    torch.manual_seed(0)
    network = Umt if isinstance(options, UmtOptions) else Mt
    net = network(encoder, options, region_width=region_width).double().eval()
    return net, InputEncoder(tokenizer, max_positions=62, segment_count=2)


def batch_of(inputs: InputEncoder, *posts: TaggerInput) -> Batch:
    batch = inputs.collate([window for post in posts for window in inputs.windows(post)])
    return replace(batch, regions=batch.regions.double())


def gold_of(batch: Batch, gold: tuple[tuple[str, ...], ...] = GOLD) -> Tensor:
    tags = torch.zeros(batch.mask.shape, dtype=torch.int64)
    for row, post in enumerate(gold):
        tags[row, : len(post)] = torch.tensor([TAGS.index(tag) for tag in post])
    return tags


def score(crf: Any, emissions: Tensor, tags: Tensor) -> Tensor:
    return -crf(emissions[None], tags[None], mask=torch.ones_like(tags[None], dtype=torch.bool), reduction="none")[0]


def test_span_tags_are_tags_without_their_types() -> None:
    found = [SPAN_TAGS[number] for number in span_tags(torch.arange(K)).tolist()]
    assert found == [tag[0] for tag in TAGS]


def test_conversion_starts_as_the_printed_prior() -> None:
    prior = conversion_prior()
    for j, span_tag in enumerate(SPAN_TAGS):
        corresponding = [tag for tag in TAGS if tag[0] == span_tag]
        expected = [1 / len(corresponding) if tag in corresponding else 0.0 for tag in TAGS]
        assert prior[j].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("conversion", [True, False])
def test_emissions_and_loss_equal_the_plain_formulas(tiny_encoder: Path, conversion: bool) -> None:
    """Each post alone; the layers have oracles of their own in tests/ner/fusion/test_cross_modal.py."""
    net, inputs = made(tiny_encoder, UmtOptions(conversion=conversion, span_weight=0.7))
    batch = batch_of(inputs, *POSTS)
    with torch.no_grad():
        for parameter in (*net.head.crf.parameters(), *net.span_head.crf.parameters()):
            parameter.normal_()
        if conversion:
            net.conversion.add_(0.1 * torch.randn_like(net.conversion))
    found, gold, losses = net.emissions(batch), gold_of(batch), []
    for row, post in enumerate(POSTS):
        (window,) = inputs.windows(TaggerInput(post.tokens))
        c = net.encoder.model(torch.tensor([window.ids])).last_hidden_state
        r, t = net.reading(c, c), net.span_reading(c, c)
        a, b = r, torch.zeros_like(r)
        if post.regions is not None:
            regions = torch.tensor(post.regions).double()[None]
            a, b = net.interaction(r, torch.ones(1, r.shape[1], dtype=torch.bool), regions, torch.tensor([True]))
        emissions, span_emissions = torch.zeros(len(post.tokens), K).double(), torch.zeros(len(post.tokens), 3).double()
        for word, place in enumerate(window.first):
            h = torch.cat([a[0, place], b[0, place]])
            w, w_esd = net.head.tag_scores, net.span_head.tag_scores
            for z in range(3):
                span_emissions[word, z] = w_esd.weight[z] @ t[0, place] + w_esd.bias[z]
            for y in range(K):
                emissions[word, y] = w.weight[y] @ h + w.bias[y]
                for z in range(3 if conversion else 0):
                    emissions[word, y] += span_emissions[word, z] * net.conversion[z, y]
        torch.testing.assert_close(found[row, : len(post.tokens)], emissions)
        tags = gold[row, : len(post.tokens)]
        spans = torch.tensor([SPAN_TAGS.index(tag[0]) for tag in GOLD[row]])
        losses.append(score(net.head.crf, emissions, tags) + 0.7 * score(net.span_head.crf, span_emissions, spans))
    gold[~batch.mask] = -100
    torch.testing.assert_close(net.loss(batch, gold), sum(losses) / 3)
    weight = torch.tensor([1.0, 0.5, 0.0], dtype=torch.float64)
    torch.testing.assert_close(net.loss(batch, gold, weight=weight), (losses[0] + 0.5 * losses[1]) / 3)


def test_mt_is_umt_without_span_detection(tiny_encoder: Path) -> None:
    mt, inputs = made(tiny_encoder, MtOptions())
    umt, _ = made(tiny_encoder, UmtOptions(conversion=False))
    known = umt.load_state_dict(mt.state_dict(), strict=False)
    assert not known.unexpected_keys
    assert all(name.startswith("span_") for name in known.missing_keys)
    batch = batch_of(inputs, *POSTS)
    torch.testing.assert_close(mt.emissions(batch), umt.emissions(batch))


@pytest.mark.parametrize("options", [MtOptions(), UmtOptions()])
def test_a_post_has_the_same_result_alone_and_in_a_batch_with_rubbish_in_its_padding(
    tiny_encoder: Path, options: MtOptions
) -> None:
    net, inputs = made(tiny_encoder, options)
    batch = batch_of(inputs, *POSTS)
    batch.ids[batch.attention == 0] = 7
    batch.regions[1] = torch.nan
    together = net.emissions(batch)
    assert together.shape == (3, 4, K)
    for row, post in enumerate(POSTS):
        alone = net.emissions(batch_of(inputs, post))[0]
        torch.testing.assert_close(together[row, : len(post.tokens)], alone)


@pytest.mark.parametrize("options", [MtOptions(), UmtOptions()])
def test_a_context_changes_nothing(tiny_encoder: Path, options: MtOptions) -> None:
    net, inputs = made(tiny_encoder, options)
    posts = [replace(post, caption="", attributes=(), knowledge=()) for post in POSTS]
    torch.testing.assert_close(net.emissions(batch_of(inputs, *POSTS)), net.emissions(batch_of(inputs, *posts)))


def test_without_pictures_in_training_there_is_no_interaction(tiny_encoder: Path) -> None:
    blind, inputs = made(tiny_encoder, UmtOptions(), region_width=0)
    seeing, _ = made(tiny_encoder, UmtOptions())
    assert not blind.takes_regions
    assert seeing.takes_regions
    assert not any(name.startswith("interaction") for name in blind.state_dict())
    seeing.load_state_dict(blind.state_dict(), strict=False)
    unseen = batch_of(inputs, *(replace(post, regions=None) for post in POSTS))
    torch.testing.assert_close(blind.emissions(batch_of(inputs, *POSTS)), seeing.emissions(unseen))


@pytest.mark.parametrize("options", [MtOptions(), UmtOptions()])
def test_a_picture_matters_to_its_own_post_alone(tiny_encoder: Path, options: MtOptions) -> None:
    net, inputs = made(tiny_encoder, options)
    one = net.emissions(batch_of(inputs, *POSTS))
    other = net.emissions(batch_of(inputs, replace(POSTS[0], regions=picture(9)), *POSTS[1:]))
    assert not torch.allclose(one[0], other[0])
    torch.testing.assert_close(one[1:], other[1:])


@pytest.mark.parametrize("switch", ["image_aware", "word_aware", "visual_gate", "conversion"])
def test_an_ablation_has_fewer_parameters_and_trains(tiny_encoder: Path, switch: str) -> None:
    whole, inputs = made(tiny_encoder, UmtOptions())
    less, _ = made(tiny_encoder, replace(UmtOptions(), **{switch: False}))
    assert set(less.state_dict()) < set(whole.state_dict())
    batch = batch_of(inputs, *POSTS)
    less.loss(batch, gold_of(batch)).backward()
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in less.own_state().values())


@pytest.mark.parametrize("options", [MtOptions(), UmtOptions()])
def test_the_loss_reaches_every_parameter_and_falls(tiny_encoder: Path, options: MtOptions) -> None:
    net, inputs = made(tiny_encoder, options)
    batch = batch_of(inputs, *POSTS)
    optimizer, losses = torch.optim.Adam(net.own_state().values(), lr=3e-3), []
    for _ in range(20):
        optimizer.zero_grad()
        loss = net.loss(batch, gold_of(batch))
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
    assert {name for name, parameter in net.own_state().items() if parameter.grad is None} == set()


def test_gradients(tiny_encoder: Path) -> None:
    """Of the whole network above the encoder, by what the encoder gives and by the conversion matrix."""
    net, inputs = made(tiny_encoder, UmtOptions(heads=2))
    batch = batch_of(inputs, *POSTS[1:])
    gold = gold_of(batch, GOLD[1:])
    c, mask = net.encoder(batch)

    def loss(c: Tensor, *_: Tensor) -> Tensor:
        net.encoder.forward = lambda _: (c, mask)
        return net.loss(batch, gold)

    assert torch.autograd.gradcheck(loss, (c.detach().requires_grad_(), net.conversion))


def test_a_wrong_option_is_named() -> None:
    with pytest.raises(RecipeError, match="heads = 0: expected 1 or more"):
        UmtOptions(heads=0)
    with pytest.raises(RecipeError, match="span_weight = 0"):
        UmtOptions(span_weight=0.0)
    assert math.isclose(UmtOptions().span_weight, 0.5)
