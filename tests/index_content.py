"""Everything that an index holds, to be compared with another one."""

import sqlite3
from pathlib import Path
from typing import Any

KEPT = {"cache.sqlite", "cache.sqlite.lock"}  # what a build leaves alone


def tables_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table's rows, but for the times of day."""
    with sqlite3.connect(path) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for name in sorted(names):
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
            kept = ", ".join(column for column in columns if column not in {"started", "finished"})
            found[name] = database.execute(f"SELECT {kept} FROM {name} ORDER BY 1, 2").fetchall()
    database.close()
    return found


def content_of(index_dir: Path) -> dict[str, Any]:
    """The names of an index's files, every table, the vectors and index.json."""
    return {
        "files": sorted({path.name for path in index_dir.iterdir()} - KEPT),
        "tables": tables_of(index_dir / "kg.sqlite"),
        "images": (index_dir / "images.faiss").read_bytes(),
        "manifest": (index_dir / "index.json").read_text("utf-8"),
    }
