"""The ``hsn`` tagger: the hierarchical self-adaptation network (Tian et al. 2021).

Words are vector, letters and part of speech, through a highway layer and a BiLSTM (section 3.2.1); regions come to the
same width (section 3.2.2). Each side is weighed by the other (section 3.3), and a scalar for each word says how much of
it is its text alone (section 3.4). A CRF tags.

A post without a picture has no ``V``, so there is nothing to weigh its words by: here ``F = H``, and with it ``O = H``
exactly. The paper shows such a post a blank picture instead, tiled with a constant; the option ``blank_picture`` does
that. What a blank picture is after the picture's encoder the paper does not say: it is 49 regions of ones here.

Shapes: ``B`` posts, ``T`` words, ``R`` regions, ``C`` width of a region, ``d`` width of a word in context.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ner.encoders.recurrent import BiLstm
from ner.encoders.words import Highway, WordEncoder, WordOptions, WordSizes
from ner.errors import RecipeError
from ner.fusion.hierarchical_attention import HIERARCHICAL, LUONG, CrossModalInteraction, SelfAdaptiveIntegration
from ner.heads.crf import CrfHead
from ner.inputs.words import WordBatch
from ner.networks.network import Network
from ner.options import choice, options, size

BLANK_REGIONS = 49

_SELF_ADAPTIVE, _CONCATENATION = "self-adaptive", "concatenation"


@options
class HsnOptions(WordOptions):
    """The sizes of the network (Tian et al. 2021, table 2), and what is left out of it (section 4.2).

    Attributes:
        tune_words: As in the word encoder; published vectors are where words start from here.
        speech_width: Width of a part of speech; 0 leaves it out.
        width: ``d``, of both directions of the BiLSTM together, and of a region; even, and a multiple of ``heads``.
        heads: Of the hierarchical attention; 0 for one attention without the multi-head process ("w/o MP").
        attention: ``hierarchical``, or ``luong`` in its place ("w/o HA").
        head_softmax: Whether each head's weights are softmaxed once more, as equation 14 prints: it lets no region or
            word have more than ``e`` times the weight of another. False averages the heads' own weights.
        integration: ``self-adaptive``, or ``concatenation`` of ``H`` and ``F`` ("w/o MI").
        visual: False to look at no picture; with ``blank_picture`` this is the paper's "w/o VF".
        blank_picture: Whether a post without a picture gets a blank one, as in the paper, rather than ``F = H``.
        dropout: Share of a word's numbers that training hides, before the highway layer and before the CRF.
    """

    tune_words: bool = True
    speech_width: int = size(50, at_least=0)
    width: int = size(400)
    heads: int = size(8, at_least=0)
    attention: str = choice(HIERARCHICAL, (HIERARCHICAL, LUONG))
    head_softmax: bool = True
    integration: str = choice(_SELF_ADAPTIVE, (_SELF_ADAPTIVE, _CONCATENATION))
    visual: bool = True
    blank_picture: bool = False

    def __post_init__(self) -> None:
        step = math.lcm(2, self.heads or 1)  # two directions, and heads of one width
        if self.width % step:
            raise RecipeError(f"width = {self.width!r}: expected a multiple of {step} with {self.heads} heads")


class Hsn(Network):
    """Posts to emissions.

    Args:
        options: The sizes.
        sizes: What the input side has; without a region width there is no visual part, and ``O = H``.
    """

    def __init__(self, options: HsnOptions, sizes: WordSizes) -> None:
        super().__init__()
        self.takes_regions = options.visual and sizes.region_width > 0
        self.encoder = WordEncoder(options, sizes)
        self.highway = Highway(self.encoder.width)
        self.lstm = BiLstm(self.encoder.width, options.width // 2)
        self.dropout = nn.Dropout(options.dropout)
        sees = sizes.region_width > 0 and (options.visual or options.blank_picture)
        self.visual = _VisualPart(options, sizes.region_width) if sees else None
        self.head = CrfHead(self.visual.width if self.visual else options.width)

    def words(self, batch: WordBatch) -> Tensor:
        """A batch to ``O``, float32 (B, T, d); with concatenation (B, T, 2d)."""
        h = self.lstm(self.highway(self.encoder(batch.text)), batch.mask)
        if self.visual is not None:
            h = self.visual(h, batch.mask, batch.regions, batch.has_regions)
        o: Tensor = self.dropout(h)
        return o


class _VisualPart(nn.Module):
    """Words' features and pictures to ``O``: equations 7 to 18."""

    def __init__(self, options: HsnOptions, region_width: int) -> None:
        super().__init__()
        self._shown, self._blank, self._region_width = options.visual, options.blank_picture, region_width
        self.regions = nn.Linear(region_width, options.width)  # W_v, b_v
        self.interaction = CrossModalInteraction(
            options.width, heads=options.heads, attention=options.attention, head_softmax=options.head_softmax
        )
        adaptive = options.integration == _SELF_ADAPTIVE
        self.integration = SelfAdaptiveIntegration(options.width) if adaptive else None
        self.width = options.width if adaptive else 2 * options.width

    def forward(self, h: Tensor, mask: Tensor, regions: Tensor, has_regions: Tensor) -> Tensor:
        """``H`` float32 (B, T, d), mask bool (B, T), regions float32 (B, R, C), has_regions bool (B,)."""
        regions, region_mask = self._pictures(regions, has_regions)
        f = h
        seen = region_mask.any(dim=1)  # (B,)
        if bool(seen.any()):
            v = torch.relu(self.regions(regions))  # (B, R, d)
            f = torch.where(seen[:, None, None], self.interaction(h, v, mask, region_mask), h)
        if self.integration is None:
            return torch.cat([h, f], dim=2)
        o: Tensor = self.integration(h, f)
        return o

    def looks(self, h: Tensor, mask: Tensor, regions: Tensor, has_regions: Tensor) -> tuple[Tensor, Tensor]:
        """``s_img``, float (B, T, R), one for all words of a post, and ``1 - gamma``, float (B, T).

        Arguments as of `forward`; with concatenation the share is a half: they stand side by side.
        """
        shown, region_mask = self._pictures(regions, has_regions)
        v = torch.relu(self.regions(shown))
        attention = self.interaction.text_to_image(v, h, region_mask, mask)[:, : regions.shape[1]]
        f = self.interaction(h, v, mask, region_mask)
        text = h.new_full(h.shape[:2], 0.5) if self.integration is None else self.integration.text_shares(h, f)
        there = has_regions[:, None] & mask
        return attention[:, None].expand(-1, h.shape[1], -1) * there[..., None], (1 - text) * there

    def _pictures(self, regions: Tensor, has_regions: Tensor) -> tuple[Tensor, Tensor]:
        """The regions that are looked at, float32 (B, R', C), and bool (B, R') which of them a post has."""
        own = regions.shape[1] if self._shown else 0
        blank = BLANK_REGIONS if self._blank else 0
        pictures = regions.new_ones((len(regions), max(own, blank), self._region_width))
        if own:
            pictures[:, :own] = torch.where(has_regions[:, None, None], regions, 1.0)
        counts = torch.where(has_regions, own, blank) if own else torch.full_like(has_regions, blank, dtype=torch.int64)
        return pictures, torch.arange(max(own, blank), device=regions.device) < counts[:, None]
