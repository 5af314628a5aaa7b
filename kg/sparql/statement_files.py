"""What was fetched, as sorted N-Triples files: the same statements give the same bytes, in whatever order they came."""

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from kg.vocabulary import dataset_of

_DATASETS = (
    *("labels", "instance_types", "mappingbased_objects", "mappingbased_literals"),
    *("images", "redirects", "disambiguations"),
)
_NAMES = {dataset: f"{dataset.split('_')[-1]}.nt" for dataset in _DATASETS}  # `types.nt` and so on
_HEAD = "# fetched from "


class StatementFiles:
    """Collects statements on the disk, and writes them into a folder, which is made, when they are all there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._connection = sqlite3.connect("")  # a file that SQLite removes
        self._connection.execute("CREATE TABLE statement (file, line, PRIMARY KEY (file, line)) WITHOUT ROWID")

    def close(self) -> None:
        """Forget what was collected."""
        self._connection.close()

    def add(self, statements: Iterable[tuple[str, str, str]]) -> None:
        """Collect statements: a subject in N-Triples form, a predicate's IRI, and an object in N-Triples form."""
        rows = []
        for subject, predicate, target in statements:
            is_literal = target.startswith('"')
            dataset = dataset_of(predicate, is_literal=is_literal)
            if dataset in _NAMES and (is_literal or dataset != "labels"):
                rows.append((_NAMES[dataset], f"{subject} <{predicate}> {target} ."))
        with self._connection:
            self._connection.executemany("INSERT OR IGNORE INTO statement VALUES (?, ?)", rows)

    def write(self, endpoint: str, comment: str) -> dict[Path, int]:
        """Write every file beside its place, then put them all in place; files without statements are removed.

        The head of each file names the endpoint, with a comment of one line. Returned are the files and the number of
        their statements.
        """
        parts = {self._folder / name: self._folder / f".{name}.part" for name in _NAMES.values()}
        counts = {path: self._write_one(path.name, part, f"{endpoint} ({comment})") for path, part in parts.items()}
        for path, part in parts.items():
            if counts[path]:
                part.replace(path)
            else:
                path.unlink(missing_ok=True)
                part.unlink()
        return {path: count for path, count in counts.items() if count}

    def _write_one(self, name: str, part: Path, head: str) -> int:
        count = 0
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"{_HEAD}{head}\n")
            for (line,) in self._connection.execute("SELECT line FROM statement WHERE file = ? ORDER BY line", [name]):
                file.write(line + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        return count


def fetched_from(path: Path) -> str:
    """Return the endpoint that a file was fetched from; an empty text for any other file."""
    try:
        with path.open("rb") as file:
            head = file.readline(5000).decode("utf-8", "replace")
    except OSError:
        return ""
    return head.removeprefix(_HEAD).split(" ")[0] if head.startswith(_HEAD) else ""
