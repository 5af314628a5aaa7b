"""Encoders: a picture to regions, one global vector and attributes. The networks load only when asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import WeightsError, shown

if TYPE_CHECKING:
    from PIL.Image import Image

ENCODERS = ("efficientnet-lite0", "vgg16")

#: Goes into every encoder's identity: to be raised whenever the same picture and weights would give other numbers.
DESIGN_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class PictureFeatures:
    """What an encoder sees in a picture.

    Attributes:
        regions: float32, (49, R): the last convolutional map, 7 x 7 cells in reading order.
        vector: float32, (C,): the whole picture, of length 1, to be compared by cosine.
        attributes: The five likeliest ImageNet classes with their probabilities, likeliest first; empty where the
            network has no classifier.
    """

    regions: NDArray[np.float32]
    vector: NDArray[np.float32]
    attributes: tuple[tuple[str, float], ...]


class Encoder(Protocol):
    """Pictures to features.

    Attributes:
        name: One of ``ENCODERS``.
        dimension: C, the width of the global vector.
        region_dimension: R, the width of a region.
        identity: Name, digest of the weights and version of the design. Vectors of equal identity can be compared.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def dimension(self) -> int: ...  # noqa: D102
    @property
    def region_dimension(self) -> int: ...  # noqa: D102
    @property
    def identity(self) -> str: ...  # noqa: D102

    def encode(self, pictures: Sequence["Image"]) -> list[PictureFeatures]:
        """Encode RGB pictures of any size, in their order; on a CPU, byte-equal in whatever batches they come."""
        ...


def check_encoder(name: str, *, weights: Path | None = None) -> None:
    """See whether an encoder can be had, as far as that is seen without loading a network.

    Raises:
        WeightsError: The name is not known, or there is no such file of weights.
    """
    if name not in ENCODERS:
        raise WeightsError(f"no encoder {name!r}; choose one of {', '.join(ENCODERS)}")
    if weights is not None and not weights.is_file():
        raise WeightsError(f"no weights file {shown(weights)}; expected a .pth or .safetensors file")


def load_encoder(name: str = "efficientnet-lite0", *, weights: Path | None = None, device: str = "auto") -> Encoder:
    """Load an encoder with its weights.

    Args:
        name: One of ``ENCODERS``.
        weights: A ``.pth`` or ``.safetensors`` file in place of the encoder's usual weights.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda`` or ``cuda:N``.

    Returns:
        The encoder, ready.

    Raises:
        WeightsError: The name or the device is not known, or the weights cannot be had, read or used.
    """
    check_encoder(name, weights=weights)
    if name == "efficientnet-lite0":
        from .efficientnet import load_efficientnet

        return load_efficientnet(weights=weights, device=device)
    from .vgg import load_vgg

    return load_vgg(weights=weights, device=device)
