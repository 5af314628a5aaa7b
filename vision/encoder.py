"""An encoder: a network that turns pictures into features, one at a time on each CPU thread, in batches on CUDA."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Literal

import torch
from PIL.Image import Image
from torch import nn

from .errors import WeightsError
from .features import COLOUR_DIMENSION, PictureFeatures, Transform, to_features, to_pixels
from .threads import single_threaded_pool

#: Goes into every encoder's identity: to be raised whenever the same picture and weights would give other numbers.
DESIGN_VERSION = 1

Precision = Literal["float32", "float16", "bfloat16"]
"""In what numbers a network computes; features are always float32."""

_CUDA_PIXELS = 64 * 224 * 224  # of a batch


class Encoder:
    """A network that gives maps and logits, as a way from pictures to features.

    On a CPU each picture goes through the network alone, on one thread, and several pictures at a time on as many
    threads as PyTorch is set to use (``OMP_NUM_THREADS``, ``torch.set_num_threads``). So a picture gives the same
    bytes whatever the batch and whatever the number of threads; and small networks gain more from it than from many
    threads within one convolution. The pool's threads are set to one thread each; the caller's setting is untouched.

    On a GPU a network computes in float16, which moves a cosine near 0.9 by less than 5e-4 (of kg-sample's pictures by
    ``efficientnet-lite0``); in bfloat16 it would be ten times that.

    Attributes:
        name: One of ``vision.ENCODERS``, or ``timm:NAME`` or ``hub:NAME``.
        dimension: C, the width of the global vector.
        region_dimension: R, the width of a region.
        identity: Name, digest of the weights and version of the design. Vectors of equal identity can be compared.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        name: str,
        digest: str,
        region_dimension: int,
        device: torch.device,
        hidden_dimension: int | None = None,
        transform: Transform | None = None,
        labels: Sequence[str] = (),
        precision: Precision | None = None,
    ) -> None:
        """Take over a network.

        Args:
            network: float32 (B, 3, side, side), normalised, to maps (B, R, h, w), logits (B, classes) or None, and its
                own vectors of whole pictures (B, H) where it has them.
            name: The encoder's.
            digest: SHA-256 of the weights, in hexadecimal.
            region_dimension: R.
            device: Where to run.
            hidden_dimension: H; None where the mean of the regions is taken.
            transform: How the network wants its pictures.
            labels: The names of its classes; none for the 1,000 of ImageNet.
            precision: In what numbers to compute; None for float16 on a GPU, float32 on a CPU.
        """
        self.name = name
        self.region_dimension = region_dimension
        self.dimension = (hidden_dimension or region_dimension) + COLOUR_DIMENSION
        self.identity = f"{name}-{digest[:16]}-v{DESIGN_VERSION}"
        self._device = device
        self._transform = transform or Transform()
        self._labels = labels
        self._precision = getattr(torch, precision or ("float16" if device.type == "cuda" else "float32"))
        self._network = network.eval().requires_grad_(requires_grad=False).to(device)
        self._pool: ThreadPoolExecutor | None = None
        self._pool_lock = threading.Lock()

    def encode(self, pictures: Sequence[Image]) -> list[PictureFeatures]:
        """Encode RGB pictures of any size, in their order; on a CPU, byte-equal in whatever batches they come."""
        if self._device.type == "cuda":
            return self._encode_batches(pictures)
        return list(self._threads().map(lambda picture: self.see(self.pixels(picture))[0], pictures))

    def pixels(self, picture: Image) -> torch.Tensor:
        """What the network is shown of a picture: float32, (1, 3, side, side), from -1 to 1."""
        return to_pixels(picture, self._transform)

    @torch.inference_mode()
    def see(self, pixels: torch.Tensor) -> list[PictureFeatures]:
        """The features of a batch, float32 (B, 3, side, side) from -1 to 1; several threads may call it."""
        pixels = pixels.to(self._device)
        # TF32 would move a cosine by about 1e-3, more than an index built on a CPU may differ.
        flags = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        half = torch.autocast(self._device.type, self._precision, enabled=self._precision != torch.float32)
        with flags if self._device.type == "cuda" else nullcontext(), half:
            seen = self._network(self._transform.normalise(pixels))
        return to_features(pixels, *seen, labels=self._labels)

    def _encode_batches(self, pictures: Sequence[Image]) -> list[PictureFeatures]:
        size = max(1, _CUDA_PIXELS // self._transform.side**2)
        features: list[PictureFeatures] = []
        for start in range(0, len(pictures), size):
            features += self.see(torch.cat(list(self._threads().map(self.pixels, pictures[start : start + size]))))
        return features

    def _threads(self) -> ThreadPoolExecutor:
        with self._pool_lock:
            if self._pool is None:
                self._pool = single_threaded_pool(torch.get_num_threads())
            return self._pool


def choose_device(name: str) -> torch.device:
    """``auto``, ``cpu``, ``cuda`` or ``cuda:N`` to a device that is there.

    Raises:
        WeightsError: There is no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise WeightsError(f"no device {name!r}; choose auto, cpu, cuda or cuda:N") from error
    if device.type not in {"cpu", "cuda"}:
        raise WeightsError(f"no device {name!r}; choose auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise WeightsError(f"no device {name!r} here, PyTorch sees {torch.cuda.device_count()}; use cpu or auto")
    return device
