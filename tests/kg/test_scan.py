"""The compiled reader of plain lines against the one that knows the whole grammar, and what is built on it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.building import scan
from kg.building.edges import EdgeSorter
from kg.building.keymap import KeyMap, sort_iris
from kg.building.resolving import resolve_redirects
from kg.building.routing import scan_block
from kg.building.segments import SegmentFile
from kg.building.staging import SEGMENTS, Stage, key_of
from kg.building.typemap import TypeMap
from kg.errors import StoreError
from kg.iris import canonical_iri, label_of_iri
from kg.ntriples import BrokenLineError, Statement, parse_line

_IRIS = st.sampled_from(
    ["<urn:a>", "<http://é/ü>", "<>", "<urn:%41>", "<urn:a b>", "<urn:\\u0041>", "<urn:x", "_:b", '<a"b>']
)
_LITERALS = st.sampled_from(
    [
        '"a"',
        '""',
        '"é"@en',
        '"x"@EN-gb',
        '"x"@',
        '"x"@1',
        '"1"^^<urn:int>',
        '"1"^^<>',
        '"a\\nb"',
        '"\\u00e9\\U0001F600\\\\"@en',
        '"\\ud800"',
        '"\\U00110000"',
        '"\\u00g0"',
        '"\\u00"',
        '"\\x"',
        '"\\',
        '"a\\"b"',
        '"open',
        '"a"b"',
    ]
)
_GAPS = st.sampled_from([" ", "  ", "\t", ""])
_ENDS = st.sampled_from([" .", ".", " . ", " . # c", "", " .\r", " . ."])
_LINES = st.one_of(
    st.tuples(_IRIS, _GAPS, _IRIS, _GAPS, st.one_of(_IRIS, _LITERALS), _ENDS).map("".join),
    st.text(st.sampled_from('<>ab"\\@^. _:#%é\0\x7f\r\t'), max_size=30),
    st.tuples(st.just("<urn:s> <urn:p> "), st.one_of(_IRIS, _LITERALS), st.just(" .")).map("".join),
)


def _read(line: str) -> Statement | str | None:
    try:
        return parse_line(line)
    except BrokenLineError as error:
        return str(error)


@settings(max_examples=400)
@given(st.lists(_LINES, min_size=1, max_size=6))
def test_what_is_scanned_is_what_the_grammar_says(lines: list[str]) -> None:
    lines = [line.replace("\n", " ") for line in lines]
    block = scan_block("".join(line + "\n" for line in lines).encode())
    assert len(block.kinds) == len(lines)
    for number, line in enumerate(lines):
        kind, spans = block.kinds[number], block.spans[number].tolist()
        if kind == scan.OTHER:
            assert block.line(number).decode() == line
            continue
        subject, predicate, value = (block.slice(*spans[at : at + 2]) for at in (0, 2, 4))
        assert block.keys[number, scan.SUBJECT_KEY] == np.int64(key_of(subject)).view(np.uint64)
        statement = _read(line)
        assert isinstance(statement, Statement)
        assert (statement.subject, statement.predicate) == (subject, predicate)
        if kind == scan.OBJECT:
            assert (statement.object, statement.value) == (value, None)
            assert block.keys[number, scan.OBJECT_KEY] == np.int64(key_of(value)).view(np.uint64)
        else:
            tag = block.slice(*spans[6:])
            assert statement.value == value
            assert statement.tag == (tag.lower() if tag.startswith("@") else tag[3:-1])


def test_plain_lines_are_scanned() -> None:
    lines = [
        "<urn:s> <urn:p> <urn:é> .",
        '<urn:s> <urn:p> "é"@en .',
        '<urn:s> <urn:p> "1"^^<urn:int> .',
        '<urn:s> <urn:p> "a" .',
        r'<urn:s> <urn:p> "\"a\" \u00e9" .',
    ]
    assert scan_block("".join(line + "\n" for line in lines).encode()).kinds.tolist() == [1, 2, 2, 2, 2]


def test_bytes_that_are_no_utf8_set_only_their_line_aside() -> None:
    good, latin = "<urn:s> <urn:p> <urn:é> .\n", '<urn:s> <urn:p> "é" .\n'
    block = scan_block(good.encode() + latin.encode("latin-1") + good.encode())
    assert block.kinds.tolist() == [scan.OBJECT, scan.OTHER, scan.OBJECT]
    assert block.line(1) == latin.encode("latin-1")[:-1]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path / "stage", TypeMap.load())
    yield stage
    stage.close()


def test_each_iri_is_kept_once_with_all_that_is_known_of_it(stage: Stage) -> None:
    names = [f"urn:{n * n % 251}:{'x' * (n % 19)}" for n in range(600)]
    for number, name in enumerate(names):
        stage.key(name, scan.LABELLED if number % 7 == 0 else 0)
        if number % 100 == 0:
            stage.checkpoint()
    for name in names[::3]:
        stage.key(name, scan.STATED)
    stage.checkpoint()
    sort_iris(stage.segments["iri"], stage.folder)
    keys = KeyMap(stage.folder)
    assert sorted(keys.iris(np.arange(len(keys.keys)))) == sorted(set(names))
    assert np.all(np.diff(keys.keys.astype(object)) > 0)
    expected: dict[str, int] = {}
    for number, name in enumerate(names):
        flags = (scan.LABELLED if number % 7 == 0 else 0) | (scan.STATED if number % 3 == 0 else 0)
        expected[name] = expected.get(name, 0) | flags
    ranks = keys.ranks(np.array([key_of(name) for name in expected], dtype=np.int64).view(np.uint64))
    assert keys.flags[ranks].tolist() == list(expected.values())
    assert not keys.has(np.array([key_of("urn:unknown")], dtype=np.int64).view(np.uint64))[0]
    ordered = keys.in_order(np.random.default_rng(1).permutation(len(keys.keys)))
    assert keys.iris(ordered) == sorted(set(names))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.sets(st.text(st.sampled_from("ab\u00e9\U0001f600/_"), min_size=1, max_size=30), min_size=1, max_size=60))
def test_entities_are_in_the_order_of_their_iris(tmp_path_factory: pytest.TempPathFactory, names: set[str]) -> None:
    stage = Stage(tmp_path_factory.mktemp("stage"), TypeMap.load())
    for name in names:
        stage.key(name)
    stage.checkpoint()
    sort_iris(stage.segments["iri"], stage.folder)
    keys = KeyMap(stage.folder)
    assert keys.iris(keys.in_order(np.arange(len(names)))) == sorted(names)
    stage.close()


def test_two_iris_with_one_key_are_an_error(tmp_path: Path) -> None:
    segments = SegmentFile(tmp_path / "iri", SEGMENTS["iri"])
    text = np.frombuffer(b"urn:aurn:b", dtype=np.uint8)
    one = np.array([7], dtype=np.uint64)
    for check, part in ((1, text[:5]), (2, text[5:])):
        segments.append(one, one * np.uint64(check), np.array([1]), np.array([5]), part)
    with pytest.raises(StoreError, match="urn:a and urn:b have the same 64-bit key"):
        sort_iris(segments, tmp_path)
    segments.close()


def test_a_segment_file_forgets_what_lies_behind_its_length(tmp_path: Path) -> None:
    file = SegmentFile(tmp_path / "file", ("u8", "u1"))
    file.append(np.arange(3), np.arange(5))
    kept = file.size_bytes
    file.append(np.arange(9), np.arange(1))
    file.close()
    again = SegmentFile(tmp_path / "file", ("u8", "u1"), size_bytes=kept)
    again.append(np.arange(2), np.arange(2))
    assert [[column.tolist() for column in segment] for segment in again.segments()] == [
        [[0, 1, 2], [0, 1, 2, 3, 4]],
        [[0, 1], [0, 1]],
    ]
    again.close()
    with pytest.raises(StoreError, match="shorter"):
        SegmentFile(tmp_path / "file", ("u8", "u1"), size_bytes=10**6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 5)), max_size=120), st.integers(0, 10**8)
)
def test_sorted_edges_are_the_distinct_ones_in_order(
    tmp_path: Path, triples: list[tuple[int, int, int]], rows: int
) -> None:
    sorter = EdgeSorter(tmp_path, "edges", entities=40, predicates=5, rows=rows)
    for start in range(0, len(triples), 50):
        some = np.array(triples[start : start + 50], dtype=np.int64)
        sorter.add(some[:, 0], some[:, 2], some[:, 1])
    found = [tuple(row) for part in sorter.sorted_parts() for row in part.tolist()]
    sorter.close()
    assert found == sorted(set(triples))
    assert not list(tmp_path.glob("edges.*"))


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=25))
def test_redirects_end_where_walking_ends(pairs: list[tuple[int, int]]) -> None:
    pairs = sorted(set(pairs))
    first: dict[int, int] = {}
    for source, target in pairs:
        first.setdefault(source, target)

    def walk(node: int) -> list[int]:
        path = [node]
        while path[-1] in first and path.count(path[-1]) < 2:
            path.append(first[path[-1]])
        return path

    circles = {node for node in first if node in walk(first[node])}
    sources, ends, members = resolve_redirects(
        np.array([source for source, _ in pairs], dtype=np.int64),
        np.array([target for _, target in pairs], dtype=np.int64),
    )
    assert members.tolist() == sorted(circles)
    assert sources.tolist() == sorted(first.keys() - circles)
    for source, end in zip(sources.tolist(), ends.tolist(), strict=True):
        path = walk(source)
        assert end == next((node for node in path if node in circles), path[-1])


_BEGINNINGS = ["http://dbpedia.org/resource/", "http://x.org/", "urn:x:", "", "http://x/resource/", "http://e#"]


@given(
    st.sets(
        st.tuples(st.sampled_from(_BEGINNINGS), st.text(st.sampled_from("ab_%#/ \u00e9\n\u00a04:"), max_size=6))
        .map("".join)
        .filter(bool),
        max_size=8,
    )
)
def test_labels_read_off_many_iris_are_those_read_off_each(
    tmp_path_factory: pytest.TempPathFactory, iris: set[str]
) -> None:
    stage = Stage(tmp_path_factory.mktemp("stage"), TypeMap.load())
    for iri in iris:
        stage.key(iri)
    stage.checkpoint()
    sort_iris(stage.segments["iri"], stage.folder)
    keys = KeyMap(stage.folder)
    ranks = keys.in_order(np.arange(len(keys.keys)))
    found = keys.iris(ranks)
    assert found == sorted(map(canonical_iri, iris))
    assert keys.labels(ranks) == [label_of_iri(iri) for iri in found]
    stage.close()
