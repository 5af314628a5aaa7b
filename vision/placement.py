"""Placement: where one picture lies within another, as far as their local features agree on one place.

Points are matched by Lowe's ratio test, also as in a mirror; RANSAC finds the affine map from the picture's points to
the other's on which most matches agree (OpenCV); what no photograph, crop or paste would do is no placement. Then the
pixels are laid over each other: how well they agree tells a likeness from a few alike corners.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .local_features import LocalFeatures

_RATIO = 0.85
_TOLERANCE = 0.02  # of the longer side
_TRIALS = 500  # of RANSAC
_LEAST_MATCHES = 4
_PIXELS = 320  # OpenCV's thresholds are made for pixels
_MOST_STRETCHED = 3.0  # the longest by the shortest side of what was a square
_SCALES = (0.08, 10.0)
_LEAST_OVERLAP = 0.1  # of the picture's area that is seen in the other
_GRID = 32  # pixels are compared on a grid of so many
_LEAST_COLOUR = 0.15  # beside the spread of the grey levels; what has less is grey, and its colours are not compared

# SIFT's 4 x 4 cells of 8 directions stand upright on the point's own direction: in a mirror the rows change places,
# and each direction becomes its opposite about that axis.
_MIRRORED = np.arange(128).reshape(4, 4, 8)[::-1, :, -np.arange(8) % 8].reshape(-1)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies within another, and what speaks for it."""

    inliers: int  # matches that agree on the place
    matches: int  # all matches
    mirrored: bool  # whether the picture is seen in a mirror
    overlap: float  # how much of the picture is seen, 0 to 1
    # where they lie on each other, the correlation of the grey levels or, where it is less and both pictures have
    # colours, of the colours without their grey levels, -1 to 1
    likeness: float


def find_placement(picture: LocalFeatures, other: LocalFeatures) -> Placement | None:
    """Find where a picture lies within another, or, where that one is a cut of it, the other way round.

    Args:
        picture: Of what is looked for.
        other: Of what it is looked for in.

    Returns:
        The better one of the placement as it is and in a mirror; None where there is none.
    """
    if min(len(picture.points), len(other.points)) < _LEAST_MATCHES:
        return None
    found = [placed for mirrored in (False, True) if (placed := _place(picture, other, mirrored=mirrored))]
    return max(found, key=lambda placed: (placed.inliers, placed.likeness), default=None)


def _place(picture: LocalFeatures, other: LocalFeatures, *, mirrored: bool) -> Placement | None:
    import cv2

    ours, theirs = _matches(picture, other, mirrored=mirrored)
    if len(ours) < _LEAST_MATCHES:
        return None
    source, target = picture.points[ours], other.points[theirs]
    if mirrored:
        target = np.array([other.aspect[0], 0], np.float32) + target * np.array([-1, 1], np.float32)
    matrix, agreeing = cv2.estimateAffine2D(
        source * _PIXELS,
        target * _PIXELS,
        method=cv2.RANSAC,
        ransacReprojThreshold=_TOLERANCE * _PIXELS,
        maxIters=_TRIALS,
    )
    inside = agreeing.ravel().astype(bool) if agreeing is not None else np.zeros(len(ours), bool)
    if matrix is None or inside.sum() < _LEAST_MATCHES or not _may_be(matrix[:, :2]):
        return None
    matrix = matrix * [1, 1, 1 / _PIXELS]
    overlap, likeness = _agreement(picture, other, matrix, mirrored=mirrored)
    if overlap < _LEAST_OVERLAP:
        return None
    return Placement(int(inside.sum()), len(ours), mirrored, overlap, likeness)


def _matches(
    picture: LocalFeatures, other: LocalFeatures, *, mirrored: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of points that are more alike than the next best pair; each point is in one pair at most."""
    theirs = _unit(other.descriptors[:, _MIRRORED] if mirrored else other.descriptors)
    likeness = theirs @ _unit(picture.descriptors).T
    rows = np.arange(len(likeness))
    best = likeness.argmax(axis=1)
    most = likeness[rows, best]
    likeness[rows, best] = -1
    next_best = likeness.max(axis=1)
    good = np.flatnonzero(1 - most < _RATIO**2 * (1 - next_best))  # squared distances of unit vectors, halved
    order = good[np.argsort(-most[good], kind="stable")]
    _, first = np.unique(best[order], return_index=True)
    chosen = order[np.sort(first)]
    return best[chosen], chosen


def _unit(descriptors: NDArray[np.uint8]) -> NDArray[np.float32]:
    values = descriptors.astype(np.float32)
    lengths: NDArray[np.float32] = np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1).astype(np.float32)
    return values / lengths


def _may_be(linear: NDArray[Any]) -> bool:
    """Whether a photograph, a crop or a paste makes such a map: not turned over, not flat, not out of all size."""
    largest, smallest = np.linalg.svd(linear, compute_uv=False)
    scale = np.sqrt(largest * smallest)
    upright = bool(np.linalg.det(linear) > 0)
    return upright and bool(largest <= _MOST_STRETCHED * smallest) and _SCALES[0] <= scale <= _SCALES[1]


def _agreement(
    picture: LocalFeatures, other: LocalFeatures, matrix: NDArray[Any], *, mirrored: bool
) -> tuple[float, float]:
    """How much of the picture is seen in the other, and how like each other they are there."""
    import cv2

    width, height = picture.aspect
    columns, rows = (max(round(_GRID * side), 1) for side in picture.aspect)
    xs, ys = (np.arange(columns) + 0.5) * width / columns, (np.arange(rows) + 0.5) * height / rows
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    placed = grid @ matrix[:, :2].T + matrix[:, 2]
    if mirrored:
        placed = [other.aspect[0], 0] + placed * [-1, 1]
    inside = ((placed >= 0) & (placed < other.aspect)).all(axis=-1)
    side = max(other.thumbnail.shape[:2])
    at = (placed * side - 0.5).astype(np.float32)
    theirs = cv2.remap(other.thumbnail, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    ours = cv2.resize(picture.thumbnail, (columns, rows), interpolation=cv2.INTER_AREA)
    if not inside.any():
        return 0.0, 0.0
    one, two = (np.asarray(pixels, np.float64)[inside] for pixels in (ours, theirs))
    grey = [pixels.mean(axis=1, keepdims=True) for pixels in (one, two)]
    colours = [pixels - levels for pixels, levels in zip((one, two), grey, strict=True)]
    likeness = _correlation(*grey)
    if all(
        np.sqrt((colour**2).mean()) >= _LEAST_COLOUR * (levels.std() + 1)
        for colour, levels in zip(colours, grey, strict=True)
    ):
        likeness = min(likeness, _correlation(*colours))
    return float(inside.mean()), likeness


def _correlation(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """The correlation of two sets of pixels, whatever their brightness, contrast and tint; 0 where one is plain."""
    one, two = one - one.mean(axis=0), two - two.mean(axis=0)
    lengths = [np.sqrt((part**2).mean()) for part in (one, two)]
    if min(lengths) < 1.0:
        return 0.0
    return float((one * two).mean() / (lengths[0] * lengths[1]))
