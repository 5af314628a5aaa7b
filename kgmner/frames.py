"""Columns of tables in, data frames out: pandas or polars, whichever the column is of."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from linker import MENTION_COLUMNS

_LIBRARIES = ("pandas", "polars")


class Column(NamedTuple):
    """The values of a column, and where they are from."""

    values: list[Any]  # None for what is missing
    library: str  # pandas, polars, or nothing for a list
    index: Any  # of pandas: the names of the rows


def as_column(values: Any) -> Column:
    """Take apart a list, or a column of pandas or polars.

    Raises:
        TypeError: It is a text, or a whole data frame, or nothing that has values.
    """
    if isinstance(values, str | bytes) or hasattr(values, "columns") or not isinstance(values, Iterable):
        raise TypeError(
            f"{type(values).__name__}: expected a list of texts or a column such as df['text']; "
            "a single text is read by reader(text)"
        )
    library = type(values).__module__.split(".")[0]
    items = [None if item is None or item != item else item for item in values]  # NaN is nothing, too
    return Column(items, library, getattr(values, "index", None) if library == "pandas" else None)


def mention_frame(rows: list[tuple[int, dict[str, Any]]], column: Column) -> Any:
    """A data frame with a row for each mention.

    Args:
        rows: For each mention, the place of its text in the column, and what is said of it.
        column: Where the texts are from.

    Raises:
        ImportError: Neither pandas nor polars is installed.
    """
    places = [place for place, _ in rows]
    values = {name: [row[name] for _, row in rows] for name in MENTION_COLUMNS}
    for library in (column.library,) if column.library in _LIBRARIES else _LIBRARIES:
        try:
            return (_pandas if library == "pandas" else _polars)(places, values, column)
        except ModuleNotFoundError as error:
            if error.name != library:
                raise
    raise ImportError("a data frame needs pandas or polars, and neither is installed: pip install pandas")


def _pandas(places: list[int], values: dict[str, list[Any]], column: Column) -> Any:
    import pandas as pd

    kinds = {int: "int64", float: "float64", bool: "bool", str: "string"}
    index = pd.RangeIndex(len(column.values)) if column.index is None else column.index
    data = {name: pd.array(found, dtype=kinds[MENTION_COLUMNS[name]]) for name, found in values.items()}
    return pd.DataFrame(data, index=index.take(places))


def _polars(places: list[int], values: dict[str, list[Any]], _: Column) -> Any:
    import polars as pl

    kinds = {int: pl.Int64, float: pl.Float64, bool: pl.Boolean, str: pl.String}
    schema = {"row": pl.Int64} | {name: kinds[kind] for name, kind in MENTION_COLUMNS.items()}
    return pl.DataFrame({"row": places} | values, schema=schema)
