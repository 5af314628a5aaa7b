"""``kgmner-report``: results in; a page to look at out, or a table, or what else a file's name asks for."""

import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts._cli import FILE, FOLDER, Command, CommandError, counted, say
from scripts._output_forms import Source, outputs, places_of, write_results
from scripts._results_file import hold, write_whole

if TYPE_CHECKING:
    from linker import Result

_EXAMPLES = """
kgmner-report results.jsonl -o results.html
kgmner-report results.jsonl -o results.html --index demo/index
kgmner-report results.jsonl -o results.html --gold gold.jsonl
kgmner-report results.jsonl.gz -o results.csv -o results.parquet
"""


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("results", type=FILE)
@outputs("Make this of them", required=True)
@click.option(
    "--images",
    type=FOLDER,
    metavar="DIR",
    help="Folder that the posts' pictures are looked up in.  [default: here, then that of RESULTS]",
)
@click.option("--index", type=FILE, metavar="DIR", help="The index that was used: the page shows its pictures too.")
@click.option(
    "--gold",
    type=FILE,
    metavar="FILE",
    help="Gold answers, as evaluate-links or evaluate-tagger reads them: the page shows where results are different.  "
    "[default: those that the posts brought along]",
)
def main(results: Path, outs: tuple[Path, ...], images: Path | None, index: Path | None, gold: Path | None) -> None:
    """Make a page to review what link-and-tag wrote, or a table, without reading the posts again.

    RESULTS is a file of JSON lines that link-and-tag wrote (.jsonl or .jsonl.gz), or - for standard input.
    """
    from linker import GoldAnswers, open_index

    forms = places_of(outs, None, str(results))
    answers = GoldAnswers.read(gold) if gold else None
    found = _read(results)
    if answers and (unknown := sum(answers.compare(result) is None for result in found)):
        say(f"posts that {gold} does not have, or with another text: {unknown:,} of {len(found):,}")
    folders = [images] if images else [Path(), results.parent]
    pictures = [_find(folders, result.image) for result in found] if "html" in forms.values() else []
    missing = [result.image for result, file in zip(found, pictures, strict=False) if result.image and not file]
    if missing:
        say(f"pictures not found: {len(missing):,}, such as {missing[0]} (--images DIR says where they are)")
    opened = open_index(index) if index else nullcontext()
    with hold(outs), opened as graph:
        explain = any(candidate.clues for result in found for said in result.mentions for candidate in said.candidates)
        source = Source(lambda: found, explain, lambda: pictures, graph, answers)
        for out, form in forms.items():
            write_whole(out, partial(write_results, form, source))


def _read(path: Path) -> "list[Result]":
    """The results of a file; lines that are none are counted and said."""
    from linker import result_from_json

    found, bad = [], []
    for number, line in enumerate(_lines(path), start=1):
        try:
            found.append(result_from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
            bad.append(number)
    if bad and not found:
        raise CommandError(f"{path}: none of its {counted(len(bad), 'line')} is a result of link-and-tag (JSON lines)")
    if bad:
        say(f"lines that are no results, left out: {len(bad):,}; the first is line {bad[0]}")
    if not found:
        say(f"{path} holds no results")
    return found


def _lines(path: Path) -> Iterator[bytes]:
    if str(path) == "-":
        yield from sys.stdin.buffer
        return
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        try:
            yield from lines
        except EOFError:
            say(f"{path} ends in the middle: only what comes before is used")


def _find(folders: list[Path], image: str | None) -> Path | None:
    """The file of a post's picture; None where there is none."""
    from linker import find_picture

    found = (find_picture(folder, image) for folder in folders) if image else iter(())
    return next((file for file in found if file.is_file()), None)


if __name__ == "__main__":
    main()
