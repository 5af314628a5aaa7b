"""The ``umt`` and ``mt`` taggers: the Unified Multimodal Transformer, and its part without span detection.

Yu et al. 2020. An encoder turns sub-tokens into ``C``. A Transformer layer over ``C`` gives ``R``; with the picture's
regions it becomes image-aware words ``A`` and gated word-aware visual representations ``B``
(:mod:`ner.fusion.cross_modal`); a CRF tags ``H = [A; B]`` (section 2.3). That is ``mt``.

``umt`` adds entity span detection, from the text alone (section 2.4): another Transformer layer over ``C`` gives ``T``,
and a CRF over O, B and I tags it. What it says of a word's ``z`` is converted to what that says of its ``y``:

    E_y = w_MNER^y · h + sum_z (w_ESD^z · t) W^c_zy                                       (7)
    loss = -log P(y | S, V) - lambda log P(z | S)

In print equation 7 has one ``z``. A tag stands for one, but ``W^c`` is learned from a prior that only starts with zeros
elsewhere: so the sum. ``z`` is ``y`` without its type.

Layers and interaction run over all sub-tokens of the text, ``[CLS]`` and ``[SEP]`` too; the heads see the first
sub-token of each word. Without a picture ``H = [R; 0]``.

Shapes: ``B`` windows, ``S`` sub-tokens, ``T`` words, ``d`` encoder width, ``R`` regions of a picture, ``C`` width of a
region, ``K`` tags, ``Z`` span tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ner.fusion.cross_modal import CrossModalLayer, MultimodalInteraction, fitting_heads
from ner.heads.crf import CrfHead
from ner.inputs.pieces import Batch
from ner.networks.bert import TextEncoder, first_pieces
from ner.networks.network import Network
from ner.options import options, positive, share, size
from ner.spans import TAGS, split_tag

SPAN_TAGS = ("O", "B", "I")
"""The tags of entity span detection."""


@options
class MtOptions:
    """The choices of the Multimodal Transformer."""

    # heads of every attention above the encoder, at most; as many as divide the encoder's width are taken
    heads: int = size(12)
    dropout: float = share(0.1)  # how much is dropped in training, within the layers and before the heads
    # whether words are told by the picture; False is the paper's "w/o Image-Aware WR", ``A = R``
    image_aware: bool = True
    word_aware: bool = True  # whether there is what each word sees in the picture; where not, ``B = 0``
    visual_gate: bool = True  # whether a gate lets that in; False is the paper's "w/o Visual Gate", ``B = Q``


@options
class UmtOptions(MtOptions):
    """The choices of the Unified Multimodal Transformer: those of :class:`MtOptions`, and of span detection."""

    # whether span scores enter the tags' (equation 7); False is the paper's "w/o Conversion Matrix": span detection
    # then only trains the encoder along
    conversion: bool = True
    span_weight: float = positive(0.5)  # ``lambda``, how much span detection counts in the loss


class Mt(Network):
    """The Multimodal Transformer.

    Args:
        encoder: A Hugging Face encoder; it is trained whole.
        options: The choices.
        region_width: ``C``; 0 without pictures, and then there is no interaction.
    """

    def __init__(self, encoder: Any, options: MtOptions, *, region_width: int) -> None:
        super().__init__()
        self.options = options
        self.takes_regions = region_width > 0
        self.encoder = TextEncoder(encoder)
        width = self.encoder.width
        heads = fitting_heads(width, options.heads)
        self.reading = CrossModalLayer(width, heads, dropout=options.dropout)
        if self.takes_regions:
            self.interaction = MultimodalInteraction(
                width,
                region_width,
                heads,
                dropout=options.dropout,
                image_aware=options.image_aware,
                word_aware=options.word_aware,
                gate=options.visual_gate,
            )
        self.dropout = nn.Dropout(options.dropout)
        self.head = CrfHead(2 * width)

    def words(self, batch: Batch) -> Tensor:
        """The words ``H``, float32 (B, T, 2d)."""
        return self._seen_words(batch, *self.encoder(batch))

    def _seen_words(self, batch: Batch, c: Tensor, mask: Tensor) -> Tensor:
        r = self.reading(c, c, mask)  # (B, S, d)
        a, b = r, torch.zeros_like(r)
        if self.takes_regions:
            a, b = self.interaction(r, mask, batch.regions, batch.has_regions)
        return self._read(torch.cat([a, b], dim=2), batch)

    def _read(self, pieces: Tensor, batch: Batch) -> Tensor:
        """Sub-tokens to words: the first of each."""
        words: Tensor = self.dropout(first_pieces(pieces, batch.first))
        return words


class Umt(Mt):
    """The Unified Multimodal Transformer; its arguments are those of :class:`Mt`."""

    of_tags: ClassVar[tuple[str, ...]] = ("head.", "conversion")
    options: UmtOptions

    def __init__(self, encoder: Any, options: UmtOptions, *, region_width: int) -> None:
        super().__init__(encoder, options, region_width=region_width)
        width = self.encoder.width
        self.span_reading = CrossModalLayer(width, self.reading.heads, dropout=options.dropout)
        self.span_head = CrfHead(width, SPAN_TAGS)
        if options.conversion:
            self.conversion = nn.Parameter(conversion_prior())  # W^c

    def set_tags(self, tags: Sequence[str]) -> None:
        """Tags of another set, also where span scores are converted to theirs."""
        super().set_tags(tags)
        if self.options.conversion:
            self.conversion = nn.Parameter(conversion_prior(tags))

    def emissions(self, batch: Batch, style: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Scores of each word's tags with those of its span tags in them, float32 (B, T, K)."""
        return self._both(batch)[0]

    def loss(self, batch: Batch, tags: Tensor, style: Tensor | None = None, weight: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """The negative log-likelihood of ``tags`` int64 (B, T) and, by ``lambda``, of their span tags."""
        emissions, span_emissions = self._both(batch)
        loss = self.head.loss(emissions, tags, batch.mask, weight)
        spans = span_tags(tags.masked_fill(~batch.mask, 0), self.head.tags)
        span_loss = self.span_head.loss(span_emissions, spans, batch.mask, weight)
        return loss + self.options.span_weight * span_loss

    def _both(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Scores of tags, (B, T, K), and of span tags, (B, T, Z)."""
        c, mask = self.encoder(batch)
        emissions = self.head(self._seen_words(batch, c, mask))
        t = self._read(self.span_reading(c, c, mask), batch)  # (B, T, d)
        span_emissions = self.span_head(t)
        if self.options.conversion:
            emissions = emissions + span_emissions @ self.conversion
        return emissions, span_emissions


def span_tags(tags: Tensor, of: Sequence[str] = TAGS) -> Tensor:
    """Numbers of tags to those of :data:`SPAN_TAGS`: the tags without their types; ``of``: which tags are numbered."""
    numbers = torch.tensor([SPAN_TAGS.index(split_tag(tag)[0]) for tag in of], device=tags.device)
    return numbers[tags]


def conversion_prior(tags: Sequence[str] = TAGS) -> Tensor:
    """What ``W^c`` (Z, K) starts as: each span tag shared equally among the tags that have it (section 2.4)."""
    corresponds = torch.tensor([[float(split_tag(tag)[0] == span_tag) for tag in tags] for span_tag in SPAN_TAGS])
    return corresponds / corresponds.sum(dim=1, keepdim=True)
