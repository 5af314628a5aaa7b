"""Building a table of word vectors: what of the published vectors a run needs, and how true its compact form is."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ner.embeddings.compact import compact_rows, cosines
from ner.embeddings.forms import word_forms
from ner.embeddings.grams import GramTable, kept_grams, whole_vector
from ner.embeddings.reading import read_published
from ner.embeddings.records import PublishedVectors, SkippedLines, Vectors
from ner.embeddings.table import WordTable
from ner.embeddings.tabledata import TableData
from ner.options import choice, options, size

UNKNOWN = ("subwords", "gaussian", "zeros")
"""What a word without a published vector may get."""

_COMPARED_WORDS = 500


@options
class BuildOptions:
    """What of a run and of published vectors a table keeps; see :meth:`ner.embeddings.table.WordTable.build`.

    Attributes:
        min_count: How often a training word must occur to have a number.
        kept_words: How many of the most frequent published words are kept.
        kept_buckets: How many buckets of letter n-grams are kept.
        unknown: What a word without a published vector gets.
    """

    min_count: int = size(1)
    kept_words: int = size(50_000, at_least=0)
    kept_buckets: int = size(50_000, at_least=0)
    unknown: str = choice("subwords", UNKNOWN)


@dataclass(frozen=True, slots=True)
class TableReport:
    """What came of building a table.

    Attributes:
        run_words: Different words of the run.
        found: How many of them are published, under any of their forms.
        from_subwords: How many got a vector from their letters.
        skipped: Lines of the published file that could not be read.
        mean_cosine: How alike compact and published vectors are, on average; 1 is equal.
        least_cosine: The least alike.
        gram_cosine: How alike a vector from the kept n-grams is to one from all published n-grams, on average over
            words of the run; None where no n-grams are kept.
    """

    run_words: int
    found: int
    from_subwords: int
    skipped: SkippedLines
    mean_cosine: float
    least_cosine: float
    gram_cosine: float | None = None

    def __str__(self) -> str:
        told = f"{self.found} of {self.run_words} words have a published vector"
        if self.from_subwords:
            told += f", {self.from_subwords} one from their letters"
        told += f"; kept within a cosine of {self.mean_cosine:.4f}"
        if self.gram_cosine is not None:
            told += f", letter n-grams of {self.gram_cosine:.4f}"
        return f"{told}; {self.skipped}" if self.skipped.count else told


def build_data(
    source: str | Path, training: Iterable[Sequence[str]], others: Iterable[Sequence[str]], options: BuildOptions
) -> tuple[TableData, TableReport]:
    """What a table is made of, and what came of it.

    Raises:
        FormatError: The source cannot be read, or is no file of word vectors.
        MissingExtraError: A package that it takes is not installed.
    """
    counts = Counter(itertools.chain.from_iterable(training))
    run_words = sorted(counts.keys() | set(itertools.chain.from_iterable(others)))
    published = read_published(
        source, {form for word in run_words for form in word_forms(word)}, frequent=options.kept_words
    )
    words, vectors, found = _chosen(published, run_words)
    made = _from_letters(published, found, run_words) if options.unknown == "subwords" else {}
    every = np.concatenate([vectors, np.array(list(made.values()), dtype=np.float32).reshape(-1, vectors.shape[1])])
    rows = compact_rows(every)
    grams = _kept_grams(published, words, made, options)
    spread = float(np.sqrt(np.mean(np.square(vectors, dtype=np.float64)))) if vectors.size else 1.0
    data = TableData(Path(source).name, options.unknown, (*words, *made), rows, (), spread, grams)
    alike = cosines(every, rows.vectors())
    report = TableReport(
        len(run_words),
        len(found),
        len(made),
        published.skipped,
        float(alike.mean()) if len(alike) else 1.0,
        float(alike.min(initial=1.0)),
        _gram_cosine(published, grams, [*made, *run_words]),
    )
    return _numbered(data, counts, options.min_count), report


def _chosen(published: PublishedVectors, run_words: Sequence[str]) -> tuple[tuple[str, ...], Vectors, frozenset[str]]:
    """The frequent words and those that stand for a word of the run; and the words of the run that have one."""
    row_of = {word: row for row, word in enumerate(published.words)}
    standing = {word: next((row_of[form] for form in word_forms(word) if form in row_of), None) for word in run_words}
    rows = sorted({row for row in standing.values() if row is not None} | set(range(published.frequent)))
    found = frozenset(word for word, row in standing.items() if row is not None)
    return tuple(published.words[row] for row in rows), published.vectors[rows], found


def _from_letters(published: PublishedVectors, found: frozenset[str], run_words: Sequence[str]) -> dict[str, Vectors]:
    if published.subwords is None:
        return {}
    made = {word: whole_vector(word, published.subwords) for word in run_words if word not in found}
    return {word: vector for word, vector in made.items() if vector is not None}


def _kept_grams(
    published: PublishedVectors, words: Sequence[str], made: Iterable[str], options: BuildOptions
) -> GramTable | None:
    if published.subwords is None or options.unknown != "subwords" or not options.kept_buckets:
        return None
    return kept_grams(published.subwords, itertools.chain(words, made), count=options.kept_buckets)


def _gram_cosine(published: PublishedVectors, grams: GramTable | None, words: Sequence[str]) -> float | None:
    """How true the kept n-grams are, on some words: first those that will take their vectors from n-grams alone."""
    if published.subwords is None or grams is None:
        return None
    pairs: list[tuple[Vectors, Vectors]] = []
    for word in words[:_COMPARED_WORDS]:
        whole, kept = whole_vector(word, published.subwords), grams.vector(word)
        if whole is not None:
            pairs.append((whole, np.zeros_like(whole) if kept is None else kept))
    if not pairs:
        return None
    return float(cosines(np.stack([a for a, _ in pairs]), np.stack([b for _, b in pairs])).mean())


def _numbered(data: TableData, counts: Counter[str], min_count: int) -> TableData:
    """The data with numbers for the words that training saw often enough."""
    table = WordTable(data)
    keys: Counter[str] = Counter()
    for word, count in counts.items():
        keys[table.key(word)] += count
    numbered = tuple(sorted(key for key, count in keys.items() if count >= min_count))
    return replace(data, numbered=numbered)
