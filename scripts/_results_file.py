"""The file of results: there whole or not at all, written beside its place, and gone on with after a stop."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from scripts._cli import CommandError, say
from scripts._output_forms import is_special, to_line

if TYPE_CHECKING:
    from linker import Result


class Done(NamedTuple):
    """What a result tells of its post."""

    id: str | int
    image: str | None
    image_error: str | None  # why its picture was not used


def part_path(out: Path) -> Path:
    """Where results wait, a line of JSON each, until all are there."""
    return out.with_name(out.name + ".part")


def waiting_place(outs: Sequence[Path]) -> Path:
    """Beside which of the files results wait: the one where a stopped run has left some, or the first."""
    return next((out for out in outs if part_path(out).exists()), outs[0])


def begin(out: Path, options: Mapping[str, object], *, resume: bool) -> list[Done]:
    """Make ready to write beside `out`, or to go on from what a stopped run left there.

    Returns:
        The posts that the stopped run has done; without `resume`, none.

    Raises:
        CommandError: It was run with different options, on which results depend.
    """
    part, kept = part_path(out), _options_path(out)
    if resume and part.exists():
        theirs = json.loads(kept.read_text("utf-8")) if kept.exists() else options
        different = ", ".join(f"{name} {theirs.get(name)!r}" for name in options if theirs.get(name) != options[name])
        if different:
            raise CommandError(f"{part} was made with {different}: give the same, or leave out --resume to start anew")
        return _keep_whole_lines(part)
    if part.exists():
        say(f"{part}: replacing what a stopped run left (--resume goes on from it)")
        part.unlink()
    kept.write_text(json.dumps(options), "utf-8")
    return []


def append(out: Path, results: "Iterable[Result]", *, flush_every: int, explain: bool) -> None:
    """Write results beside `out` as they come."""
    with part_path(out).open("a", encoding="utf-8", newline="\n") as file:
        for number, result in enumerate(results, 1):
            file.write(to_line(result, explain=explain))
            if number % flush_every == 0:
                file.flush()
        _flush_to_disk(file)


def written(out: Path) -> "Iterator[Result]":
    """The results that `append` has written."""
    from linker import result_from_json

    with part_path(out).open("rb") as lines:
        for line in lines:
            yield result_from_json(json.loads(line))


def finish(out: Path, *, as_written: bool) -> None:
    """Put the lines that `append` has written in their place, or remove them: they were written in another form."""
    if as_written:
        part_path(out).replace(out)
    part_path(out).unlink(missing_ok=True)
    _options_path(out).unlink(missing_ok=True)


def write_whole(out: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write a file beside its place and rename it; a run that is killed meanwhile leaves what was there before.

    A device or a pipe is written to as it is.

    Args:
        out: The file.
        write: Writes to a file that is open for bytes.
    """
    if is_special(out):
        with out.open("wb") as file:
            write(file)
        return
    beside = out.with_name(out.name + ".new.part")
    try:
        with beside.open("wb") as file:
            write(file)
            _flush_to_disk(file)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def hold(outs: Iterable[Path]) -> Iterator[None]:
    """Keep others from writing to these files meanwhile; devices and pipes are anybody's.

    Raises:
        BuildLockedError: Somebody else is writing one of them.
    """
    from kg import build_lock

    with ExitStack() as held:
        for out in outs:
            if not is_special(out):
                held.enter_context(build_lock(out))
        yield


def _options_path(out: Path) -> Path:
    """Where it stands, as long as the results wait, with which options they were made."""
    return out.with_name(out.name + ".settings.part")


def _keep_whole_lines(part: Path) -> list[Done]:
    """Cut off what a killed run left unfinished; the posts of the results that stay, in order."""
    done, end_bytes = [], 0
    with part.open("r+b") as file:
        for line in file:
            try:
                record = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                record = None
            if not isinstance(record, dict) or "id" not in record:
                break
            done.append(Done(record["id"], record.get("image"), record.get("image_error")))
            end_bytes += len(line)
        file.truncate(end_bytes)
    return done


def _flush_to_disk(file: IO[Any]) -> None:
    """Wait until the disk has what was written, so that a rename after it cannot come first."""
    file.flush()
    os.fsync(file.fileno())
