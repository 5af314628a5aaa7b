"""What the commands share: how they report a mistake, an interruption, a closed pipe, how their help looks, options."""

import errno
import io
import logging
import os
import sqlite3
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

import click

SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 100}

FILE = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
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
    errno.EEXIST: "expected a folder, or a new name",
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

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(self.message, file=file, err=file is None)


class Command(click.Command):
    """A command whose help ends in examples, and whose errors are one line.

    Args:
        examples: Command lines to show in the help.
        going_on: What to do after an interruption.
        sections: The help's sections of options, by their titles: the names of the parameters in each. What stands in
            none comes after them.
    """

    def __init__(
        self,
        *args: Any,
        examples: str = "",
        going_on: str = "",
        sections: Mapping[str, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("context_settings", SETTINGS)
        super().__init__(*args, **kwargs)
        self.params += _every_command_s_options()
        self.examples = examples
        self.going_on = going_on
        self.sections = sections or {}

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what can go wrong into one line."""
        started_s = time.monotonic()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a terminal without some letters, or a file, which has all
                stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
        try:
            return super().invoke(ctx)
        except _expected() as error:
            if _is_asked("verbose"):
                say(traceback.format_exc().rstrip())
            _translate(error, self.going_on)
        finally:
            if _is_asked("verbose") and ctx.parent is None:
                say(f"{ctx.info_name} took {time.monotonic() - started_s:.1f} s")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in their sections."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        told = {option.name: record for option in options if (record := option.get_help_record(ctx))}
        help_option = self.get_help_option(ctx)
        common = [told.pop(name) for name in (*_COMMON, help_option and help_option.name) if name in told]
        parts = {title: [told.pop(name) for name in names if name in told] for title, names in self.sections.items()}
        for title, records in {**parts, "Options": list(told.values()), "Of every command": common}.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the examples as they stand."""
        with formatter.section("Examples"):
            for line in self.examples.strip().splitlines():
                formatter.write(" " * formatter.current_indent + line.strip() + "\n")


class Group(Command, click.Group):
    """A group of such commands."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in their sections, and the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an option in its place is told where it belongs."""
        if args[0].startswith("-"):
            is_own = any(args[0].partition("=")[0] in option.opts for option in self.get_params(ctx))
            raise click.UsageError(f"{args[0]} belongs {'before INDEX' if is_own else 'after the command'}.", ctx)
        return super().resolve_command(ctx, args)


def say(text: str) -> None:
    """Print a line on stderr, where everything stands that is not a result; nothing with --quiet."""
    if not is_quiet():
        click.echo(text, err=True)


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """Return a number of things in words: ``1 post``, ``2,000 posts``, ``2 entities``."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def some(texts: Sequence[str], total: int | None = None, *, most: int = 3) -> str:
    """Return the first of some texts, and how many more there are."""
    more = (len(texts) if total is None else total) - len(texts[:most])
    return "; ".join(texts[:most]) + (f"; and {more:,} more" if more > 0 else "")


def is_quiet() -> bool:
    """Whether the user wants to hear of errors only."""
    return _is_asked("quiet")


def check_file_place(option: str, path: Path) -> None:
    """Say at once that a file cannot be made where an option puts it.

    Raises:
        CommandError: There is no such folder, or it is a folder itself.
    """
    if path.is_dir():
        raise CommandError(f"{option} {path} is a folder: expected a file, such as {path / 'FILE'}")
    if not path.parent.is_dir():
        raise CommandError(f"{option} {path}: there is no folder {path.parent}: make it first, or correct the path")


_COMMON = ("quiet", "verbose", "version")


def _every_command_s_options() -> list[click.Parameter]:
    """What every command knows."""

    def tell_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            from kgmner import __version__

            click.echo(f"{ctx.find_root().info_name} {__version__}")
            ctx.exit()

    def note(ctx: click.Context, option: click.Parameter, value: bool) -> None:
        if value and option.name and not _is_asked(option.name):
            ctx.meta[f"kgmner.{option.name}"] = True
            if option.name == "verbose":
                _log(ctx)

    common: dict[str, Any] = {"is_flag": True, "expose_value": False, "show_default": False}
    return [
        click.Option(["-q", "--quiet"], callback=note, help="Say nothing on stderr but errors.", **common),
        click.Option(
            ["-v", "--verbose"],
            callback=note,
            help="Say more on stderr: requests to servers, how long it took, and where an error came from.",
            **common,
        ),
        click.Option(["--version"], callback=tell_version, is_eager=True, help="Print the version.", **common),
    ]


def _is_asked(name: str) -> bool:
    """Whether the running command was given ``--quiet`` or ``--verbose``."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and bool(ctx.meta.get(f"kgmner.{name}"))


def _log(ctx: click.Context) -> None:
    """Write what libraries log to stderr while the command runs."""
    root, before = logging.getLogger(), logging.getLogger().level
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)

    def stop() -> None:
        root.removeHandler(handler)
        root.setLevel(before)

    ctx.call_on_close(stop)


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
