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

from ner.embeddings.records import BadLine, PublishedVectors, SkippedLines, Vectors
from ner.errors import FormatError

GREATEST = 1e6
"""No number of a published vector comes near; beyond it the compact form could not hold it."""

_NUMBER_LETTERS = b"0123456789.+-eE "
_LOOKED_AT = 100  # lines that tell the width
_TOLD = 5  # bad lines that are told one by one
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


def read_text_vectors(path: Path, wanted: Collection[str], *, frequent: int) -> PublishedVectors:
    """The vectors of the wanted words and of the ``frequent`` first words of a file.

    A line that is no word and ``E`` numbers is skipped and counted. GloVe's words may hold blanks: the last ``E``
    columns are the vector. A word that comes again is not read again.

    Args:
        path: The file.
        wanted: Words as they may stand in the file.
        frequent: How many first words are kept besides.

    Raises:
        FormatError: The file cannot be read, is empty, or most of its lines are no vectors.
    """
    try:
        with _open(path) as file:
            lines = enumerate(file, 1)
            start = list(itertools.islice(lines, _LOOKED_AT))
            width, header_lines = _width([line for _, line in start])
            reading = _Reading(width, frozenset(wanted), frequent)
            for number, line in itertools.chain(start[header_lines:], lines):
                reading.take(number, line)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FormatError(f"{path}: cannot be read ({reason}): give a file of word vectors") from error
    skipped = SkippedLines(reading.bad, tuple(reading.first_bad))
    if reading.good <= reading.bad:
        raise FormatError(f"{path}: holds {reading.good} word vectors, {skipped}: give a .vec or GloVe file")
    vectors = np.stack([*reading.rows.values(), np.zeros(width, dtype=np.float32)])[:-1]
    return PublishedVectors(tuple(reading.rows), vectors, reading.kept_frequent, skipped=skipped)


class _Reading:
    """What has been read so far, and what was wrong with the rest."""

    def __init__(self, width: int, wanted: frozenset[str], frequent: int) -> None:
        self.width, self.wanted, self.frequent = width, wanted, frequent
        self.rows: dict[str, Vectors] = {}
        self.good = self.kept_frequent = self.bad = 0
        self.first_bad: list[BadLine] = []

    def take(self, number: int, line: bytes) -> None:
        try:
            word, numbers = _split(line.rstrip(b" \r\n"), self.width)
            is_frequent = self.good < self.frequent
            if (is_frequent or word in self.wanted) and word not in self.rows:
                self.rows[word] = _vector(numbers)
                self.kept_frequent += is_frequent
            self.good += 1
        except ValueError as error:
            self.bad += 1
            if len(self.first_bad) < _TOLD:
                self.first_bad.append(BadLine(number, str(error)))


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == _ZIP:
        raise FormatError(f"{path}: is a zip archive: unpack it and give the file inside")
    return cast(BinaryIO, gzip.open(path)) if magic.startswith(_GZIP) else path.open("rb")


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
    if columns == width:
        word, _, numbers = line.partition(b" ")
    else:
        parts = line.rsplit(b" ", width)
        word, numbers = parts[0], b" ".join(parts[1:])
    if numbers.translate(None, _NUMBER_LETTERS):
        raise ValueError(f"{_start(numbers)} is no list of {width} numbers")
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
        raise ValueError(f"{_start(numbers)} is no list of numbers") from error
    if not (np.abs(vector) <= GREATEST).all():
        raise ValueError(f"{_start(numbers)} holds a number beyond {GREATEST:g}")
    return vector.astype(np.float32)


def _start(numbers: bytes) -> str:
    return repr(numbers[:30].decode("utf-8", "replace"))
