"""Mutated pictures through the decoder: each is read or refused, none crashes it, hangs or takes a gigabyte.

python -m benchmarks.fuzz_pictures [--pictures 20000] [--seed 0]
"""

import argparse
import io
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from vision import PictureError, load_picture_apart

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
_DIED = ("its decoder crashed", "takes more than", "could not be decoded")
_NUMBERS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\xff\xff", b"\x80\0\0\0", b"\1\0\0\0")


def main() -> None:
    """Print what became of the pictures of each format."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    generator, outcomes, slowest, most_kb = np.random.default_rng(asked.seed), Counter[tuple[str, str]](), 0.0, 0
    whole = {name: seeds(name, generator) for name in FORMATS}
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        for number in range(asked.pictures):
            name = FORMATS[number % len(FORMATS)]
            path.write_bytes(mutated(whole[name][generator.integers(len(whole[name]))], generator))
            began = time.perf_counter()
            outcomes[name, outcome(path)] += 1
            slowest = max(slowest, time.perf_counter() - began)
            most_kb = max(most_kb, decoders_kb()) if number % 20 == 0 else most_kb
    for name in FORMATS:
        print(f"{name:<6}" + "  ".join(f"{what} {outcomes[name, what]:>6,}" for what in ("read", "refused", "died")))
    died = sum(count for (_, what), count in outcomes.items() if what == "died")
    print(
        f"{asked.pictures:,} pictures in {time.perf_counter() - start:.0f} s, {died} decoders died; the slowest took"
        f" {slowest:.2f} s; a decoder held {most_kb / 1024:.0f} MiB at most"
    )


def seeds(name: str, generator: np.random.Generator) -> list[bytes]:
    """A few whole pictures of a format: of colours and of greys, large and small, still and moving where it can."""
    made = []
    for width, height in ((64, 48), (7, 301), (300, 200)):
        picture = Image.fromarray(generator.integers(0, 256, (height, width, 3), dtype=np.uint8))
        moving = {"save_all": True, "append_images": [picture.rotate(90)]} if name in {"GIF", "WEBP", "TIFF"} else {}
        for mode, options in (("RGB", moving), ("L", {}), ("RGB", {"progressive": True} if name == "JPEG" else {})):
            file = io.BytesIO()
            picture.convert(mode).save(file, name, **options)
            made.append(file.getvalue())
    return made


def mutated(content: bytes, generator: np.random.Generator) -> bytes:
    """A picture with some bytes changed, cut, doubled or overwritten with extreme numbers; most near its start."""
    data = bytearray(content)
    for _ in range(int(generator.integers(1, 9))):
        near = min(len(data), 200) if generator.random() < 0.6 else len(data)
        at, kind = int(generator.integers(max(near, 1))), int(generator.integers(5))
        if kind <= 1:
            data[at : at + 1] = bytes([int(generator.integers(256))])
        elif kind == 2:
            data[at : at + 4] = _NUMBERS[int(generator.integers(len(_NUMBERS)))]
        elif kind == 3:
            data[at:at] = data[at : at + int(generator.integers(1, 64))]
        elif generator.random() < 0.3:
            del data[at + len(data) // 4 :]
    return bytes(data) or b"\0"


def outcome(path: Path) -> str:
    """Read, refused or died."""
    try:
        load_picture_apart(path)
    except PictureError as error:
        return "died" if error.reason.startswith(_DIED) else "refused"
    return "read"


def decoders_kb() -> int:
    """The most that a process of this one's held, in KiB, where Linux says it."""
    most = 0
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        status = Path(f"/proc/{child}/status").read_text()
        most = max(most, int(status.partition("VmHWM:")[2].split()[0]))
    return most


if __name__ == "__main__":
    main()
