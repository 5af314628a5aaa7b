"""Posts as numbers for a transformer: sub-token ids in two segments, word shapes, and windows over long posts.

Shapes: ``B`` windows in a batch, ``S`` sub-tokens, ``T`` words, ``L`` letters of a word, ``F`` features of a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor

from ner.inputs.context import MATCH_FEATURES, context_parts, match_features
from ner.inputs.known_names import NAME_FEATURES, name_features
from ner.inputs.windows import padded, stacked_regions, window_bounds
from ner.inputs.word_shapes import SHAPE_FEATURES, is_address, letter_ids, shape_features
from ner.taggers import TaggerInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORD_FEATURES = SHAPE_FEATURES + MATCH_FEATURES + NAME_FEATURES

_MAX_PIECES_A_WORD = 8
_MAX_PIECES_A_PART = 40
_MAX_POSITIONS = 512
_CACHED_WORDS = 200_000


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a post that fits the encoder."""

    start: int  # the first word of the post that the window holds
    end: int  # the word after its last
    keep_start: int  # the first word whose result is taken from this window and no other
    keep_end: int  # the word after the last such
    ids: list[int]  # sub-token ids, special ones included
    segments: list[int]  # 0 for the text, 1 for its context
    first: list[int]  # where each word's sub-tokens begin in ``ids``
    counts: list[int]  # how many sub-tokens each word has, at least 1
    letters: list[list[int]]  # ``(T, L)`` letter numbers
    features: list[list[float]]  # ``(T, F)`` word features
    regions: NDArray[np.float32] | None = None  # float32 ``(R, C)``, the picture's regions, where there is one

    @property
    def size(self) -> int:
        """How many sub-tokens it has."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded windows."""

    ids: Tensor  # int64 (B, S)
    segments: Tensor  # int64 (B, S)
    attention: Tensor  # int64 (B, S), 1 where there is a sub-token
    first: Tensor  # int64 (B, T), each word's first sub-token
    pool: Tensor  # float32 (B, T, S), rows that average a word's sub-tokens
    letters: Tensor  # int64 (B, T, L)
    features: Tensor  # float32 (B, T, F)
    mask: Tensor  # bool (B, T), True where there is a word
    # float32 (B, R, C), the pictures' regions; zeros where there is none, and R = 0 where no post has one
    regions: Tensor
    has_regions: Tensor  # bool (B,), whether there is a picture

    def to(self, device: torch.device) -> Self:
        """The same on ``device``."""
        return replace(self, **{name: getattr(self, name).to(device) for name in self.__slots__})


class InputEncoder:
    """Turns posts into windows with an encoder's tokenizer.

    Args:
        tokenizer: A Hugging Face tokenizer.
        max_positions: How many sub-tokens the encoder can take.
        segment_count: How many segments it knows; with one, text and context share it.
    """

    def __init__(self, tokenizer: Any, *, max_positions: int, segment_count: int) -> None:
        self._tokenizer = tokenizer
        self._max_positions = min(max_positions, _MAX_POSITIONS)
        self._context_segment = 1 if segment_count > 1 else 0
        self._open = _first_known(tokenizer.cls_token_id, tokenizer.bos_token_id)
        self._close = _first_known(tokenizer.sep_token_id, tokenizer.eos_token_id)
        self._unknown = _first_known(tokenizer.unk_token_id, self._close)
        self._pieces_of: dict[str, list[int]] = {}

    def windows(self, post: TaggerInput) -> list[Window]:
        """The windows of a post, in order; together they keep every word once. No words, no window."""
        pieces = self._pieces(post.tokens)
        context = self._context(post)
        limit = self._max_positions - 2 - len(context)
        rows = zip(shape_features(post.tokens), match_features(post), name_features(post), strict=True)
        features = [[*shape, *match, *names] for shape, match, names in rows]
        windows: list[Window] = []
        for start, end, keep_start, keep_end in window_bounds([len(word) for word in pieces], limit):
            ids, first = [self._open], []
            for word in pieces[start:end]:
                first.append(len(ids))
                ids += word
            ids.append(self._close)
            window = Window(
                start,
                end,
                keep_start,
                keep_end,
                ids=ids + context,
                segments=[0] * len(ids) + [self._context_segment] * len(context),
                first=first,
                counts=[len(word) for word in pieces[start:end]],
                letters=[letter_ids(word) for word in post.tokens[start:end]],
                features=features[start:end],
                regions=post.regions,
            )
            windows.append(window)
        return windows

    @staticmethod
    def collate(windows: Sequence[Window]) -> Batch:
        """Windows padded to one batch of tensors."""
        ids, first = padded(window.ids for window in windows), padded(window.first for window in windows)
        pool = torch.zeros((*first.shape, ids.shape[1]))
        for row, window in enumerate(windows):
            counts = torch.tensor(window.counts)
            words_of = torch.tensor([word for word, count in enumerate(window.counts) for _ in range(count)])
            pool[row, words_of, torch.arange(1, 1 + len(words_of))] = 1.0 / counts[words_of].float()
        return Batch(
            ids,
            padded(window.segments for window in windows),
            padded(torch.ones(len(window.ids), dtype=torch.int64) for window in windows),
            first,
            pool,
            padded(window.letters for window in windows),
            padded(window.features for window in windows),
            padded(torch.ones(len(window.first), dtype=torch.bool) for window in windows),
            *stacked_regions([window.regions for window in windows]),
        )

    def _pieces(self, words: Sequence[str]) -> list[list[int]]:
        """Sub-tokens of each word, at least one: what the tokenizer maps to nothing is an unknown word."""
        new = sorted({word for word in words if word not in self._pieces_of})
        if new:
            if len(self._pieces_of) > _CACHED_WORDS:
                self._pieces_of.clear()
                new = sorted(set(words))
            # An address's letters say nothing. The blank makes a byte-level tokenizer see a word.
            texts = [" http" if is_address(word) else " " + word for word in new]
            found = self._tokenizer(texts, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
            for word, ids in zip(new, found, strict=True):
                self._pieces_of[word] = list(ids[:_MAX_PIECES_A_WORD]) or [self._unknown]
        return [self._pieces_of[word] for word in words]

    def _context(self, post: TaggerInput) -> list[int]:
        ids: list[int] = []
        for part in context_parts(post):
            found = self._tokenizer(part, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
            ids += [*found[:_MAX_PIECES_A_PART], self._close]
        return ids[: self._max_positions // 3]


def _first_known(*ids: int | None) -> int:
    return next((number for number in ids if number is not None), 0)
