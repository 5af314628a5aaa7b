"""The CRF's loss against every tag sequence there is, and what must not change it."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ner.heads.crf import CrfHead
from ner.spans import TAGS


def random_head(seed: int, tags: int) -> CrfHead:
    torch.manual_seed(seed)
    head = CrfHead(2, TAGS[:tags]).double()
    with torch.no_grad():
        for parameter in head.crf.parameters():
            parameter.normal_()
    return head


def random_posts(seed: int, lengths: list[int], tags: int) -> tuple[Tensor, Tensor, Tensor]:
    """Emissions, tags and mask; what stands in padding is rubbish."""
    source = torch.Generator().manual_seed(seed)
    shape = (len(lengths), max(lengths))
    emissions = 2 * torch.randn(*shape, tags, generator=source, dtype=torch.float64)
    numbers = torch.randint(tags, shape, generator=source)
    mask = torch.arange(shape[1]) < torch.tensor(lengths)[:, None]
    return emissions, numbers, mask


def plain_loss(head: CrfHead, emissions: Tensor, tags: list[int]) -> float:
    """The negative log-likelihood for one post, with the score of each sequence added up one by one."""
    chain, scores = head.chain(), {}
    for path in itertools.product(range(emissions.shape[1]), repeat=len(emissions)):
        score = chain.start[path[0]] + chain.end[path[-1]]
        score += sum(float(emissions[at, tag]) for at, tag in enumerate(path))
        scores[path] = score + sum(chain.transitions[a, b] for a, b in itertools.pairwise(path))
    return float(np.logaddexp.reduce(list(scores.values()))) - scores[tuple(tags)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(1, 4))
def test_the_loss_is_that_of_the_enumeration(seed, lengths, tags):
    head = random_head(seed, tags)
    emissions, numbers, mask = random_posts(seed, lengths, tags)
    each = [
        plain_loss(head, emissions[post, :length], numbers[post, :length].tolist())
        for post, length in enumerate(lengths)
    ]
    assert head.loss(emissions, numbers, mask).item() == pytest.approx(np.mean(each), abs=1e-9)
    weight = torch.linspace(0.5, 2.0, len(lengths), dtype=torch.float64)
    weighted = np.mean(np.array(each) * weight.numpy())
    assert head.loss(emissions, numbers, mask, weight).item() == pytest.approx(weighted, abs=1e-9)


def test_padding_and_neighbours_change_nothing():
    head = random_head(1, 5)
    emissions, numbers, mask = random_posts(2, [6, 2], 5)
    spoilt, spoilt_tags = emissions.clone(), numbers.clone()
    spoilt[1, 2:], spoilt_tags[1, 2:] = torch.nan, -100
    spoilt.requires_grad_()
    only_second = torch.tensor([0.0, 2.0], dtype=torch.float64)
    loss = head.loss(spoilt, spoilt_tags, mask, only_second)
    alone = head.loss(emissions[1:, :2], numbers[1:, :2], mask[1:, :2])
    torch.testing.assert_close(loss, alone)
    (gradient,) = torch.autograd.grad(loss, spoilt)
    assert bool((gradient[1, 2:] == 0).all())


def test_what_is_no_number_is_no_loss():
    head = random_head(1, 5)
    emissions, numbers, mask = random_posts(2, [6, 2], 5)
    emissions[0, 3] = torch.nan
    assert not head.loss(emissions, numbers, mask).isfinite()


def test_half_precision_is_added_up_in_float32():
    head = random_head(1, len(TAGS)).float()
    emissions, numbers, mask = random_posts(2, [30, 12], len(TAGS))
    rough = emissions.to(torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        loss = head.loss(rough, numbers, mask)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, head.loss(rough.float(), numbers, mask))


def test_a_post_without_a_word_is_refused():
    with pytest.raises(ValueError, match="first timestep"):
        random_head(0, 3).loss(torch.zeros(2, 2, 3), torch.zeros(2, 2).long(), torch.tensor([[True] * 2, [False] * 2]))


def test_the_head_s_parameters_are_those_of_checkpoints():
    names = {"tag_scores.weight", "tag_scores.bias"}
    names |= {f"crf.{part}" for part in ("start_transitions", "end_transitions", "transitions")}
    assert set(CrfHead(8).state_dict()) == names
