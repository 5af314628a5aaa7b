"""An encoder of pictures that takes no time and says what it was asked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

import vision


class ColourEncoder:
    """The mean colour of a picture's quarters, and a record of what was asked."""

    name, identity, dimension = "colours", "colours-1", 12

    def __init__(self) -> None:
        self.asked = 0

    def encode(self, images: Sequence[Image.Image]) -> list[Any]:
        self.asked += len(images)
        vectors = [np.asarray(image.resize((2, 2)), np.float32).reshape(-1) + 1 for image in images]
        return [
            vision.PictureFeatures(
                regions=np.zeros((49, 3), np.float32), vector=vector / np.linalg.norm(vector), attributes=()
            )
            for vector in vectors
        ]
