"""The ``gvatt`` tagger (Lu et al. 2018): HBiLSTM-CRF whose words a picture tunes through a gate.

A word is its vector and what an LSTM makes of its letters; a BiLSTM reads the words; the picture's answer to the whole
text passes a gate into each of them, as :mod:`ner.fusion.word_guided` says; a CRF tags them. The text's query is where
a second LSTM over the same words ends. A post without a picture is tagged as by HBiLSTM-CRF, and so is every post by a
network that was trained without pictures.

Shapes: ``B`` posts, ``T`` words, ``D`` width of a word, ``H`` width of a word in context, ``d`` width of the visual
context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ner.encoders.recurrent import BiLstm
from ner.encoders.words import WordEncoder, WordOptions
from ner.fusion.word_guided import GatedVisualAttention
from ner.heads.crf import CrfHead
from ner.inputs.words import WordBatch
from ner.networks.composition import CrfComposition, WordSizes
from ner.options import check_options, choice, size


@dataclass(frozen=True, slots=True, kw_only=True)
class GvattOptions(WordOptions):
    """The sizes of the network, beside those of :class:`ner.encoders.words.WordOptions`.

    Attributes:
        letters: What reads a word's letters: "lstm" (HBiLSTM), "cnn" or "none".
        letter_width: Width of what the letters say.
        tune_words: As there; words are tuned here.
        lstm_width: Width of each direction of the LSTM over words.
        width: ``d``, also that of the text's query.
        dropout: Share of a word's numbers, before its LSTM and before the CRF, that training hides.
    """

    letters: str = choice("lstm", ("lstm", "cnn", "none"))
    letter_width: int = size(100)
    tune_words: bool = True
    lstm_width: int = size(200)
    width: int = size(200)

    def __post_init__(self) -> None:
        check_options(self)


class Gvatt(CrfComposition):
    """Posts to emissions.

    Args:
        options: The sizes.
        sizes: Those of the input side; without pictures there, the network has no visual part.
    """

    name: ClassVar[str] = "gvatt"

    def __init__(self, options: GvattOptions, sizes: WordSizes) -> None:
        super().__init__()
        self.reader = WordEncoder(options, sizes)
        self.lstm = BiLstm(self.reader.width, options.lstm_width)
        self.dropout = nn.Dropout(options.dropout)
        self.takes_regions = sizes.region_width > 0
        if self.takes_regions:
            self.query = TextQuery(self.reader.width, options.width)
            self.fusion = GatedVisualAttention(self.lstm.width, options.width, sizes.region_width, options.width)
        self.head = CrfHead(self.lstm.width)

    def words(self, batch: WordBatch, style: Tensor | None) -> Tensor:  # noqa: ARG002
        """Posts to words in context, float32 (B, T, H), tuned by the picture where there is one."""
        x = self.reader(batch.text)  # (B, T, D)
        h: Tensor = self.lstm(x, batch.mask)
        if self.takes_regions:
            h = self.fusion(h, self.query(x, batch.mask), batch.regions, batch.has_regions)
        tuned: Tensor = self.dropout(h)
        return tuned


class TextQuery(nn.Module):
    """The text as one vector: where an LSTM ends that reads it (Lu et al. 2018).

    Args:
        inputs: ``D``.
        width: ``d``.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, width, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Words float32 (B, T, D), with ``mask`` bool (B, T) True where there is one, to float32 (B, d)."""
        read = self.lstm(x)[0]  # what follows a post's last word is read after it, and changes nothing before
        last = mask.sum(dim=1) - 1
        query: Tensor = read[torch.arange(len(x), device=x.device), last]
        return query
