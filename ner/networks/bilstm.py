"""A BiLSTM over words under a CRF: the text baselines, and ``gvatt`` and ``adacan``, which add a picture to them.

``bilstm-crf`` (Huang et al. 2015) reads words alone, ``cnn-bilstm-crf`` (Ma and Hovy 2016) filters their letters,
``hbilstm-crf`` (Lample et al. 2016) reads their letters by an LSTM too. One network, three defaults.

``gvatt`` (Lu et al. 2018) is HBiLSTM-CRF whose words a picture tunes through a gate (:mod:`ner.fusion.word_guided`).
``adacan`` (Zhang et al. 2018) is CNN-BiLSTM-CRF, and beside each word stands what co-attention between words and
regions adds to it (:mod:`ner.fusion.co_attention`). A post without a picture is tagged as by the baseline, and so is
every post by a network that was trained without pictures.

Shapes: ``B`` posts, ``T`` words, ``D`` width of a word, ``H`` width of a word in context, ``d`` width of what is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import torch
from torch import Tensor, nn

from ner.encoders.recurrent import BiLstm
from ner.encoders.words import LETTER_READERS, WordEncoder, WordOptions, WordSizes
from ner.fusion.co_attention import AdaptiveCoAttention
from ner.fusion.word_guided import GatedVisualAttention
from ner.heads.crf import CrfHead
from ner.inputs.words import WordBatch
from ner.networks.network import Network
from ner.options import choice, options, size


@options
class BiLstmCrfOptions(WordOptions):
    """The sizes of the network, beside those of :class:`ner.encoders.words.WordOptions`.

    Attributes:
        letters: As there; "none" here.
        tune_words: As there; words are tuned here.
        lstm_width: Width of each direction.
        lstm_layers: How many BiLSTMs lie above one another.
        dropout: Share of a word's numbers, before its LSTM and before the CRF, that training hides.
    """

    letters: str = choice("none", LETTER_READERS)
    tune_words: bool = True
    lstm_width: int = size(100)
    lstm_layers: int = size(1)


@options
class CnnBiLstmCrfOptions(BiLstmCrfOptions):
    """The same, with filters over letters."""

    letters: str = choice("cnn", LETTER_READERS)


@options
class HBiLstmCrfOptions(BiLstmCrfOptions):
    """The same, with an LSTM over letters."""

    letters: str = choice("lstm", LETTER_READERS)


@options
class GvattOptions(HBiLstmCrfOptions):
    """Those of HBiLSTM-CRF."""

    letter_width: int = size(100)  # width of what the letters say
    lstm_width: int = size(200)  # as there
    width: int = size(200)  # ``d``, also that of the text's query


@options
class AdacanOptions(CnnBiLstmCrfOptions):
    """Those of CNN-BiLSTM-CRF."""

    lstm_width: int = size(200)  # as there
    width: int = size(200)  # ``d``


class BiLstmCrf(Network):
    """Words, a BiLSTM over them, a CRF.

    Args:
        options: The sizes.
        sizes: Those of the input side.
        added: How much wider a word is before the CRF than after its LSTM.
    """

    def __init__(self, options: BiLstmCrfOptions, sizes: WordSizes, *, added: int = 0) -> None:
        super().__init__()
        self.encoder = WordEncoder(options, sizes)
        self.lstm = BiLstm(self.encoder.width, options.lstm_width, layers=options.lstm_layers, dropout=options.dropout)
        self.dropout = nn.Dropout(options.dropout)
        self.head = CrfHead(self.lstm.width + added)

    def words(self, batch: WordBatch) -> Tensor:
        """A batch to words in context, float32 (B, T, H), with what ``added`` says."""
        x = self.encoder(batch.text)  # (B, T, D)
        read: Tensor = self.dropout(self.seen(x, self.lstm(x, batch.mask), batch))
        return read

    def seen(self, x: Tensor, h: Tensor, batch: WordBatch) -> Tensor:  # noqa: ARG002
        """Words ``x`` (B, T, D), which are ``h`` (B, T, H) in context, with what a picture says to them: nothing."""
        return h


class Gvatt(BiLstmCrf):
    """Words that the picture's answer to the whole text tunes; without pictures in training it has no such part."""

    old_names: ClassVar[Mapping[str, str]] = MappingProxyType({"reader.": "encoder."})

    def __init__(self, options: GvattOptions, sizes: WordSizes) -> None:
        super().__init__(options, sizes)
        self.takes_regions = sizes.region_width > 0
        if self.takes_regions:
            self.query = TextQuery(self.encoder.width, options.width)
            self.fusion = GatedVisualAttention(self.lstm.width, options.width, sizes.region_width, options.width)

    def seen(self, x: Tensor, h: Tensor, batch: WordBatch) -> Tensor:
        """Words in context, float32 (B, T, H), tuned by the picture where there is one."""
        if self.takes_regions:
            h = self.fusion(h, self.query(x, batch.mask), batch.regions, batch.has_regions)
        return h


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


class Adacan(BiLstmCrf):
    """Words with what co-attention adds to them; without pictures in training it has no such part."""

    old_names: ClassVar[Mapping[str, str]] = MappingProxyType({"reader.": "encoder."})

    def __init__(self, options: AdacanOptions, sizes: WordSizes) -> None:
        takes_regions = sizes.region_width > 0
        super().__init__(options, sizes, added=options.width * takes_regions)
        self.takes_regions = takes_regions
        if takes_regions:
            self.fusion = AdaptiveCoAttention(self.lstm.width, sizes.region_width, options.width)

    def seen(self, x: Tensor, h: Tensor, batch: WordBatch) -> Tensor:  # noqa: ARG002
        """Words in context and what is added to them, float32 (B, T, H + d); zeros where there is no picture."""
        if self.takes_regions:
            h = torch.cat([h, self.fusion(h, batch.mask, batch.regions, batch.has_regions)], dim=2)
        return h
