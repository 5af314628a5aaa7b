"""The statements of a scanned block into the stage, by their predicates, whole columns at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kg.vocabulary import DATASETS, IGNORED, NAME_PREDICATES

from . import scan
from .reading import LINE_LIMIT_BYTES
from .records import Texts
from .scan import ESCAPED, LABELLED, LITERAL, OBJECT, OTHER, STATED
from .spelling import strip_spans, unescape_spans
from .staging import Stage

_IGNORE, _TRIPLE, _REDIRECT, _PAGE, _TYPE, _BY_LINE, _LABEL, _NAME, _LITERAL = range(9)
_OBJECT_ROUTES = {"redirects": _REDIRECT, "disambiguations": _PAGE, "instance_types": _TYPE}


@dataclass(slots=True)
class Scanned:
    """A block of lines as `kg.building.scan.scan_lines` found it.

    Attributes:
        data: The block, uint8, and behind it what escapes in its literals stand for.
        spans: Starts and ends of terms, (N, 8).
        keys: Keys and checks, (N, 5).
        kinds: Kinds of lines, (N,).
    """

    data: scan.Bytes
    spans: scan.Spans
    keys: scan.Keys
    kinds: scan.Bytes

    def slice(self, start: int, end: int) -> str:
        """Return the text between two places."""
        return self.data[start:end].tobytes().decode()

    def line(self, line: int) -> bytes:
        """Return a line of kind `OTHER` without its break."""
        start, end = self.spans[line, :2]
        return self.data[start:end].tobytes()

    def other_runs(self) -> Iterator[tuple[int, int]]:
        """Yield first and behind the last of each run of lines of kind `OTHER`."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self.kinds == OTHER, [False]]).astype(np.int8)))
        yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def scan_block(block: bytes) -> Scanned:
    """Scan the lines of a block; those with bytes that are no UTF-8, or a wrong escape, are of kind `OTHER`."""
    data = np.frombuffer(block, dtype=np.uint8)
    lines = block.count(b"\n")
    spans = np.empty((lines, 8), dtype=np.int64)
    keys = np.empty((lines, 5), dtype=np.uint64)
    kinds = np.empty(lines, dtype=np.uint8)
    scan.scan_lines(data, LINE_LIMIT_BYTES, spans, keys, kinds)
    scanned = Scanned(data, spans, keys, kinds)
    if not block.isascii():
        _set_aside_what_is_no_utf8(block, scanned)
    _resolve_escapes(scanned)
    return scanned


def _resolve_escapes(scanned: Scanned) -> None:
    lines = np.flatnonzero(scanned.kinds == ESCAPED)
    if not len(lines):
        return
    starts, ends = (scanned.spans[lines, column] for column in (scan.OBJECT_START, scan.OBJECT_END))
    out, out_ends = np.empty(int((ends - starts).sum()), dtype=np.uint8), np.empty(len(lines), dtype=np.int64)
    good = np.empty(len(lines), dtype=np.bool_)
    unescape_spans(scanned.data, starts, ends, out, out_ends, good)
    out_ends += len(scanned.data)
    scanned.spans[lines, scan.OBJECT_START] = np.append(len(scanned.data), out_ends)[:-1]
    scanned.spans[lines, scan.OBJECT_END] = out_ends
    scanned.data = np.concatenate([scanned.data, out[: int(out_ends[-1]) - len(scanned.data)]])
    scanned.kinds[lines] = np.where(good, LITERAL, OTHER)
    wrong = lines[~good]
    # A line begins with the bracket before its subject, and ends with the dot behind its literal.
    scanned.spans[wrong, 0] -= 1
    scanned.spans[wrong, 1] = scanned.spans[wrong, scan.TAG_END] + 2


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
        self._literal_routes: list[int] = []
        self._ids: list[int] = []
        self._classes = _Numbers()
        self._class_ids: list[int] = []
        self._tags = _Numbers()
        self._tag_ids: list[int] = []

    def route(self, block: Scanned) -> None:
        """Put every line that was scanned to its end into the stage."""
        numbers = np.full(len(block.kinds), -1, dtype=np.int64)
        plain = np.flatnonzero(block.kinds != OTHER)
        numbers[plain], fresh = self._predicates.of(block.keys[plain, scan.PREDICATE_KEY])
        for line in plain[fresh].tolist():
            name = block.slice(*block.spans[line, scan.PREDICATE_START : scan.PREDICATE_END + 1])
            self._names.append(name)
            self._routes.append(_object_route(name))
            self._literal_routes.append(_literal_route(name))
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
        ids = self._predicate_ids(numbers[triples])
        stage.add_columns("triple", keys[triples, scan.SUBJECT_KEY], ids, keys[triples, scan.OBJECT_KEY])
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
            stage.add("image", _signed(keys[line, scan.SUBJECT_KEY]), self._object(block, line), "")

    def _classes_of(self, block: Scanned, lines: scan.Spans) -> npt.NDArray[np.int64]:
        numbers, fresh = self._classes.of(block.keys[lines, scan.OBJECT_KEY])
        for line in lines[fresh].tolist():
            self._class_ids.append(self._stage.class_(self._object(block, line)))
        return np.array(self._class_ids, dtype=np.int64)[numbers] if len(lines) else numbers

    def _route_literals(self, block: Scanned, lines: scan.Spans, numbers: scan.Spans) -> None:
        if not len(lines):
            return
        stage, keys = self._stage, block.keys
        routes = np.array(self._literal_routes, dtype=np.int64)[numbers[lines]]
        labels = lines[routes == _LABEL]
        starts, ends = block.spans[labels, scan.OBJECT_START], block.spans[labels, scan.OBJECT_END]
        strip_spans(block.data, starts, ends)
        filled = ends > starts
        labels, starts, ends = labels[filled], starts[filled], ends[filled]
        texts = Texts(block.data, starts, ends)
        stage.add_texts("label", texts, keys[labels, scan.SUBJECT_KEY], self._tags_of(block, labels))
        others, is_image = lines[routes != _LABEL], routes[routes != _LABEL] == _BY_LINE
        for line in others[is_image].tolist():
            stage.add("image", _signed(keys[line, scan.SUBJECT_KEY]), self._object(block, line), "")
        self._add_names(block, lines[routes == _NAME], numbers)
        literals = others[~is_image]
        stage.add_texts(
            "literal",
            _objects(block, literals),
            keys[literals, scan.SUBJECT_KEY],
            self._predicate_ids(numbers[literals]),
            self._tags_of(block, literals),
            np.zeros(len(literals), dtype=np.uint64),
        )
        self._keep_iris(block, [(labels, LABELLED, False), (others, STATED, False)])

    def _add_names(self, block: Scanned, lines: scan.Spans, numbers: scan.Spans) -> None:
        texts = _objects(block, lines).strings()
        subjects = block.keys[lines, scan.SUBJECT_KEY].view(np.int64).tolist()
        predicates = [self._names[number] for number in numbers[lines].tolist()]
        self._stage.add_names(zip(subjects, predicates, texts, strict=True))

    def _predicate_ids(self, numbers: scan.Spans) -> npt.NDArray[np.uint32]:
        """Return the staged predicate of each of some numbers."""
        for number in np.flatnonzero(np.bincount(numbers)).tolist():
            self._ids[number] = self._ids[number] or self._stage.predicate(self._names[number])
        return np.array(self._ids, dtype=np.uint32)[numbers]

    def _tags_of(self, block: Scanned, lines: scan.Spans) -> npt.NDArray[np.int64]:
        """Return the staged tag of each of some literals."""
        numbers, fresh = self._tags.of(block.keys[lines, scan.OBJECT_KEY])
        for line in lines[fresh].tolist():
            tag = block.slice(*block.spans[line, scan.TAG_START : scan.TAG_END + 1])
            self._tag_ids.append(self._stage.tag(tag.lower() if tag.startswith("@") else tag[3:-1]))
        return np.array(self._tag_ids, dtype=np.int64)[numbers] if len(lines) else numbers

    @staticmethod
    def _object(block: Scanned, line: int) -> str:
        return block.slice(*block.spans[line, scan.OBJECT_START : scan.OBJECT_END + 1])

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


def _objects(block: Scanned, lines: scan.Spans) -> Texts:
    return Texts(block.data, block.spans[lines, scan.OBJECT_START], block.spans[lines, scan.OBJECT_END])


def _object_route(name: str) -> int:
    if name in IGNORED:
        return _IGNORE
    dataset = DATASETS.get(name)
    if dataset == "images":
        return _BY_LINE
    return _OBJECT_ROUTES.get(dataset or "", _TRIPLE)


def _literal_route(name: str) -> int:
    dataset = DATASETS.get(name)
    if dataset in ("labels", "images"):
        return _LABEL if dataset == "labels" else _BY_LINE
    return _NAME if name in NAME_PREDICATES else _LITERAL


def _signed(key: np.uint64) -> int:
    return int(key.view(np.int64))
