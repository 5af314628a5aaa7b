"""The ``visual-self-attention`` tagger: words that look at each other with the picture's help (Arshad et al. 2019).

Every word is a query ``q`` to all words ``w_i``. For each pair there is a score for every dimension (equations 5 and
8), aided by the regions that bear on just this pair (equations 9-13); the softmax over the words weighs them (equations
6-7), and a gate mixes what comes of it with the word itself (section III.F). A CRF tags.

A post without a picture has no ``C_v``, so that its scores are ``F_r = a_s``: multi-dimensional self-attention alone.

Shapes: ``B`` posts, ``T`` words, ``M`` keys, ``E`` width of a word vector, ``R`` regions, ``C`` width of a region,
``D`` width of a word with its letters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ner.encoders.words import WordEncoder, WordOptions, WordSizes
from ner.fusion.additive_attention import ACTIVATIONS
from ner.fusion.multi_dimensional import GatedFusion, MultiDimensionalScores, attended, visible_pairs
from ner.fusion.visual_attention import FORMS, VisuallyAidedScores
from ner.heads.crf import CrfHead
from ner.inputs.words import WordBatch
from ner.networks.network import Network
from ner.options import choice, options, size

_DIRECTIONS = {"all": ("all",), "forward-backward": ("forward", "backward")}


@options
class VisualSelfAttentionOptions(WordOptions):
    """The sizes of the network (Arshad et al. 2019, section VI), and where it may differ from what is printed."""

    letter_kernel: int = size(5)  # how many letters a filter sees; 5 here
    tune_words: bool = True  # as in the word encoder; published vectors are where words start from here
    activation: str = choice(ACTIVATIONS[0], ACTIVATIONS)  # of both attentions; the paper leaves it open
    # "all": a word sees all words, as printed. "forward-backward": DiSAN's two attentions, one over the words before it
    # and one over those after it, side by side; the picture aids the first, as released.
    directions: str = choice("all", tuple(_DIRECTIONS))
    visual_form: str = choice(FORMS[0], FORMS)  # how regions are scored: "printed", or as "released"
    gate_bias: float = 0.0  # where the gates' biases start: 0 as printed, 1 as released
    picture: bool = True  # false to look at no regions


class VisualSelfAttention(Network):
    """Posts to emissions.

    Args:
        options: The sizes.
        sizes: Those of the input side; without a region width there is no visual part.
    """

    def __init__(self, options: VisualSelfAttentionOptions, sizes: WordSizes) -> None:
        super().__init__()
        region_width = sizes.region_width if options.picture else 0
        self.takes_regions = region_width > 0
        self.encoder = WordEncoder(options, sizes)
        width = self.encoder.width
        self.attentions = nn.ModuleList(
            _AidedAttention(width, 0 if number else region_width, options, direction)
            for number, direction in enumerate(_DIRECTIONS[options.directions])
        )
        self.dropout = nn.Dropout(options.dropout)
        self.head = CrfHead(width * len(self.attentions))

    def words(self, batch: WordBatch) -> Tensor:
        """A batch to words in context, float32 (B, T, D), or (B, T, 2D) with two directions."""
        x = self.encoder(batch.text)
        keys, key_mask = self.keys(x, batch)
        sides = [attention(x, keys, key_mask, batch) for attention in self.attentions]
        found: Tensor = self.dropout(torch.cat(sides, dim=2))
        return found

    def keys(self, x: Tensor, batch: WordBatch) -> tuple[Tensor, Tensor]:
        """What the words ``x`` (B, T, D) look at, float32 (B, M, D), and bool (B, M), where there is something."""
        return x, batch.mask


class _AidedAttention(nn.Module):
    """Words to ``O``, in one direction: Chen et al. 2021, equations 6-14, which print what Arshad's text says."""

    def __init__(self, width: int, region_width: int, options: VisualSelfAttentionOptions, direction: str) -> None:
        super().__init__()
        self.direction = direction
        self.scores = MultiDimensionalScores(width, activation=options.activation)
        self.visual = (
            VisuallyAidedScores(
                width,
                region_width,
                activation=options.activation,
                form=options.visual_form,
                bias_start=options.gate_bias,
            )
            if region_width
            else None
        )
        self.gate = GatedFusion(width, bias_start=options.gate_bias)

    def forward(self, x: Tensor, keys: Tensor, key_mask: Tensor, batch: WordBatch) -> Tensor:
        """``x`` float32 (B, T, D), keys float32 (B, M, D) and their mask bool (B, M) to float32 (B, T, D)."""
        visible = visible_pairs(batch.mask, key_mask, self.direction)
        scores = self.scores(x, keys)  # a_s
        if self.visual is not None:
            scores = self.visual(scores, visible, batch.regions, batch.has_regions)  # F_r
        o: Tensor = self.gate(attended(scores, keys, visible), x)
        return o
