"""A word from its letters: by filters over them (Ma and Hovy 2016), or by an LSTM each way (Lample et al. 2016).

Shapes: ``B`` posts, ``T`` words, ``L`` letters of a word, ``N`` words of all posts (``B T``), ``e`` width of a letter.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ner.inputs.word_shapes import LETTERS, PADDING_LETTER


class LetterFilters(nn.Module):
    """Filters over ``kernel`` letters in a row, and of each filter its greatest answer in the word.

    Ma and Hovy 2016, section 2.1; Arshad et al. 2019, section II.D; Chen et al. 2021, section 3.3 (1 x 3). Every word
    is ``L`` letters long: a shorter one ends in blanks, letters of no value, so that its end can be seen.

    Args:
        width: How many filters there are.
        kernel: How many letters a filter sees.
        embedding: ``e``.
    """

    def __init__(self, width: int, *, kernel: int = 3, embedding: int = 24) -> None:
        super().__init__()
        self.embedding = nn.Embedding(LETTERS, embedding, padding_idx=PADDING_LETTER)
        self.convolution = nn.Conv1d(embedding, width, kernel_size=kernel, padding=kernel // 2)
        self.width = width

    def forward(self, letters: Tensor) -> Tensor:
        """``letters`` int64 (B, T, L) to float32 (B, T, width)."""
        b, t, length = letters.shape
        x = self.embedding(letters.reshape(b * t, length)).transpose(1, 2)  # (N, e, L)
        found: Tensor = self.convolution(x).amax(dim=2)
        return torch.relu(found).reshape(b, t, self.width)


class LetterLstm(nn.Module):
    """An LSTM from the first letter on and one from the last: where each of them ends, side by side.

    Lample et al. 2016, section 4.1; Moon et al. 2018, section 3.1. A word without letters is zeros.

    Args:
        width: Of the result; each direction has half of it.
        embedding: ``e``.
    """

    def __init__(self, width: int, *, embedding: int = 25) -> None:
        super().__init__()
        if width % 2:
            raise ValueError(f"width = {width}: expected an even number, for two directions")
        self.embedding = nn.Embedding(LETTERS, embedding, padding_idx=PADDING_LETTER)
        self.lstm = nn.LSTM(embedding, width // 2, batch_first=True, bidirectional=True)
        self.width = width

    def forward(self, letters: Tensor) -> Tensor:
        """``letters`` int64 (B, T, L), a word's letters first, to float32 (B, T, width)."""
        b, t, _ = letters.shape
        if not letters.numel():
            return self.embedding.weight.new_zeros((b, t, self.width))
        words, place = torch.unique(letters.flatten(0, 1), dim=0, return_inverse=True)  # each word once
        counts = (words != PADDING_LETTER).sum(dim=1)  # (N,)
        x = nn.utils.rnn.pack_padded_sequence(
            self.embedding(words), counts.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
        )
        ends = self.lstm(x)[1][0].transpose(0, 1).flatten(1)  # (2, N, width/2) to (N, width)
        ends = torch.where((counts > 0)[:, None], ends, ends.new_zeros(()))
        return ends[place].reshape(b, t, self.width)
