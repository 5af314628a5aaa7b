"""The word vectors of a run, in a compact form that a trained tagger carries with it.

It has a vector for every word of the run and for the most frequent published words, and, where letter n-grams are
published, those that most words use. Shapes: ``N`` words, ``E`` width of a vector.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from ner.embeddings.files import read_table, write_table
from ner.embeddings.forms import word_forms
from ner.embeddings.records import Vectors
from ner.embeddings.tabledata import TableData

if TYPE_CHECKING:
    from ner.embeddings.building import TableReport

PADDING_ID, UNKNOWN_ID = 0, 1
_FIRST_ID = 2
_CACHED_WORDS = 100_000


class WordTable:
    """Vectors and numbers of words; :meth:`build` and :meth:`load` make one.

    Args:
        data: What it is made of.
        report: What came of building it; None where it was loaded.
    """

    def __init__(self, data: TableData, report: TableReport | None = None) -> None:
        self.data = data
        self.report = report
        self._known: dict[str, Vectors] = {}

    @classmethod
    def build(
        cls,
        source: str | Path,
        training: Iterable[Sequence[str]],
        others: Iterable[Sequence[str]] = (),
        *,
        min_count: int = 1,
        kept_words: int = 50_000,
        kept_buckets: int = 50_000,
        unknown: str = "subwords",
    ) -> Self:
        """The table of a run.

        Args:
            source: "glove-6b-50d", or a file of published vectors.
            training: The words of each training post; only these are numbered.
            others: All other words of the run: of posts to validate on, of captions, attributes and knowledge.
            min_count: How often a training word must occur to have a number.
            kept_words: How many of the most frequent published words are kept for texts to come.
            kept_buckets: How many buckets of letter n-grams are kept, where they are published.
            unknown: What a word without a published vector gets: "subwords" is the mean of its n-grams, zeros where
                none are published; "gaussian" is drawn once for each word (Tian et al. 2021, section 4.3), as widely
                spread as published vectors are; or "zeros".

        Raises:
            FormatError: The source cannot be read, or is no file of word vectors.
            MissingExtraError: A package that it takes is not installed.
            RecipeError: ``unknown`` is none of those.
        """
        from ner.embeddings.building import BuildOptions, build_data

        options = BuildOptions(min_count=min_count, kept_words=kept_words, kept_buckets=kept_buckets, unknown=unknown)
        return cls(*build_data(source, training, others, options))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The table that :meth:`save` wrote.

        Raises:
            CheckpointError: It is missing, damaged, or of another version.
        """
        return cls(read_table(folder))

    def save(self, folder: Path) -> None:
        """Write the table into a folder, as safetensors and JSON."""
        write_table(folder, self.data)

    @property
    def width(self) -> int:
        """``E``, the width of a vector."""
        return int(self.data.rows.steps.shape[1])

    @property
    def words(self) -> int:
        """How many word numbers there are, padding and the unknown word included."""
        return _FIRST_ID + len(self.data.numbered)

    def vector(self, word: str) -> Vectors:
        """The vector of a word, float32 (E,); not to be changed."""
        if word not in self._known:
            if len(self._known) >= _CACHED_WORDS:
                self._known.clear()
            self._known[word] = self._look_up(word)
        return self._known[word]

    def id(self, word: str) -> int:
        """The number of a word that training saw often enough; words of one vector share it. Else 1."""
        return self._ids.get(self.key(word), UNKNOWN_ID)

    def key(self, word: str) -> str:
        """Under which word the table has a word: the form of it that has a vector, else its lower case."""
        return next((form for form in word_forms(word) if form in self._row_of), word.lower())

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.data.words)}

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {key: number for number, key in enumerate(self.data.numbered, _FIRST_ID)}

    def _look_up(self, word: str) -> Vectors:
        row = self._row_of.get(self.key(word))
        if row is not None:
            return self.data.rows.vector(row)
        if self.data.unknown == "gaussian":
            return drawn_vector(word, self.width, self.data.spread)
        made = self.data.grams.vector(word) if self.data.grams is not None else None
        return np.zeros(self.width, dtype=np.float32) if made is None else made


def drawn_vector(word: str, width: int, spread: float) -> Vectors:
    """Numbers from a normal distribution around 0, float32 (width,); the same word gives the same, everywhere."""
    bits = np.frombuffer(hashlib.shake_256(word.encode("utf-8", "replace")).digest(8 * width), dtype="<u4")
    even = (bits.reshape(2, width).astype(np.float64) + 0.5) / 2**32  # uniform in (0, 1), two for each number
    normal = np.sqrt(-2 * np.log(even[0])) * np.cos(2 * np.pi * even[1])  # Box and Muller 1958
    drawn: Vectors = (spread * normal).astype(np.float32)
    return drawn
