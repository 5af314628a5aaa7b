"""The multimodal interaction of Yu et al. 2020 against its equations, written out vector by vector."""

import math

import pytest
import torch
from torch import Tensor, nn

from ner.fusion.cross_modal import CrossModalLayer, MultimodalInteraction, fitting_heads

WIDTH, HEADS, REGION = 6, 3, 5


def affine(layer: nn.Linear, x: Tensor) -> Tensor:
    rows = [sum(layer.weight[i, j] * x[j] for j in range(len(x))) for i in range(layer.out_features)]
    return torch.stack(rows) + (0 if layer.bias is None else layer.bias)


def norm(layer: nn.LayerNorm, x: Tensor) -> Tensor:
    mean = sum(x) / len(x)
    variance = sum((value - mean) ** 2 for value in x) / len(x)
    return (x - mean) / torch.sqrt(variance + layer.eps) * layer.weight + layer.bias


def plain_layer(layer: CrossModalLayer, queries: list[Tensor], items: list[Tensor]) -> list[Tensor]:
    """Equations 1 and 2 for one post, without padding."""
    part, outputs = WIDTH // HEADS, []
    for v in queries:
        heads = []
        for head in range(HEADS):
            own = slice(head * part, (head + 1) * part)
            q = affine(layer.queries, v)[own]
            scores = [q @ affine(layer.keys, r)[own] / math.sqrt(WIDTH / HEADS) for r in items]
            total = sum(torch.exp(score) for score in scores)
            answers = [affine(layer.values, r)[own] for r in items]
            heads.append(sum(torch.exp(score) / total * a for score, a in zip(scores, answers, strict=True)))
        p = norm(layer.attended_norm, v + affine(layer.together, torch.cat(heads)))
        within, without = layer.feed_forward[0], layer.feed_forward[2]
        outputs.append(norm(layer.output_norm, p + affine(without, affine(within, p).clamp(min=0))))
    return outputs


def plain_interaction(fusion: MultimodalInteraction, words: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
    """Sections 2.3.1 and 2.3.2 for one post, without padding; what is switched off is left out."""
    r, v = list(words), [affine(fusion.regions, u) for u in regions]
    a, b = r, [torch.zeros_like(x) for x in r]
    if fusion.image_aware:
        p = plain_layer(fusion.regions_ask, v, r)
        a = plain_layer(fusion.coupled, r, p)
    if fusion.word_aware:
        b = plain_layer(fusion.words_ask, r, v)
        if fusion.gated:
            gates = [affine(fusion.gate_words, x) + affine(fusion.gate_visual, q) for x, q in zip(a, b, strict=True)]
            b = [1 / (1 + torch.exp(-g)) * q for g, q in zip(gates, b, strict=True)]
    return torch.stack(a), torch.stack(b)


def jittered(module: nn.Module) -> nn.Module:
    """Every value drawn anew, so that no norm or bias stays at a value that hides it."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(0.6 * torch.randn_like(parameter))
    return module


@pytest.fixture
def layer() -> nn.Module:
    torch.manual_seed(1)
    return jittered(CrossModalLayer(WIDTH, HEADS, dropout=0.3).double()).eval()


def interaction(**switches: bool) -> nn.Module:
    torch.manual_seed(2)
    return jittered(MultimodalInteraction(WIDTH, REGION, HEADS, dropout=0.3, **switches).double()).eval()


def example(posts: int = 3, pieces: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    """Words, their mask and regions; the first post has one sub-token less than the others."""
    torch.manual_seed(3)
    words = torch.randn(posts, pieces, WIDTH, dtype=torch.float64)
    mask = torch.ones(posts, pieces, dtype=torch.bool)
    mask[0, -1] = False
    return words, mask, torch.randn(posts, 2, REGION, dtype=torch.float64)


def test_a_layer_equals_the_plain_formulas(layer: nn.Module) -> None:
    queries, items = torch.randn(2, 3, WIDTH, dtype=torch.float64), torch.randn(2, 4, WIDTH, dtype=torch.float64)
    found = layer(queries, items)
    assert found.shape == queries.shape
    for post in range(2):
        torch.testing.assert_close(found[post], torch.stack(plain_layer(layer, list(queries[post]), list(items[post]))))


def test_what_is_masked_is_not_asked(layer: nn.Module) -> None:
    words, mask, _ = example()
    words[0, -1] = 1e6
    found = layer(words, words, mask)
    alone = layer(words[:1, :-1], words[:1, :-1])
    torch.testing.assert_close(found[:1, :-1], alone)


@pytest.mark.parametrize("image_aware", [True, False])
@pytest.mark.parametrize(("word_aware", "gate"), [(True, True), (True, False), (False, True)])
def test_the_interaction_equals_the_plain_formulas(image_aware: bool, word_aware: bool, gate: bool) -> None:
    fusion = interaction(image_aware=image_aware, word_aware=word_aware, gate=gate)
    words, mask, regions = example()
    aware, seen = fusion(words, mask, regions, torch.ones(3, dtype=torch.bool))
    assert aware.shape == seen.shape == words.shape
    for post in range(3):
        there = int(mask[post].sum())
        a, b = plain_interaction(fusion, words[post, :there], regions[post])
        torch.testing.assert_close(aware[post, :there], a)
        torch.testing.assert_close(seen[post, :there], b)


def test_padding_changes_no_other_position() -> None:
    fusion = interaction()
    words, mask, regions = example()
    words[0, -1] = 1e6
    found = fusion(words, mask, regions, torch.ones(3, dtype=torch.bool))
    alone = fusion(words[:1, :-1], mask[:1, :-1], regions[:1], torch.ones(1, dtype=torch.bool))
    for whole, own in zip(found, alone, strict=True):
        torch.testing.assert_close(whole[:1, :-1], own)


def test_without_a_picture_words_stay_and_see_nothing_and_the_others_do_not_notice() -> None:
    fusion = interaction()
    words, mask, regions = example()
    regions[1] = torch.nan
    given = words.clone()
    aware, seen = fusion(words, mask, regions, torch.tensor([True, False, True]))
    assert torch.equal(words, given)
    assert torch.equal(aware[1], words[1])
    assert bool((seen[1] == 0).all())
    for post in (0, 2):
        alone = fusion(words[post][None], mask[post][None], regions[post][None], torch.tensor([True]))
        torch.testing.assert_close(aware[post][None], alone[0])
        torch.testing.assert_close(seen[post][None], alone[1])


def test_a_batch_without_any_picture_needs_no_regions() -> None:
    words, mask, _ = example()
    aware, seen = interaction()(words, mask, torch.zeros(3, 0, 0), torch.zeros(3, dtype=torch.bool))
    assert torch.equal(aware, words)
    assert bool((seen == 0).all())


def test_gradients() -> None:
    fusion = interaction()
    words, mask, regions = example(posts=2, pieces=2)
    has_regions = torch.tensor([True, False])
    few = (fusion.gate_words.weight, fusion.regions.weight, fusion.coupled.attended_norm.weight)

    def run(words: Tensor, regions: Tensor, *_: Tensor) -> tuple[Tensor, Tensor]:
        aware, seen = fusion(words, mask, regions, has_regions)
        return aware, seen

    assert torch.autograd.gradcheck(run, (words.requires_grad_(), regions.requires_grad_(), *few))


def test_dropout_is_for_training_only(layer: nn.Module) -> None:
    words, mask, _ = example()
    assert torch.equal(layer(words, words, mask), layer(words, words, mask))
    layer.train()
    assert not torch.equal(layer(words, words, mask), layer(words, words, mask))


@pytest.mark.parametrize(("width", "most", "expected"), [(384, 12, 12), (768, 12, 12), (16, 12, 8), (7, 4, 1)])
def test_as_many_heads_as_fit(width: int, most: int, expected: int) -> None:
    assert fitting_heads(width, most) == expected
