"""``kgmner-report``: results in; a page to look at out, or a table, or what else a file's name asks for."""

import json
import sys
from collections import defaultdict
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
kgmner-report results.jsonl -o results.html --corrections monday.jsonl --corrections tuesday.jsonl
kgmner-report results.jsonl.gz -o results.csv -o results.parquet
"""
_UNKNOWN = "of posts that the results do not have: is it a file of these results?"
_OTHER_WORDS = "of posts that have another text or other words in the results: decide them anew"


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
@click.option(
    "--corrections",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Corrections that a page of these posts exported: the new page goes on from them. May be given again; "
    "of two decisions about a post the later stands.",
)
def main(
    results: Path,
    outs: tuple[Path, ...],
    images: Path | None,
    index: Path | None,
    gold: Path | None,
    corrections: tuple[Path, ...],
) -> None:
    """Make a page to review what link-and-tag wrote, or a table, without reading the posts again.

    RESULTS is a file of JSON lines that link-and-tag wrote (.jsonl or .jsonl.gz), or - for standard input.
    """
    from linker import GoldAnswers, open_index

    forms = places_of(outs, None, str(results))
    if corrections and "html" not in forms.values():
        raise CommandError(f"--corrections {corrections[0]} is for a page: expected -o FILE.html")
    answers = GoldAnswers.read(gold) if gold else None
    found = _read(results)
    given = [line for file in corrections for line in _corrections(file, found)]
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
        source = Source(lambda: found, explain, lambda: pictures, graph, answers, given)
        for out, form in forms.items():
            write_whole(out, partial(write_results, form, source))


def _read(path: Path) -> "list[Result]":
    """The results of a file; lines that are none are counted and said."""
    from linker import result_from_json

    found, bad = [], []
    for number, line in _lines(path):
        try:
            found.append(result_from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            bad.append(number)
    if bad and not found:
        raise CommandError(f"{path}: none of its {counted(len(bad), 'line')} is a result of link-and-tag (JSON lines)")
    if bad:
        say(f"lines that are no results, left out: {len(bad):,}; the first is line {bad[0]}")
    if not found:
        say(f"{path} holds no results")
    return found


def _corrections(path: Path, results: "list[Result]") -> list[str]:
    """The lines of exported corrections that fit the results; what does not is counted and named."""
    posts = {(str(result.id), result.text, result.tokens) for result in results}
    ids = {post_id for post_id, *_ in posts}
    fitting, left = list[str](), defaultdict[str, list[str]](list)
    for number, line in _lines(path):
        try:
            value = json.loads(line)
            post = (str(value["id"]), value["text"], tuple(value["tokens"]))
            is_read = all(0 <= name["start"] < name["end"] <= len(post[2]) for name in value["gold"])
            if is_read and post in posts:
                fitting.append(line)
                continue
        except (ValueError, KeyError, TypeError, RecursionError):
            is_read = False
        if is_read:
            left[_OTHER_WORDS if post[0] in ids else _UNKNOWN].append(post[0])
        elif line.strip():
            left["which cannot be read: expected JSON lines as a page exports them"].append(f"line {number}")
    for why, names in left.items():
        say(f"{path}: corrections left out: {len(names):,}, {why} ({', '.join(names[:5] + ['…'] * (len(names) > 5))})")
    say(f"{path}: corrections that the page goes on from: {len(fitting):,}")
    return fitting


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers; one that is not UTF-8 is none of JSON."""
    from ner import TextFile, is_text

    with TextFile(sys.stdin.buffer if str(path) == "-" else path) as file:
        yield from ((number, line if is_text(line) else "") for number, line in file.lines())
        if file.damage:
            say(f"{path}: {file.damage}; only what comes before is used")


def _find(folders: list[Path], image: str | None) -> Path | None:
    """The file of a post's picture; None where there is none."""
    from linker import find_picture

    found = (find_picture(folder, image) for folder in folders) if image else iter(())
    return next((file for file in found if file.is_file()), None)


if __name__ == "__main__":
    main()
