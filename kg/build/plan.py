"""What a build is going to do, as it stands in the table `build_step`: equal plans mean equal graphs."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kg.schema import SCHEMA_VERSION

_AT_ONCE_BYTES = 1 << 20
_PICTURES = ("images_dir", "images")
_SETTINGS = {
    ("build_version",): "another version of this program built it",
    _PICTURES: "its picture folder was another",
    ("types",): "its type table was another",
    ("languages",): "its --language was another",
    ("keep",): "its --keep was another",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One step as it is planned."""

    name: str  # what is done
    source: str = ""  # the file that is read, or the settings of the build
    size_bytes: int = 0  # the file's size
    sha256: str = ""  # the file's digest; of a file that is not read to its end yet, its `stamp` may stand here
    stamp: str = ""  # when the file was last changed


class Digests:
    """Digests of files, worked out in a thread of their own while the files are read for the graph.

    Args:
        paths: The files, by name.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._is_closed = False
        self._pool = ThreadPoolExecutor(1)
        self._digests = {name: self._pool.submit(self._digest, path) for name, path in paths.items()}

    def of(self, name: str) -> str:
        """Return a file's sha256, as soon as it is known."""
        return self._digests[name].result()

    def close(self) -> None:
        """Stop at once."""
        self._is_closed = True
        self._pool.shutdown(cancel_futures=True)

    def _digest(self, path: Path) -> str:
        digest = sha256()
        with path.open("rb", buffering=0) as file:
            while not self._is_closed and (data := file.read(_AT_ONCE_BYTES)):
                digest.update(data)
        return digest.hexdigest()


def stamp_of(path: Path) -> str:
    """Return a text that changes when a file is written."""
    return f"changed {path.stat().st_mtime_ns}"


def read_plan(path: Path) -> list[Planned]:
    """Return the plan that a graph file was made by; none for a file that is no graph of this version."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
                return []
            rows = connection.execute("SELECT name, source, size_bytes, sha256 FROM build_step ORDER BY id")
            return [Planned(*row) for row in rows]
    except sqlite3.DatabaseError:
        return []


def difference(found: Sequence[Planned], plan: Sequence[Planned], *, but_pictures: bool = False) -> str:
    """Say in what a graph was built otherwise than planned; "" where it was built just so, or but for its pictures."""
    if not found:
        return "its graph is not whole, or of another version"
    theirs, ours = ({} if step.name != "settings" else json.loads(step.source) for step in (found[0], plan[0]))
    for names, what in _SETTINGS.items():
        if any(theirs.get(name) != ours.get(name) for name in names) and not (but_pictures and names == _PICTURES):
            return what
    return "" if is_plan(found[1:], plan[1:]) else "its sources were others"


def is_plan(found: Sequence[Planned], plan: Sequence[Planned]) -> bool:
    """Say whether a graph's plan is one: the same steps from the same files."""
    return len(found) == len(plan) and all(map(_is_step, found, plan))


def _is_step(found: Planned, step: Planned) -> bool:
    is_alike = (found.name, found.source, found.size_bytes) == (step.name, step.source, step.size_bytes)
    return is_alike and found.sha256 in (step.sha256, step.stamp)
