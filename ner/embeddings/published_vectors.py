"""What was read of published word vectors. Shapes: ``N`` words, ``E`` width of a vector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PublishedVectors:
    """What was read of published vectors."""

    words: tuple[str, ...]  # as they are published, the most frequent first, each once
    vectors: Vectors  # float32 (N, E), theirs
    frequent: int  # how many of the words are there because they are frequent; they come first
    # gives any other word a vector, float32 (E,), or None; where n-grams of letters are published too
    from_letters: Callable[[str], Vectors | None] | None = None
    skipped: str = ""  # how many lines could not be read and what is wrong with the first of them; "" where all could
