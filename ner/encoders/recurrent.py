"""An LSTM in both directions over the words of a post, blind to padding.

Shapes: ``B`` posts, ``T`` words, ``I`` width of a word before, ``H`` width of each direction.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class BiLstm(nn.Module):
    """Words to words in context (Huang et al. 2015, section 2.2); a post's result does not depend on the others.

    Args:
        inputs: ``I``.
        width: ``H``.
        layers: How many lie above one another.
        dropout: Between layers.
    """

    def __init__(self, inputs: int, width: int, *, layers: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(inputs, width, layers, batch_first=True, bidirectional=True, dropout=between)
        self.width = 2 * width

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Read the words of each post from both ends.

        Args:
            x: float32 (B, T, I); what stands in padding is not read.
            mask: bool (B, T), True where there is a word; a post's words come first.

        Returns:
            float32 (B, T, 2H), zeros in padding.
        """
        if bool(mask.all()) and mask.numel():
            read: Tensor = self.lstm(x)[0]
            return read
        if not bool(mask.any()):
            return x.new_zeros((*mask.shape, self.width))
        counts = mask.sum(dim=1)
        packed = nn.utils.rnn.pack_padded_sequence(x, counts.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False)
        padded: Tensor = nn.utils.rnn.pad_packed_sequence(
            self.lstm(packed)[0], batch_first=True, total_length=x.shape[1]
        )[0]
        return torch.where(mask[:, :, None], padded, padded.new_zeros(()))
