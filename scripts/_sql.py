"""SQL that can read and do nothing else: for looking into an index that other processes use."""

import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from scripts._cli import CommandError
from scripts._show import Rows

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_READING_PRAGMAS = {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"}
_READING_PRAGMAS |= {"user_version", "database_list", "function_list", "collation_list", "page_count", "page_size"}
_INSTRUCTIONS_BETWEEN_CHECKS = 100_000


def run_query(graph: Path, cache: Path, query: str, *, limit: int, timeout_s: float) -> tuple[Rows, bool]:
    """Run one query over kg.sqlite and, as ``cache``, over the knowledge cache.

    Returns:
        The rows (at most `limit`), and whether there are more.

    Raises:
        CommandError: The query is wrong, would change something, or takes too long.
    """
    with closing(sqlite3.connect(_read_only(graph), uri=True)) as connection:
        if cache.is_file():
            with suppress(sqlite3.Error):  # a cache that cannot be read must not keep anyone from the graph
                connection.execute("ATTACH DATABASE ? AS cache", (_read_only(cache),))
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(_authorize)
        end_s = time.monotonic() + timeout_s
        connection.set_progress_handler(lambda: int(time.monotonic() > end_s), _INSTRUCTIONS_BETWEEN_CHECKS)
        try:
            cursor = connection.execute(query)
            rows = cursor.fetchmany(limit + 1)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise CommandError(_explain(error, timeout_s)) from error
        names = [column[0] for column in cursor.description or ()]
        return Rows(names, rows[:limit]), len(rows) > limit


def _read_only(path: Path) -> str:
    return f"{path.resolve().as_uri()}?mode=ro"


def _authorize(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    del second, database, trigger
    if action in _ALLOWED or (action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _READING_PRAGMAS):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _explain(error: Exception, timeout_s: float) -> str:
    text = str(error)
    if "interrupted" in text:
        return f"the query took longer than {timeout_s:g} s: make it narrower, or give it more with --timeout"
    if "not authorized" in text or "prohibited" in text:
        return "the query would do more than read: expected one SELECT (the index is read-only)"
    return f"SQL: {text}"
