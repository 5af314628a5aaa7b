"""What the commands share: how they report a mistake, an interruption, a closed pipe, how their help looks, options."""

import errno
import os
import sqlite3
import sys
from pathlib import Path
from typing import IO, Any, NoReturn

import click

SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 100}

FILE = click.Path(path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
device = click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="Where to compute.")
weights = click.option(
    "--weights", type=FILE, metavar="FILE", help="The weights of the picture encoder, where they do not come with it."
)
bootstrap = click.option(
    "--bootstrap",
    "samples",
    type=click.IntRange(min=1),
    default=1000,
    metavar="N",
    help="How many times the posts are drawn again for the intervals.",
)
types = click.option(
    "--types",
    type=FILE,
    metavar="FILE",
    help="What the posts' types are called here: CSV with the columns tag,type (PER, LOC, ORG, OTHER, or O for none).  "
    "[default: a table of the published sets]",
    show_default=False,
)
seed = click.option(
    "--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Where everything drawn comes from."
)

_BROKEN_PIPE = 141  # 128 + SIGPIPE
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_SQLITE_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}  # the second: none for the file -shm
_FIXES = {
    errno.ENOENT: "check the path",
    errno.EACCES: "change its permissions, or choose another place",
    errno.EPERM: "change its permissions, or choose another place",
    errno.EROFS: "choose a place on a disk that can be written",
    errno.EISDIR: "expected a file, not a folder",
    errno.ENOTDIR: "expected a folder, not a file",
}


class CommandError(click.ClickException):
    """A mistake that the user can mend: one line on stderr, without a traceback."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(f"error: {self.message}", file=file, err=file is None)


class StoppedError(CommandError):
    """The user stopped the command."""

    exit_code = 128 + 2  # and SIGINT, as shells have it


class Command(click.Command):
    """A command whose help ends in examples, and whose errors are one line.

    Args:
        examples: Command lines to show in the help.
        going_on: What to do after an interruption.
    """

    def __init__(self, *args: Any, examples: str = "", going_on: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", SETTINGS)
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.going_on = going_on

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what can go wrong into one line."""
        try:
            return super().invoke(ctx)
        except _expected() as error:
            _translate(error, self.going_on)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the examples as they stand."""
        with formatter.section("Examples"):
            for line in self.examples.strip().splitlines():
                formatter.write(" " * formatter.current_indent + line.strip() + "\n")


class Group(Command, click.Group):
    """A group of such commands."""

    command_class = Command


def say(text: str) -> None:
    """Print a line on stderr, where everything stands that is not a result."""
    click.echo(text, err=True)


def check_file_place(option: str, path: Path) -> None:
    """Say at once that a file cannot be made where an option puts it.

    Raises:
        CommandError: There is no such folder, or it is a folder itself.
    """
    if path.is_dir():
        raise CommandError(f"{option} {path} is a folder: expected a file, such as {path / 'FILE'}")
    if not path.parent.is_dir():
        raise CommandError(f"{option} {path}: there is no folder {path.parent}: make it first, or correct the path")


def _expected() -> tuple[type[BaseException], ...]:
    """What may go wrong without being a bug; looked up only when something has gone wrong."""
    from kg import KgError
    from linker import LinkerError
    from ner import NerError
    from vision import VisionError

    return KeyboardInterrupt, OSError, sqlite3.Error, KgError, VisionError, NerError, LinkerError


def _translate(error: BaseException, going_on: str = "") -> NoReturn:
    """Raise what the user should see instead of an error."""
    if isinstance(error, KeyboardInterrupt):
        raise StoppedError("stopped" + (f"; {going_on}" if going_on else "")) from None
    if isinstance(error, BrokenPipeError):
        _leave_quietly()
    if _is_disk_full(error):
        fix = going_on or "then run the same command again"
        reason = _describe(error) if isinstance(error, OSError) else str(error)
        raise CommandError(f"the disk is full ({reason}): free some space; {fix}") from error
    if isinstance(error, OSError):
        raise CommandError(_describe(error)) from error
    if isinstance(error, sqlite3.Error):
        raise CommandError(f"the database says: {error}") from error
    raise CommandError(str(error)) from error


def _is_disk_full(error: BaseException | None) -> bool:
    """Whether there was no room, however the error was wrapped since."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return True
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) in _SQLITE_NO_ROOM:
            return True
        error = error.__cause__ or error.__context__
    return False


def _describe(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename else ""
    fix = _FIXES.get(error.errno or 0)
    return f"{where}{reason[:1].lower()}{reason[1:]}" + (f": {fix}" if fix else "")


def _leave_quietly() -> NoReturn:
    """End as a program does whose reader has gone: no message, and no second error when Python flushes stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(_BROKEN_PIPE)
