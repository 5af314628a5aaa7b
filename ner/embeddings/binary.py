"""Word vectors of a fastText ``.bin``, which has a vector for any word: n-grams of letters are in it too.

The module ``fasttext`` reads the file, all of it into memory. It dies with its process on a file that was cut, or takes
what is missing for zeros, so the file's own numbers are held against its size first.
Shapes: ``E`` width of a vector.
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

from ner.embeddings.records import GramHashing, PublishedVectors, Vectors
from ner.errors import FormatError, MissingExtraError

MAGIC = struct.pack("<i", 793712314)
"""How a fastText model begins."""

_VERSIONS = (11, 12)
_VERSION = struct.Struct("<i")
_SETTINGS = struct.Struct("<12id")  # width first; buckets, shortest and longest n-gram are 8, 9, 10
_DICTIONARY = struct.Struct("<iiiqq")  # entries, words, labels, tokens, entries of a pruned index
_ENTRY_TAIL = 9  # after a word's closing zero: its count and its kind
_MATRIX = struct.Struct("<?qq")  # whether it is quantized, rows, columns


def read_binary_vectors(path: Path, wanted: Collection[str], *, frequent: int) -> PublishedVectors:
    """The vectors of the wanted words and of the ``frequent`` first words of a model, and its n-grams.

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
            hashing = _checked(path, plain)
            model = _loaded(path, plain)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FormatError(f"{path}: cannot be read ({reason}): give a file of word vectors") from error
    known = model.get_words(on_unicode_error="replace")
    needed = frozenset(wanted)
    words = [word for row, word in enumerate(known) if row < frequent or word in needed]
    readable = [word for word in words if model.get_word_id(word) >= 0]  # the others are not UTF-8
    vectors = np.zeros((len(readable), model.get_dimension()), dtype=np.float32)
    for row, word in enumerate(readable):
        vectors[row] = _word_vector(model, word)
    count = sum(model.get_word_id(word) < frequent for word in readable)
    subwords = _ModelSubwords(model, hashing, len(known)) if hashing.longest and hashing.buckets else None
    return PublishedVectors(tuple(readable), vectors, count, subwords)


def _word_vector(model: Any, word: str) -> Vectors:
    """The mean over a known word and its n-grams (Bojanowski et al. 2017, section 3.2), float32 (E,).

    It is worked out here, as some builds of the module give it at length 1 and others as it is.
    """
    rows = model.get_subwords(word, on_unicode_error="replace")[1]
    mean: Vectors = np.mean([model.get_input_vector(row) for row in rows], axis=0, dtype=np.float32)
    return mean


class _ModelSubwords:
    """The n-grams of a loaded model."""

    def __init__(self, model: Any, hashing: GramHashing, words: int) -> None:
        self.hashing = hashing
        self._model, self._words = model, words

    def bucket_vector(self, bucket: int) -> Vectors:
        """The vector of a bucket, float32 (E,)."""
        vector: Vectors = self._model.get_input_vector(self._words + bucket)
        return vector


def is_binary(path: Path) -> bool:
    """Whether a file, plain or as ``.gz``, begins as a fastText model does; a file that cannot be read does not."""
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(path) as file:
                start = file.read(len(MAGIC))
    except (OSError, EOFError, zlib.error):
        return False
    return start == MAGIC


def _unpacked(path: Path, folder: Path) -> Path:
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return path
    plain = folder / "model.bin"
    with gzip.open(path) as packed, plain.open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
    return plain


def _checked(path: Path, plain: Path) -> GramHashing:
    """Hold a model's own numbers against its size; how its n-grams are hashed."""
    with plain.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            version: int = _VERSION.unpack_from(data, len(MAGIC))[0]
            if version not in _VERSIONS:
                raise FormatError(f"{path}: is a fastText model of version {version}, expected {_VERSIONS[-1]}")
            at = len(MAGIC) + _VERSION.size
            settings = _SETTINGS.unpack_from(data, at)
            width, buckets, shortest, longest = settings[0], *settings[8:11]
            at = _after_dictionary(data, at + _SETTINGS.size)
            for _ in ("input", "output"):
                quantized, rows, columns = _MATRIX.unpack_from(data, at)
                if quantized:
                    raise FormatError(f"{path}: is a quantized model: give the .bin that it was made of")
                at += _MATRIX.size + 4 * rows * columns
                if columns != width or at > len(data):
                    raise ValueError(f"a matrix of {rows} rows of {columns} numbers does not fit")
        except (struct.error, ValueError) as error:
            raise FormatError(f"{path}: is cut or damaged ({error}): fetch it again") from error
    return GramHashing(shortest, longest, buckets)


def _after_dictionary(data: mmap.mmap, at: int) -> int:
    """Where the dictionary ends that begins at a place."""
    entries, _, _, _, pruned = _DICTIONARY.unpack_from(data, at)
    at += _DICTIONARY.size
    for number in range(entries):
        closing = data.find(b"\0", at)
        if closing < 0:
            raise ValueError(f"it ends in word {number + 1} of {entries}")
        at = closing + 1 + _ENTRY_TAIL
    end: int = at + 8 * max(pruned, 0)
    return end


def _loaded(path: Path, plain: Path) -> Any:
    import fasttext

    try:
        return fasttext.load_model(str(plain))
    except (ValueError, MemoryError) as error:
        raise FormatError(f"{path}: fastText cannot load it ({error})") from error
