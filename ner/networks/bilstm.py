"""The text baselines: a BiLSTM over words and a CRF, with what letters say or without.

``bilstm-crf`` (Huang et al. 2015) reads words alone, ``cnn-bilstm-crf`` (Ma and Hovy 2016) filters their letters,
``hbilstm-crf`` (Lample et al. 2016) reads their letters by an LSTM too. One network, three defaults.

Shapes: ``B`` posts, ``T`` words, ``H`` width of each direction.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from ner.encoders.recurrent import BiLstm
from ner.encoders.words import WordEncoder, WordOptions
from ner.heads.crf import CrfHead
from ner.inputs.words import WordBatch
from ner.networks.composition import CrfComposition, WordSizes
from ner.options import check_options, choice, size


@dataclass(frozen=True, slots=True, kw_only=True)
class BiLstmCrfOptions(WordOptions):
    """The sizes of the network, beside those of :class:`ner.encoders.words.WordOptions`.

    Attributes:
        letters: As there; "none" here.
        tune_words: As there; words are tuned here.
        lstm_width: ``H``.
        lstm_layers: How many BiLSTMs lie above one another.
    """

    letters: str = choice("none", ("cnn", "lstm", "none"))
    tune_words: bool = True
    lstm_width: int = size(100)
    lstm_layers: int = size(1)

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CnnBiLstmCrfOptions(BiLstmCrfOptions):
    """The same, with filters over letters."""

    letters: str = choice("cnn", ("cnn", "lstm", "none"))

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class HBiLstmCrfOptions(BiLstmCrfOptions):
    """The same, with an LSTM over letters."""

    letters: str = choice("lstm", ("cnn", "lstm", "none"))

    def __post_init__(self) -> None:
        check_options(self)


class BiLstmCrf(CrfComposition):
    """Words, a BiLSTM over them, a CRF.

    Args:
        options: The sizes.
        sizes: Those of the input side.
    """

    name = "bilstm-crf"

    def __init__(self, options: BiLstmCrfOptions, sizes: WordSizes) -> None:
        super().__init__()
        self.options = options
        self.encoder = WordEncoder(options, sizes)
        self.lstm = BiLstm(self.encoder.width, options.lstm_width, layers=options.lstm_layers, dropout=options.dropout)
        self.dropout = nn.Dropout(options.dropout)
        self.head = CrfHead(self.lstm.width)

    def words(self, batch: WordBatch, style: Tensor | None) -> Tensor:  # noqa: ARG002
        """A batch to words in context, float32 (B, T, 2H); the annotation style makes no difference."""
        read: Tensor = self.dropout(self.lstm(self.encoder(batch.text), batch.mask))
        return read


class CnnBiLstmCrf(BiLstmCrf):
    """The same under its other name."""

    name = "cnn-bilstm-crf"


class HBiLstmCrf(BiLstmCrf):
    """The same under its other name."""

    name = "hbilstm-crf"
