"""Posts as numbers for networks that read words: their vectors, letters and parts of speech, and what stands beside.

Shapes: ``B`` posts in a batch, ``T`` words of the text, ``P`` words of the knowledge, ``A`` attributes, ``E`` width of
a word vector, ``L`` letters of a word, ``R`` regions of a picture, ``C`` width of a region.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from torch import Tensor

from ner.embeddings.word_table import WordTable
from ner.inputs.context import MAX_ATTRIBUTES, MAX_FACTS, MIN_PROBABILITY
from ner.inputs.regions import stacked_regions
from ner.inputs.shapes import WORD_LETTERS, letter_ids
from ner.inputs.speech import SpeechTagger
from ner.inputs.stopwords import STOP_WORDS
from ner.taggers import TaggerInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_WORDS = 256
"""How many words a window holds."""

_OVERLAP_WORDS = 24
_MAX_KNOWLEDGE_WORDS = 40
_MAX_CAPTION_WORDS = 10
_CACHED_WORDS = 100_000
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")


@dataclass(frozen=True, slots=True)
class WordTensors:
    """Words, padded.

    Attributes:
        vectors: float32 (B, T, E), the published vectors of the words; zeros where there is no word or no vector.
        ids: int64 (B, T), numbers of the words that training saw; 0 is padding, 1 every other word.
        letters: int64 (B, T, L), as :func:`ner.inputs.shapes.letter_ids` numbers them.
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
            for bounds in window_bounds(len(post.tokens))
        ]

    def collate(self, windows: Sequence[WordWindow]) -> WordBatch:
        """Windows padded to one batch."""
        width = self.table.width
        most = max((len(window.attribute_weights) for window in windows), default=0)
        attributes, weights = torch.zeros((len(windows), most, width)), torch.zeros((len(windows), most))
        for row, window in enumerate(windows):
            count = len(window.attribute_weights)
            attributes[row, :count] = torch.from_numpy(window.attributes)
            weights[row, :count] = torch.from_numpy(window.attribute_weights)
        regions, has_regions = stacked_regions([window.regions for window in windows])
        return WordBatch(
            _padded([window.text for window in windows], width),
            _padded([window.knowledge for window in windows], width),
            attributes,
            weights,
            regions,
            has_regions,
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


def knowledge_words(post: TaggerInput) -> list[tuple[str, ...]]:
    """The words of each of a post's first facts, subject, predicate, object; no more than some dozens in all."""
    facts: list[tuple[str, ...]] = []
    left = _MAX_KNOWLEDGE_WORDS
    for fact in post.knowledge[:MAX_FACTS]:
        words = tuple(_WORD.findall(" ".join(fact)))[:left]
        left -= len(words)
        if words:
            facts.append(words)
    return facts


def attribute_words(post: TaggerInput) -> list[tuple[tuple[str, ...], float]]:
    """The words of what a post's picture shows, and how probable it is.

    Where the picture has no attributes, the content words of its caption stand for them, each as probable as another.
    """
    likely = sorted((a for a in post.attributes if a[1] >= MIN_PROBABILITY), key=lambda a: -a[1])[:MAX_ATTRIBUTES]
    labels = [(tuple(_WORD.findall(label.replace("_", " "))), weight) for label, weight in likely]
    if labels := [(words, weight) for words, weight in labels if words]:
        return labels
    said = dict.fromkeys(word.lower() for word in _WORD.findall(post.caption))
    content = [word for word in said if word not in STOP_WORDS][:_MAX_CAPTION_WORDS]
    return [((word,), 1 / len(content)) for word in content]


def words_beside(post: TaggerInput) -> Iterator[str]:
    """Every word that may stand beside a post, as a table must have it: of knowledge, attributes and caption."""
    for fact in knowledge_words(post):
        yield from fact
    for shown in (post, replace(post, attributes=())):  # training may leave the attributes out
        for words, _ in attribute_words(shown):
            yield from words


def window_bounds(count: int) -> list[tuple[int, int, int, int]]:
    """Start, end, first kept word and the word after the last, of each window over ``count`` words."""
    step = MAX_WORDS - _OVERLAP_WORDS
    starts = [0, *range(step, max(count - _OVERLAP_WORDS, 1), step)]
    ends = [min(start + MAX_WORDS, count) for start in starts]
    cuts = [0, *((start + end) // 2 for start, end in zip(starts[1:], ends, strict=False)), count]
    return list(zip(starts, ends, cuts, cuts[1:], strict=False))


def _part(rows: WordRows, start: int, end: int) -> WordRows:
    return WordRows(*(getattr(rows, field.name)[start:end] for field in fields(rows)))


def _padded(rows: Sequence[WordRows], width: int) -> WordTensors:
    b, t = len(rows), max((len(row) for row in rows), default=0)
    vectors = torch.zeros((b, t, width))
    ids, speech = torch.zeros((b, t), dtype=torch.int64), torch.zeros((b, t), dtype=torch.int64)
    letters = torch.zeros((b, t, WORD_LETTERS), dtype=torch.int64)
    mask = torch.zeros((b, t), dtype=torch.bool)
    for number, row in enumerate(rows):
        count = len(row)
        vectors[number, :count] = torch.from_numpy(row.vectors)
        ids[number, :count] = torch.from_numpy(row.ids)
        letters[number, :count] = torch.from_numpy(row.letters)
        speech[number, :count] = torch.from_numpy(row.speech)
        mask[number, :count] = True
    return WordTensors(vectors, ids, letters, speech, mask)
