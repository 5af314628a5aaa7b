"""Many rows into SQLite: a statement takes some hundred rows at once, which is much faster than one by one."""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

_VALUES = 1200  # values bound by one statement; SQLite takes 32,766
_STATEMENTS = 40


def insert_rows(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows, in their order, within the caller's transaction.

    Args:
        connection: Where to.
        table: The table, one of ours.
        columns: Its columns that are given.
        rows: Their values.
    """
    width = len(columns)
    at_once = max(1, _VALUES // width)
    rest = iter(rows)
    while chunk := list(islice(rest, at_once * _STATEMENTS)):
        whole = len(chunk) // at_once * at_once
        flat = list(chain.from_iterable(chunk))
        many = [flat[at : at + at_once * width] for at in range(0, whole * width, at_once * width)]
        connection.executemany(_insert(table, columns, at_once), many)
        if whole < len(chunk):
            connection.execute(_insert(table, columns, len(chunk) - whole), flat[whole * width :])


def _insert(table: str, columns: Sequence[str], rows: int) -> str:
    marks = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * rows)}"  # noqa: S608 -- our names
