"""The whole way on the example posts: build the index, link and tag, show the result. `make demo` runs this."""

import importlib
import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from linker import Result

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = Path("examples")
DEMO = Path("demo")
LEAST_RIGHT = 0.75  # of the posts; fewer than that means that something is broken


def main() -> None:
    """Run the demonstration; exit with 1 and a message if it does not work."""
    os.chdir(ROOT)  # so that the commands below can be typed as they are shown
    posts = EXAMPLES / "posts" / "posts.jsonl"
    shutil.rmtree(DEMO / "index", ignore_errors=True)
    DEMO.mkdir(exist_ok=True)
    run("build-kg-index", DEMO / "index", "--dump", EXAMPLES / "graph")
    run("link-and-tag", DEMO / "index", posts, "-o", DEMO / "results.jsonl", "-o", DEMO / "results.html")
    from linker import result_from_json

    results = [result_from_json(row) for row in read(DEMO / "results.jsonl")]
    expected = read(EXAMPLES / "posts" / "gold.jsonl")
    if [result.id for result in results] != [row["id"] for row in expected]:
        fail(
            f"{DEMO / 'results.jsonl'} does not have one result for each of the {len(expected)} example posts, in order"
        )
    right = show(results, expected)
    rest = "" if right == len(results) else " (the rest is marked ✗)"
    print(f"{right} of {len(results)} posts are read as a person would read them{rest}.\n")
    print_next_steps()
    if right < LEAST_RIGHT * len(results):
        fail(f"only {right} of {len(results)} posts were read as expected: something is broken")


def run(command: str, *arguments: str | Path) -> None:
    """Run one of the commands in this process, and show it as it would be typed."""
    words = [str(word) for word in arguments]
    print(f"$ {shlex.join([command, *words])}", flush=True)
    module = importlib.import_module(f"scripts.{command.replace('-', '_')}")
    try:
        module.main.main(words, prog_name=command, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        fail(f"{command} did not work; the line above says why")
    print()


def show(results: "list[Result]", expected: list[dict[str, Any]]) -> int:
    """Print a table of the results, and count those that are as expected."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from scripts._show import coloured_text, mention_line

    table = Table(box=box.HORIZONTALS, pad_edge=False)
    for column in ("", "post", "entities", "picture shows"):
        table.add_column(column, overflow="fold")
    right = 0
    for result, row in zip(results, expected, strict=True):
        good = is_as_expected(result, row)
        right += good
        mark = Text("✓" if good else "✗", style="green" if good else "red")
        lines = Text("\n").join(mention_line(mention, brief=True) for mention in result.mentions)
        table.add_row(mark, coloured_text(result), lines, shown(result))
    Console(width=None if sys.stdout.isatty() else 110).print(table)
    return right


def shown(result: "Result") -> str:
    """What a result says about the picture, in a few words."""
    if result.image_error:
        return "(a damaged file, left aside)"
    if result.pictured is None:
        return "(nothing that the graph knows)" if result.attributes else ""
    hop = result.pictured.hop
    return result.pictured.entity.label + (f", {hop} hop{'s' if hop > 1 else ''} away" if hop else "")


def is_as_expected(result: "Result", row: dict[str, Any]) -> bool:
    """Whether a result has the mentions, entities and pictured entity that a person sees."""
    links = {mention.text: mention.entity and mention.entity.entity.iri for mention in result.mentions}
    pictured = result.pictured and result.pictured.entity.iri
    wanted = {mention["text"]: mention["iri"] for mention in row["gold"]}
    agree = all(iri in wanted.get(text, ()) for text, iri in links.items())
    return agree and links.keys() == wanted.keys() and pictured == row["image_entity"]


def print_next_steps() -> None:
    """Say where the files are and what to try."""
    print("The results:")
    print(f"  {DEMO / 'results.html'}   open it in a browser")
    print(f"  {DEMO / 'results.jsonl'}  one JSON object a post, with all the evidence")
    print("Try next (in .venv, if you came by make demo: . .venv/bin/activate):")
    print("  link-and-tag demo/index --text 'Jordan was amazing' --image examples/posts/images/jordan-jersey.jpg")
    print("  kg-cache demo/index show 'Chad Smith'")
    print("  kg-cache demo/index image examples/posts/images/chad-flag.jpg")
    print("  link-and-tag --help\n")


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def fail(message: str) -> None:
    """Say what is wrong, and end."""
    print(f"demo: {message}", file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
