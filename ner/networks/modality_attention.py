"""The ``modality-attention`` tagger (Moon et al. 2018): word, letters and picture, trusted word by word, then a BiLSTM.

Its options give the paper's baselines too (section 4.2): ``vectors``, ``letters`` and ``picture`` those that see less,
``fusion = "concatenation"`` those that put the views side by side, ``letters = "cnn"`` that of Ma and Hovy 2016, and
``segmentation`` the multitask baseline of Aguilar et al. 2017: a second head that tells words of entities from the
rest, its loss added to that of tags.

Our reading: the LSTM of equation 1, whose input and forget gates are one, is the library's LSTM, whose gates are two.
The segmentation's head is one logistic unit over the same words as the tags' head, its loss summed over the words of a
post, as the CRF's is. A post without a picture is tagged by its words and letters: equation 5 under modality attention,
zeros in the picture's place under concatenation.

Shapes: ``B`` posts, ``T`` words, ``M`` views, ``p`` their common width, ``H`` width of a word before the head.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from ner.encoders.recurrent import BiLstm
from ner.encoders.words import WordEncoder, WordOptions, WordSizes
from ner.errors import RecipeError
from ner.fusion.modality_attention import (
    TRANSFORMS,
    ModalityAttention,
    ViewLayers,
    global_vectors,
    only_present,
)
from ner.heads.crf import CrfHead
from ner.inputs.words import WordBatch
from ner.networks.network import Network
from ner.options import choice, options, share, size
from ner.spans import TAGS

_OUTSIDE = TAGS.index("O")


@options
class ModalityAttentionOptions:
    """The sizes of the network, and which of the paper's models it is."""

    vectors: bool = True  # whether a word's vector is a view (W)
    # what reads its letters, another view (C): "lstm" or "cnn"; "none" leaves the view out
    letters: str = choice("lstm", ("lstm", "cnn", "none"))
    picture: bool = True  # whether the post's picture is a view (V), where training had pictures
    # how views become one: "attention", or "concatenation" for the baselines
    fusion: str = choice("attention", ("attention", "concatenation"))
    transform: str = choice("tanh", TRANSFORMS)  # what a view's own layer ends in: "tanh" or "sigmoid"
    width: int = size(200)  # ``p``, the width of each view after its layer
    letter_width: int = size(100)  # width of what the letters say
    letter_kernel: int = size(3)  # how many letters a filter of the "cnn" sees
    letter_embedding: int = size(50)  # width of one letter
    tune_words: bool = False  # whether a word that training saw gets a change to its published vector, from zero on
    lstm_width: int = size(200)  # width of each direction of the LSTM over words
    dropout: float = share(0.5)  # share of a word's numbers, before its LSTM and before the CRF, that training hides
    # how much the loss of the second head counts beside that of tags; 0 leaves the head out
    segmentation: float = share(0.0)

    def __post_init__(self) -> None:
        if not self.vectors and self.letters == "none":
            raise RecipeError('vectors = false and letters = "none": expected at least one of the two')


class ModalityAttentionNetwork(Network):
    """Posts to emissions.

    Args:
        options: The sizes, and which of the paper's models it is.
        sizes: Those of the input side; without pictures there, the network has no such view.
    """

    def __init__(self, options: ModalityAttentionOptions, sizes: WordSizes) -> None:
        super().__init__()
        self.options = options
        self.takes_regions = options.picture and sizes.region_width > 0
        self.region_width = sizes.region_width
        self.reader = WordEncoder(_word_options(options), sizes)
        widths = [sizes.vector_width] * options.vectors
        widths += [options.letter_width] * (options.letters != "none")
        widths += [sizes.region_width] * self.takes_regions
        self.layers = ViewLayers(widths, options.width, transform=options.transform)
        attends = options.fusion == "attention"
        self.attention = ModalityAttention(len(widths), options.width) if attends else None
        self.dropout = nn.Dropout(options.dropout)
        self.lstm = BiLstm(options.width * (1 if attends else len(widths)), options.lstm_width)
        self.head = CrfHead(self.lstm.width)
        self.entity_score = nn.Linear(self.lstm.width, 1) if options.segmentation else None

    def words(self, batch: WordBatch) -> Tensor:
        """Posts to words in context, float32 (B, T, H)."""
        x = self.layers(self._views(batch))  # (B, T, M, p)
        present = torch.ones((len(x), x.shape[2]), dtype=torch.bool, device=x.device)
        if self.takes_regions:
            present[:, -1] = batch.has_regions
        fused = only_present(x, present).flatten(2) if self.attention is None else self.attention(x, present)
        read: Tensor = self.dropout(self.lstm(self.dropout(fused), batch.mask))
        return read

    def loss(self, batch: WordBatch, tags: Tensor, style: Tensor | None = None, weight: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """The loss of tags, and where there is a second head its own; arguments as in :class:`Network`."""
        words = self.words(batch)
        loss = self.head.loss(self.head(words), tags, batch.mask, weight)
        if self.entity_score is None:
            return loss
        scores = self.entity_score(words).squeeze(2)  # (B, T)
        entity = (tags != _OUTSIDE).to(scores.dtype)
        of_words = binary_cross_entropy_with_logits(scores, entity, reduction="none").masked_fill(~batch.mask, 0.0)
        of_posts = of_words.sum(dim=1) if weight is None else of_words.sum(dim=1) * weight
        return loss + self.options.segmentation * of_posts.mean()

    def _views(self, batch: WordBatch) -> list[Tensor]:
        views = [self.reader.vectors(batch.text)] if self.options.vectors else []
        if self.reader.letters is not None:
            views.append(self.reader.letters(batch.text.letters))
        if self.takes_regions:
            views.append(self._picture(batch)[:, None].expand(-1, batch.mask.shape[1], -1))
        return views

    def _picture(self, batch: WordBatch) -> Tensor:
        """One vector for each post's picture, float32 (B, C); zeros where there is none."""
        if not bool(batch.has_regions.any()):
            return batch.text.vectors.new_zeros((len(batch.mask), self.region_width))
        return global_vectors(batch.regions, batch.has_regions)


def _word_options(options: ModalityAttentionOptions) -> WordOptions:
    return WordOptions(
        letters=options.letters,
        letter_width=options.letter_width,
        letter_kernel=options.letter_kernel,
        letter_embedding=options.letter_embedding,
        tune_words=options.tune_words and options.vectors,
    )
