"""Regions of pictures as one tensor, also where some posts or all have no picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def stacked_regions(pictures: Sequence[NDArray[np.float32] | None]) -> tuple[Tensor, Tensor]:
    """Regions ``(R, C)`` of each post, or None, as float32 (B, R, C), and bool (B,) that says who has any.

    Without any picture R and C are 0.

    Raises:
        ValueError: Two pictures differ in shape.
    """
    shapes = {picture.shape for picture in pictures if picture is not None}
    if len(shapes) > 1:
        raise ValueError(f"regions of shapes {sorted(shapes)} in one batch: encode all pictures with one encoder")
    stacked = torch.zeros((len(pictures), *(shapes.pop() if shapes else (0, 0))))
    for row, picture in enumerate(pictures):
        if picture is not None:
            stacked[row] = torch.tensor(picture)  # a copy, as arrays may be read-only
    return stacked, torch.tensor([picture is not None for picture in pictures], dtype=torch.bool)
