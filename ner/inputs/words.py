"""Posts as numbers for networks that read words: their vectors, letters and parts of speech, and what stands beside.

Shapes: ``B`` posts in a batch, ``T`` words of the text, ``P`` words of the knowledge, ``A`` attributes, ``E`` width of
a word vector, ``L`` letters of a word, ``R`` regions of a picture, ``C`` width of a region.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor


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
