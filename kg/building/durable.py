"""What outlives what: a half-built graph outlives its process, a finished one outlives a power failure.

Waiting for the disk at every checkpoint costs more than reading does. A process that dies loses nothing that it handed
to the system, so a half-built graph is not forced to the disk; it is marked with the system's boot instead, and one
from an earlier boot is built anew. A finished graph is on the disk before it takes its place.
"""

import contextlib
import os
from io import FileIO
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import numpy.typing as npt

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MARK = "boot"


def mark_boot(folder: Path) -> None:
    """Mark a folder as made since the system was started."""
    (folder / _MARK).write_text(_boot_id())


def is_of_this_boot(folder: Path) -> bool:
    """Say whether a folder was marked since the system was started; True where the system does not tell."""
    try:
        return (folder / _MARK).read_text() == _boot_id()
    except FileNotFoundError:
        return False


def write_array(path: Path, column: npt.NDArray[Any]) -> None:
    """Write an array to a file, all of it or with an error; `ndarray.tofile` may lose its end on a full disk."""
    with path.open("wb") as file:
        file.write(np.ascontiguousarray(column).data)


def write_whole(file: FileIO, column: npt.NDArray[Any]) -> None:
    """Write an array to a file without a buffer, which may take only a part of it at a time."""
    data = np.ascontiguousarray(column).data.cast("B")
    while len(data):
        data = data[file.write(data) :]


def write_out(path: Path) -> None:
    """Return when all of a file is on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def write_out_meanwhile(path: Path) -> None:
    """Begin to bring a file to the disk, so that little is left to wait for at the end; trouble shows itself there."""
    file = os.open(path, os.O_RDONLY)

    def write() -> None:
        with contextlib.suppress(OSError):
            os.fsync(file)
        os.close(file)

    Thread(target=write, daemon=True).start()


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
