"""The records of this package: what was read of published vectors, and what of them could not be.

Shapes: ``N`` words, ``E`` width of a vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GramHashing:
    """How fastText turns a word's letter n-grams into numbers of buckets.

    Attributes:
        shortest: Letters of the shortest n-gram.
        longest: Letters of the longest; 0 where there are none.
        buckets: How many buckets share all n-grams.
    """

    shortest: int
    longest: int
    buckets: int


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was skipped: its number, from 1, and what is wrong with it."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class SkippedLines:
    """What could not be read of a file.

    Attributes:
        count: How many lines were skipped.
        first: The first few of them.
    """

    count: int = 0
    first: tuple[BadLine, ...] = ()

    def __str__(self) -> str:
        told = "; ".join(f"line {line.number}: {line.reason}" for line in self.first)
        more = f"; and {self.count - len(self.first)} more" if self.count > len(self.first) else ""
        return f"{self.count} lines skipped ({told}{more})" if self.count else "no line skipped"


class Subwords(Protocol):
    """Vectors of letter n-grams, as published (Bojanowski et al. 2017, section 3.2).

    Attributes:
        hashing: How an n-gram becomes a bucket.
    """

    hashing: GramHashing

    def bucket_vector(self, bucket: int) -> Vectors:
        """The vector of a bucket, float32 (E,)."""


@dataclass(frozen=True, slots=True)
class PublishedVectors:
    """What was read of published vectors.

    Attributes:
        words: As they are published, the most frequent first, each once.
        vectors: float32 (N, E), theirs.
        frequent: How many of the words are there because they are frequent; they come first.
        subwords: Vectors of letter n-grams, where they are published too.
        skipped: What could not be read.
    """

    words: tuple[str, ...]
    vectors: Vectors
    frequent: int
    subwords: Subwords | None = None
    skipped: SkippedLines = SkippedLines()
