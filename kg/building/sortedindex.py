"""An index of SQLite from rows that are sorted already.

`CREATE INDEX` sorts what it reads, which takes most of the time of a table of tens of millions of small rows. Where the
rows can be had in the index's own order, they are written as a table without row ids, which SQLite stores exactly as it
stores an index, and that table is then declared to be the index (`PRAGMA writable_schema`). A test lets SQLite check
the result; a SQLite that forbids it gets its `CREATE INDEX`.
"""

import sqlite3
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from kg.bulk import insert_array


def fill_sorted_index(
    connection: sqlite3.Connection,
    table: str,
    index: str,
    columns: Sequence[str],
    parts: Iterable[npt.NDArray[np.int64]],
) -> None:
    """Make an index, within the caller's transaction.

    Args:
        connection: A graph.
        table: A table without row ids whose primary key is made of just the index's columns.
        index: The index; it must not be there yet.
        columns: Its columns.
        parts: The rows of the index, (N, columns), in its order.
    """
    listed = ", ".join(columns)
    declaration = f"CREATE INDEX {index} ON {table} ({listed})"
    connection.execute(f"CREATE TABLE {index} ({listed}, PRIMARY KEY ({listed})) WITHOUT ROWID")
    for part in parts:
        insert_array(connection, index, columns, part)
    try:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET type = 'index', tbl_name = ?, sql = ? WHERE name = ?", (table, declaration, index)
        )
        connection.execute("PRAGMA writable_schema = RESET")
    except sqlite3.OperationalError:  # a SQLite whose schema cannot be written
        connection.execute("PRAGMA writable_schema = RESET")
        connection.execute(f"DROP TABLE {index}")
        connection.execute(declaration)
