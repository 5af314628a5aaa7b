"""Vectors as one byte a number: int8 rows, each with a float16 scale.

Shapes: ``N`` rows, ``E`` width of a vector.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ner.embeddings.records import Vectors

_STEPS = 127


@dataclass(frozen=True, slots=True)
class CompactRows:
    """Vectors, each within half a step (1/254 of its greatest number) of what it was.

    Attributes:
        steps: int8 (N, E).
        scales: float16 (N,), the size of each row's step.
    """

    steps: NDArray[np.int8]
    scales: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.steps)

    def vector(self, row: int) -> Vectors:
        """The vector of a row, float32 (E,)."""
        vector: Vectors = self.steps[row].astype(np.float32) * np.float32(self.scales[row])
        return vector

    def vectors(self) -> Vectors:
        """All of them, float32 (N, E)."""
        vectors: Vectors = self.steps.astype(np.float32) * self.scales.astype(np.float32)[:, None]
        return vectors


def compact_rows(vectors: Vectors) -> CompactRows:
    """The compact form of float32 (N, E); numbers must be finite and at most :data:`ner.embeddings.text.GREATEST`."""
    greatest = np.abs(vectors).max(axis=1, initial=0.0)
    scales = (greatest / _STEPS).astype(np.float16)
    divisors = np.where(scales > 0, scales, 1).astype(np.float32)
    steps = np.clip(np.rint(vectors / divisors[:, None]), -_STEPS, _STEPS)
    return CompactRows(steps.astype(np.int8), scales)


def cosines(first: Vectors, second: Vectors) -> Vectors:
    """How alike the rows of two float32 (N, E) are, (N,); two rows of zeros are alike."""
    products = np.einsum("ne,ne->n", first, second)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    same = np.where(np.linalg.norm(first - second, axis=1) == 0, 1.0, 0.0)
    found: Vectors = np.where(lengths > 0, products / np.where(lengths > 0, lengths, 1), same).astype(np.float32)
    return found
