"""Image-first search in an index of made vectors, and every encoder, beside what the device can do in the same run.

python -m benchmarks.gpu_index [--rows 10000000] [--width 512] [--batches 1 64 1024] [--encoders NAME ...]

A search must read every row, and multiply it with every query: the longer of the two times, at the rates of a plain
copy and of a plain product of matrices, is its limit. Encoders without a file of weights have random ones.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from vision import ENCODERS, ImageIndex, load_encoder, write_index
from vision.encoder import choose_device

THETA = 0.9
_CHUNK = 100_000  # rows that are made at a time
_OF_TORCHVISION = {"vgg16": "vgg16", "vgg19": "vgg19", "resnet152": "resnet152", "inception-v3": "inception_v3"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the limits, each batch's time beside its limit, and each encoder's rates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--batches", type=int, nargs="*", default=[1, 64, 1024])
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--encoders", nargs="*", metavar="NAME", help="default: all where there is a GPU, else none")
    parser.add_argument("--pictures", type=int, default=128, help="of a batch for an encoder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--matrix", type=int, help="side of the matrices (default: 8192 on a GPU, else 512)")
    asked = parser.parse_args(arguments)
    device = choose_device(asked.device)
    is_gpu = device.type == "cuda"
    print(f"{torch.cuda.get_device_name(device) if is_gpu else 'CPU'}, PyTorch {torch.__version__}", flush=True)
    search_rates(asked, device, side=asked.matrix or (8192 if is_gpu else 512))
    for name in asked.encoders if asked.encoders is not None else (ENCODERS if is_gpu else ()):
        encoder_rates(name, device, pictures=asked.pictures, rounds=asked.rounds)


def search_rates(asked: argparse.Namespace, device: torch.device, *, side: int) -> None:
    """Print what the device can do, and how near to it `ImageIndex.search` comes."""
    bytes_a_s, operations_a_s = limits(device, side=side, copied=min(2 * asked.rows * asked.width, 4 << 30))
    print(f"limits: {bytes_a_s / 1e9:,.0f} GB/s, {operations_a_s / 1e12:,.3f} TFLOP/s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.faiss"
        fingerprint = write_index(path, made_rows(asked.rows, asked.width), dimension=asked.width)
        start = time.perf_counter()
        index = ImageIndex.open(path, fingerprint, device=str(device))
        print(f"{asked.rows:,} x {asked.width} opened in {time.perf_counter() - start:.3f} s", flush=True)
        for batch in asked.batches:
            wanted = np.random.default_rng(batch).choice(asked.rows, batch, replace=batch > asked.rows)
            queries = near(index.vectors(wanted))
            found = index.search(queries, THETA)
            missed = sum(image not in dict(hits) for image, hits in zip(wanted.tolist(), found, strict=True))
            spent = fastest(partial(index.search, queries, THETA), device, asked.rounds)
            reading = 2 * asked.rows * asked.width / bytes_a_s
            multiplying = 2 * batch * asked.rows * asked.width / operations_a_s
            share, binds = max(reading, multiplying) / spent, "bandwidth" if reading > multiplying else "products"
            rate = f"batch {batch}: {1000 * spent:,.2f} ms, {batch / spent:,.0f} posts/s"
            print(f"{rate}, {share:.2f} of the limit ({binds}; >= 0.6), {missed} missed", flush=True)


def limits(device: torch.device, *, side: int, copied: int) -> tuple[float, float]:
    """Bytes a second that a copy reads and writes, and operations a second of a product of matrices."""
    source = torch.zeros(max(copied // 2, 1), dtype=torch.float16, device=device)
    target = torch.empty_like(source)
    copying = fastest(lambda: target.copy_(source), device, 5)
    kind = torch.float16 if device.type == "cuda" else torch.float32  # PyTorch multiplies halves slowly on a CPU
    one, two = torch.randn(2, side, side, device=device).to(kind)
    return 4 * len(source) / copying, 2 * side**3 / fastest(lambda: one @ two, device, 5)


def made_rows(rows: int, width: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
    """Ids and random vectors, in parts."""
    for start in range(0, rows, _CHUNK):
        ids = np.arange(start, min(start + _CHUNK, rows), dtype=np.int64)
        values = np.random.default_rng(start).standard_normal((len(ids), width), np.float32)
        yield ids, (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float16)


def near(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors with a cosine of about 0.97 to some of length 1."""
    moved = np.random.default_rng(0).standard_normal(vectors.shape).astype(np.float32)
    moved = vectors + 0.25 * moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


def fastest(work: Callable[[], object], device: torch.device, rounds: int) -> float:
    """Seconds of the fastest of some rounds, after one to warm up."""
    spent = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        spent.append(time.perf_counter() - start)
    return min(spent[1:])


def encoder_rates(name: str, device: torch.device, *, pictures: int, rounds: int) -> None:
    """Print an encoder's pictures a second, decoded before, in bfloat16 beside float32."""
    with tempfile.TemporaryDirectory() as folder:
        weights, rates = random_weights(name, Path(folder)), []
        for precision in ("float32", "bfloat16"):
            encoder = load_encoder(name, weights=weights, device=str(device), precision=precision)  # type: ignore[arg-type]
            pixels = torch.rand(pictures, *encoder.pixels(Image.new("RGB", (8, 8))).shape[1:], device=device) * 2 - 1
            rates.append(pictures / fastest(partial(encoder.see, pixels), device, rounds))
    print(
        f"{name}: {rates[0]:,.1f} pictures/s in float32, {rates[1]:,.1f} in bfloat16 ({rates[1] / rates[0]:.2f} x)",
        flush=True,
    )


def random_weights(name: str, folder: Path) -> Path | None:
    """A file of random weights; none for what comes in a package, or is a folder on this disk."""
    if name in _OF_TORCHVISION:
        from torchvision.models import get_model

        network = get_model(_OF_TORCHVISION[name], weights=None)
    elif name.startswith("timm:"):
        import timm

        network = timm.create_model(name.partition(":")[2], pretrained=False)
    else:
        return None
    torch.save(network.state_dict(), folder / "random.pth")
    return folder / "random.pth"


if __name__ == "__main__":
    main()
