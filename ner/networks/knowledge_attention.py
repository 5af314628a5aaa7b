"""The ``knowledge-attention`` tagger: attributes and knowledge of the picture join the sentence (Chen et al. 2021).

It is :mod:`ner.networks.visual_self_attention` with more keys: the words of the text look at the words of the text, at
those of the knowledge, and at one vector for the attributes, ``w_i`` in ``X``, ``K`` and ``A`` (section 3.4, equation
6). The softmax of equation 12 is over all of them.

The attribute vector is the mean of the labels' word vectors, weighted by their probabilities ("the weighted average of
image attributes"), through two layers. Without attributes, without knowledge or without a picture there is nothing in
their place: such keys do not exist, and ``F_r = a_s``.

Shapes: as there; and ``P`` words of the knowledge, ``A`` attributes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ner.encoders.words import WordSizes
from ner.fusion.additive_attention import activate
from ner.inputs.words import WordBatch
from ner.networks.visual_self_attention import VisualSelfAttention, VisualSelfAttentionOptions
from ner.options import options, size


@options
class KnowledgeAttentionOptions(VisualSelfAttentionOptions):
    """The sizes of the network (Chen et al. 2021, section 4.2), and what is left out of it."""

    letter_kernel: int = size(3)  # how many letters a filter sees; 3 here
    attributes: bool = True  # false to leave the attributes out
    knowledge: bool = True  # false to leave the knowledge out


class KnowledgeAttention(VisualSelfAttention):
    """Posts to emissions.

    Args:
        options: The sizes.
        sizes: Those of the input side; without a region width there is no visual part.
    """

    def __init__(self, options: KnowledgeAttentionOptions, sizes: WordSizes) -> None:
        super().__init__(options, sizes)
        self.reads_knowledge = options.knowledge
        self.attribute_vector = (
            AttributeVector(sizes.vector_width, self.encoder.width, activation=options.activation)
            if options.attributes
            else None
        )

    def keys(self, x: Tensor, batch: WordBatch) -> tuple[Tensor, Tensor]:
        """``X``, ``K`` and ``A``: float32 (B, T + P + 1, D), and bool (B, T + P + 1), where there is something."""
        keys, masks = [x], [batch.mask]
        if self.reads_knowledge and batch.knowledge.mask.any():
            keys.append(self.encoder(batch.knowledge))
            masks.append(batch.knowledge.mask)
        if self.attribute_vector is not None and (batch.attribute_weights > 0).any():
            vector, there = self.attribute_vector(batch.attributes, batch.attribute_weights)
            keys.append(vector[:, None])
            masks.append(there[:, None])
        return torch.cat(keys, dim=1), torch.cat(masks, dim=1)


class AttributeVector(nn.Module):
    """Two layers over the weighted average of the attributes' word vectors (Chen et al. 2021, section 3.4).

    Args:
        vector_width: ``E``.
        width: ``D``.
        activation: Between the layers.
    """

    def __init__(self, vector_width: int, width: int, *, activation: str = "tanh") -> None:
        super().__init__()
        self.activation = activation
        self.first = nn.Linear(vector_width, width)
        self.second = nn.Linear(width, width)

    def forward(self, attributes: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """``attributes`` float32 (B, A, E), ``weights`` (B, A), 0 for padding, to (B, D) and bool (B,): any there."""
        there = (weights > 0).any(dim=1)
        total = weights.sum(dim=1, keepdim=True).masked_fill(~there[:, None], 1.0)
        attributes = attributes.masked_fill((weights <= 0)[..., None], 0.0)
        average = (attributes * (weights / total)[..., None]).sum(dim=1)  # (B, E)
        vector: Tensor = self.second(activate(self.first(average), self.activation))
        return vector.masked_fill(~there[:, None], 0.0), there
