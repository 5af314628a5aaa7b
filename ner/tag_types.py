"""The types of published tag sets (CoNLL-2003, OntoNotes, WNUT, MultiCoNER, Few-NERD, ...) as ours, by one table."""

import csv
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from ner.errors import FormatError, TagError
from ner.spans import OUTSIDE, TYPES

TypeTable = Mapping[str, str]
"""Our type of each type of a data set, by its key (`type_key`); ``O`` where we have no name for such things."""

AS_WRITTEN: TypeTable = {}
"""The table that leaves every type as it is written."""

_DELIMITERS = ",;\t"  # as spreadsheets save a table
_PART = re.compile(r"[-./:]")  # between a type and a kind of it: person-actor, PER.NAM


def type_table(path: Path | None = None, *, types: Sequence[str] = TYPES) -> TypeTable:
    """What types are called here: by a user's rows, by the types there are (in any case), by our table.

    Args:
        path: CSV with the columns ``tag`` and ``type``: one of the types, or O to leave a type out. Semicolons or tabs
            may stand in the place of commas.
        types: The types there are; what our table calls by other names is unknown.

    Raises:
        FormatError: The file cannot be read, lacks a column or has another type.
    """
    known = {key: ours for key, ours in _ours().items() if ours in (*types, OUTSIDE)}
    table = known | {type_key(kind): kind for kind in types}
    if path is None:
        return table
    try:
        return table | _read(path.read_text("utf-8-sig"), str(path), types)
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"types {path}: cannot be read ({error}): give a CSV with the columns tag,type") from error


def our_type(kind: str, table: TypeTable) -> str:
    """Our type of a data set's, or ``O``: by its whole name, else by that of which it is a kind (``person-actor``).

    :data:`AS_WRITTEN` gives the type itself.

    Raises:
        TagError: The table does not know it.
    """
    if not table:
        return kind
    key = type_key(kind)
    found = table.get(key) or table.get(_PART.split(key)[0])
    if found is None:
        raise TagError(
            f"type {kind[:80]!r} is unknown: expected {', '.join(sorted({*table.values()} - {OUTSIDE}))} or a type of "
            "a published set; say with --types FILE (a CSV tag,type) what it is, or that it is O; train-tagger "
            "--own-types takes the types of the training files as they are"
        )
    return found


def coarse_type(kind: str) -> str:
    """Our type of a data set's, or of a tagger's own (``person`` is PER); where it is none of ours, itself."""
    key = type_key(kind)
    ours = _ours().get(key) or _ours().get(_PART.split(key)[0]) or OUTSIDE
    return kind if ours == OUTSIDE else ours


def type_key(kind: str) -> str:
    """The form in which names of types are compared: ``creative_work`` is ``CREATIVE-WORK``."""
    return kind.strip().upper().replace("_", "-")


@cache
def _ours() -> TypeTable:
    return _read(files("ner").joinpath("data/tag_types.csv").read_text("utf-8"), "tag_types.csv", TYPES)


def _read(text: str, name: str, types: Sequence[str]) -> dict[str, str]:
    lines = text.splitlines()
    rows = csv.DictReader(lines, delimiter=max(_DELIMITERS, key=lines[0].count) if lines else _DELIMITERS[0])
    if not {"tag", "type"}.issubset(rows.fieldnames or ()):
        raise FormatError(f"types {name}: has the columns {rows.fieldnames}, expected tag,type")
    written = {type_key(kind): kind for kind in (*types, OUTSIDE)}
    table = {}
    for row in rows:
        ours = written.get(type_key(row["type"] or ""), "")
        if not ours:
            expected = f"expected one of {', '.join(types)}, or O to leave it out"
            raise FormatError(f"types {name}:{rows.line_num}: type {row['type']!r}, {expected}")
        table[type_key(row["tag"])] = ours
    return table
