"""The text baselines ``bert`` and ``bert-crf``: an encoder that is tuned whole, under a softmax or a CRF.

Yu et al. 2020, section 3.2, after Devlin et al. 2018: a word's tag is read from its first sub-token. These papers'
encoders see the text and nothing else, so what stands beside it is cut off before the encoder.

Shapes: ``B`` windows, ``S`` sub-tokens, ``T`` words, ``H`` encoder width, ``K`` tags.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ner.heads.crf import CrfHead, Head, SoftmaxHead
from ner.inputs.pieces import Batch
from ner.networks.network import Network
from ner.options import options, share


@options
class BertOptions:
    """The choices of both baselines."""

    dropout: float = share(0.1)  # how much of a word is dropped before the head, in training


class TextEncoder(nn.Module):
    """A pretrained encoder over the sub-tokens of the text, without what stands beside it.

    Args:
        model: A Hugging Face encoder; it is trained whole.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.width = int(model.config.hidden_size)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Sub-tokens in context, float32 (B, S', H), and bool (B, S'), True where there is one.

        They are those of the text with the signs that open and close it, ``S'`` of them in the longest.
        """
        mask = text_mask(batch)
        ids = batch.ids[:, : mask.shape[1]]
        hidden: Tensor = self.model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        return hidden, mask


class BertCrf(Network):
    """An encoder under a CRF.

    Args:
        encoder: A Hugging Face encoder.
        options: The choices.
        region_width: Of no consequence: it looks at no picture.
    """

    head_class: ClassVar[type[Head]] = CrfHead

    def __init__(self, encoder: Any, options: BertOptions, *, region_width: int = 0) -> None:  # noqa: ARG002
        super().__init__()
        self.encoder = TextEncoder(encoder)
        self.dropout = nn.Dropout(options.dropout)
        self.head = self.head_class(self.encoder.width)

    def words(self, batch: Batch) -> Tensor:
        """Each word's first sub-token, float32 (B, T, H)."""
        hidden, _ = self.encoder(batch)
        words: Tensor = self.dropout(first_pieces(hidden, batch.first))
        return words


class Bert(BertCrf):
    """An encoder under a softmax: each word's tag is decided alone, and BIO is not asked."""

    head_class: ClassVar[type[Head]] = SoftmaxHead


def text_mask(batch: Batch) -> Tensor:
    """Bool (B, S'), True for the text's sub-tokens, and the signs that open and close it.

    An encoder may have one segment for text and context, so the segments cannot tell; but the last word can.
    """
    pieces = batch.attention.shape[1]
    within = ((batch.pool > 0) & batch.mask[:, :, None]).any(dim=1)  # (B, S)
    places = torch.arange(pieces, device=within.device)
    closing = (within * places).amax(dim=1) + 1  # (B,)
    mask = (places <= closing[:, None]) & (batch.attention > 0)
    return mask[:, : int(closing.max()) + 1]


def first_pieces(hidden: Tensor, first: Tensor) -> Tensor:
    """Sub-tokens (B, S', H) at the places ``first`` int64 (B, T): (B, T, H)."""
    rows = torch.arange(len(first), device=hidden.device)[:, None]
    return hidden[rows, first]
