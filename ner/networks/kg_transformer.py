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

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ner.encoders.adapters import adapt
from ner.encoders.letters import LetterFilters
from ner.encoders.quick_bert import QuickBert
from ner.encoders.recurrent import BiLstm
from ner.fusion.visual_attention import VisuallyAidedScores
from ner.heads.crf import CrfHead
from ner.inputs.known_names import NAME_FEATURES, near_name_scores
from ner.inputs.pieces import WORD_FEATURES, Batch
from ner.networks.bert import first_pieces
from ner.networks.network import Network
from ner.options import at_least_zero, options, share, size
from ner.spans import TAGS


@options
class KgTransformerOptions:
    """The sizes of the network."""

    adapter_rank: int = size(48, at_least=0)  # rank of the encoder's adapters; 0 trains the whole encoder instead
    adapter_dropout: float = share(0.0)  # dropout before an adapter
    letter_width: int = size(64)  # filters over a word's letters
    lstm_width: int = size(128, at_least=0)  # width of each direction of the BiLSTM; 0 leaves it out
    dropout: float = share(0.3)  # dropout before and after the BiLSTM
    # ``D``, of what a word asks the picture; the visual part exists where training had pictures
    visual_width: int = size(64)
    # what is added to the scores of a name's tags, times its nearness to what the picture shows, its weight and the
    # share of the type
    trust: float = at_least_zero(0.0)


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
        self.set_tags(TAGS)

    def set_tags(self, tags: Sequence[str]) -> None:
        """Say what a picture changes about these tags' scores: nothing yet."""
        self.answer = nn.Linear(self.ask.out_features, len(tags), bias=False)
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


class KgTransformer(Network):
    """Windows to emissions, and the CRF's loss.

    Args:
        encoder: A Hugging Face encoder; it is changed in place (frozen and adapted, or trained whole).
        options: The sizes.
        region_width: ``C``; 0 where training had no pictures, and then it looks at none.
        styles: How many annotation styles it is trained on; tagging is always in the first.
    """

    old_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "tag_scores.": "head.tag_scores.",
            "crf.": "head.crf.",
            "lstm.weight": "lstm.lstm.weight",
            "lstm.bias": "lstm.lstm.bias",
        }
    )

    of_tags: ClassVar[tuple[str, ...]] = ("head.", "sight.answer.")
    of_styles: ClassVar[tuple[str, ...]] = ("corpus.",)

    def __init__(self, encoder: Any, options: KgTransformerOptions, *, region_width: int = 0, styles: int = 1) -> None:
        super().__init__()
        self.takes_regions = region_width > 0
        self.trust = options.trust
        self.encoder = encoder
        if options.adapter_rank:
            adapt(encoder, rank=options.adapter_rank, dropout=options.adapter_dropout)
        width = int(encoder.config.hidden_size)
        self.takes_segments = int(getattr(encoder.config, "type_vocab_size", 0) or 0) > 1
        self.layer_weights = nn.Parameter(torch.zeros(int(encoder.config.num_hidden_layers) + 1))
        self.letters = LetterFilters(options.letter_width)
        self.corpus = nn.Embedding(styles, _STYLE_WIDTH)
        self.dropout = nn.Dropout(options.dropout)
        joined = 2 * width + options.letter_width + WORD_FEATURES + _STYLE_WIDTH
        self.lstm = BiLstm(joined, options.lstm_width) if options.lstm_width else None
        if self.lstm is not None:
            joined = self.lstm.width
        self.head = CrfHead(joined)
        self.sight = WordSight(joined, options.visual_width, region_width) if region_width else None

    def set_tags(self, tags: Sequence[str]) -> None:
        """Tags of another set, also where a picture changes their scores."""
        super().set_tags(tags)
        if self.sight is not None:
            self.sight.set_tags(tags)

    def words(self, batch: Batch, style: Tensor | None = None) -> Tensor:
        """Words in context, float32 (B, T, H); ``style`` int64 (B,): annotation style, the first if None."""
        return self._words(batch, self._encode(batch), style)

    def emissions(self, batch: Batch, style: Tensor | None = None) -> Tensor:
        """Scores of each word's tags, with what the picture changes about them, float32 (B, T, K)."""
        return self._emissions(batch, self.words(batch, style))

    def apart(self, batches: Sequence[Batch]) -> list[Tensor]:
        """The emissions of batches of one window each; a window's depend on no other, to the last bit."""
        if not isinstance(self.encoder, QuickBert):
            return super().apart(batches)
        layers = self.encoder.apart([(batch.ids, batch.segments) for batch in batches])
        rows = zip(batches, layers, strict=True)
        return [self._emissions(batch, self._words(batch, self._mixed(own), None)) for batch, own in rows]

    def _words(self, batch: Batch, hidden: Tensor, style: Tensor | None) -> Tensor:
        """``hidden`` float32 (B, S, H), the encoder's layers as one; maybe of the first segment alone."""
        words = torch.cat(
            [first_pieces(hidden, batch.first), batch.pool[..., : hidden.shape[1]] @ hidden], dim=2
        )  # (B, T, 2H)
        if style is None:
            style = torch.zeros(len(batch.first), dtype=torch.int64, device=hidden.device)
        styles = self.corpus(style)[:, None].expand(-1, words.shape[1], -1)
        x: Tensor = self.dropout(torch.cat([words, self.letters(batch.letters), batch.features, styles], dim=2))
        return x if self.lstm is None else self.dropout(self.lstm(x, batch.mask))

    def _emissions(self, batch: Batch, words: Tensor) -> Tensor:
        scores: Tensor = self.head(words)
        if self.sight is not None:
            scores = scores + self.sight(words, batch.mask, batch.regions, batch.has_regions)
        if self.trust:
            scores = scores + self.trust * near_name_scores(batch.features[..., -NAME_FEATURES:], self.head.tags)
        return scores.float()

    def _encode(self, batch: Batch) -> Tensor:
        arguments = {"input_ids": batch.ids, "attention_mask": batch.attention, "output_hidden_states": True}
        if self.takes_segments:
            arguments["token_type_ids"] = batch.segments
        return self._mixed(self.encoder(**arguments).hidden_states)

    def _mixed(self, layers: Sequence[Tensor]) -> Tensor:
        shares = torch.softmax(self.layer_weights, dim=0)
        # Starting from the mean would dilute the top layer, on which the encoder was trained: it enters once more.
        mixed: Tensor = layers[-1] + sum(share * layer for share, layer in zip(shares, layers, strict=True))
        return mixed
