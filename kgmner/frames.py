"""Columns of tables in, data frames out: of pandas or polars, as the column is."""

import math
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from linker import MENTION_COLUMNS


def cells(column: Any) -> list[Any]:
    """The values of a list, or of a column of pandas or polars; None for what is missing.

    Raises:
        TypeError: It is a text, or a whole data frame, or nothing that has values.
    """
    if isinstance(column, str | bytes) or hasattr(column, "columns") or not isinstance(column, Iterable):
        kind = type(column).__name__
        raise TypeError(f"{kind}: expected a list of texts or a column such as df['text']; reader(text) reads one text")
    return [None if _is_missing(item) else item for item in column]


def mention_frame(rows: list[tuple[int, dict[str, Any]]], column: Any) -> Any:
    """A data frame with a row for each mention, from the place of its text in the column and what is said of it.

    Raises:
        ImportError: Neither pandas nor polars is installed.
    """
    places = [place for place, _ in rows]
    values = {name: [row[name] for _, row in rows] for name in MENTION_COLUMNS}
    library = type(column).__module__.split(".")[0]
    if library == "pandas" or (library != "polars" and find_spec("pandas")):
        return _pandas(places, values, column.index if library == "pandas" else None)
    if not find_spec("polars"):
        raise ImportError("a data frame needs pandas or polars, and neither is installed: pip install pandas")
    return _polars(places, values)


def _is_missing(item: Any) -> bool:
    """Whether a cell is empty: None, NaN, or what pandas has for it."""
    return item is None or (isinstance(item, float) and math.isnan(item)) or type(item).__name__ == "NAType"


def _pandas(places: list[int], values: dict[str, list[Any]], index: Any) -> Any:
    import pandas as pd

    kinds = {int: "int64", float: "float64", bool: "bool", str: "string"}
    data = {name: pd.array(found, dtype=kinds[MENTION_COLUMNS[name]]) for name, found in values.items()}
    return pd.DataFrame(data, index=places if index is None else index.take(places))


def _polars(places: list[int], values: dict[str, list[Any]]) -> Any:
    import polars as pl

    kinds = {int: pl.Int64, float: pl.Float64, bool: pl.Boolean, str: pl.String}
    schema = {"row": pl.Int64} | {name: kinds[kind] for name, kind in MENTION_COLUMNS.items()}
    return pl.DataFrame({"row": places} | values, schema=schema)
