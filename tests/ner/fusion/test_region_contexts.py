"""Attention over regions in tiles: against the plain formula, by finite differences, and what it keeps in memory."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ner.fusion.additive_attention import ACTIVATIONS, activate
from ner.fusion.visual_attention import region_contexts

R, D = 7, 8
COUNTS = [5, 0, 9]


def drawn(dtype: torch.dtype = torch.float32, counts: list[int] = COUNTS, d: int = D) -> list[Tensor]:
    """u, v, I and W."""
    source = torch.Generator().manual_seed(3)
    shapes = [(sum(counts), d), (len(counts), R, d), (len(counts), R, d), (d, d)]
    return [torch.randn(shape, generator=source).to(dtype).requires_grad_() for shape in shapes]


def plain(
    pairs: Tensor, regions: Tensor, values: Tensor, weight: Tensor | float, activation: str, counts: list[int] = COUNTS
) -> Tensor:
    """The formula as it is written, with a tensor of all triples."""
    picture = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    hidden = activate(pairs[:, None] + regions[picture], activation)  # (Q, R, D)
    scores = hidden @ weight.t() if isinstance(weight, Tensor) else hidden * weight
    return (scores.softmax(dim=1) * values[picture]).sum(dim=1)


def assert_same_gradients(ours: list[Tensor], theirs: list[Tensor], *, within: float) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, other.grad, rtol=within, atol=within)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_equals_the_plain_formula_forward_and_backward(activation: str) -> None:
    ours, theirs = drawn(), drawn()
    grad = torch.randn(sum(COUNTS), D)
    tiled, whole = region_contexts(*ours, COUNTS, activation=activation), plain(*theirs, activation)
    torch.testing.assert_close(tiled, whole, rtol=2e-6, atol=2e-6)
    tiled.backward(grad)
    whole.backward(grad)
    assert_same_gradients(ours, theirs, within=1e-5)


def test_many_tiles_give_what_one_would() -> None:
    counts = [4000, 0, 1500]
    ours, theirs = drawn(counts=counts, d=32), drawn(counts=counts, d=32)
    tiled, whole = region_contexts(*ours, counts, activation="tanh"), plain(*theirs, "tanh", counts)
    torch.testing.assert_close(tiled, whole, rtol=1e-5, atol=1e-5)
    tiled.square().mean().backward()
    whole.square().mean().backward()
    assert_same_gradients(ours, theirs, within=1e-4)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_number_may_stand_for_the_matrix(activation: str) -> None:
    *ours, _ = drawn()
    *theirs, _ = drawn()
    tiled = region_contexts(*ours, 5.0, COUNTS, activation=activation)
    whole = plain(*theirs, 5.0, activation)
    torch.testing.assert_close(tiled, whole, rtol=1e-5, atol=1e-5)
    tiled.square().sum().backward()
    whole.square().sum().backward()
    assert_same_gradients(ours, theirs, within=1e-4)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_scores_far_beyond_what_exponentials_bear(activation: str) -> None:
    pairs, regions, values, weight = (tensor.detach() for tensor in drawn(torch.float64))
    tiled = region_contexts(pairs, regions, values, 1000 * weight, COUNTS, activation=activation)
    torch.testing.assert_close(tiled, plain(pairs, regions, values, 1000 * weight, activation))


@pytest.mark.parametrize("with_matrix", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_by_finite_differences(activation: str, with_matrix: bool) -> None:
    tensors = [tensor[..., :3].detach().requires_grad_() for tensor in drawn(torch.float64, counts=[2, 1])]
    tensors[3] = tensors[3][:3].detach().requires_grad_()
    tensors = tensors if with_matrix else tensors[:3]

    def contexts(*given: Tensor) -> Tensor:
        weight = given[3] if with_matrix else 1.5
        return region_contexts(given[0], given[1], given[2], weight, [2, 1], activation=activation)

    assert torch.autograd.gradcheck(contexts, tensors)


def test_the_same_input_gives_the_same_bits() -> None:
    found = []
    for _ in range(3):
        tensors = drawn()
        region_contexts(*tensors, COUNTS, activation="tanh").square().sum().backward()
        found.append([tensor.grad for tensor in tensors])
    for again in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], again, strict=True))


class Watch(TorchDispatchMode):
    """Remembers how many numbers the largest tensor has that any operation makes, and which operations there were."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0
        self.seen: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.seen.add(func.overloadpacket.__name__)
        for tensor in result if isinstance(result, tuple | list) else [result]:
            if isinstance(tensor, Tensor):
                self.largest = max(self.largest, tensor.numel())
        return result


@pytest.mark.parametrize("pairs", [6000, 12_000])
def test_no_tensor_of_all_triples_is_ever_made(pairs: int) -> None:
    tensors = drawn(counts=[pairs], d=32)
    with Watch() as watch:
        region_contexts(*tensors, [pairs], activation="tanh").sum().backward()
    assert {"_softmax", "_softmax_backward_data"} <= watch.seen  # both passes were watched
    tile = 2**21 / 4  # floats
    assert max(pairs * 32, 0.9 * tile) <= watch.largest <= max(pairs * 32, tile) < pairs * R * 32 / 2


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_autocast_makes_the_products_in_its_type(activation: str) -> None:
    exact, rough = drawn(), drawn()
    whole = region_contexts(*exact, COUNTS, activation=activation)
    with torch.autocast("cpu", torch.bfloat16):
        tiled = region_contexts(*rough, COUNTS, activation=activation)
    assert tiled.dtype == torch.float32
    assert not torch.equal(tiled, whole)
    torch.testing.assert_close(tiled, whole, rtol=0.05, atol=0.05)
    whole.square().sum().backward()
    tiled.square().sum().backward()
    for mine, other in zip(rough, exact, strict=True):
        assert mine.grad is not None
        assert other.grad is not None
        assert float((mine.grad - other.grad).norm() / other.grad.norm()) < 0.05


def test_no_pairs_at_all() -> None:
    pairs, regions, values, weight = drawn(counts=[0])
    contexts = region_contexts(pairs, regions, values, weight, [0], activation="tanh")
    assert contexts.shape == (0, D)
    contexts.sum().backward()
    assert weight.grad is not None
    assert not weight.grad.any()


def test_says_what_is_wrong() -> None:
    tensors = drawn()
    with pytest.raises(ValueError, match=r"activation 'cube': expected one of tanh"):
        region_contexts(*tensors, COUNTS, activation="cube")
    with pytest.raises(ValueError, match=r"counts \[5, 9\]: expected 3 numbers that sum to 14"):
        region_contexts(*tensors, [5, 9], activation="tanh")
