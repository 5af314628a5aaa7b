"""The statements of a scanned block into the stage, by their predicates, whole columns at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kg.vocabulary import DATASETS, IGNORED, NAME_PREDICATES

from . import scan
from .reading import LINE_LIMIT_BYTES
from .scan import LABELLED, LITERAL, OBJECT, OTHER, STATED
from .staging import Stage

_IGNORE, _TRIPLE, _REDIRECT, _PAGE, _TYPE, _BY_LINE = range(6)
_OBJECT_ROUTES = {"redirects": _REDIRECT, "disambiguations": _PAGE, "instance_types": _TYPE}


@dataclass(slots=True)
class Scanned:
    """A block of lines as `kg.building.scan.scan_lines` found it.

    Attributes:
        data: The block, uint8.
        spans: Starts and ends of terms, (N, 8).
        keys: Keys and checks, (N, 5).
        kinds: Kinds of lines, (N,).
        text: The block decoded, where it is plain ASCII, so that spans count characters; else None.
    """

    data: scan.Bytes
    spans: scan.Spans
    keys: scan.Keys
    kinds: scan.Bytes
    text: str | None

    def slice(self, start: int, end: int) -> str:
        """Return the text between two places."""
        return self.text[start:end] if self.text is not None else self.data[start:end].tobytes().decode()

    def line(self, line: int) -> bytes:
        """Return a line of kind `OTHER` without its break."""
        start, end = self.spans[line, :2]
        return self.data[start:end].tobytes()

    def other_runs(self) -> Iterator[tuple[int, int]]:
        """Yield first and behind the last of each run of lines of kind `OTHER`."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self.kinds == OTHER, [False]]).astype(np.int8)))
        yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def scan_block(block: bytes) -> Scanned:
    """Scan the lines of a block; those with bytes that are no UTF-8 are of kind `OTHER`."""
    data = np.frombuffer(block, dtype=np.uint8)
    lines = block.count(b"\n")
    spans = np.empty((lines, 8), dtype=np.int64)
    keys = np.empty((lines, 5), dtype=np.uint64)
    kinds = np.empty(lines, dtype=np.uint8)
    scan.scan_lines(data, LINE_LIMIT_BYTES, spans, keys, kinds)
    scanned = Scanned(data, spans, keys, kinds, block.decode() if block.isascii() else None)
    if scanned.text is None:
        _set_aside_what_is_no_utf8(block, scanned)
    return scanned


def _set_aside_what_is_no_utf8(block: bytes, scanned: Scanned) -> None:
    try:
        block.decode()
    except UnicodeDecodeError:
        start = 0
        for line, text in enumerate(block.split(b"\n")[:-1]):
            try:
                text.decode()
            except UnicodeDecodeError:
                scanned.kinds[line] = OTHER
                scanned.spans[line, :2] = start, start + len(text)
            start += len(text) + 1


class _Numbers:
    """Numbers for keys as they come, kept from block to block."""

    def __init__(self) -> None:
        self._table = np.zeros((1 << 12, 2), dtype=np.uint64)
        self.known = 0

    def of(self, keys: scan.Keys) -> tuple[scan.Spans, scan.Spans]:
        """Return the number of each key, (M,), and the indexes of the first of each new one."""
        numbers, fresh = np.empty(len(keys), dtype=np.int64), np.empty(len(keys), dtype=np.int64)
        keys = np.ascontiguousarray(keys)
        while True:
            table = self._table.copy()
            known = scan.number_keys(keys, table, self.known, numbers, fresh)
            if known >= 0:
                break
            self._table = _grown(self._table)
        self._table = table
        fresh, self.known = fresh[: known - self.known], known
        return numbers, fresh


def _grown(table: scan.Keys) -> scan.Keys:
    larger = np.zeros((4 * len(table), 2), dtype=np.uint64)
    used = table[table[:, 1] > 0]
    used = used[np.argsort(used[:, 1])]
    numbers = np.empty(len(used), dtype=np.int64)
    scan.number_keys(np.ascontiguousarray(used[:, 0]), larger, 0, numbers, np.empty(len(used), dtype=np.int64))
    return larger


class Router:
    """Brings scanned blocks into a stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._predicates = _Numbers()
        self._names: list[str] = []
        self._routes: list[int] = []
        self._ids: list[int] = []
        self._classes = _Numbers()
        self._class_ids: list[int] = []

    def route(self, block: Scanned) -> None:
        """Put every line that was scanned to its end into the stage."""
        numbers = np.full(len(block.kinds), -1, dtype=np.int64)
        plain = np.flatnonzero(block.kinds != OTHER)
        numbers[plain], fresh = self._predicates.of(block.keys[plain, scan.PREDICATE_KEY])
        for line in plain[fresh].tolist():
            name = block.slice(*block.spans[line, scan.PREDICATE_START : scan.PREDICATE_END + 1])
            self._names.append(name)
            self._routes.append(_object_route(name))
            self._ids.append(0)
        is_ignored = np.array([route == _IGNORE for route in self._routes], dtype=bool)
        left = plain[~is_ignored[numbers[plain]]] if len(plain) else plain
        self._stage.ignored += len(plain) - len(left)
        self._stage.records += len(left)
        kinds = block.kinds[left]
        self._route_objects(block, left[kinds == OBJECT], numbers)
        self._route_literals(block, left[kinds == LITERAL], numbers)

    def _route_objects(self, block: Scanned, lines: scan.Spans, numbers: scan.Spans) -> None:
        routes = np.array(self._routes, dtype=np.int64)[numbers[lines]] if len(lines) else lines
        stage, keys = self._stage, block.keys
        triples = lines[routes == _TRIPLE]
        for number in np.flatnonzero(np.bincount(numbers[triples])).tolist():
            self._ids[number] = self._ids[number] or stage.predicate(self._names[number])
        ids = np.array(self._ids, dtype=np.uint32)
        stage.add_columns(
            "triple", keys[triples, scan.SUBJECT_KEY], ids[numbers[triples]], keys[triples, scan.OBJECT_KEY]
        )
        for name, route in (("redirect", _REDIRECT), ("page", _PAGE)):
            some = lines[routes == route]
            stage.add_columns(name, keys[some, scan.SUBJECT_KEY], keys[some, scan.OBJECT_KEY])
        typed = lines[routes == _TYPE]
        stage.add_columns("type", keys[typed, scan.SUBJECT_KEY], self._classes_of(block, typed))
        by_line = lines[routes == _BY_LINE]
        pairs = lines[(routes == _REDIRECT) | (routes == _PAGE)]
        subjects = np.concatenate([triples, typed, by_line])
        self._keep_iris(
            block, [(subjects, STATED, False), (triples, STATED, True), (pairs, 0, False), (pairs, 0, True)]
        )
        for line in by_line.tolist():
            source = block.slice(*block.spans[line, scan.OBJECT_START : scan.OBJECT_END + 1])
            stage.add("image", _signed(keys[line, scan.SUBJECT_KEY]), source, "")

    def _classes_of(self, block: Scanned, lines: scan.Spans) -> npt.NDArray[np.int64]:
        numbers, fresh = self._classes.of(block.keys[lines, scan.OBJECT_KEY])
        for line in lines[fresh].tolist():
            name = block.slice(*block.spans[line, scan.OBJECT_START : scan.OBJECT_END + 1])
            self._class_ids.append(self._stage.class_(name))
        return np.array(self._class_ids, dtype=np.int64)[numbers] if len(lines) else numbers

    def _route_literals(self, block: Scanned, lines: scan.Spans, numbers: scan.Spans) -> None:
        if not len(lines):
            return
        stage = self._stage
        datasets = [DATASETS.get(name) for name in self._names]
        labels: list[int] = []
        others: list[int] = []
        subjects = block.keys[lines, scan.SUBJECT_KEY].view(np.int64).tolist()
        spans = block.spans[lines][:, [scan.OBJECT_START, scan.OBJECT_END, scan.TAG_START, scan.TAG_END]].tolist()
        for line, number, key, span in zip(lines.tolist(), numbers[lines].tolist(), subjects, spans, strict=True):
            value, tag = block.slice(span[0], span[1]), block.slice(span[2], span[3])
            if datasets[number] == "labels":
                value = value.strip()
                if value:
                    stage.add("label", key, value, tag[1:].lower() if tag.startswith("@") else "")
                    labels.append(line)
                continue
            others.append(line)
            if datasets[number] == "images":
                stage.add("image", key, value, "")
                continue
            self._add_literal(key, number, value, tag.lower() if tag.startswith("@") else tag[3:-1])
        self._keep_iris(
            block,
            [(np.array(labels, dtype=np.int64), LABELLED, False), (np.array(others, dtype=np.int64), STATED, False)],
        )

    def _add_literal(self, key: int, number: int, value: str, tag: str) -> None:
        name = self._names[number]
        named = NAME_PREDICATES.get(name)
        if named is not None:
            kind, weight = named
            for text in filter(None, map(str.strip, value.split(",") if kind == "demonym" else [value])):
                self._stage.add("name", key, text, kind, weight)
        self._ids[number] = self._ids[number] or self._stage.predicate(name)
        self._stage.add("literal", key, self._ids[number], value, tag, None)

    def _keep_iris(self, block: Scanned, groups: list[tuple[scan.Spans, int, bool]]) -> None:
        """Keep the subjects or, where the last member is true, the objects of some lines, with their flags."""
        lines = np.concatenate([lines for lines, _, _ in groups])
        is_object = np.repeat([is_object for _, _, is_object in groups], [len(lines) for lines, _, _ in groups])
        flags = np.repeat([flag for _, flag, _ in groups], [len(lines) for lines, _, _ in groups]).astype(np.uint8)
        start = np.where(is_object, scan.OBJECT_START, scan.SUBJECT_START)
        key = np.where(is_object, scan.OBJECT_KEY, scan.SUBJECT_KEY)
        self._stage.add_iris(
            block.data,
            block.spans[lines, start],
            block.spans[lines, start + 1],
            block.keys[lines, key],
            block.keys[lines, key + 1],
            flags,
        )


def _object_route(name: str) -> int:
    if name in IGNORED:
        return _IGNORE
    dataset = DATASETS.get(name)
    if dataset == "images":
        return _BY_LINE
    return _OBJECT_ROUTES.get(dataset or "", _TRIPLE)


def _signed(key: np.uint64) -> int:
    return int(key.view(np.int64))
