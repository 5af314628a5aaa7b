"""Vectors of pictures by content, kept on the disk while an index is built."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg import Graph, StoreError
from linker.manifest import GRAPH, IMAGES, read_manifest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vision import ImageIndex

_BATCH = 500

_TABLES = """
CREATE TABLE IF NOT EXISTS encoder (identity TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stored (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known (
    sha256 TEXT PRIMARY KEY, image INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known_index (identity TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """A picture that another index has embedded.

    Attributes:
        sha256: Digest of its content.
        image_id: Its id there.
        width: Pixels across.
        height: Pixels down.
    """

    sha256: str
    image_id: int
    width: int
    height: int


class VectorStore:
    """The vectors of one encoder, in the form in which an image index stores them: float16, at length 1.

    Args:
        path: The file; it is made, and emptied if another encoder filled it.
        encoder_identity: The encoder.
    """

    def __init__(self, path: Path, encoder_identity: str) -> None:
        self._database = sqlite3.connect(path)
        self._known: ImageIndex | None = None
        with self._database:
            for statement in filter(None, map(str.strip, _TABLES.split(";"))):
                self._database.execute(statement)
            if self._database.execute("SELECT identity FROM encoder").fetchone() != (encoder_identity,):
                for table in ("stored", "known", "known_index", "encoder"):
                    self._database.execute(f"DELETE FROM {table}")  # noqa: S608 -- one of four words
                self._database.execute("INSERT INTO encoder VALUES (?)", (encoder_identity,))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def learn(self, index_dir: Path) -> None:
        """Note which pictures a whole index by the same encoder has; one that cannot be read has none."""
        from vision import ImageIndex, ImageIndexError

        identity = read_manifest(index_dir).identity
        try:
            self._known = ImageIndex.open(index_dir / IMAGES, device="cpu")
            with Graph.open(index_dir / GRAPH) as graph, self._database:
                if self._database.execute("SELECT identity FROM known_index").fetchone() == (identity,):
                    return
                self._database.execute("DELETE FROM known")
                self._database.execute("DELETE FROM known_index")
                self._database.executemany(
                    "INSERT OR IGNORE INTO known VALUES (?, ?, ?, ?)",
                    ((row.sha256, row.id, row.width, row.height) for row in graph.images(status="embedded")),
                )
                self._database.execute("INSERT INTO known_index VALUES (?)", (identity,))
        except (ImageIndexError, StoreError):
            self._known = None

    def holds(self, sha256: str) -> bool:
        """Say whether the vector of a content is there."""
        return self._database.execute("SELECT 1 FROM stored WHERE sha256 = ?", (sha256,)).fetchone() is not None

    def add(self, vectors: "Iterable[tuple[str, NDArray[Any]]]") -> None:
        """Keep the vectors of some contents, all or none of them."""
        import numpy as np

        from vision import stored_form

        given = list(vectors)
        if not given:
            return
        rows = stored_form(np.stack([vector for _, vector in given])).astype("<f2", copy=False)
        with self._database:
            self._database.executemany(
                "INSERT OR IGNORE INTO stored (sha256, data) VALUES (?, ?)",
                [(sha256, row.tobytes()) for (sha256, _), row in zip(given, rows, strict=True)],
            )

    def take_known(self, digests: Collection[str]) -> dict[str, KnownPicture]:
        """Take over the vectors of those contents that the other index has; say which these are."""
        if self._known is None:
            return {}
        found: dict[str, KnownPicture] = {}
        rest = iter(sorted(set(digests)))
        while batch := list(islice(rest, _BATCH)):
            marks = ",".join("?" * len(batch))
            query = f"SELECT sha256, image, width, height FROM known WHERE sha256 IN ({marks})"  # noqa: S608
            found.update({row[0]: KnownPicture(*row) for row in self._database.execute(query, batch)})
        lacking = [picture for digest, picture in found.items() if not self.holds(digest)]
        if lacking:
            rows = self._known.vectors([picture.image_id for picture in lacking]).astype("float16")
            self.add(zip((picture.sha256 for picture in lacking), rows, strict=True))
        return found

    def vectors(self, digests: Sequence[str]) -> "NDArray[np.float16]":
        """The vectors of contents that are all there, (n, C)."""
        import numpy as np

        query = "SELECT data FROM stored WHERE sha256 = ?"
        rows = b"".join(self._database.execute(query, (digest,)).fetchone()[0] for digest in digests)
        return np.frombuffer(rows, dtype="<f2").reshape(len(digests), -1).astype(np.float16, copy=False)
