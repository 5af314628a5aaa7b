"""An encoder: a network that turns pictures into features, one at a time on each CPU thread, in batches on CUDA."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from PIL.Image import Image
from torch import nn

from .errors import WeightsError
from .features import COLOUR_DIMENSION, PictureFeatures, to_features, to_pixels

#: Goes into every encoder's identity: to be raised whenever the same picture and weights would give other numbers.
DESIGN_VERSION = 1

_CUDA_BATCH = 64


class Encoder:
    """A network that gives maps and logits, as a way from pictures to features.

    On a CPU each picture goes through the network alone, on one thread, and several pictures at a time on as many
    threads as PyTorch is set to use (``OMP_NUM_THREADS``, ``torch.set_num_threads``). So a picture gives the same
    bytes whatever the batch and whatever the number of threads; and small networks gain more from it than from many
    threads within one convolution. The pool's threads are set to one thread each; the caller's setting is untouched.

    Attributes:
        name: One of ``vision.ENCODERS``.
        dimension: C, the width of the global vector.
        region_dimension: R, the width of a region.
        identity: Name, digest of the weights and version of the design. Vectors of equal identity can be compared.
    """

    def __init__(
        self, network: nn.Module, *, name: str, digest: str, region_dimension: int, device: torch.device
    ) -> None:
        """Take over a network.

        Args:
            network: float32 (B, 3, 224, 224) from -1 to 1, to maps (B, R, 7, 7) and logits (B, 1000) or None.
            name: The encoder's.
            digest: SHA-256 of the weights, in hexadecimal.
            region_dimension: R.
            device: Where to run.
        """
        self.name = name
        self.region_dimension = region_dimension
        self.dimension = region_dimension + COLOUR_DIMENSION
        self.identity = f"{name}-{digest[:16]}-v{DESIGN_VERSION}"
        self._device = device
        self._network = network.eval().requires_grad_(requires_grad=False).to(device)
        self._pool: ThreadPoolExecutor | None = None
        self._pool_lock = threading.Lock()

    def encode(self, pictures: Sequence[Image]) -> list[PictureFeatures]:
        """Encode RGB pictures of any size, in their order; on a CPU, byte-equal in whatever batches they come."""
        if self._device.type == "cuda":
            return self._encode_batches(pictures)
        return list(self._threads().map(self._encode_alone, pictures))

    def _encode_alone(self, picture: Image) -> PictureFeatures:
        with torch.inference_mode():
            pixels = to_pixels(picture)
            return to_features(pixels, *self._network(pixels))[0]

    def _encode_batches(self, pictures: Sequence[Image]) -> list[PictureFeatures]:
        features: list[PictureFeatures] = []
        # TF32 would move a cosine by about 1e-3, more than an index built on a CPU may differ.
        flags = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        with torch.inference_mode(), flags:
            for start in range(0, len(pictures), _CUDA_BATCH):
                batch = torch.cat(list(self._threads().map(to_pixels, pictures[start : start + _CUDA_BATCH])))
                batch = batch.to(self._device)
                features += to_features(batch, *self._network(batch))
        return features

    def _threads(self) -> ThreadPoolExecutor:
        with self._pool_lock:
            if self._pool is None:
                self._pool = _single_threaded_pool(torch.get_num_threads())
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


def _single_threaded_pool(size: int) -> ThreadPoolExecutor:
    """A pool whose threads run PyTorch's operators alone; the caller's own thread count is put back."""
    started = threading.Barrier(size + 1)

    def start() -> None:
        torch.get_num_threads()  # a thread takes the shared default when it first asks: let it ask before, not after
        torch.set_num_threads(1)
        started.wait()

    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(size, thread_name_prefix="vision")
    for _ in range(size):
        pool.submit(start)
    started.wait()
    torch.set_num_threads(before)  # the setting of a running thread is its own, the default for new ones is shared
    return pool
