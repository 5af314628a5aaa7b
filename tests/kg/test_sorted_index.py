"""An index from sorted rows is one that SQLite itself could have made."""

import sqlite3
from collections.abc import Iterator

import numpy as np
import pytest

from kg.building.sortedindex import fill_sorted_index
from kg.schema import create_indexes, create_tables

_ROWS = sorted({(n % 97, n * n % 1013 + 2**33 * (n % 2), n % 5) for n in range(5000)})


@pytest.fixture
def graph() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    create_tables(connection)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO triple (subject, object, predicate) VALUES (?, ?, ?)", _ROWS)
    yield connection
    connection.close()


def _fill(connection: sqlite3.Connection) -> None:
    rows = np.array(sorted((target, subject, predicate) for subject, target, predicate in _ROWS), dtype=np.int64)
    columns = ("object", "subject", "predicate")
    fill_sorted_index(connection, "triple", "triple_object", columns, np.array_split(rows, 7))


def test_sqlite_finds_nothing_wrong_and_uses_it(graph: sqlite3.Connection) -> None:
    _fill(graph)
    create_indexes(graph)
    graph.execute("COMMIT")
    assert graph.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    [plan] = graph.execute("EXPLAIN QUERY PLAN SELECT subject FROM triple WHERE object = 4").fetchall()
    assert "COVERING INDEX triple_object" in plan[3]
    assert graph.execute("SELECT count(*) FROM triple INDEXED BY triple_object").fetchone()[0] == len(_ROWS)
    graph.execute("DELETE FROM triple WHERE subject = 7")
    graph.execute("INSERT INTO triple VALUES (7, 1, 12345678901)")
    assert graph.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_transaction_that_is_taken_back_leaves_no_index(graph: sqlite3.Connection) -> None:
    _fill(graph)
    graph.execute("ROLLBACK")
    assert graph.execute("SELECT count(*) FROM sqlite_master WHERE name = 'triple_object'").fetchone() == (0,)
    assert graph.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_where_the_schema_cannot_be_written_sqlite_makes_the_index(graph: sqlite3.Connection) -> None:
    def ignore(action: int, name: str | None, *_: object) -> int:
        is_ignored = action == sqlite3.SQLITE_PRAGMA and name == "writable_schema"
        return sqlite3.SQLITE_IGNORE if is_ignored else sqlite3.SQLITE_OK

    graph.set_authorizer(ignore)
    _fill(graph)
    graph.set_authorizer(None)
    assert graph.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert graph.execute("SELECT type FROM sqlite_master WHERE name = 'triple_object'").fetchone() == ("index",)
