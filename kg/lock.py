"""One writer at a time for each output: a lock file that says who holds it, and that dies with its holder."""

import contextlib
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from .errors import BuildLockedError

try:
    import fcntl
except ImportError:  # no such locks on this system: two builds at once are the user's care
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def build_lock(target: Path) -> Iterator[None]:
    """Hold the right to write `target`, a file or folder that may not be there yet, or say who has it.

    The system frees the lock when its holder dies, however it dies; the text of a dead holder is overwritten.

    Raises:
        BuildLockedError: If another process holds it.
        OSError: If the disk gives no such right.
    """
    path = target.with_name(target.name + ".lock")
    file = _acquire(path, target)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # before closing, so that nobody can hold a file that is about to go
        os.close(file)


def _acquire(path: Path, target: Path) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                holder = os.read(file, 500).decode("utf-8", "replace").strip()
                os.close(file)
                if not isinstance(error, BlockingIOError):  # no locks on this disk, say
                    raise OSError(error.errno, f"it cannot be locked: {error.strerror}", str(path)) from None
                raise BuildLockedError(str(target), holder or "another process") from None
        if _is_same_file(file, path):
            os.ftruncate(file, 0)
            started = datetime.now(UTC).isoformat(timespec="seconds")
            text = f"process {os.getpid()} on {socket.gethostname()}, started {started}\n"
            with contextlib.suppress(OSError):  # a full disk: the lock holds without saying who has it
                os.write(file, text.encode())
            return file
        os.close(file)  # its last holder removed it between our open and our lock


def _is_same_file(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
