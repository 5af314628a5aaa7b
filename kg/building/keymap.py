"""From keys to entities: every IRI once, by its key, and which entity each stands for.

The IRIs of the stage are sorted in parts, by the leading bits of their keys, so that memory does not grow with their
number. What comes out are files that are mapped, not read: the keys in ascending order (a key's place is its *rank*),
texts, flags and, once redirects and pages are known, the id of the entity that each rank stands for. Keys are spread
evenly, so a key is found from its leading bits in one step.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kg.errors import StoreError
from kg.iris import label_of_iri

from . import scan
from .durable import write_array
from .records import Texts
from .segments import Column, SegmentFile, release_map

_RESOURCE = np.frombuffer(bytearray(b"http://dbpedia.org/resource/"), dtype=np.uint8)
_IRIS_AT_ONCE = 500_000
_COLUMNS = {"keys": "u8", "flags": "u1", "ends": "i8", "text": "u1"}


def sort_iris(segments: SegmentFile, folder: Path) -> None:
    """Write the distinct IRIs of the stage, by key, to the files that `KeyMap` opens.

    Raises:
        StoreError: If two IRIs share a key.
    """
    columns = list(segments.segments())
    total = sum(len(segment[0]) for segment in columns)
    parts = 1
    while parts * _IRIS_AT_ONCE < total:
        parts *= 2
    bounds = [part * (2**64 // parts) for part in range(parts)] + [2**64]
    text_bytes = 0
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / f"iri.{name}").open("wb")) for name in _COLUMNS}
        # Two parts are sorted while one is written.
        pool = stack.enter_context(ThreadPoolExecutor(2))
        waiting = [pool.submit(_sort_part, columns, *bounds[part : part + 2]) for part in range(min(2, parts))]
        for part in range(parts):
            keys, flags, ends, text = waiting.pop(0).result()
            if part + 2 < parts:
                waiting.append(pool.submit(_sort_part, columns, *bounds[part + 2 : part + 4]))
            for name, column in (("keys", keys), ("flags", flags), ("ends", ends + text_bytes), ("text", text)):
                files[name].write(np.ascontiguousarray(column).data)
            text_bytes += len(text)
            segments.release()


def _sort_part(segments: Sequence[Sequence[Column]], low: int, high: int) -> tuple[Column, Column, Column, Column]:
    """Return keys, flags, ends and texts of the distinct IRIs with keys from `low` to below `high`."""
    keys, checks, flags, starts, ends, texts = [], [], [], [], [], []
    place = 0
    for segment in segments:
        first = int(np.searchsorted(segment[0], np.uint64(low)))
        last = len(segment[0]) if high == 2**64 else int(np.searchsorted(segment[0], np.uint64(high)))
        if first == last:
            continue
        begin = int(segment[3][first - 1]) if first else 0
        spans = np.concatenate([[begin], segment[3][first:last].astype(np.int64)]) - begin + place
        keys.append(segment[0][first:last])
        checks.append(segment[1][first:last])
        flags.append(segment[2][first:last])
        starts.append(spans[:-1])
        ends.append(spans[1:])
        texts.append(segment[4][begin : begin + int(spans[-1]) - place])
        place = int(spans[-1])
    if not keys:
        return tuple(np.zeros(0, dtype=kind) for kind in _COLUMNS.values())  # type: ignore[return-value]
    order = np.argsort(np.concatenate(keys))
    key, check = np.concatenate(keys)[order], np.concatenate(checks)[order]
    start, end, text = np.concatenate(starts)[order], np.concatenate(ends)[order], np.concatenate(texts)
    first_of = np.concatenate([[True], key[1:] != key[:-1]])
    clashes = np.flatnonzero(~first_of[1:] & (check[1:] != check[:-1]))
    if len(clashes):
        one, other = (text[start[row] : end[row]].tobytes().decode() for row in (clashes[0], clashes[0] + 1))
        raise StoreError(f"the IRIs {one} and {other} have the same 64-bit key; leave one of them out")
    kept = np.flatnonzero(first_of)
    flag = np.bitwise_or.reduceat(np.concatenate(flags)[order], kept)
    start, end = start[kept], end[kept]
    out = np.empty(int((end - start).sum()), dtype=np.uint8)
    scan.gather(text, start, end, out)
    return key[kept], flag, np.cumsum(end - start), out


class KeyMap:
    """The distinct IRIs of a stage, and the entity of each.

    Args:
        folder: Where `sort_iris` put its files.

    Attributes:
        keys: Keys, ascending, (R,).
        flags: What is known of each, bits of `kg.building.scan`, (R,).
        entity: The id of the entity that each stands for, 0 for none, (R,); ids are 1 and up, in the order
            of IRIs.
        rank: The rank of each entity's own IRI, (E,), id by id from 1.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.keys: npt.NDArray[np.uint64] = mapped(folder / "iri.keys", "u8")
        self.flags: npt.NDArray[np.uint8] = mapped(folder / "iri.flags", "u1")
        self._ends: npt.NDArray[np.int64] = mapped(folder / "iri.ends", "i8")
        self._text: npt.NDArray[np.uint8] = mapped(folder / "iri.text", "u1")
        bits = max(1, min(24, len(self.keys).bit_length() - 2))
        self._shift = 64 - bits
        edges = np.arange(1 << bits, dtype=np.uint64) << np.uint64(self._shift)
        self._buckets = np.append(np.searchsorted(self.keys, edges), len(self.keys)).astype(np.int64)
        has_entities = (folder / "iri.entity").exists()
        self.entity: npt.NDArray[np.uint32] = mapped(folder / "iri.entity", "u4" if has_entities else "")
        self.rank: npt.NDArray[np.int64] = mapped(folder / "entity.rank", "i8" if has_entities else "")

    def set_entities(self, entity: npt.NDArray[np.uint32], rank: npt.NDArray[np.int64]) -> None:
        """Keep which entity each rank stands for, and the rank of each entity."""
        for name, column in (("entity.rank", rank), ("iri.entity", entity)):
            beside = self._folder / f"{name}.part"
            write_array(beside, column)
            beside.replace(self._folder / name)
        self.entity = mapped(self._folder / "iri.entity", "u4")
        self.rank = mapped(self._folder / "entity.rank", "i8")

    def ranks(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Return the rank of each key, all of which must be known."""
        ranks = np.empty(len(keys), dtype=np.int64)
        scan.find_ranks(self.keys, self._buckets, self._shift, np.ascontiguousarray(keys), ranks)
        assert len(ranks) == 0 or ranks.min() >= 0, "a key whose IRI was not kept"
        return ranks

    def has(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Return which keys are those of an IRI that was kept."""
        ranks = np.empty(len(keys), dtype=np.int64)
        scan.find_ranks(self.keys, self._buckets, self._shift, np.ascontiguousarray(keys), ranks)
        return ranks >= 0

    def entities(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Return the id of the entity that each key stands for, 0 for none."""
        return self.entity[self.ranks(keys)].astype(np.int64)

    def in_order(self, ranks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return some ranks in the order of their IRIs' code points.

        Eight bytes at a time: what is equal so far is sorted by the next eight.
        """
        starts, ends = self._spans(ranks)
        begin = depth = scan.common_prefix(self._text, starts, ends)  # what all begin with tells nothing apart
        longest = int((ends - starts).max(initial=0))
        del starts, ends
        # Four bytes are enough for a place; these columns are as long as there are IRIs.
        tied, groups = np.arange(len(ranks), dtype=np.uint32), np.zeros(len(ranks), dtype=np.uint32)
        ordered = np.empty(len(ranks), dtype=np.int64)
        while len(tied):
            part = np.empty(len(tied), dtype=np.uint64)
            starts, ends = self._spans(ranks[tied])
            if depth <= longest:
                scan.eight_bytes(self._text, starts, ends, depth, part)
            else:  # equal but for NUL characters at the end
                part[:] = ends - starts
            del starts, ends
            order = np.argsort(part)
            if depth > begin:
                order = order[np.argsort(groups[order], kind="stable")]
            tied, part, groups = tied[order], part[order], groups[order]
            del order
            groups, is_alone = _regrouped(groups, part, is_last=depth > longest)
            ordered[groups[is_alone]] = ranks[tied[is_alone]]
            tied, groups = tied[~is_alone], groups[~is_alone]
            depth += 8
        self.release_texts()
        return ordered

    def release_texts(self) -> None:
        """Let the system take back the memory behind the IRIs' texts; it reads them again when need be."""
        release_map(self._text)

    def iris(self, ranks: npt.NDArray[np.int64]) -> list[str]:
        """Return the IRIs of some ranks."""
        return self.texts(ranks).strings()

    def labels(self, ranks: npt.NDArray[np.int64]) -> list[str]:
        """Return the label that is read off each IRI of some ranks."""
        return labels_of(self.texts(ranks)).strings()

    def texts(self, ranks: npt.NDArray[np.int64]) -> Texts:
        """Return the IRIs of some ranks as a column."""
        starts, ends = self._spans(ranks)
        return Texts(self._text, starts, ends).packed()

    def _spans(self, ranks: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        starts = np.where(ranks > 0, self._ends[np.maximum(ranks, 1) - 1], 0)
        return starts, np.asarray(self._ends[ranks])


def labels_of(iris: Texts) -> Texts:
    """Return the label that is read off each of some IRIs, as `label_of_iri` does."""
    out, ends = np.empty(len(iris.data), dtype=np.uint8), np.empty(len(iris), dtype=np.int64)
    scan.read_labels(iris.data, _RESOURCE, iris.starts, iris.ends, out, ends)
    starts = np.append(0, ends)[:-1]
    others = np.flatnonzero(ends == starts)
    return Texts(out, starts, ends).replaced(others, Texts.of(map(label_of_iri, iris.take(others).strings())))


def _regrouped(
    groups: npt.NDArray[np.uint32], part: npt.NDArray[np.uint64], *, is_last: bool
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_]]:
    """Split groups of what was equal so far by what comes next.

    Args:
        groups: The group of each, ascending, (M,). It is the place of its first member, so that members' places follow.
        part: What comes next, ascending within a group, (M,).
        is_last: Nothing comes next: what is equal still is so but for NUL characters at its end.

    Returns:
        The new groups, (M,), and which of them have one member only.
    """
    places = np.arange(len(groups), dtype=np.uint32)
    heads = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
    places += groups - np.repeat(places[heads], np.diff(np.append(heads, len(groups))))
    if is_last:
        return places, np.ones(len(places), dtype=np.bool_)
    firsts = np.flatnonzero(np.concatenate([[True], (part[1:] != part[:-1]) | (groups[1:] != groups[:-1])]))
    sizes = np.diff(np.append(firsts, len(groups)))
    return np.repeat(places[firsts], sizes), np.repeat(sizes == 1, sizes)


def mapped(path: Path, kind: str) -> Any:
    """Return a column that lies in a file, mapped; an empty one for an empty file, or without a kind."""
    if not kind or not path.stat().st_size:
        return np.zeros(0, dtype=kind or "u4")
    return np.memmap(path, dtype=kind, mode="r")
