"""What files of posts give: a record for each post, or why it is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """What may be a post."""

    line: int  # where it begins, from 1
    value: Mapping[str, Any] = field(default_factory=dict)  # its fields, as the file calls them
    error: str = ""  # why it is none
    text: str = ""  # its beginning, where there is an error
    image_name: str | None = None  # of a file of columns, what IMGID: says
    number: int = 0  # among the records of an array, from 1; 0 where a line is a record


def not_text(line: str) -> str:
    """Why a line of a file cannot be read; empty where it can."""
    from ner import is_text

    return "" if is_text(line) else "is not UTF-8: save the file as UTF-8 (in Excel: CSV UTF-8)"
