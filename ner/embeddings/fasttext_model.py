"""Word vectors of a fastText ``.bin``, which has one for any word: n-grams of letters are in it too.

The module ``fasttext`` reads the file, all of it into memory. It ends the process on a file that was cut, or takes what
is missing for zeros, so the numbers in the file are compared with its size first. Shapes: ``E`` width of a vector.
"""

from __future__ import annotations

import gzip
import importlib.util
import mmap
import shutil
import struct
import tempfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from ner.embeddings.published_vectors import PublishedVectors, Vectors
from ner.errors import FormatError, MissingExtraError

MAGIC = struct.pack("<i", 793712314)
"""How a fastText model begins."""

_VERSIONS = (11, 12)
_START = struct.Struct("<4xi12id")  # after the magic number: version, then settings, the width first
_DICTIONARY = struct.Struct("<iiiqq")  # entries, words, labels, tokens, entries of a pruned index
_ENTRY_TAIL = 9  # after a word's closing zero: its count and its kind
_MATRIX = struct.Struct("<?qq")  # whether it is quantized, rows, columns


def is_fasttext_model(path: Path) -> bool:
    """Whether a file, plain or as ``.gz``, begins as a fastText model does; a file that cannot be read does not."""
    try:
        with gzip.open(path) if _is_packed(path) else path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, EOFError, zlib.error):
        return False


def read_fasttext_model(path: Path, wanted: Collection[str], *, frequent: int) -> PublishedVectors:
    """The vectors of the wanted words and of the ``frequent`` first words of a model, and a way to those of any word.

    A ``.gz`` is unpacked beside other temporary files first.

    Args:
        path: The file.
        wanted: Words as they may stand in the model.
        frequent: How many of its first words are kept besides.

    Raises:
        MissingExtraError: The module ``fasttext`` is not installed.
        FormatError: The file is cut, of another version, quantized, or cannot be read.
    """
    if importlib.util.find_spec("fasttext") is None:
        raise MissingExtraError(f"{path}: a fastText .bin needs the module fasttext: pip install 'kgmner[fasttext]'")
    try:
        with tempfile.TemporaryDirectory(prefix="kgmner-") as folder:
            plain = _unpacked(path, Path(folder))
            _check_whole(path, plain)
            model = _loaded(path, plain)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise FormatError(f"{path}: cannot be read ({reason}): give a file of word vectors") from error

    def vector(word: str) -> Vectors | None:
        """The mean over the word itself, where it is known, and its n-grams (Bojanowski et al. 2017, section 3.2).

        It is worked out here, as some builds of the module give it with length 1 and some as it is.
        """
        rows = model.get_subwords(word.encode("utf-8", "replace").decode(), on_unicode_error="replace")[1]
        return np.mean([model.get_input_vector(row) for row in rows], axis=0, dtype=np.float32) if len(rows) else None

    needed = frozenset(wanted)
    words = [w for n, w in enumerate(model.get_words(on_unicode_error="replace")) if n < frequent or w in needed]
    words = [word for word in words if model.get_word_id(word) >= 0]  # the rest is not UTF-8
    vectors = np.zeros((len(words), model.get_dimension()), dtype=np.float32)
    for row, word in enumerate(words):
        vectors[row] = vector(word)
    count = sum(model.get_word_id(word) < frequent for word in words)
    return PublishedVectors(tuple(words), vectors, count, vector)


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _unpacked(path: Path, folder: Path) -> Path:
    if not _is_packed(path):
        return path
    with gzip.open(path) as packed, (folder / "model.bin").open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
    return folder / "model.bin"


def _check_whole(path: Path, plain: Path) -> None:
    """Compare the numbers in a model with its size."""
    with plain.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            version, width = _START.unpack_from(data)[:2]
            if version not in _VERSIONS:
                raise FormatError(f"{path}: is a fastText model of version {version}, expected {_VERSIONS[-1]}")
            at = _after_dictionary(data, _START.size)
            for _ in ("input", "output"):
                quantized, rows, columns = _MATRIX.unpack_from(data, at)
                if quantized:
                    raise FormatError(f"{path}: is a quantized model: give the .bin that it was made of")
                at += _MATRIX.size + 4 * rows * columns
                if columns != width or at > len(data):
                    raise ValueError(f"a matrix of {rows} rows of {columns} numbers does not fit")
        except (struct.error, ValueError) as error:
            raise FormatError(f"{path}: is cut or damaged ({error}): fetch it again") from error


def _after_dictionary(data: mmap.mmap, at: int) -> int:
    """Where the dictionary ends that begins at a place."""
    entries, _, _, _, pruned = _DICTIONARY.unpack_from(data, at)
    at += _DICTIONARY.size
    for number in range(entries):
        closing = data.find(b"\0", at)
        if closing < 0:
            raise ValueError(f"it ends in word {number + 1} of {entries}")
        at = closing + 1 + _ENTRY_TAIL
    return int(at + 8 * max(pruned, 0))


def _loaded(path: Path, plain: Path) -> Any:
    import fasttext

    try:
        return fasttext.load_model(str(plain))
    except (ValueError, MemoryError) as error:
        raise FormatError(f"{path}: fastText cannot load it ({error})") from error
