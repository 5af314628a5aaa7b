"""Trees that are written page by page are such as SQLite could have made: it finds all rows, and nothing wrong."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from kg.building import pages as pagefile
from kg.building.pages import PageFile
from kg.building.records import Texts
from kg.building.trees import Tree
from kg.schema import create_indexes, create_tables, open_for_building

_SCHEMA = """
CREATE TABLE named (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT, size REAL);
CREATE UNIQUE INDEX named_name ON named (name);
CREATE TABLE pair (one INTEGER, other INTEGER, PRIMARY KEY (one, other)) WITHOUT ROWID;
CREATE TABLE blob (key INTEGER PRIMARY KEY, content BLOB);
"""
_NUMBERS = [0, 1, 2, -1, 127, 128, -128, -129, 2**15, -(2**23), 2**31 - 1, 2**31, 2**47 - 1, 2**47, -(2**47), 2**63 - 1]
_SIZES = [0.0, 1.0, -0.0, -7.0, 0.85, 2.0**46, 2.0**47, -(2.0**60), 1e300]
_Name = tuple[str, str | None, float]
Open = Callable[[int], sqlite3.Connection]


@pytest.fixture
def open_file(tmp_path: Path) -> Iterator[Open]:
    opened = []

    def make(page_bytes: int) -> sqlite3.Connection:
        connection = sqlite3.connect(tmp_path / "some.sqlite", isolation_level=None)
        connection.execute(f"PRAGMA page_size = {page_bytes}")
        connection.executescript(_SCHEMA)
        opened.append(connection)
        return connection

    yield make
    for connection in opened:
        connection.close()


def _path(connection: sqlite3.Connection) -> Path:
    return Path(connection.execute("PRAGMA database_list").fetchone()[2])


def _names(count: int, longest: int, chance: random.Random) -> list[_Name]:
    drawn = {f"{chance.randrange(10**9)}{'é' * chance.choice([0, 1, chance.randrange(longest)])}" for _ in range(count)}
    rows = [(name, chance.choice([None, "", "東京", "\0"]), chance.choice(_SIZES)) for name in drawn]
    return sorted(rows, key=lambda row: row[0].encode())


def _fill_names(pages: PageFile, rows: list[_Name], at_once: int) -> None:
    table, index = Tree(pages, "named"), Tree(pages, "named_name")
    for first in range(0, len(rows), at_once):
        some = rows[first : first + at_once]
        ids = np.arange(first + 1, first + 1 + len(some))
        names = Texts.of(row[0] for row in some)
        notes = Texts.choices([row[1] for row in some], np.arange(len(some)))
        table.add([None, names, notes, np.array([row[2] for row in some])], ids)
        index.add([names, ids])
    table.finish()
    index.finish()


def _check(connection: sqlite3.Connection) -> None:
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("page_bytes", [512, 8192, 65536])
@pytest.mark.parametrize(("count", "longest"), [(0, 1), (1, 1), (40, 9), (700, 9), (90, 9000)])
def test_a_table_and_its_index(page_bytes: int, count: int, longest: int, open_file: Open) -> None:
    connection = open_file(page_bytes)
    rows = _names(count, longest, random.Random(count))
    with PageFile(_path(connection)) as pages:
        _fill_names(pages, rows, 100)
        pages.publish()
    _check(connection)
    assert connection.execute("SELECT name, note, size FROM named ORDER BY id").fetchall() == rows
    for place, (name, _, _) in enumerate(rows, 1):
        assert connection.execute("SELECT id FROM named WHERE name = ?", (name,)).fetchall() == [(place,)]
    connection.execute("DELETE FROM named WHERE id % 3 = 0")
    connection.executemany("INSERT INTO named (name) VALUES (?)", [(f"new {number}",) for number in range(300)])
    _check(connection)


@pytest.mark.parametrize("count", range(0, 260, 3))
def test_however_many_rows_the_last_pages_are_whole(count: int, open_file: Open) -> None:
    connection = open_file(512)
    pairs = np.array([(number // 9, number) for number in range(count)], dtype=np.int64).reshape(-1, 2)
    with PageFile(_path(connection)) as pages:
        tree = Tree(pages, "pair")
        for part in np.array_split(pairs, 3):
            tree.add(list(part.T))
        tree.finish()
        pages.publish()
    _check(connection)
    assert connection.execute("SELECT one, other FROM pair ORDER BY one, other").fetchall() == list(
        map(tuple, pairs.tolist())
    )


def test_numbers_take_the_bytes_that_sqlite_gives_them(open_file: Open, tmp_path: Path) -> None:
    connection = open_file(512)
    numbers = sorted(_NUMBERS)
    with PageFile(_path(connection)) as pages:
        _fill_names(pages, [(str(place), None, size) for place, size in enumerate(_SIZES)], 100)
        tree = Tree(pages, "pair")
        tree.add([np.array(numbers), np.array(numbers)])
        tree.finish()
        pages.publish()
    filled = {name: _leaf(connection, name) for name in ("named", "pair")}
    connection.execute("DELETE FROM named")
    connection.execute("DELETE FROM pair")
    connection.executemany(
        "INSERT INTO named VALUES (?, ?, NULL, ?)",
        [(place + 1, str(place), size) for place, size in enumerate(_SIZES)],
    )
    connection.executemany("INSERT INTO pair VALUES (?1, ?1)", [(number,) for number in numbers])
    assert filled == {name: _leaf(connection, name) for name in ("named", "pair")}


def _leaf(connection: sqlite3.Connection, name: str) -> list[bytes]:
    """The cells of a tree of one page, in its order."""
    [number] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    page = _path(connection).read_bytes()[(number - 1) * 512 : number * 512]
    cells = int.from_bytes(page[3:5], "big")
    starts = [int.from_bytes(page[8 + 2 * cell : 10 + 2 * cell], "big") for cell in range(cells)]
    ends = dict(zip(sorted(starts), [*sorted(starts)[1:], 512], strict=True))
    return [page[start : ends[start]] for start in starts]


def test_the_page_with_the_lock_stays_unused(open_file: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = open_file(512)
    monkeypatch.setattr(pagefile, "_LOCK_BYTE", 40 * 512)
    rows = _names(900, 3, random.Random(3))
    with PageFile(_path(connection)) as pages:
        _fill_names(pages, rows, 100)
        pages.publish()
    [(problem,)] = connection.execute("PRAGMA integrity_check").fetchall()
    assert problem.splitlines()[1:] == ["Page 41 is never used"], "which has the lock in larger files only"
    assert connection.execute("SELECT name, note, size FROM named ORDER BY id").fetchall() == rows


def test_nothing_is_seen_before_it_is_published(open_file: Open) -> None:
    connection = open_file(512)
    path = _path(connection)
    before = connection.execute("PRAGMA page_count").fetchone()[0]
    with PageFile(path) as pages:
        _fill_names(pages, _names(500, 9, random.Random(1)), 100)
    assert path.stat().st_size > before * 512
    assert connection.execute("SELECT count(*) FROM named").fetchone() == (0,)
    _check(connection)
    with PageFile(path) as pages:
        assert pages.count == before
        _fill_names(pages, _names(300, 9, random.Random(1)), 100)
        pages.publish()
    assert connection.execute("SELECT count(*) FROM named").fetchone() == (300,)
    _check(connection)


def test_an_attempt_may_begin_where_one_that_was_published_began(open_file: Open) -> None:
    connection = open_file(512)
    first = connection.execute("PRAGMA page_count").fetchone()[0]
    for _ in range(2):
        with PageFile(_path(connection), first=first) as pages:
            _fill_names(pages, _names(400, 9, random.Random(2)), 150)
            pages.publish()
        _check(connection)
        assert connection.execute("SELECT count(*) FROM named").fetchone() == (400,)


def test_blobs(open_file: Open) -> None:
    connection = open_file(1024)
    rows = [(2**62 - 1000 + number, bytes([number % 256]) * (number * 37 % 5000)) for number in range(300)]
    data = np.frombuffer(bytearray(b"".join(blob for _, blob in rows)), dtype=np.uint8)
    ends = np.cumsum([len(blob) for _, blob in rows])
    with PageFile(_path(connection)) as pages:
        tree = Tree(pages, "blob")
        blobs = Texts(data, np.append(0, ends)[:-1], ends, is_blob=True)
        tree.add([None, blobs], np.array([key for key, _ in rows]))
        tree.finish()
        pages.publish()
    _check(connection)
    assert connection.execute("SELECT key, content FROM blob ORDER BY key").fetchall() == rows


def test_triples_are_found_by_their_objects(tmp_path: Path) -> None:
    connection = open_for_building(tmp_path / "kg.sqlite")
    create_tables(connection)
    rows = sorted({(n % 97, n * n % 1013 + 2**33 * (n % 2), n % 5) for n in range(5000)})
    with PageFile(tmp_path / "kg.sqlite") as pages:
        for name, order in (("triple", [0, 1, 2]), ("triple_object", [1, 0, 2])):
            tree = Tree(pages, name)
            tree.add(list(np.array(sorted(tuple(row[place] for place in order) for row in rows)).T))
            tree.finish()
        pages.publish()
    create_indexes(connection)
    _check(connection)
    [plan] = connection.execute("EXPLAIN QUERY PLAN SELECT subject FROM triple WHERE object = 4").fetchall()
    assert "COVERING INDEX triple_object" in plan[3]
    assert connection.execute("SELECT count(*) FROM triple INDEXED BY triple_object").fetchone()[0] == len(rows)
    connection.close()
