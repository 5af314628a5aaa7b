"""Word vectors published as text: fastText's ``.vec`` (with a header) and GloVe's (without), plain or as ``.gz``.

The file is read as a stream: only the words wanted, and the most frequent, are kept.
Shapes: ``N`` words, ``E`` width of a vector.
"""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from ner.embeddings.published_vectors import PublishedVectors, Vectors
from ner.errors import FormatError

GREATEST = float(np.finfo(np.float16).max)
"""No number of a published vector comes near it; beyond it a tagger's folder could not hold it."""

_NUMBER_LETTERS = b"0123456789.+-eE "
_LOOKED_AT = 100  # lines that tell the width
_TOLD = 5  # bad lines that are told one by one


def read_text_vectors(path: Path, wanted: Collection[str], *, frequent: int) -> PublishedVectors:
    """The vectors of the wanted words and of the ``frequent`` first words of a file.

    A line that is not a word and ``E`` numbers is skipped and counted. GloVe's words may hold blanks: the last ``E``
    columns are the vector. A word that comes again is not read again.

    Args:
        path: The file.
        wanted: Words as they may stand in the file.
        frequent: How many first words are kept besides.

    Raises:
        FormatError: The file cannot be read, is empty, or most of its lines are not vectors.
    """
    needed = frozenset(wanted)
    rows: dict[str, Vectors] = {}
    good = kept_frequent = bad = 0
    told: list[str] = []
    try:
        with _open(path) as file:
            lines = enumerate(file, 1)
            start = list(itertools.islice(lines, _LOOKED_AT))
            width, header_lines = _width([line for _, line in start])
            for number, line in itertools.chain(start[header_lines:], lines):
                try:
                    word, numbers = _split(line.rstrip(b" \r\n"), width)
                    is_frequent = good < frequent
                    if (is_frequent or word in needed) and word not in rows:
                        rows[word] = _vector(numbers)
                        kept_frequent += is_frequent
                    good += 1
                except ValueError as error:
                    bad += 1
                    told += [f"line {number}: {error}"] if bad <= _TOLD else []
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise FormatError(f"{path}: cannot be read ({reason}): give a file of word vectors") from error
    more = f"; and {bad - len(told)} more" if bad > len(told) else ""
    skipped = f"{bad} line{'s' if bad > 1 else ''} skipped ({'; '.join(told)}{more})" if bad else ""
    if good <= bad:
        found = skipped or "no line skipped"
        raise FormatError(f"{path}: holds {good} word vectors, {found}: give a .vec or GloVe file")
    vectors = np.array(list(rows.values()), dtype=np.float32).reshape(len(rows), width)
    return PublishedVectors(tuple(rows), vectors, kept_frequent, skipped=skipped)


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == b"PK\x03\x04":
        raise FormatError(f"{path}: is a zip archive: unpack it and give the file inside")
    return cast(BinaryIO, gzip.open(path)) if magic.startswith(b"\x1f\x8b") else path.open("rb")


def _width(lines: Sequence[bytes]) -> tuple[int, int]:
    """The width of the vectors, and how many lines of header there are: as the header says, or as most lines are."""
    first = lines[0].split() if lines else []
    if len(first) == 2 and all(column.isdigit() for column in first):
        return max(int(first[1]), 1), 1
    counts = Counter(line.rstrip(b" \r\n").count(b" ") for line in lines)
    return max(1, min(counts, key=lambda width: (-counts[width], width), default=1)), 0


def _split(line: bytes, width: int) -> tuple[str, bytes]:
    """A line's word and its numbers, not yet read.

    Raises:
        ValueError: It has none; the text is what was found.
    """
    columns = line.count(b" ")
    if columns < width:
        raise ValueError(f"{columns} numbers, expected {width}")
    word, *parts = line.rsplit(b" ", width) if columns > width else line.split(b" ", 1)
    numbers = b" ".join(parts)
    if numbers.translate(None, _NUMBER_LETTERS):
        raise ValueError(f"{_start(numbers)} is not a list of {width} numbers")
    if not word:
        raise ValueError("no word before the numbers")
    try:
        return word.decode("utf-8"), numbers
    except UnicodeDecodeError as error:
        raise ValueError("the word is not UTF-8") from error


def _vector(numbers: bytes) -> Vectors:
    try:
        vector = np.array([float(number) for number in numbers.split(b" ")])
    except ValueError as error:
        raise ValueError(f"{_start(numbers)} is not a list of numbers") from error
    if not (np.abs(vector) <= GREATEST).all():
        raise ValueError(f"{_start(numbers)} holds a number beyond {GREATEST:g}")
    return vector.astype(np.float32)


def _start(numbers: bytes) -> str:
    return repr(numbers[:30].decode("utf-8", "replace"))
