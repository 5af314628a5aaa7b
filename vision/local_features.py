"""Local features of a picture: points that are found again in a changed copy, and how their surroundings look.

SIFT (Lowe 2004, by OpenCV) on a grey picture of bounded size whose contrast is stretched; descriptors are RootSIFT
(Arandjelovic and Zisserman 2012). N points of a picture; a descriptor has 4 x 4 cells of 8 directions.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Names the way in which features are made: those of another one cannot be compared with them.
LOCAL_FEATURES = "sift-1"
_SIDE = 320  # pixels of the longer side of a picture, as it is looked at
_MOST = 300  # points that are kept of a picture: those of the highest contrast
_WIDTH = 128
_LEAST_CORNER = 0.03  # contrast of a point, as OpenCV counts it
_THUMBNAIL = 64
_BYTES_A_POINT = 4 + _WIDTH
_LEAST_CONTRAST = 8  # grey levels: less is noise, and is not stretched


@dataclass(frozen=True, slots=True, eq=False)
class LocalFeatures:
    """What a picture looks like, point by point."""

    points: NDArray[np.float32]  # (N, 2): x and y in 0..1 of the longer side
    descriptors: NDArray[np.uint8]  # (N, 128): RootSIFT, 0..1 as 0..255
    thumbnail: NDArray[np.uint8]  # (h, w, 3): the picture, its longer side 64 pixels
    aspect: tuple[float, float]  # width and height; the longer one is 1

    def to_bytes(self) -> bytes:
        """As bytes, to be kept; `from_bytes` reads them."""
        height, width = self.thumbnail.shape[:2]
        head = np.array([len(self.points), width, height], "<u2").tobytes() + np.array(self.aspect, "<f4").tobytes()
        points = np.round(self.points * 65535).astype("<u2")
        return head + points.tobytes() + self.descriptors.tobytes() + self.thumbnail.tobytes()

    @classmethod
    def from_bytes(cls, blob: bytes) -> "LocalFeatures":
        """Read what `to_bytes` gave."""
        count, width, height = np.frombuffer(blob, "<u2", 3).tolist()
        aspect = np.frombuffer(blob, "<f4", 2, 6).tolist()
        points = np.frombuffer(blob, "<u2", count * 2, 14).reshape(count, 2).astype(np.float32) / np.float32(65535)
        descriptors = np.frombuffer(blob, np.uint8, count * _WIDTH, 14 + count * 4).reshape(count, _WIDTH)
        thumbnail = np.frombuffer(blob, np.uint8, -1, 14 + count * _BYTES_A_POINT).reshape(height, width, 3)
        return cls(points, descriptors, thumbnail, (aspect[0], aspect[1]))


def find_local_features(picture: Image.Image) -> LocalFeatures:
    """Find the local features of an RGB picture of any size."""
    import cv2

    longer = max(picture.size)
    size = [max(round(length * _SIDE / longer), 1) for length in picture.size]
    colour = picture.resize((size[0], size[1]), Image.Resampling.BICUBIC, reducing_gap=2.0)
    detector = cv2.SIFT.create(nfeatures=_MOST, contrastThreshold=_LEAST_CORNER)
    found, descriptors = detector.detectAndCompute(_stretched(colour), None)
    points = np.array([point.pt for point in found], np.float32).reshape(-1, 2) / np.float32(_SIDE)
    thumbnail = colour.resize([max(round(length * _THUMBNAIL / _SIDE), 1) for length in size])
    return LocalFeatures(
        points=np.clip(points, 0, 1, dtype=np.float32)[:_MOST],
        descriptors=_rooted(descriptors)[:_MOST],
        thumbnail=np.asarray(thumbnail),
        aspect=(size[0] / _SIDE, size[1] / _SIDE),
    )


def _stretched(colour: Image.Image) -> NDArray[np.uint8]:
    """Grey levels, the darkest to 0 and the brightest to 255, but for a few."""
    grey: NDArray[np.uint8] = np.asarray(colour.convert("L"))
    low, high = np.percentile(grey, (1, 99))
    if high - low < _LEAST_CONTRAST:
        return grey
    stretched: NDArray[np.uint8] = np.clip((grey - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
    return stretched


def _rooted(descriptors: Any) -> NDArray[np.uint8]:
    """SIFT's descriptors to RootSIFT: then the product of two is a likeness of 0 to 1."""
    if descriptors is None:
        return np.empty((0, _WIDTH), np.uint8)
    shares = descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6)
    rooted: NDArray[np.uint8] = np.round(np.sqrt(shares) * 255).astype(np.uint8)
    return rooted
