"""Pictures decoded in processes of their own: one that crashes, hangs or runs out of memory costs one picture.

A process serves many pictures, one at a time, and another takes its place when it has died. It answers in JSON and
plain pixels, so that a decoder that was taken over by a picture cannot make this process run anything.
"""

import atexit
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from PIL import Image

from .errors import PictureError
from .pictures import MAX_BYTES, MAX_PIXELS, Picture, check_size, load_picture, named

_CPU_S = 20  # of processor time for a picture; the largest that are let through take about two
_WAIT_S = 120.0  # for one that waits for a disk that does not answer
_MEMORY_BYTES = 1 << 30  # on top of what a process has when it starts
_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from vision.apart import serve; serve(sys.argv[1])"


def load_picture_apart(
    source: Path | bytes, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES, cpu_s: int = _CPU_S
) -> Picture:
    """Read a picture as `vision.load_picture` does, in another process; several threads may ask at a time.

    There are at most as many processes as processors; they start when they are first needed, and end with this one.

    Args:
        source: The file, or what is in it.
        max_pixels: Refuse more, by the header.
        max_bytes: Refuse a larger file.
        cpu_s: Processor time that decoding may take, in seconds.

    Returns:
        The picture.

    Raises:
        PictureError: As of `load_picture`; or decoding it needs too much time or memory, or crashes.
    """
    if isinstance(source, bytes):
        check_size(source, max_bytes=max_bytes)  # before it is sent
    with _places:
        with _lock:
            decoder = _idle.pop() if _idle else None
        decoder = decoder or _Decoder()
        try:
            return decoder.load(source, {"max_pixels": max_pixels, "max_bytes": max_bytes}, cpu_s)
        except PictureError:
            raise
        except BaseException:  # Ctrl-C in the middle of an answer
            decoder.end()
            raise
        finally:
            if decoder.is_alive:
                with _lock:
                    _idle.append(decoder)


class _Decoder:
    """A process that decodes one picture at a time."""

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - this very Python, and a program that is written here
                [sys.executable, "-c", _PROGRAM, str(number), json.dumps(sys.path)],
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # libtiff complains there
            )
        self.is_alive = True

    def load(self, source: Path | bytes, limits: dict[str, int], cpu_s: int) -> Picture:
        """See `load_picture_apart`."""
        path = named(source)
        asked = None if isinstance(source, bytes) else os.fsencode(source.absolute()).hex()
        try:
            self._connection.send_bytes(json.dumps([asked, limits, cpu_s]).encode())
            if isinstance(source, bytes):
                self._connection.send_bytes(source)
            if not self._connection.poll(_WAIT_S):
                self.end()
                raise PictureError(path, f"could not be decoded within {_WAIT_S:.0f} s", "unreadable")
            answer = json.loads(self._connection.recv_bytes())
            if "kind" in answer:
                if answer["is_last"]:
                    self.end()
                raise PictureError(path, answer["reason"], answer["kind"])
            pixels = Image.frombytes("RGB", tuple(answer["size"]), self._connection.recv_bytes())
        except (EOFError, OSError) as error:
            self.end()
            if self._process.returncode == -signal.SIGXCPU:
                reason = f"takes more than {cpu_s} s to decode; make it smaller"
                raise PictureError(path, reason, "too large") from error
            reason = f"its decoder crashed (exit status {self._process.returncode})"
            raise PictureError(path, reason, "unreadable") from error
        return Picture(pixels, answer["format"], answer["width"], answer["height"], answer["sha256"])

    def leave(self) -> None:
        """Leave it to the process that this one was forked from."""
        self._connection.close()
        self._process.returncode = 0

    def end(self) -> None:
        """End the process."""
        self.is_alive = False
        self._connection.close()
        try:
            self._process.wait(timeout=1)  # it ends when it hears that nobody asks any more
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(descriptor: str) -> None:
    """Be such a process: decode what is asked for, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_AS, _held_bytes() + _MEMORY_BYTES)
    with Connection(int(descriptor)) as connection:
        while True:
            try:
                asked, limits, cpu_s = json.loads(connection.recv_bytes())
                source = connection.recv_bytes() if asked is None else Path(os.fsdecode(bytes.fromhex(asked)))
            except EOFError:
                return
            used = resource.getrusage(resource.RUSAGE_SELF)
            _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + cpu_s)
            if not _answer(connection, source, limits):
                return


def _answer(connection: Connection, source: Path | bytes, limits: dict[str, int]) -> bool:
    """Decode one; say whether the process can go on."""
    try:
        picture = load_picture(source, **limits)
        pixels = picture.image.tobytes()
    except PictureError as error:
        is_last = isinstance(error.__cause__, MemoryError)  # what is left of its memory may be in pieces
        answer = {"reason": error.reason, "kind": error.kind, "is_last": is_last}
        connection.send_bytes(json.dumps(answer).encode())
        return not is_last
    said = {"size": picture.image.size, "format": picture.format, "sha256": picture.sha256}
    connection.send_bytes(json.dumps(said | {"width": picture.width, "height": picture.height}).encode())
    connection.send_bytes(pixels)
    return True


def _limit(which: int, value: int) -> None:
    """Lower a limit; nothing raises what a user or an administrator has set."""
    most = resource.getrlimit(which)[1]
    resource.setrlimit(which, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def _held_bytes() -> int:
    """The address space that is taken, where the system says it."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


_lock = threading.Lock()
_idle: list[_Decoder] = []
_places = threading.BoundedSemaphore(os.cpu_count() or 1)


def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def _start_anew() -> None:
    """A forked process has processes of its own; those of its parent would mix up the answers."""
    global _lock, _places
    _lock, _places = threading.Lock(), threading.BoundedSemaphore(os.cpu_count() or 1)
    while _idle:
        _idle.pop().leave()


atexit.register(_end_all)
os.register_at_fork(after_in_child=_start_anew)
