"""The on-disk structure behind fuzzy look-ups: which names hold which character trigrams, and which words.

A *name* is a distinct normal form; its id is the smallest `alias.id` with it (aliases are stored in the order of their
normal forms, so all rows of a name are neighbours). Names are taken `CHUNK` at a time, which bounds the memory of a
build; a trigram has one row for each chunk that holds it. Postings are little-endian uint32 ids, ascending for
trigrams, and by growing name length for words, so that the shortest names with a word stand first.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from .normal import squash

CHUNK = 200_000
START, END = "\x02", "\x03"

Ids = npt.NDArray[np.uint32]


def trigrams_of(normal: str) -> npt.NDArray[np.int64]:
    """Return the distinct trigrams of a name without its blanks, framed by a start and an end sign."""
    codes = np.frombuffer(f"{START}{squash(normal)}{END}".encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(
        np.int64
    )
    return np.unique(_pack(codes))


def fill_grams(connection: sqlite3.Connection) -> None:
    """Fill `alias_trigram` and `alias_word` from `alias`."""
    names = connection.execute("SELECT min(id), normal FROM alias GROUP BY normal ORDER BY 1")
    chunk = 0
    while rows := list(islice(names, CHUNK)):
        ids = np.array([row[0] for row in rows], dtype=np.uint32)
        normals = [row[1] for row in rows]
        connection.executemany(
            "INSERT INTO alias_trigram (trigram, chunk, count, postings) VALUES (?, ?, ?, ?)",
            _trigram_rows(ids, normals, chunk),
        )
        connection.executemany(
            "INSERT INTO alias_word (word, chunk, count, postings) VALUES (?, ?, ?, ?)", _word_rows(ids, normals, chunk)
        )
        chunk += 1


def _pack(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return (codes[:-2] << 42) | (codes[1:-1] << 21) | codes[2:]


def _trigram_rows(ids: Ids, normals: Sequence[str], chunk: int) -> Iterator[tuple[Any, ...]]:
    framed = [f"{START}{squash(normal)}{END}" for normal in normals]
    codes = np.frombuffer("".join(framed).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
    owners = np.repeat(np.arange(len(framed), dtype=np.int64), [len(text) for text in framed])
    inside = owners[:-2] == owners[2:]
    grams, holders = _pack(codes)[inside], owners[:-2][inside]
    order = np.argsort(grams, kind="stable")
    grams, holders = grams[order], holders[order]
    first = np.ones(len(grams), dtype=bool)
    first[1:] = (grams[1:] != grams[:-1]) | (holders[1:] != holders[:-1])
    grams, holders = grams[first], holders[first]
    starts = np.flatnonzero(np.r_[True, grams[1:] != grams[:-1]]) if len(grams) else np.array([], dtype=np.int64)
    postings = ids[holders].astype("<u4")
    for start, end in zip(starts, np.r_[starts[1:], len(grams)], strict=True):
        yield int(grams[start]), chunk, int(end - start), postings[start:end].tobytes()


def _word_rows(ids: Ids, normals: Sequence[str], chunk: int) -> Iterator[tuple[Any, ...]]:
    pairs = [
        (word, len(normal), int(name))
        for name, normal in zip(ids, normals, strict=True)
        if " " in normal
        for word in set(normal.split())
    ]
    pairs.sort()
    start = 0
    for end in range(1, len(pairs) + 1):
        if end == len(pairs) or pairs[end][0] != pairs[start][0]:
            postings = np.array([name for _, _, name in pairs[start:end]], dtype="<u4")
            yield pairs[start][0], chunk, end - start, postings.tobytes()
            start = end
