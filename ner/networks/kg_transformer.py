"""The ``kg-transformer`` tagger: text, and what is known beside it, through one pretrained encoder into a CRF.

The text is the encoder's first segment; knowledge, caption and attributes are its second. A word is its first sub-token
and the mean of all, joined by its letters and shape. A BiLSTM reads the words, a CRF (Lafferty et al. 2001) tags them.

Shapes: ``B`` windows, ``S`` sub-tokens, ``T`` words, ``H`` encoder width, ``K`` tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchcrf import CRF

from ner.encoders.adapters import adapt, merge
from ner.heads.chain import Array, Chain, best_tags, lattice, score_span
from ner.inputs.pieces import WORD_FEATURES, Batch, InputEncoder, Window, collate
from ner.inputs.shapes import LETTERS, PADDING_LETTER
from ner.spans import TAGS, TYPES, spans_from_tags
from ner.taggers import ScoredSpan, TaggerInput, TaggerOutput
from ner.threads import single_core_pool
from ner.training.recipes import NetworkRecipe

NAME = "kg-transformer"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOptions(NetworkRecipe):
    """The sizes of the network: those of a recipe, and what the training data adds.

    Attributes:
        corpora: How many annotation styles it was trained on; tagging is always in the first.
    """

    corpora: int = 1


_LETTER_WIDTH = 24
_CORPUS_WIDTH = 16


class LetterFilters(nn.Module):
    """A convolution over a word's letters, the greatest answer of each filter (Ma and Hovy 2016, section 2.1)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(LETTERS, _LETTER_WIDTH, padding_idx=PADDING_LETTER)
        self.convolution = nn.Conv1d(_LETTER_WIDTH, width, kernel_size=3, padding=1)

    def forward(self, letters: Tensor) -> Tensor:
        """``letters`` int64 (B, T, L) to float32 (B, T, width)."""
        b, t, length = letters.shape
        x = self.embedding(letters.reshape(b * t, length)).transpose(1, 2)  # (B*T, E, L)
        found: Tensor = self.convolution(x).amax(dim=2)
        return torch.relu(found).reshape(b, t, -1)


class KgTransformer(nn.Module):
    """Windows to emissions, and the CRF's loss.

    Args:
        encoder: A Hugging Face encoder; it is changed in place (frozen and adapted, or trained whole).
        options: The sizes.
        generator: Where the adapters' first values come from.
    """

    def __init__(self, encoder: Any, options: NetworkOptions, *, generator: torch.Generator) -> None:
        super().__init__()
        self.options = options
        self.encoder = encoder
        if options.adapter_rank:
            adapt(encoder, rank=options.adapter_rank, dropout=options.adapter_dropout, generator=generator)
        width = int(encoder.config.hidden_size)
        self.takes_segments = int(getattr(encoder.config, "type_vocab_size", 0) or 0) > 1
        self.layer_weights = nn.Parameter(torch.zeros(int(encoder.config.num_hidden_layers) + 1))
        self.letters = LetterFilters(options.letter_width)
        self.corpus = nn.Embedding(options.corpora, _CORPUS_WIDTH)
        self.dropout = nn.Dropout(options.dropout)
        joined = 2 * width + options.letter_width + WORD_FEATURES + _CORPUS_WIDTH
        if options.lstm_width:
            self.lstm: nn.LSTM | None = nn.LSTM(joined, options.lstm_width, batch_first=True, bidirectional=True)
            joined = 2 * options.lstm_width
        else:
            self.lstm = None
        self.tag_scores = nn.Linear(joined, len(TAGS))
        self.crf = CRF(len(TAGS), batch_first=True)

    def emissions(self, batch: Batch, corpus: Tensor | None = None) -> Tensor:
        """Scores of each word's tags, float32 (B, T, K); ``corpus`` int64 (B,): annotation style, the first if None."""
        hidden = self._encode(batch)  # (B, S, H)
        rows = torch.arange(len(batch.first), device=hidden.device)[:, None]
        words = torch.cat([hidden[rows, batch.first], batch.pool @ hidden], dim=2)  # (B, T, 2H)
        if corpus is None:
            corpus = torch.zeros(len(batch.first), dtype=torch.int64, device=hidden.device)
        style = self.corpus(corpus)[:, None].expand(-1, words.shape[1], -1)
        x = self.dropout(torch.cat([words, self.letters(batch.letters), batch.features, style], dim=2))
        if self.lstm is not None:
            x = self.dropout(self._read(x, batch.mask))
        scores: Tensor = self.tag_scores(x)
        return scores

    def loss(self, batch: Batch, tags: Tensor, corpus: Tensor | None = None, weight: Tensor | None = None) -> Tensor:
        """The negative log-likelihood of ``tags`` int64 (B, T), averaged over the windows by ``weight`` float (B,)."""
        likelihood: Tensor = self.crf(self.emissions(batch, corpus), tags, mask=batch.mask, reduction="none")  # (B,)
        if weight is None:
            return -likelihood.mean()
        return -(likelihood * weight).mean()

    def chain(self) -> Chain:
        """The CRF's scores as numpy arrays."""
        crf = self.crf
        start, end, transitions = (
            p.detach().cpu().double().numpy() for p in (crf.start_transitions, crf.end_transitions, crf.transitions)
        )
        return Chain(start, end, transitions)

    def own_state(self) -> dict[str, Tensor]:
        """The parameters that training changes, by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def _encode(self, batch: Batch) -> Tensor:
        arguments = {"input_ids": batch.ids, "attention_mask": batch.attention, "output_hidden_states": True}
        if self.takes_segments:
            arguments["token_type_ids"] = batch.segments
        layers = self.encoder(**arguments).hidden_states
        shares = torch.softmax(self.layer_weights, dim=0)
        # Starting from the mean would dilute the top layer, on which the encoder was trained: it enters once more.
        mixed: Tensor = layers[-1] + sum(share * layer for share, layer in zip(shares, layers, strict=True))
        return mixed

    def _read(self, x: Tensor, mask: Tensor) -> Tensor:
        assert self.lstm is not None
        if bool(mask.all()):
            read: Tensor = self.lstm(x)[0]
            return read
        packed = nn.utils.rnn.pack_padded_sequence(x, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        padded: Tensor = nn.utils.rnn.pad_packed_sequence(
            self.lstm(packed)[0], batch_first=True, total_length=x.shape[1]
        )[0]
        return padded


class KgTransformerTagger:
    """A trained network as a tagger.

    Args:
        network: The network; its adapters are merged, so it is for tagging only from here on.
        inputs: The encoder's side of the input.
        device: Where it runs.
    """

    def __init__(self, network: KgTransformer, inputs: InputEncoder, *, device: torch.device) -> None:
        merge(network.encoder)
        self._network = network.to(device).eval()
        self._inputs = inputs
        self._device = device
        self._chain = network.chain()

    @property
    def name(self) -> str:
        """The composition's name."""
        return NAME

    @property
    def needs_regions(self) -> bool:
        """It looks at no regions yet."""
        return False

    def tag(self, posts: Sequence[TaggerInput]) -> list[TaggerOutput]:
        """Tag posts; on a CPU each goes through the network alone, so that its output depends on no other post."""
        if self._device.type == "cpu":
            windows = [self._inputs.windows(post) for post in posts]  # here, as a tokenizer is for one thread
            return list(self._threads.map(self._tag_alone, windows))
        with torch.inference_mode():
            found = batched_emissions(self._network, self._inputs, posts, self._device)
        return [output_from_emissions(self._chain, emissions) for emissions in found]

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return single_core_pool()

    def _tag_alone(self, windows: Sequence[Window]) -> TaggerOutput:
        with torch.inference_mode():
            return output_from_emissions(self._chain, post_emissions(self._network, windows, self._device))


def post_emissions(network: KgTransformer, windows: Sequence[Window], device: torch.device) -> Array:
    """The tag scores of a post from its windows, each of them alone in its batch, float64 (T, K)."""
    found = [network.emissions(collate([window]).to(device))[0].double().cpu().numpy() for window in windows]
    return _stitched(windows, found)


def batched_emissions(
    network: KgTransformer, inputs: InputEncoder, posts: Sequence[TaggerInput], device: torch.device, *, size: int = 32
) -> list[Array]:
    """The tag scores of many posts, float64 (T, K) each; faster, but a post's last digits depend on its batch."""
    windows_of = [inputs.windows(post) for post in posts]
    order = sorted(
        ((number, index) for number, windows in enumerate(windows_of) for index in range(len(windows))),
        key=lambda at: len(windows_of[at[0]][at[1]].ids),
    )
    found: dict[tuple[int, int], Array] = {}
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        batch = collate([windows_of[number][index] for number, index in chosen]).to(device)
        scores = network.emissions(batch).double().cpu().numpy()
        for row, at in enumerate(chosen):
            found[at] = scores[row, : len(windows_of[at[0]][at[1]].first)]
    return [
        _stitched(windows, [found[number, index] for index in range(len(windows))])
        for number, windows in enumerate(windows_of)
    ]


def _stitched(windows: Sequence[Window], found: Sequence[Array]) -> Array:
    """Each word's scores from the window that keeps it."""
    scores = np.zeros((windows[-1].end if windows else 0, len(TAGS)))
    for window, own in zip(windows, found, strict=True):
        scores[window.keep_start : window.keep_end] = own[
            window.keep_start - window.start : window.keep_end - window.start
        ]
    return scores


def output_from_emissions(chain: Chain, emissions: Array) -> TaggerOutput:
    """The best tags of a post, and the probabilities of the entities they spell."""
    tags = best_tags(chain, emissions)
    spans = spans_from_tags(tags)
    if not spans:
        return TaggerOutput(tags, ())
    scores = lattice(chain, emissions)
    scored: list[ScoredSpan] = []
    for span in spans:
        probability, given = score_span(scores, span)
        types = tuple(zip(TYPES, given, strict=True))
        scored.append(ScoredSpan(span.start, span.end, span.type, probability, types))
    return TaggerOutput(tags, tuple(scored))
