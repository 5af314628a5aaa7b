"""A vector for any word, from its letter n-grams (Bojanowski et al. 2017, section 3.2), as fastText makes it.

Of the published n-grams only those that occur in the most words are kept, so that a trained tagger can do without the
published file. Shapes: ``M`` buckets that are kept, ``E`` width of a vector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ner.embeddings.compact import CompactRows, compact_rows
from ner.embeddings.records import GramHashing, Subwords, Vectors

_OPENS, _CLOSES = b"<", b">"
_FNV_START, _FNV_FACTOR, _32_BITS = 2166136261, 16777619, 0xFFFFFFFF


def word_buckets(word: str, hashing: GramHashing) -> list[int]:
    """The bucket of each n-gram of a word, between its two end marks, in the order in which fastText finds them."""
    letters = [_OPENS, *(letter.encode("utf-8", "replace") for letter in word), _CLOSES]
    found: list[int] = []
    for start in range(len(letters)):
        hashed = _FNV_START
        for end in range(start, min(start + hashing.longest, len(letters))):
            for byte in letters[end]:
                # fastText's letters are signed: a byte above 127 fills the upper bits.
                hashed = ((hashed ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * _FNV_FACTOR) & _32_BITS
            size = end - start + 1
            only_a_mark = size == 1 and (start == 0 or end == len(letters) - 1)
            if size >= hashing.shortest and not only_a_mark:
                found.append(hashed % hashing.buckets)
    return found


class GramTable:
    """The kept n-grams.

    Args:
        hashing: How an n-gram becomes a bucket.
        buckets: int64 (M,), the buckets that are kept, rising.
        rows: Their vectors.
    """

    def __init__(self, hashing: GramHashing, buckets: NDArray[np.int64], rows: CompactRows) -> None:
        self.hashing, self.buckets, self.rows = hashing, buckets, rows
        self._row_of = {int(bucket): row for row, bucket in enumerate(buckets)}

    def vector(self, word: str) -> Vectors | None:
        """The mean of the kept vectors of a word's n-grams, float32 (E,); None where none is kept."""
        rows = [self._row_of[b] for b in word_buckets(word, self.hashing) if b in self._row_of]
        if not rows:
            return None
        scales = self.rows.scales[rows].astype(np.float32)
        mean: Vectors = (scales @ self.rows.steps[rows].astype(np.float32)) / np.float32(len(rows))
        return mean


def whole_vector(word: str, subwords: Subwords) -> Vectors | None:
    """The mean of the published vectors of all of a word's n-grams, float32 (E,); None for a word without any."""
    buckets = word_buckets(word, subwords.hashing)
    if not buckets:
        return None
    mean: Vectors = np.mean([subwords.bucket_vector(b) for b in buckets], axis=0, dtype=np.float32)
    return mean


def kept_grams(subwords: Subwords, words: Iterable[str], *, count: int) -> GramTable:
    """The ``count`` buckets that most of the words use; of equally used ones those of smaller number."""
    uses = Counter(bucket for word in words for bucket in set(word_buckets(word, subwords.hashing)))
    chosen = sorted(sorted(uses, key=lambda bucket: (-uses[bucket], bucket))[:count])
    width = len(subwords.bucket_vector(0))
    vectors = np.zeros((len(chosen), width), dtype=np.float32)
    for row, bucket in enumerate(chosen):
        vectors[row] = subwords.bucket_vector(bucket)
    return GramTable(subwords.hashing, np.array(chosen, dtype=np.int64), compact_rows(vectors))
