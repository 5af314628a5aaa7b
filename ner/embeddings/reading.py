"""Published word vectors by a name or a file, whatever their form."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ner.embeddings.binary import is_binary, read_binary_vectors
from ner.embeddings.package import GLOVE_NAMES, read_packaged_glove
from ner.embeddings.records import PublishedVectors
from ner.embeddings.text import read_text_vectors
from ner.errors import FormatError


def read_published(name_or_path: str | Path, wanted: Collection[str], *, frequent: int) -> PublishedVectors:
    """The vectors of the wanted words and of the ``frequent`` most frequent ones.

    Args:
        name_or_path: "glove-6b-50d" (a package), or a file: fastText's .bin or .vec, GloVe's text, plain or .gz.
        wanted: Words as they may be published; see :func:`ner.embeddings.forms.word_forms`.
        frequent: How many frequent words are kept besides.

    Raises:
        FormatError: The file cannot be read, or is no file of word vectors.
        MissingExtraError: A package that it takes is not installed.
    """
    if str(name_or_path) in GLOVE_NAMES:
        return read_packaged_glove(wanted, frequent=frequent)
    path = Path(name_or_path)
    if not path.is_file():
        raise FormatError(f"word vectors {str(name_or_path)!r} are not there: give a file, or {GLOVE_NAMES[0]!r}")
    read = read_binary_vectors if is_binary(path) else read_text_vectors
    return read(path, wanted, frequent=frequent)
