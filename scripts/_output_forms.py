"""The forms that results are written in: JSON lines, a table, CoNLL, a page; told by how a file's name ends."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from scripts._cli import FILE, CommandError, check_file_place

if TYPE_CHECKING:
    from linker import GoldAnswers, Index, Result

_FORM_OF_ENDING = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonl.gz": "jsonl.gz",
    ".csv": "csv",
    ".parquet": "parquet",
    ".conll": "conll",
    ".bio": "conll",
    ".html": "html",
    ".htm": "html",
}
FORMS = tuple(dict.fromkeys(_FORM_OF_ENDING.values()))
STREAMED = ("jsonl", "jsonl.gz", "conll")
"""The forms that are written as results come; others look at all of them first."""
_ROWS_A_GROUP = 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """Results to write, and what goes with them.

    Args:
        read: Gives the results, each time from the first.
        explain: Whether to write every part of every score.
        pictures: Gives the pictures of the posts, in their order, for the page.
        index: Where the page has the pictures of entities from; None: it has none.
        gold: Gold answers that the page sets beside the results; None: those that the posts brought along.
        corrections: Lines that a page of the results exported; the new page goes on from there.
    """

    read: "Callable[[], Iterable[Result]]"
    explain: bool
    pictures: Callable[[], Iterable[Path | bytes | None]]
    index: "Index | None"
    gold: "GoldAnswers | None" = None
    corrections: Sequence[str] = ()


def outputs(said: str, *, required: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option ``-o``, whose files `places_of` looks at; `said` begins its help."""
    return click.option(
        *("-o", "--output", "outs"),
        type=FILE,
        multiple=True,
        required=required,
        metavar="FILE",
        help=f"{said}, in the form that the name ends in ({', '.join(_FORM_OF_ENDING)}); the file appears when it is "
        "whole. May be given again.",
    )


def places_of(outs: Iterable[Path], form: str | None, source: str | None) -> dict[Path, str]:
    """Where to write, and in which form: that one, or what a name ends in.

    Raises:
        CommandError: A file cannot be made, is given twice, is what is read, its name ends in no form, or the form
            needs a package that is not installed.
    """
    places: dict[Path, str] = {}
    for out in outs:
        if str(out) == "-":
            raise CommandError("-o -: leave -o out, and results go to stdout; beside other files give -o /dev/stdout")
        check_file_place("-o", out)
        if out.absolute() in {other.absolute() for other in places}:
            raise CommandError(f"-o {out} is given twice: expected another file each time")
        if source is not None and out.is_file() and Path(source).exists() and out.samefile(source):
            raise CommandError(f"-o {out} is the file that is read: expected another one, results would take its place")
        places[out] = form or ("jsonl" if is_special(out) and not out.suffix else _form_of(out))
    if "parquet" in {form, *places.values()} and find_spec("pyarrow") is None:  # now, not when all posts are read
        raise CommandError("Parquet needs pyarrow, which is not installed: pip install pyarrow")
    return places


def is_special(out: Path) -> bool:
    """Whether a path is a device or a pipe (``/dev/stdout``, ``/dev/null``): written to as it is, never replaced."""
    named = out.absolute().parts[1:3]
    return (out.exists() and not out.is_file()) or (named[:1] in {("dev",), ("proc",)} and named != ("dev", "shm"))


def write_results(form: str, source: Source, file: IO[bytes]) -> None:
    """Write results to a file in a form; as they come, where the form allows it."""
    if form == "jsonl":
        _write_pieces(file, (to_line(result, explain=source.explain) for result in source.read()))
    elif form == "jsonl.gz":
        with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:  # no time: the same results, the same bytes
            packed.writelines(to_line(result, explain=source.explain).encode() for result in source.read())
    elif form == "conll":
        from linker import result_to_conll

        _write_pieces(file, map(result_to_conll, source.read()))
    elif form == "html":
        from kgmner import report_html

        page = report_html(
            source.read(), source.pictures(), index=source.index, gold=source.gold, corrections=source.corrections
        )
        _write_pieces(file, page)
    elif form == "csv":
        _write_csv(file, source)
    else:
        _write_parquet(file, source)


def to_line(result: "Result", *, explain: bool) -> str:
    """A result as one line of JSON; `explain` adds every part of every score."""
    from linker import result_to_json

    return json.dumps(result_to_json(result, explain=explain), ensure_ascii=False) + "\n"


def _form_of(out: Path) -> str:
    name = out.name.lower()
    found = next((form for ending, form in _FORM_OF_ENDING.items() if name.endswith(ending)), None)
    if found is None:
        raise CommandError(f"-o {out}: expected a name that ends in one of {', '.join(_FORM_OF_ENDING)}")
    return found


def _write_pieces(file: IO[bytes], pieces: Iterable[str]) -> None:
    for piece in pieces:
        file.write(piece.encode())
        file.flush()  # whoever reads a pipe has it now


def _write_csv(file: IO[bytes], source: Source) -> None:
    columns = _columns(source)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        writer = csv.DictWriter(text, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(_rows(source, columns))
    finally:
        text.detach()  # it would close the file


def _write_parquet(file: IO[bytes], source: Source) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = _columns(source)
    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    with pq.ParquetWriter(file, schema) as writer:
        rows = _rows(source, columns)
        while group := list(islice(rows, _ROWS_A_GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema))


def _columns(source: Source) -> dict[str, type]:
    """The columns of a table and what stands in them: ours, then the user's own fields as they come."""
    from linker import ROW_COLUMNS, mention_rows

    kinds: dict[str, set[type]] = {}
    for result in source.read():
        for row in mention_rows(result)[:1]:
            for name, value in row.items():
                if name == "id" or (name not in ROW_COLUMNS and value is not None):
                    is_small = not isinstance(value, int) or abs(value) < 2**63
                    kinds.setdefault(name, set()).add(type(value) if is_small else str)
    plain = {name: _kind(found) for name, found in kinds.items()}
    return {"id": plain.pop("id", str)} | {name: kind for name, kind in ROW_COLUMNS.items() if name != "id"} | plain


def _kind(found: set[type]) -> type:
    """What kind of value a column of such values has: texts, unless all are of one other kind."""
    if found == {int, float}:
        return float
    [kind, *others] = found
    return kind if not others and kind in (int, float, bool) else str


def _rows(source: Source, columns: Mapping[str, type]) -> Iterator[dict[str, Any]]:
    from linker import mention_rows

    for result in source.read():
        for row in mention_rows(result):
            yield {name: _cell(value, columns[name]) for name, value in row.items() if name in columns}


def _cell(value: Any, kind: type) -> Any:
    """A value as it stands in a column: what is no text, in a column of texts, as JSON."""
    if value is None:
        return None
    return kind(value) if kind is not str or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
