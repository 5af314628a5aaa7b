"""Posts as numbers for networks that read words: their vectors, letters and parts of speech, and what stands beside.

Shapes: ``B`` posts in a batch, ``T`` words of the text, ``P`` words of the knowledge, ``A`` attributes, ``E`` width of
a word vector, ``L`` letters of a word, ``R`` regions of a picture, ``C`` width of a region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor

from ner.embeddings.word_table import WordTable
from ner.inputs.context import attribute_words, knowledge_words
from ner.inputs.parts_of_speech import parts_of_speech, perceptron
from ner.inputs.windows import padded, stacked_regions, window_bounds
from ner.inputs.word_shapes import WORD_LETTERS, letter_ids
from ner.taggers import TaggerInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_WORDS = 256
"""How many words a window holds."""

_CACHED_WORDS = 100_000


@dataclass(frozen=True, slots=True)
class WordTensors:
    """The words of one post, without the first dimension, or of several, padded."""

    vectors: Tensor  # float32 (B, T, E), the published vectors of the words; zeros where there is no word or no vector
    ids: Tensor  # int64 (B, T), numbers of the words that training saw; 0 is padding, 1 every other word
    letters: Tensor  # int64 (B, T, L), as :func:`ner.inputs.word_shapes.letter_ids` numbers them
    speech: Tensor  # int64 (B, T), coarse parts of speech; 0 is padding
    mask: Tensor  # bool (B, T), True where there is a word

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, start: int, end: int) -> Self:
        """Some of the words of one post."""
        return replace(self, **{field.name: getattr(self, field.name)[start:end] for field in fields(self)})

    def to(self, device: torch.device) -> Self:
        """The same on ``device``."""
        return replace(self, **{field.name: getattr(self, field.name).to(device) for field in fields(self)})


@dataclass(frozen=True, slots=True)
class WordBatch:
    """Posts, padded, with what stands beside them."""

    text: WordTensors  # the words of the posts
    knowledge: WordTensors  # the words of their triples; a post without knowledge has no word here
    attributes: Tensor  # float32 (B, A, E), a vector for what the picture shows: the mean of the label's words
    attribute_weights: Tensor  # float32 (B, A), how probable each is; 0 is padding
    regions: Tensor  # float32 (B, R, C), the pictures' regions; zeros where there is no picture
    has_regions: Tensor  # bool (B,), whether there is a picture

    @property
    def mask(self) -> Tensor:
        """Bool (B, T), True where the text has a word."""
        return self.text.mask

    def to(self, device: torch.device) -> Self:
        """The same on ``device``."""
        return replace(self, **{field.name: getattr(self, field.name).to(device) for field in fields(self)})


@dataclass(frozen=True, slots=True)
class WordWindow:
    """A stretch of a post, and what stands beside it."""

    start: int  # the first word of the post that the window holds
    end: int  # the word after its last
    keep_start: int  # the first word whose result is taken from this window and no other
    keep_end: int  # the word after the last such
    text: WordTensors  # its words
    knowledge: WordTensors  # the words of the post's triples
    attributes: Tensor  # float32 (A, E), a vector for what the picture shows
    attribute_weights: Tensor  # float32 (A,), how probable each is
    regions: NDArray[np.float32] | None = None  # float32 (R, C), the picture's regions, where there is one

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
        self.table, self._with_speech = table, with_speech
        if with_speech:
            perceptron()  # whether it is there is said now
        self._numbers = lru_cache(maxsize=_CACHED_WORDS)(self._numbers_of)

    def windows(self, post: TaggerInput) -> list[WordWindow]:
        """The windows of a post, in order; together they keep every word once. No words, no window.

        A post of more than :data:`MAX_WORDS` words has several that overlap; what stands beside it is in each.
        """
        if not post.tokens:
            return []
        text = self._words(post.tokens, self._parts_of_speech(post.tokens))
        facts = knowledge_words(post)
        knowledge = self._words(
            [word for fact in facts for word in fact], [n for fact in facts for n in self._parts_of_speech(fact)]
        )
        attributes, weights = self._attributes(post)
        return [
            WordWindow(*bounds, text.part(*bounds[:2]), knowledge, attributes, weights, post.regions)
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
        return parts_of_speech(tuple(words)) if self._with_speech else [0] * len(words)

    def _words(self, words: Sequence[str], speech: Sequence[int]) -> WordTensors:
        known = [self._numbers(word) for word in words]
        return WordTensors(
            _rows([vector for vector, _, _ in known], np.float32, self.table.width),
            _rows([number for _, number, _ in known], np.int64),
            _rows([letters for _, _, letters in known], np.int64, WORD_LETTERS),
            _rows(speech, np.int64),
            torch.ones(len(words), dtype=torch.bool),
        )

    def _numbers_of(self, word: str) -> tuple[NDArray[np.float32], int, list[int]]:
        return self.table.vector(word), self.table.id(word), letter_ids(word)

    def _attributes(self, post: TaggerInput) -> tuple[Tensor, Tensor]:
        """A vector and a weight for each attribute of which any word has a vector."""
        found = [
            (np.mean([self.table.vector(word) for word in words], axis=0, dtype=np.float32), weight)
            for words, weight in attribute_words(post)
        ]
        known = [(vector, weight) for vector, weight in found if vector.any()]
        vectors = _rows([vector for vector, _ in known], np.float32, self.table.width)
        return vectors, _rows([weight for _, weight in known], np.float32)


def _rows(values: Sequence[Any], kind: type[np.generic], *width: int) -> Tensor:
    """Values as a tensor (N, ...), also where there are none."""
    return torch.from_numpy(np.array(values, dtype=kind).reshape(len(values), *width))


def _padded(posts: Sequence[WordTensors]) -> WordTensors:
    return WordTensors(*(padded(getattr(post, field.name) for post in posts) for field in fields(WordTensors)))
