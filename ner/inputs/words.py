"""Posts as numbers for networks that read words: their vectors, letters and parts of speech, and what stands beside.

Shapes: ``B`` posts in a batch, ``T`` words of the text, ``P`` words of the knowledge, ``A`` attributes, ``E`` width of
a word vector, ``L`` letters of a word, ``R`` regions of a picture, ``C`` width of a region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from torch import Tensor

from ner.embeddings.word_table import WordTable
from ner.inputs.context import attribute_words, knowledge_words
from ner.inputs.parts_of_speech import SpeechTagger
from ner.inputs.windows import padded, stacked_regions, window_bounds
from ner.inputs.word_shapes import WORD_LETTERS, letter_ids
from ner.taggers import TaggerInput

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

MAX_WORDS = 256
"""How many words a window holds."""

_CACHED_WORDS = 100_000


@dataclass(frozen=True, slots=True)
class WordTensors:
    """Words, padded.

    Attributes:
        vectors: float32 (B, T, E), the published vectors of the words; zeros where there is no word or no vector.
        ids: int64 (B, T), numbers of the words that training saw; 0 is padding, 1 every other word.
        letters: int64 (B, T, L), as :func:`ner.inputs.word_shapes.letter_ids` numbers them.
        speech: int64 (B, T), coarse parts of speech; 0 is padding.
        mask: bool (B, T), True where there is a word.
    """

    vectors: Tensor
    ids: Tensor
    letters: Tensor
    speech: Tensor
    mask: Tensor

    def to(self, device: torch.device) -> Self:
        """The same on ``device``."""
        return replace(self, **{field.name: getattr(self, field.name).to(device) for field in fields(self)})


@dataclass(frozen=True, slots=True)
class WordBatch:
    """Posts, padded, with what stands beside them.

    Attributes:
        text: The words of the posts.
        knowledge: The words of their triples; a post without knowledge has no word here.
        attributes: float32 (B, A, E), a vector for what the picture shows: the mean of the label's words.
        attribute_weights: float32 (B, A), how probable each is; 0 is padding.
        regions: float32 (B, R, C), the pictures' regions; zeros where there is no picture.
        has_regions: bool (B,), whether there is a picture.
    """

    text: WordTensors
    knowledge: WordTensors
    attributes: Tensor
    attribute_weights: Tensor
    regions: Tensor
    has_regions: Tensor

    @property
    def mask(self) -> Tensor:
        """Bool (B, T), True where the text has a word."""
        return self.text.mask

    def to(self, device: torch.device) -> Self:
        """The same on ``device``."""
        return replace(self, **{field.name: getattr(self, field.name).to(device) for field in fields(self)})


@dataclass(frozen=True, slots=True)
class WordRows:
    """Words as numbers, not padded: the rows of :class:`WordTensors` for one post.

    Attributes:
        vectors: float32 (T, E).
        ids: int64 (T,).
        letters: int64 (T, L).
        speech: int64 (T,).
    """

    vectors: NDArray[np.float32]
    ids: NDArray[np.int64]
    letters: NDArray[np.int64]
    speech: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class WordWindow:
    """A stretch of a post, and what stands beside it.

    Attributes:
        start: The first word of the post that the window holds.
        end: The word after its last.
        keep_start: The first word whose result is taken from this window and no other.
        keep_end: The word after the last such.
        text: Its words.
        knowledge: The words of the post's triples.
        attributes: float32 (A, E), a vector for what the picture shows.
        attribute_weights: float32 (A,), how probable each is.
        regions: float32 (R, C), the picture's regions, where there is one.
    """

    start: int
    end: int
    keep_start: int
    keep_end: int
    text: WordRows
    knowledge: WordRows
    attributes: NDArray[np.float32]
    attribute_weights: NDArray[np.float32]
    regions: NDArray[np.float32] | None = None

    @property
    def size(self) -> int:
        """How many words it has."""
        return self.end - self.start


class WordInputs:
    """Turns posts into windows of words.

    Args:
        table: The words' vectors and numbers.
        with_speech: Whether parts of speech are tagged; without, all are padding.

    Raises:
        MissingExtraError: Parts of speech are to be tagged, and there are no weights for it.
    """

    def __init__(self, table: WordTable, *, with_speech: bool) -> None:
        self.table = table
        self._speech = SpeechTagger() if with_speech else None
        self._known: dict[str, tuple[NDArray[np.float32], int, list[int]]] = {}

    def windows(self, post: TaggerInput) -> list[WordWindow]:
        """The windows of a post, in order; together they keep every word once. No words, no window.

        A post of more than :data:`MAX_WORDS` words has several that overlap; what stands beside it is in each.
        """
        if not post.tokens:
            return []
        text = self._rows(post.tokens, self._parts_of_speech(post.tokens))
        facts = knowledge_words(post)
        knowledge = self._rows(
            [word for fact in facts for word in fact], [n for fact in facts for n in self._parts_of_speech(fact)]
        )
        attributes, weights = self._attributes(post)
        return [
            WordWindow(*bounds, _part(text, *bounds[:2]), knowledge, attributes, weights, post.regions)
            for bounds in window_bounds([1] * len(post.tokens), MAX_WORDS)
        ]

    def collate(self, windows: Sequence[WordWindow]) -> WordBatch:
        """Windows padded to one batch."""
        return WordBatch(
            _padded([window.text for window in windows]),
            _padded([window.knowledge for window in windows]),
            padded(window.attributes for window in windows),
            padded(window.attribute_weights for window in windows),
            *stacked_regions([window.regions for window in windows]),
        )

    def _parts_of_speech(self, words: Sequence[str]) -> Sequence[int]:
        return self._speech.tag(words) if self._speech is not None else [0] * len(words)

    def _rows(self, words: Sequence[str], speech: Sequence[int]) -> WordRows:
        if len(self._known) > _CACHED_WORDS:
            self._known.clear()
        for word in words:
            if word not in self._known:
                self._known[word] = (self.table.vector(word), self.table.id(word), letter_ids(word))
        known = [self._known[word] for word in words]
        count = len(words)
        return WordRows(
            np.array([vector for vector, _, _ in known], dtype=np.float32).reshape(count, self.table.width),
            np.array([number for _, number, _ in known], dtype=np.int64),
            np.array([letters for _, _, letters in known], dtype=np.int64).reshape(count, WORD_LETTERS),
            np.array(speech, dtype=np.int64),
        )

    def _attributes(self, post: TaggerInput) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A vector and a weight for each attribute of which any word has a vector."""
        found = [
            (np.mean([self.table.vector(word) for word in words], axis=0, dtype=np.float32), weight)
            for words, weight in attribute_words(post)
        ]
        known = [(vector, weight) for vector, weight in found if vector.any()]
        vectors = np.array([vector for vector, _ in known], dtype=np.float32).reshape(len(known), self.table.width)
        return vectors, np.array([weight for _, weight in known], dtype=np.float32)


def _part(rows: WordRows, start: int, end: int) -> WordRows:
    return WordRows(*(getattr(rows, field.name)[start:end] for field in fields(rows)))


def _padded(rows: Sequence[WordRows]) -> WordTensors:
    numbers = {field.name: padded(getattr(row, field.name) for row in rows) for field in fields(WordRows)}
    return WordTensors(**numbers, mask=padded(np.ones(len(row), dtype=np.bool_) for row in rows))
