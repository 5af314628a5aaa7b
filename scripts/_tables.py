"""Rows as a table for people or as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

_PIPED_WIDTH = 400  # wide enough that a pipe gets whole rows


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, as_json: bool) -> None:
    """Print rows under their columns' names, or as a JSON list of objects."""
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.MINIMAL_HEAVY_HEAD, show_edge=False, pad_edge=False)
    for name, sample in zip(columns, rows[0] if rows else columns, strict=True):
        table.add_column(name, justify="right" if isinstance(sample, int | float) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_show(value)) for value in row))
    console().print(table)


def print_fields(fields: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing's named values."""
    if as_json:
        print_json(fields)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(name, Text("\n".join(_lines(value))))
    console().print(table)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def console() -> "Console":
    """A console for stdout that cuts nothing off when its output is piped."""
    from rich.console import Console

    fresh = Console(highlight=False, markup=False, emoji=False)
    return fresh if fresh.is_terminal else Console(highlight=False, markup=False, emoji=False, width=_PIPED_WIDTH)


def _lines(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [
            f"{key}: {item:,}" if isinstance(item, int) else f"{key}: {_show(item)}" for key, item in value.items()
        ] or ["none"]
    if isinstance(value, list | tuple):
        return [_show(item) for item in value] or ["none"]
    return [_show(value)]


def _show(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"<{len(value):,} bytes>"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return str(value)
