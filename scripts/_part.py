"""An output file that is there whole or not at all: written beside its place, and renamed at the end."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def is_special(out: Path) -> bool:
    """Whether a path is a device or a pipe (``/dev/stdout``, ``/dev/null``): written to as it is, never replaced."""
    named = out.absolute().parts[1:3]
    return (out.exists() and not out.is_file()) or (named[:1] in {("dev",), ("proc",)} and named != ("dev", "shm"))


def part_path(out: Path) -> Path:
    """Where results wait until all are there."""
    return out.with_name(out.name + ".part")


def settings_path(out: Path) -> Path:
    """Where it is noted, as long as the results wait, with which options they were made."""
    return out.with_name(out.name + ".settings.part")


def write_record(record: Record) -> str:
    """A record as one line of JSON."""
    return json.dumps(record, ensure_ascii=False) + "\n"


def read_records(path: Path) -> Iterator[Record]:
    """The records of a file that `write_record` filled."""
    with path.open("rb") as lines:
        for line in lines:
            yield json.loads(line)


def keep_whole_lines(path: Path) -> list[Any]:
    """Cut what a killed run left unfinished off a file of records.

    Returns:
        The ids of the records that stay, in order.
    """
    if not path.exists():
        return []
    ids, end_bytes = [], 0
    with path.open("r+b") as file:
        for line in file:
            try:
                record = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                record = None
            if not isinstance(record, dict) or "id" not in record:
                break
            ids.append(record["id"])
            end_bytes += len(line)
        file.truncate(end_bytes)
    return ids


def replace_whole(out: Path, chunks: Iterable[str]) -> None:
    """Write text beside a file and rename it there; a run that is killed meanwhile leaves what was there before.

    A device or a pipe is written to as it is.
    """
    if is_special(out):
        with out.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(chunks)
        return
    beside = out.with_name(out.name + ".new.part")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(chunks)
            flush_to_disk(file.fileno())
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


def flush_to_disk(handle: int) -> None:
    """Wait until the disk has what was written to an open file, so that a rename after it cannot come first."""
    os.fsync(handle)
