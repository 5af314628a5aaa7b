"""The types of published tag sets (CoNLL-2003, OntoNotes, WNUT, MultiCoNER, Few-NERD, ...) as ours, by one table."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from ner.errors import FormatError, TagError
from ner.spans import OUTSIDE, TYPES

TypeTable = Mapping[str, str]
"""Our type of each type of a data set, by its key (`type_key`); ``O`` where we have no name for such things."""

_PART = re.compile(r"[-./:]")  # between a type and a kind of it: person-actor, PER.NAM


def type_table(path: Path | None = None) -> TypeTable:
    """The table of types, with a user's rows in front of ours.

    Args:
        path: CSV with the columns ``tag`` and ``type``: PER, LOC, ORG, OTHER, or O to leave a type out.

    Raises:
        FormatError: The file cannot be read, lacks a column or has another type.
    """
    if path is None:
        return _ours()
    try:
        return {**_ours(), **_read(path.read_text("utf-8-sig"), str(path))}
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"types {path}: cannot be read ({error}): give a CSV with the columns tag,type") from error


def our_type(kind: str, table: TypeTable) -> str:
    """Our type of a data set's, or ``O``: by its whole name, else by that of which it is a kind (``person-actor``).

    Raises:
        TagError: The table does not know it.
    """
    key = type_key(kind)
    found = table.get(key) or table.get(_PART.split(key)[0])
    if found is None:
        raise TagError(
            f"type {kind!r} is unknown: expected {', '.join(TYPES)} or a type of a published set; "
            "say with --types FILE (a CSV tag,type) what it is"
        )
    return found


def type_key(kind: str) -> str:
    """The form in which names of types are compared: ``creative_work`` is ``CREATIVE-WORK``."""
    return kind.strip().upper().replace("_", "-")


@cache
def _ours() -> TypeTable:
    return _read(files("ner").joinpath("data/tag_types.csv").read_text("utf-8"), "tag_types.csv")


def _read(text: str, name: str) -> dict[str, str]:
    rows = csv.DictReader(text.splitlines())
    if not {"tag", "type"}.issubset(rows.fieldnames or ()):
        raise FormatError(f"types {name}: has the columns {rows.fieldnames}, expected tag,type")
    table = {}
    for row in rows:
        ours = (row["type"] or "").strip().upper()
        if ours not in (*TYPES, OUTSIDE):
            expected = f"expected one of {', '.join(TYPES)}, or O to leave it out"
            raise FormatError(f"types {name}:{rows.line_num}: type {row['type']!r}, {expected}")
        table[type_key(row["tag"])] = ours
    return table
