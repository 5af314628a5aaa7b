"""The word vectors of a run: a table that is built from published vectors, and kept in a trained tagger's folder.

There it is ``words.json`` and, as float16, ``words.safetensors``. It has a vector for every word of the run, also those
made of letter n-grams, and for the most frequent published words; the published file is not needed again. A word that
is met later and is not among them has no vector (zeros), or one that is drawn for it: see :class:`BuildOptions`.
Shapes: ``N`` words, ``E`` width of a vector.
"""

from __future__ import annotations

import hashlib
import html
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from ner.embeddings.find_vectors import find_vectors
from ner.embeddings.published_vectors import PublishedVectors, Vectors
from ner.errors import CheckpointError
from ner.inputs.word_shapes import is_address
from ner.options import choice, options, size

FORMAT_VERSION = 2
TEXT_FILE = "words.json"
NUMBERS_FILE = "words.safetensors"

_UNKNOWN_ID, _FIRST_ID = 1, 2  # 0 is padding

UNKNOWN = ("subwords", "gaussian", "zeros")
"""What a word without a published vector may get."""

_ANEW = "train the tagger anew: train-tagger RECIPE --train FILE --valid FILE -o DIR"
_STRETCHED = re.compile(r"(.)\1{2,}")


@options
class BuildOptions:
    """What of a run and of published vectors a table keeps; see :meth:`WordTable.build`."""

    min_count: int = size(1)  # how often a training word must occur to have a number
    # how many of the most frequent published words are kept, for texts to come
    kept_words: int = size(50_000, at_least=0)
    # What a word without a published vector gets: "subwords" is the mean of its letter n-grams while the table is
    # built, and zeros for a word that is met later, or where no n-grams are published; "gaussian" is drawn once for
    # each word (Tian et al. 2021, section 4.3), as widely spread as published vectors are; or "zeros".
    unknown: str = choice("subwords", UNKNOWN)


@dataclass(frozen=True, eq=False, kw_only=True)
class WordTable:
    """Vectors and numbers of words; :meth:`build` makes one."""

    unknown: str  # what a word without a vector here gets: see :class:`BuildOptions`
    words: tuple[str, ...]  # the words of the rows
    vectors: NDArray[np.floating[Any]]  # float16 (N, E), theirs
    # the words that training saw, as :meth:`key` writes them; their numbers go on from 2
    numbered: tuple[str, ...] = ()
    spread: float = 1.0  # the standard deviation of the numbers of published vectors
    report: str = ""  # what came of building it, for people; "" where it was loaded

    @classmethod
    def build(
        cls,
        source: str | Path,
        training: Iterable[Sequence[str]],
        others: Iterable[Sequence[str]] = (),
        options: BuildOptions | None = None,
    ) -> Self:
        """The table of a run.

        Args:
            source: "glove-6b-50d", or a file of published vectors.
            training: The words of each training post; only these are numbered.
            others: All other words of the run: of posts to validate on, of captions, attributes and knowledge.
            options: What is kept; the defaults if None.

        Raises:
            FormatError: The source cannot be read, or is not a file of word vectors.
            MissingExtraError: A package that it takes is not installed.
        """
        options = options or BuildOptions()
        counts = Counter(itertools.chain.from_iterable(training))
        run_words = sorted(counts.keys() | set(itertools.chain.from_iterable(others)))
        wanted = {form for word in run_words for form in word_forms(word)}
        published = find_vectors(source, wanted, frequent=options.kept_words)
        row_of = {word: row for row, word in enumerate(published.words)}
        found = {word: row_of[form] for word in run_words if (form := _first_of(row_of, word)) is not None}
        rows = sorted({*found.values(), *range(published.frequent)})
        vectors = published.vectors[rows]
        made = _from_letters(published, [word for word in run_words if word not in found], options)
        table = cls(
            unknown=options.unknown,
            words=(*(published.words[row] for row in rows), *made),
            vectors=np.concatenate([vectors, *(vector[None] for vector in made.values())]).astype(np.float16),
            spread=float(np.sqrt(np.mean(np.square(vectors, dtype=np.float64)))) if vectors.size else 1.0,
            report=_report(len(run_words), len(found), len(made), published.skipped),
        )
        keys: Counter[str] = Counter()
        for word, count in counts.items():
            keys[table.key(word)] += count
        return replace(table, numbered=tuple(sorted(key for key, n in keys.items() if n >= options.min_count)))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The table that :meth:`save` wrote.

        Raises:
            CheckpointError: It is missing, damaged, or of a version that cannot be read.
        """
        path = folder / TEXT_FILE
        try:
            text = json.loads(path.read_text(encoding="utf-8"))
            version = text["format_version"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{path}: cannot be read ({error}): {_ANEW}") from error
        if version != FORMAT_VERSION:
            raise CheckpointError(f"{path}: has format version {version}, expected {FORMAT_VERSION}: {_ANEW}")
        path = folder / NUMBERS_FILE
        try:
            return cls._from_files(text, load_file(path))
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{path}: is damaged ({error}): {_ANEW}") from error

    @classmethod
    def _from_files(cls, text: dict[str, Any], numbers: dict[str, NDArray[Any]]) -> Self:
        vectors = numbers["vectors"]
        if vectors.ndim != 2 or len(vectors) != len(text["words"]):
            raise ValueError(f"{len(text['words'])} vectors expected, found numbers of shape {vectors.shape}")
        return cls(
            unknown=str(text["unknown"]),
            words=tuple(map(str, text["words"])),
            vectors=vectors,
            numbered=tuple(map(str, text["numbered"])),
            spread=float(text["spread"]),
        )

    def save(self, folder: Path) -> None:
        """Write the table's two files into a folder, each beside and renamed."""
        folder.mkdir(parents=True, exist_ok=True)
        kept = {name: getattr(self, name) for name in ("unknown", "spread", "words", "numbered")}
        text = json.dumps({"format_version": FORMAT_VERSION} | kept, separators=(",", ":"))
        numbers = save({"vectors": np.ascontiguousarray(self.vectors, dtype=np.float16)})
        for name, data in ((NUMBERS_FILE, numbers), (TEXT_FILE, f"{text}\n".encode())):
            part = folder / f"{name}.part"
            part.write_bytes(data)
            part.replace(folder / name)

    @property
    def width(self) -> int:
        """``E``, the width of a vector."""
        return int(self.vectors.shape[1])

    @property
    def id_count(self) -> int:
        """How many word numbers there are, padding and the unknown word included."""
        return _FIRST_ID + len(self.numbered)

    def vector(self, word: str) -> Vectors:
        """The vector of a word, float32 (E,)."""
        row = self._row_of.get(self.key(word))
        if row is not None:
            vector: Vectors = self.vectors[row].astype(np.float32)
            return vector
        if self.unknown == "gaussian":
            return drawn_vector(word, self.width, self.spread)
        return np.zeros(self.width, dtype=np.float32)

    def id(self, word: str) -> int:
        """The number of a word that training saw often enough; words of one vector share it. Else 1."""
        return self._ids.get(self.key(word), _UNKNOWN_ID)

    def key(self, word: str) -> str:
        """Under which word the table has a word: the form of it that has a vector, else its lower case."""
        form = _first_of(self._row_of, word)
        return word.lower() if form is None else form

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {key: number for number, key in enumerate(self.numbered, _FIRST_ID)}


def word_forms(word: str) -> tuple[str, ...]:
    """The forms to look for among published words; the first that is there counts.

    As it is written; in lower case; without the sign of a hashtag or handle, likewise; where a letter is repeated three
    times or more (``sooo``), with two of it and with one; what an HTML entity means (``&amp``). A web address may stand
    for itself, and else is the word "http".
    """
    if is_address(word):
        return tuple(dict.fromkeys((word, "http")))
    bare = word[1:] if word[:1] in ("#", "@") else ""
    plain = (bare or word).lower()
    forms = [word, word.lower(), bare, plain, _STRETCHED.sub(r"\1\1", plain), _STRETCHED.sub(r"\1", plain)]
    return tuple(dict.fromkeys(form for form in (*forms, html.unescape(word)) if form))


def drawn_vector(word: str, width: int, spread: float) -> Vectors:
    """Numbers from a normal distribution around 0, float32 (width,); the same word gives the same, everywhere."""
    bits = np.frombuffer(hashlib.shake_256(word.encode("utf-8", "replace")).digest(8 * width), dtype="<u4")
    even = (bits.reshape(2, width).astype(np.float64) + 0.5) / 2**32  # uniform in (0, 1), two for each number
    normal = np.sqrt(-2 * np.log(even[0])) * np.cos(2 * np.pi * even[1])  # Box and Muller 1958
    drawn: Vectors = (spread * normal).astype(np.float32)
    return drawn


def _first_of(row_of: dict[str, int], word: str) -> str | None:
    return next((form for form in word_forms(word) if form in row_of), None)


def _from_letters(published: PublishedVectors, words: Sequence[str], options: BuildOptions) -> dict[str, Vectors]:
    if published.from_letters is None or options.unknown != "subwords":
        return {}
    made = {word: published.from_letters(word) for word in words}
    return {word: vector for word, vector in made.items() if vector is not None}


def _report(words: int, found: int, made: int, skipped: str) -> str:
    letters = f", {made} one from their letters" if made else ""
    return f"{found} of {words} words have a published vector{letters}" + (f"; {skipped}" if skipped else "")
