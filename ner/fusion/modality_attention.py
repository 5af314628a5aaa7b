"""Modality attention (Moon et al. 2018, section 3.3): which of a word's views is trusted, word by word.

A word has up to three views: its word vector, its letters, and the post's picture. Each is brought to one width by a
layer of its own (end of section 3.1), ``x^m := sigma_m(x^m)``. Then equation 4, with ``m`` over the views:

    a      = sigma(W_m [x^w; x^c; x^v] + b_m)     one number for each view
    alpha  = softmax(a)
    x      = sum_m alpha^m x^m

Equation 5 is the same over words and letters alone, for a post without a picture. Here it has no weights of its own: a
view that is missing stands as zeros in ``[x^w; x^c; x^v]``, so that its columns of ``W_m`` do nothing, and the softmax
leaves it out. This holds for each post by itself.

Our reading: ``sigma`` is the logistic function, as in equation 1. What ``sigma_m`` is the paper leaves open: here a
linear layer under ``tanh``, or under the logistic function by choice. The paper's picture is one vector for all words,
the last layer of an image network. Our pictures come as regions, the map before that layer's pooling: their mean is the
vector.

Shapes: ``B`` posts, ``T`` words, ``M`` views, ``V`` width of a view, ``p`` their common width, ``R`` regions of a
picture, ``C`` width of a region.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

TRANSFORMS = ("tanh", "sigmoid")
"""What a view's layer may end in."""


class ViewLayers(nn.Module):
    """Views to one width, each by its own layer ``sigma_m`` (Moon et al. 2018, end of section 3.1).

    Args:
        widths: ``V`` of each view.
        width: ``p``.
        transform: One of :data:`TRANSFORMS`.
    """

    def __init__(self, widths: Sequence[int], width: int, *, transform: str = "tanh") -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(own, width) for own in widths)
        self.transform = torch.sigmoid if transform == "sigmoid" else torch.tanh

    def forward(self, views: Sequence[Tensor]) -> Tensor:
        """Views, float (B, T, V) each, to float (B, T, M, p)."""
        wide = [self.transform(layer(view)) for layer, view in zip(self.layers, views, strict=True)]
        return torch.stack(wide, dim=2)


class ModalityAttention(nn.Module):
    """Equations 4 and 5 of Moon et al. 2018.

    Args:
        views: ``M``.
        width: ``p``.
    """

    def __init__(self, views: int, width: int) -> None:
        super().__init__()
        self.scores = nn.Linear(views * width, views)  # W_m, b_m

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        """The views of each word, weighted and summed.

        Args:
            x: float (B, T, M, p).
            present: bool (B, M), True where the posts have the view; each post has at least one.

        Returns:
            float (B, T, p).
        """
        alpha, x = self.weights(x, present), only_present(x, present)
        return (alpha[..., None] * x).sum(dim=2)

    def weights(self, x: Tensor, present: Tensor) -> Tensor:
        """``alpha``, float (B, T, M), of the same arguments: how far each view is trusted; 0 where it is missing."""
        a = torch.sigmoid(self.scores(only_present(x, present).flatten(2)))
        return torch.softmax(a.masked_fill(~present[:, None], -torch.inf), dim=2)


def only_present(x: Tensor, present: Tensor) -> Tensor:
    """``x`` float (B, T, M, p), with zeros for the views that ``present`` bool (B, M) says are missing."""
    return x.masked_fill(~present[:, None, :, None], 0.0)


def global_vectors(regions: Tensor, has_regions: Tensor) -> Tensor:
    """The mean of ``regions`` float (B, R, C), as (B, C); zeros where ``has_regions`` bool (B,) is False."""
    return regions.masked_fill(~has_regions[:, None, None], 0.0).mean(dim=1)
