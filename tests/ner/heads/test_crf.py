"""The CRF against pytorch-crf, and against every tag sequence there is."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchcrf import CRF

from ner.heads.crf import CrfHead, best_paths, negative_log_likelihoods
from ner.spans import TAGS


def random_crf(seed: int, tags: int, *, spread: float = 1.0) -> CRF:
    torch.manual_seed(seed)
    crf = CRF(tags, batch_first=True).double()
    with torch.no_grad():
        for parameter in crf.parameters():
            parameter.normal_(std=spread)
    return crf


def random_posts(seed: int, lengths: list[int], tags: int, *, spread: float = 2.0) -> tuple[Tensor, Tensor, Tensor]:
    """Emissions, tags and mask; what stands in padding is rubbish."""
    source = torch.Generator().manual_seed(seed)
    shape = (len(lengths), max(lengths))
    emissions = spread * torch.randn(*shape, tags, generator=source, dtype=torch.float64)
    numbers = torch.randint(tags, shape, generator=source)
    mask = torch.arange(shape[1]) < torch.tensor(lengths)[:, None]
    return emissions, numbers, mask


def every_score(crf: CRF, emissions: Tensor) -> dict[tuple[int, ...], float]:
    """The score of each sequence for one post, added up one by one."""
    scores = {}
    start, end, transitions = (p.tolist() for p in (crf.start_transitions, crf.end_transitions, crf.transitions))
    for path in itertools.product(range(crf.num_tags), repeat=len(emissions)):
        score = start[path[0]] + end[path[-1]]
        score += sum(float(emissions[at, tag]) for at, tag in enumerate(path))
        scores[path] = score + sum(transitions[a][b] for a, b in itertools.pairwise(path))
    return scores


lengths_of_posts = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), lengths_of_posts, st.integers(1, 4))
def test_losses_and_paths_are_those_of_the_enumeration(seed, lengths, tags):
    crf = random_crf(seed, tags)
    emissions, numbers, mask = random_posts(seed, lengths, tags)
    losses = negative_log_likelihoods(crf, emissions, numbers, mask).tolist()
    paths = best_paths(crf, emissions, mask)
    for post, length in enumerate(lengths):
        scores = every_score(crf, emissions[post, :length])
        log_z = float(np.logaddexp.reduce(list(scores.values())))
        assert losses[post] == pytest.approx(log_z - scores[tuple(numbers[post, :length].tolist())], abs=1e-9)
        assert tuple(paths[post]) == max(scores, key=scores.__getitem__)


@pytest.mark.parametrize("lengths", [[2], [7, 3, 1, 7, 5], [40] * 3])
def test_losses_gradients_and_paths_are_those_of_pytorch_crf(lengths):
    crf = random_crf(5, len(TAGS))
    emissions, numbers, mask = random_posts(6, lengths, len(TAGS))
    emissions.requires_grad_()
    weights = torch.linspace(0.5, 2.0, len(lengths), dtype=torch.float64)
    inputs = (emissions, crf.start_transitions, crf.end_transitions, crf.transitions)
    theirs = -crf(emissions, numbers, mask=mask, reduction="none")
    ours = negative_log_likelihoods(crf, emissions, numbers, mask)
    torch.testing.assert_close(ours, theirs)
    expected = torch.autograd.grad((theirs * weights).sum(), inputs)
    for found, wanted in zip(torch.autograd.grad((ours * weights).sum(), inputs), expected, strict=True):
        torch.testing.assert_close(found, wanted)
    assert best_paths(crf, emissions, mask) == crf.decode(emissions, mask=mask)


def test_float32_differs_from_pytorch_crf_by_rounding_only():
    crf = random_crf(1, len(TAGS)).float()
    emissions, numbers, mask = random_posts(2, [30, 12], len(TAGS))
    ours = negative_log_likelihoods(crf, emissions.float(), numbers, mask)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, -crf(emissions.float(), numbers, mask=mask, reduction="none"))


def test_gradients_are_the_loss_s_own():
    crf = random_crf(3, 3)
    emissions, numbers, mask = random_posts(4, [4, 1, 2], 3)

    def losses(emissions: Tensor, *scores: Tensor) -> Tensor:
        names = ("start_transitions", "end_transitions", "transitions")
        stand_in = torch.nn.Module()
        for name, score in zip(names, scores, strict=True):
            setattr(stand_in, name, score)
        return negative_log_likelihoods(stand_in, emissions, numbers, mask)

    scores = (crf.start_transitions, crf.end_transitions, crf.transitions)
    assert torch.autograd.gradcheck(losses, (emissions.requires_grad_(), *scores))


@pytest.mark.parametrize("spread", [30.0, 1e3, 1e4])
def test_extreme_scores_stay_exact(spread):
    """Sums of products would fall under the least float; with a chain that leaves one way only, all of them."""
    crf = random_crf(7, 4, spread=spread)
    emissions, numbers, mask = random_posts(8, [20, 9, 1], 4, spread=spread)
    emissions.requires_grad_()
    inputs = (emissions, *crf.parameters())
    ours = negative_log_likelihoods(crf, emissions, numbers, mask)
    theirs = -crf(emissions, numbers, mask=mask, reduction="none")
    torch.testing.assert_close(ours, theirs)
    for found, wanted in zip(
        torch.autograd.grad(ours.sum(), inputs), torch.autograd.grad(theirs.sum(), inputs), strict=True
    ):
        assert bool(found.isfinite().all())
        torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-6)
    assert best_paths(crf, emissions, mask) == crf.decode(emissions, mask=mask)


def test_transitions_that_outweigh_every_emission_stay_exact():
    """Going on with tag 1 costs more than any float can say of a product, and an emission makes up for it."""
    crf = random_crf(0, 3, spread=0.1)
    with torch.no_grad():
        crf.transitions[:, 1] = torch.tensor([-1e4, -2e4, -1e4], dtype=torch.float64)
    emissions = torch.zeros(1, 4, 3, dtype=torch.float64)
    emissions[0, 2, 1] = 1e4
    emissions[0, 1, 0] = -5e3
    numbers, mask = torch.tensor([[0, 0, 1, 2]]), torch.ones(1, 4, dtype=torch.bool)
    ours = negative_log_likelihoods(crf, emissions, numbers, mask)
    torch.testing.assert_close(ours, -crf(emissions, numbers, mask=mask, reduction="none"))


def test_padding_and_neighbours_change_nothing():
    crf = random_crf(1, 5)
    emissions, numbers, mask = random_posts(2, [6, 2], 5)
    spoilt, spoilt_tags = emissions.clone(), numbers.clone()
    spoilt[1, 2:], spoilt_tags[1, 2:] = torch.nan, -100
    spoilt.requires_grad_()
    losses = negative_log_likelihoods(crf, spoilt, spoilt_tags, mask)
    alone = negative_log_likelihoods(crf, emissions[1:, :2], numbers[1:, :2], mask[1:, :2])
    assert losses[1].item() == alone.item()
    (gradient,) = torch.autograd.grad(losses.sum(), spoilt)
    assert bool((gradient[1, 2:] == 0).all())
    assert best_paths(crf, spoilt, mask)[1] == best_paths(crf, emissions[1:, :2], mask[1:, :2])[0]


def test_what_is_no_number_is_no_loss():
    crf = random_crf(1, 5)
    emissions, numbers, mask = random_posts(2, [6, 2], 5)
    emissions[0, 3] = torch.nan
    losses = negative_log_likelihoods(crf, emissions, numbers, mask)
    assert losses.isfinite().tolist() == [False, True]


def test_of_equal_paths_the_lower_tags_are_taken():
    crf = random_crf(0, 4, spread=0.0)
    emissions, _, mask = random_posts(0, [3, 5], 4, spread=0.0)
    assert best_paths(crf, emissions, mask) == [[0] * 3, [0] * 5]


@pytest.mark.parametrize(
    ("mask", "tag", "said"),
    [
        ([[True, True], [False, False]], 0, "without a word"),
        ([[True, True], [False, True]], 0, "before a word"),
        ([[True, True], [True, False]], 3, "tags are 0 to 3: expected 0 to 2"),
    ],
)
def test_a_batch_that_makes_no_sense_is_named(mask, tag, said):
    tags = torch.zeros(2, 2, dtype=torch.int64)
    tags[0, 1] = tag
    with pytest.raises(ValueError, match=said):
        negative_log_likelihoods(random_crf(0, 3), torch.zeros(2, 2, 3), tags, torch.tensor(mask))


def test_the_head_s_parameters_are_those_of_checkpoints():
    names = {"tag_scores.weight", "tag_scores.bias"}
    names |= {f"crf.{part}" for part in ("start_transitions", "end_transitions", "transitions")}
    assert set(CrfHead(8).state_dict()) == names


def test_the_head_weighs_posts():
    torch.manual_seed(0)
    head = CrfHead(6).double()
    words = torch.randn(2, 3, 6, dtype=torch.float64)
    tags, mask = torch.tensor([[1, 2, 0], [0, 3, 0]]), torch.tensor([[True] * 3, [True, True, False]])
    each = -head.crf(head(words), tags, mask=mask, reduction="none")
    torch.testing.assert_close(head.loss(head(words), tags, mask), each.mean())
    weight = torch.tensor([1.0, 0.25], dtype=torch.float64)
    torch.testing.assert_close(head.loss(head(words), tags, mask, weight), (each[0] + 0.25 * each[1]) / 2)
