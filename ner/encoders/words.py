"""What every network that reads words makes of a word: its published vector, its letters, its part of speech.

Shapes: ``B`` posts, ``T`` words, ``E`` width of a published vector, ``L`` letters of a word, ``D`` width of the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ner.encoders.letters import LetterFilters, LetterLstm
from ner.errors import RecipeError
from ner.inputs.parts_of_speech import SPEECH_NUMBERS
from ner.inputs.words import WordTensors
from ner.options import choice, options, share, size

LETTER_READERS = ("cnn", "lstm", "none")
"""What may read a word's letters."""

_CARRY_BIAS = -2.0  # starts by carrying nearly everything on, as Srivastava et al. advise (section 2.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSizes:
    """What a network that reads words must know of its input side."""

    vector_width: int  # ``E``, the width of the published word vectors
    words: int  # how many word numbers there are, padding and the unknown word included
    # ``C``, the width of a picture's region; 0 where training had no pictures, and then the network has no visual part
    region_width: int = 0


@options
class WordOptions:
    """How a word becomes a vector; options of a network that reads words are made from these."""

    letters: str = choice("cnn", LETTER_READERS)  # what reads a word's letters: "cnn", "lstm" or "none"
    letter_width: int = size(50)  # width of what the letters say: filters of the "cnn", both directions of the "lstm"
    letter_kernel: int = size(3)  # how many letters a filter sees
    letter_embedding: int = size(30)  # width of one letter
    tune_words: bool = False  # whether a word that training saw gets a change to its published vector, from zero on
    speech_width: int = size(0, at_least=0)  # width of a part of speech; 0 leaves it out
    dropout: float = share(0.5)  # share of a word's numbers that training hides


class WordEncoder(nn.Module):
    """Words one by one, ``[x_w; x_c; x_p]`` (Tian et al. 2021, section 3.2.1; Moon et al. 2018, section 3.1).

    Args:
        options: Which parts there are and how wide.
        sizes: Those of the input side.

    Attributes:
        width: ``D``.
    """

    def __init__(self, options: WordOptions, sizes: WordSizes) -> None:
        super().__init__()
        self.letters = _letter_reader(options)
        self.change = nn.Embedding(sizes.words, sizes.vector_width, padding_idx=0) if options.tune_words else None
        if self.change is not None:
            nn.init.zeros_(self.change.weight)
        speech = options.speech_width
        self.speech = nn.Embedding(SPEECH_NUMBERS, speech, padding_idx=0) if speech else None
        self.dropout = nn.Dropout(options.dropout)
        self.letter_width = self.letters.width if self.letters is not None else 0
        self.width = sizes.vector_width + self.letter_width + speech

    def forward(self, words: WordTensors) -> Tensor:
        """Words to float32 (B, T, D), zeros in padding."""
        parts = [self.vectors(words)]
        if self.letters is not None:
            parts.append(self.letters(words.letters))
        if self.speech is not None:
            parts.append(self.speech(words.speech))
        x: Tensor = self.dropout(torch.cat(parts, dim=2))
        return torch.where(words.mask[:, :, None], x, x.new_zeros(()))

    def vectors(self, words: WordTensors) -> Tensor:
        """The words' vectors alone, float32 (B, T, E): those published, and what training changed in them."""
        if self.change is None:
            return words.vectors
        changed: Tensor = words.vectors + self.change(words.ids)
        return changed


class Highway(nn.Module):
    """How much of each number of a word is transformed, and how much is carried on (Srivastava et al. 2015).

    One layer, ``y = t * relu(W x + b) + (1 - t) * x`` with ``t = sigmoid(W_t x + b_t)``, and tanh over it: Tian et al.
    2021, section 3.2.1, equation 5, ``h = tanh(Highway(x))``.

    Args:
        width: ``D``.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.transform = nn.Linear(width, width)
        self.gate = nn.Linear(width, width)
        nn.init.constant_(self.gate.bias, _CARRY_BIAS)

    def forward(self, x: Tensor) -> Tensor:
        """``x`` float32 (..., D) to float32 (..., D), each number in -1..1."""
        t = torch.sigmoid(self.gate(x))
        return torch.tanh(x + t * (torch.relu(self.transform(x)) - x))


def _letter_reader(options: WordOptions) -> LetterFilters | LetterLstm | None:
    if options.letters == "none":
        return None
    if options.letters == "cnn":
        return LetterFilters(options.letter_width, kernel=options.letter_kernel, embedding=options.letter_embedding)
    if options.letter_width % 2:
        raise RecipeError(f"letter_width = {options.letter_width}: expected an even number with letters = 'lstm'")
    return LetterLstm(options.letter_width, embedding=options.letter_embedding)
