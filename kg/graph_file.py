"""The file of a graph, open for reading: a connection for each thread, all to one and the same file."""

import sqlite3
import threading
from pathlib import Path
from typing import Self

from .errors import StoreError
from .schema import open_for_reading


class GraphFile:
    """A finished graph's file. Threads may share it: each gets a connection of its own.

    Use `open`, and close it, or use it as a context manager.
    """

    def __init__(self, path: Path) -> None:
        self.sqlite_path = path
        self._thread = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        self._file: tuple[int, int] | None = None

    @classmethod
    def open(cls, sqlite_path: Path) -> Self:
        """Open a graph that `build_graph` made.

        Raises:
            StoreError: If it is missing, half-built, of another version, or not a graph.
        """
        graph = cls(Path(sqlite_path))
        _ = graph.connection
        return graph

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; the graph cannot be used afterwards."""
        with self._lock:
            self._closed = True
            while self._connections:
                self._connections.pop().close()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's own read-only connection."""
        if self._closed:
            raise StoreError(f"{self.sqlite_path} is closed; open it again")
        connection: sqlite3.Connection | None = getattr(self._thread, "connection", None)
        if connection is None:
            connection = open_for_reading(self.sqlite_path)
            status = self.sqlite_path.stat()
            file = status.st_dev, status.st_ino
            with self._lock:
                self._file = self._file or file
                if self._file != file:  # another file may have taken its place
                    connection.close()
                    raise StoreError(f"{self.sqlite_path} was updated while it was in use; open it again")
                self._connections.append(connection)
            self._thread.connection = connection
        return connection
