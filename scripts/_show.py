"""What commands print: rows as a table, named values, a result with its mentions in colour; or JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from scripts._words import (
    evident,
    knowledge_in_words,
    not_recognised,
    path_in_words,
    pictured_in_words,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from linker import LinkedMention, Result

_PIPED_WIDTH = 400  # wide enough that a pipe gets whole rows
_STYLES = {"PER": "bold magenta", "LOC": "bold green", "ORG": "bold cyan", "OTHER": "bold yellow"}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows under the names of their columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def show(shown: Rows | Mapping[str, Any], *, as_json: bool = False) -> None:
    """Print rows as a table, or one thing's named values; or either as JSON, for programs."""
    if as_json:
        values: object = shown
        if isinstance(shown, Rows):
            values = [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]
        click.echo(json.dumps(values, ensure_ascii=False, indent=2, default=str))
    elif isinstance(shown, Rows):
        _print_rows(shown)
    else:
        _print_fields(shown)


def print_result(result: "Result", *, explain: bool = False) -> None:
    """Print one result for a reader at a terminal: what each mention means; `explain` adds why."""
    from rich.padding import Padding
    from rich.text import Text

    from linker import why

    def note(text: str, style: str = "dim") -> None:
        out.print(Text(f"  {text}", style=style))

    out = _console()
    out.print(coloured_text(result))
    for mention in result.mentions:
        out.print(Padding(mention_line(mention), (0, 0, 0, 2)))
        for line in why(mention) if explain else ():
            note(f"  {line}")
    if not result.mentions:
        note("no named entity")
    if result.pictured:
        note(f"picture: {pictured_in_words(result.pictured)}", "")
        for step in path_in_words(result.pictured):
            note(f"  {step}")
    elif result.attributes:
        note(f"picture: {not_recognised(result.nearest)}")
    for line in knowledge_in_words(result.knowledge):
        note(f"known: {line}")
    if seen := evident(result.attributes):
        note("attributes: " + ", ".join(f"{label} {share:.0%}" for label, share in seen))
    if result.image_error:
        note(f"picture not used: {result.image_error}", "red")


def coloured_text(result: "Result") -> "Text":
    """The text of a post, every mention in the colour of its type."""
    from rich.text import Text

    from linker import cut_at_mentions

    pieces = cut_at_mentions(result)
    return Text.assemble(*((piece, _STYLES.get(mention.type, "bold") if mention else "") for piece, mention in pieces))


def mention_line(mention: "LinkedMention", *, brief: bool = False) -> "Text":
    """A mention, its type, and its entity or why there is none; `brief` leaves out score and IRI."""
    from rich.text import Text

    line = Text.assemble((mention.text, _STYLES.get(mention.type, "bold")), (f" {mention.type} ", "dim"))
    best = mention.entity
    if best is None:
        return line.append("→ none of its candidates" if mention.candidates else "→ not in the graph", style="dim")
    line.append(f"→ {best.entity.label}")
    return line if brief else line.append(f" {best.score:.2f} {best.entity.iri}", style="dim")


def _print_rows(shown: Rows) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.MINIMAL_HEAVY_HEAD, show_edge=False, pad_edge=False)
    for name, sample in zip(shown.columns, shown.rows[0] if shown.rows else shown.columns, strict=True):
        table.add_column(name, justify="right" if isinstance(sample, int | float) else "left", overflow="fold")
    for row in shown.rows:
        table.add_row(*(Text(_in_words(value)) for value in row))
    _console().print(table)


def _print_fields(fields: Mapping[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(name, Text("\n".join(_lines(value))))
    _console().print(table)


def _console() -> "Console":
    """A console for stdout that cuts nothing off when its output is piped."""
    from rich.console import Console

    class OurConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # as every other output does; rich would end the command with 1

    fresh = OurConsole(highlight=False, markup=False, emoji=False)
    return fresh if fresh.is_terminal else OurConsole(highlight=False, markup=False, emoji=False, width=_PIPED_WIDTH)


def _lines(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        lines = [f"{key}: {f'{item:,}' if isinstance(item, int) else _in_words(item)}" for key, item in value.items()]
    else:
        lines = [_in_words(item) for item in (value if isinstance(value, list | tuple) else [value])]
    return lines or ["none"]


def _in_words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"<{len(value):,} bytes>"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return str(value)
