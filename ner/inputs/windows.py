"""What all inputs share: windows over long posts, rows padded to one tensor, and regions of pictures as one tensor."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_OVERLAP_WORDS = 24


def window_bounds(sizes: Sequence[int], limit: int) -> list[tuple[int, int, int, int]]:
    """Stretches of words whose sizes sum to ``limit`` at most, or that are a single word.

    Each but the first begins some words before the end of the last one, for context.

    Returns:
        Of each its first word, the word after its last, the first word whose result is taken from it and no other, and
        the word after the last such; together they keep every word once.
    """
    stretches: list[tuple[int, int]] = []
    start = end = 0
    while end < len(sizes):
        start = max(start + 1, end - _OVERLAP_WORDS) if stretches else 0
        end, used = start, 0
        while end < len(sizes) and (end == start or used + sizes[end] <= limit):
            used += sizes[end]
            end += 1
        stretches.append((start, end))
    cuts = [0, *((after[0] + before[1]) // 2 for before, after in itertools.pairwise(stretches)), end]
    bounds = zip(stretches, cuts, cuts[1:], strict=False)
    return [(start, end, keep, keep_end) for (start, end), keep, keep_end in bounds if keep < keep_end]


def padded(rows: Iterable[Any]) -> Tensor:
    """Rows (T, ...) of different lengths as one tensor (B, T, ...) with zeros behind them."""
    return pad_sequence([torch.as_tensor(row) for row in rows], batch_first=True)


def stacked_regions(pictures: Sequence[NDArray[np.float32] | None]) -> tuple[Tensor, Tensor]:
    """Regions ``(R, C)`` of each post, or None, as float32 (B, R, C), and bool (B,) that says who has any.

    Without any picture R and C are 0.

    Raises:
        ValueError: Two pictures are of different shapes.
    """
    shapes = {picture.shape for picture in pictures if picture is not None}
    if len(shapes) > 1:
        raise ValueError(f"regions of shapes {sorted(shapes)} in one batch: encode all pictures with one encoder")
    stacked = torch.zeros((len(pictures), *(shapes.pop() if shapes else (0, 0))))
    for row, picture in enumerate(pictures):
        if picture is not None:
            stacked[row] = torch.tensor(picture)  # a copy, as arrays may be read-only
    return stacked, torch.tensor([picture is not None for picture in pictures], dtype=torch.bool)
