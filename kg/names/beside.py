"""The tables of names, filled in a file of their own while the triples are written, and then copied into the graph.

SQLite writes a file by one thread only, and the names take as long as everything else. Tables that are made by the same
declaration are copied page for page (SQLite's transfer optimisation), which takes a fraction of filling them.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from kg.schema import NAME_TABLES, create_name_tables, open_for_building

from .grams import fill_grams
from .rows import Labels, fill_aliases

_WHOLE = 1  # as `PRAGMA user_version`: all is filled


class NamesBeside:
    """Fills `names.sqlite` in the folder of a stage, in a thread.

    Args:
        folder: The stage's folder, with `stage.sqlite`.
        labels: Gives the labels of all entities, in the order of ids, on a connection that has the stage attached.
    """

    def __init__(self, folder: Path, labels: Callable[[sqlite3.Connection], Iterable[Labels]]) -> None:
        self.path = folder / "names.sqlite"
        self._folder = folder
        self._labels = labels
        self._pool = ThreadPoolExecutor(1)
        self._connection: sqlite3.Connection | None = None
        self._is_stopped = False
        self._done: Future[None] = self._pool.submit(self._fill)

    def wait(self) -> None:
        """Return when all is filled, or raise what went wrong."""
        self._done.result()

    def copy_into(self, graph: sqlite3.Connection) -> None:
        """Copy the tables into a graph to which this file is attached as `names`; in the caller's transaction."""
        for table in NAME_TABLES:
            graph.execute(f"INSERT INTO main.{table} SELECT * FROM names.{table}")  # noqa: S608 -- our own names

    def close(self) -> None:
        """Stop, if need be half-way."""
        self._is_stopped = True
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(sqlite3.ProgrammingError):  # closed since
                connection.interrupt()
        self._pool.shutdown(cancel_futures=True)

    def _fill(self) -> None:
        if self._is_whole():
            return
        self.path.unlink(missing_ok=True)
        self.path.with_name(self.path.name + "-journal").unlink(missing_ok=True)
        with closing(open_for_building(self.path)) as connection:
            self._connection = connection
            create_name_tables(connection)
            connection.execute("ATTACH ? AS stage", (str(self._folder / "stage.sqlite"),))
            connection.execute("BEGIN")
            fill_aliases(connection, self._unless_stopped(self._labels(connection)))
            fill_grams(connection)
            connection.execute(f"PRAGMA main.user_version = {_WHOLE}")
            connection.execute("COMMIT")

    def _is_whole(self) -> bool:
        if not self.path.exists():
            return False
        with closing(sqlite3.connect(self.path)) as connection:
            return bool(connection.execute("PRAGMA user_version").fetchone()[0] == _WHOLE)

    def _unless_stopped(self, labels: Iterable[Labels]) -> Iterable[Labels]:
        for some in labels:
            if self._is_stopped:
                raise InterruptedError("stopped")
            yield some
