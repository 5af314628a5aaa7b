"""The ``kg-transformer`` tagger: text, and what is known beside it, through one pretrained encoder into a CRF.

The text is the encoder's first segment; knowledge, caption and attributes are its second. A word is its first sub-token
and the mean of all, joined by its letters, its shape, and what a graph's names say of it. A BiLSTM reads the words, a
CRF (Lafferty et al. 2001) tags them. The picture has the last word: what its regions change about a word is added to
the word's scores, so that without a picture the text's own scores stand. Where the picture shows an entity of a graph,
names of that entity and of those near it are trusted: the scores of their tags are raised.

Shapes: ``B`` windows, ``S`` sub-tokens, ``T`` words, ``H`` encoder width, ``K`` tags, ``D`` width of the visual part,
``R`` regions, ``C`` width of a region.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torchcrf import CRF

from ner.encoders.adapters import adapt
from ner.encoders.letters import LetterFilters
from ner.fusion.visual_attention import VisuallyAidedScores
from ner.heads.chain import Chain
from ner.heads.crf import crf_chain, negative_log_likelihoods
from ner.inputs.known_names import NAME_FEATURES, near_name_scores
from ner.inputs.pieces import WORD_FEATURES, Batch
from ner.options import at_least_zero, check_options, share, size
from ner.spans import TAGS


@dataclass(frozen=True, slots=True, kw_only=True)
class KgTransformerOptions:
    """The sizes of the network.

    Attributes:
        adapter_rank: Rank of the encoder's adapters; 0 trains the whole encoder instead.
        adapter_dropout: Dropout before an adapter.
        letter_width: Filters over a word's letters.
        lstm_width: Width of each direction of the BiLSTM; 0 leaves it out.
        dropout: Dropout before and after the BiLSTM.
        visual_width: ``D``, of what a word asks the picture; the visual part exists where training had pictures.
        trust: What is added to the scores of a name's tags, times its nearness to what the picture shows, its weight
            and the share of the type.
    """

    adapter_rank: int = size(48, at_least=0)
    adapter_dropout: float = share(0.0)
    letter_width: int = size(64)
    lstm_width: int = size(128, at_least=0)
    dropout: float = share(0.3)
    visual_width: int = size(64)
    trust: float = at_least_zero(0.0)

    def __post_init__(self) -> None:
        check_options(self)


_STYLE_WIDTH = 16


class WordSight(nn.Module):
    """What a picture changes about each word's tag scores, by attention-guided visual attention and its gate.

    Chen et al. 2021, equations 7-11, with a word in the place of a pair of words: ``a`` is a word brought to width
    ``D``, ``F_r`` what the gate makes of it and of the regions, and ``(F_r - a) W`` is the change. It starts at zero.
    """

    def __init__(self, width: int, visual_width: int, region_width: int) -> None:
        super().__init__()
        self.ask = nn.Linear(width, visual_width)
        self.look = VisuallyAidedScores(visual_width, region_width)
        self.answer = nn.Linear(visual_width, len(TAGS), bias=False)
        nn.init.zeros_(self.answer.weight)

    def forward(self, words: Tensor, mask: Tensor, regions: Tensor, has_regions: Tensor) -> Tensor:
        """Changes of scores.

        Args:
            words: float (B, T, H).
            mask: bool (B, T), True where there is a word.
            regions: float (B, R, C).
            has_regions: bool (B,), True where there is a picture.

        Returns:
            float (B, T, K); zeros for a post without a picture.
        """
        asked = self.ask(words)[:, :, None]  # (B, T, 1, D)
        change = self.look(asked, mask[:, :, None], regions, has_regions) - asked
        scores: Tensor = self.answer(change[:, :, 0])
        return scores


class KgTransformer(nn.Module):
    """Windows to emissions, and the CRF's loss.

    Args:
        encoder: A Hugging Face encoder; it is changed in place (frozen and adapted, or trained whole).
        options: The sizes.
        region_width: ``C``; 0 where training had no pictures, and then it looks at none.
        styles: How many annotation styles it is trained on; tagging is always in the first.
        generator: Where the adapters' first values come from.
    """

    name: ClassVar[str] = "kg-transformer"
    takes_regions: bool

    def __init__(
        self,
        encoder: Any,
        options: KgTransformerOptions,
        *,
        region_width: int = 0,
        styles: int = 1,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.takes_regions = region_width > 0
        self.trust = options.trust
        self.encoder = encoder
        if options.adapter_rank:
            adapt(encoder, rank=options.adapter_rank, dropout=options.adapter_dropout, generator=generator)
        width = int(encoder.config.hidden_size)
        self.takes_segments = int(getattr(encoder.config, "type_vocab_size", 0) or 0) > 1
        self.layer_weights = nn.Parameter(torch.zeros(int(encoder.config.num_hidden_layers) + 1))
        self.letters = LetterFilters(options.letter_width)
        self.corpus = nn.Embedding(styles, _STYLE_WIDTH)
        self.dropout = nn.Dropout(options.dropout)
        joined = 2 * width + options.letter_width + WORD_FEATURES + _STYLE_WIDTH
        if options.lstm_width:
            self.lstm: nn.LSTM | None = nn.LSTM(joined, options.lstm_width, batch_first=True, bidirectional=True)
            joined = 2 * options.lstm_width
        else:
            self.lstm = None
        self.tag_scores = nn.Linear(joined, len(TAGS))
        self.sight = WordSight(joined, options.visual_width, region_width) if region_width else None
        self.crf = CRF(len(TAGS), batch_first=True)

    def emissions(self, batch: Batch, style: Tensor | None = None) -> Tensor:
        """Scores of each word's tags, float32 (B, T, K); ``style`` int64 (B,): annotation style, the first if None."""
        hidden = self._encode(batch)  # (B, S, H)
        rows = torch.arange(len(batch.first), device=hidden.device)[:, None]
        words = torch.cat([hidden[rows, batch.first], batch.pool @ hidden], dim=2)  # (B, T, 2H)
        if style is None:
            style = torch.zeros(len(batch.first), dtype=torch.int64, device=hidden.device)
        styles = self.corpus(style)[:, None].expand(-1, words.shape[1], -1)
        x = self.dropout(torch.cat([words, self.letters(batch.letters), batch.features, styles], dim=2))
        if self.lstm is not None:
            x = self.dropout(self._read(x, batch.mask))
        scores: Tensor = self.tag_scores(x)
        if self.sight is not None:
            scores = scores + self.sight(x, batch.mask, batch.regions, batch.has_regions)
        if self.trust:
            scores = scores + self.trust * near_name_scores(batch.features[..., -NAME_FEATURES:])
        return scores.float()

    def loss(self, batch: Batch, tags: Tensor, style: Tensor | None = None, weight: Tensor | None = None) -> Tensor:
        """The negative log-likelihood of ``tags`` int64 (B, T), averaged over the windows by ``weight`` float (B,)."""
        losses = negative_log_likelihoods(self.crf, self.emissions(batch, style), tags, batch.mask)  # (B,)
        return losses.mean() if weight is None else (losses * weight).mean()

    def chain(self) -> Chain:
        """The CRF's scores as numpy arrays."""
        return crf_chain(self.crf)

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
