"""The ``adacan`` tagger (Zhang et al. 2018): CNN-BiLSTM-CRF, and beside each word what co-attention adds to it.

A word is its vector and what filters find in its letters; a BiLSTM reads the words; adaptive co-attention between them
and the picture's regions, as :mod:`ner.fusion.co_attention` says, gives each word a second vector; a CRF tags both side
by side. That vector is zeros in a post without a picture; a network that was trained without pictures has none, and is
CNN-BiLSTM-CRF.

Shapes: ``B`` posts, ``T`` words, ``D`` width of a word, ``H`` width of a word in context, ``d`` width of what is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ner.encoders.recurrent import BiLstm
from ner.encoders.words import WordEncoder, WordOptions
from ner.fusion.co_attention import AdaptiveCoAttention
from ner.heads.crf import CrfHead
from ner.inputs.words import WordBatch
from ner.networks.composition import CrfComposition, WordSizes
from ner.options import check_options, size


@dataclass(frozen=True, slots=True, kw_only=True)
class AdacanOptions(WordOptions):
    """The sizes of the network, beside those of :class:`ner.encoders.words.WordOptions`, whose filters are the paper's.

    Attributes:
        tune_words: As there; words are tuned here.
        lstm_width: Width of each direction of the LSTM over words.
        width: ``d``.
        dropout: Share of a word's numbers, before its LSTM and before the CRF, that training hides.
    """

    tune_words: bool = True
    lstm_width: int = size(200)
    width: int = size(200)

    def __post_init__(self) -> None:
        check_options(self)


class Adacan(CrfComposition):
    """Posts to emissions.

    Args:
        options: The sizes.
        sizes: Those of the input side; without pictures there, the network has no visual part.
    """

    name: ClassVar[str] = "adacan"

    def __init__(self, options: AdacanOptions, sizes: WordSizes) -> None:
        super().__init__()
        self.reader = WordEncoder(options, sizes)
        self.lstm = BiLstm(self.reader.width, options.lstm_width)
        self.dropout = nn.Dropout(options.dropout)
        self.takes_regions = sizes.region_width > 0
        if self.takes_regions:
            self.fusion = AdaptiveCoAttention(self.lstm.width, sizes.region_width, options.width)
        self.head = CrfHead(self.lstm.width + options.width * self.takes_regions)

    def words(self, batch: WordBatch, style: Tensor | None) -> Tensor:  # noqa: ARG002
        """Posts to words in context and what is added to them, float32 (B, T, H + d); (B, T, H) without pictures."""
        h: Tensor = self.lstm(self.reader(batch.text), batch.mask)
        if self.takes_regions:
            h = torch.cat([h, self.fusion(h, batch.mask, batch.regions, batch.has_regions)], dim=2)
        joined: Tensor = self.dropout(h)
        return joined
