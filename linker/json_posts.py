"""The posts of a file of JSON: of lines, of arrays, of objects around them, as platforms and people write it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from linker.json_values import Around, Broken, json_values
from linker.post_fields import field_within, is_empty
from linker.post_pictures import media_keys, with_media
from linker.post_records import Record, not_text

if TYPE_CHECKING:
    from ner import TextFile

LINES, VALUES = "lines, a post a line", "values, a post an object"
"""What JSON a file may be, in words."""

_LINES_LOOKED_AT = 50
_WRAPPER = re.compile(r'\{\s*"\w+"\s*:\s*\[\s*[{\]]')
_BEGINS_OBJECT = re.compile(r'\{\s*("[^"]*"\s*:.*)?$')
_BEGINS_JSON = re.compile(r'\{\s*(["}]|$)|\[\s*([\[{"\]]|$)|window\.YTD\.')  # the last: a user's own archive of Twitter
_TEXTS, _IDS = {"text", "full_text", "tokens"}, {"id", "id_str"}
_TEXTS_IF_STRINGS = ("content", "tweet", "tweet_text", "message", "sentence")  # else what is around a post


class JsonPosts:
    """The records of a file of JSON.

    Args:
        file: The file.
        asked: Where the user says that the text is: ``record.text``; empty where nobody says so.
    """

    def __init__(self, file: "TextFile", asked: str) -> None:
        self._file, self._asked = file, asked

    def shape(self, first: str, lines: Sequence[str]) -> str:
        """What JSON a file is: a post a line, or posts in an array or over several lines; "" where it is none."""
        looked_at = [line for line in lines[:_LINES_LOOKED_AT] if line.strip()]
        value = _parsed(first)
        if isinstance(value, dict):
            return LINES if self._inner_list(value) is None else VALUES
        if sum(isinstance(_parsed(line), dict) for line in looked_at) * 2 > len(looked_at):
            return LINES
        if not _BEGINS_JSON.match(first):
            return ""
        is_one_line = self._file.is_cut and len(lines) < 2  # a long one
        is_object = first.startswith("{") and not _WRAPPER.match(first)
        return LINES if is_object and (is_one_line or not _BEGINS_OBJECT.match(first)) else VALUES

    def lines(self) -> Iterator[Record]:
        """The records of lines, each an object."""
        for number, line in self._file.lines():
            if not line.strip():
                continue
            error = not_text(line)
            value: Any = None
            if not error:
                try:
                    value = json.loads(line.removeprefix("\ufeff"))
                except (ValueError, RecursionError) as problem:
                    error = f"is not JSON ({problem}), expected one object a line"
            yield self._record(number, value, error, line)

    def values(self) -> Iterator[Record]:
        """The records of arrays, and of objects one after another, numbered."""
        for number, record in enumerate(self._values(), 1):
            yield replace(record, number=number)

    def _values(self) -> Iterator[Record]:
        held: list[tuple[int, Any, str]] | None = None  # until what stands behind their array is read
        for line, value, text in chain(json_values(self._file.blocks()), [(0, Around({}), "")]):
            if not isinstance(value, Around):
                if held or (held is not None and media_keys(value)):
                    held.append((line, value, text))
                else:
                    yield from self._records(line, value, text)
                continue
            for place, item, shown in held or ():
                yield from self._records(place, with_media(item, value.fields or {}), shown)
            held = [] if value.fields is None else None

    def _records(self, line: int, value: Any, text: str) -> Iterator[Record]:
        inner = self._inner_list(value) if isinstance(value, dict) else None
        if isinstance(value, Broken):
            yield Record(line, error=f"is not JSON ({value.reason})", text=text)
        elif inner is None:
            yield self._record(line, value, not_text(text), text)
        else:
            for item in inner:
                yield self._record(line, with_media(item, value), "", text)

    def _record(self, line: int, value: Any, error: str, text: str) -> Record:
        if not error and not isinstance(value, dict):
            error = f"is a JSON {type(value).__name__}, expected an object"
        if error:
            return Record(line, error=error, text=text)
        # {"tweet": {...}}, as in a user's own archive; {"data": {...}, "includes": ...}, as in a stream of Twitter's
        inner = next(iter(value.values())) if len(value) == 1 else value.get("data")
        note = value.get("object")
        if value.get("type") == "Create" and isinstance(note, dict) and not (value.keys() & _TEXTS or self._has(value)):
            return Record(line, note)  # {"type": "Create", "object": {...}}, as in an archive of Mastodon's
        return Record(line, with_media(inner, value) if isinstance(inner, dict) and not self._is_post(value) else value)

    def _inner_list(self, value: Mapping[str, Any]) -> list[Any] | None:
        """The posts in an object that is none: ``{"data": [...]}``; in Telegram's chats, Mastodon's archives."""
        if _TEXTS & value.keys():
            return None
        if isinstance(value.get("data"), dict) and not self._is_post(value):
            return self._inner_list(value["data"])
        around = {name: value.get(name) for name in ("messages", "orderedItems")} if _IDS & value.keys() else value
        lists = [(name, item) for name, item in around.items() if isinstance(item, list) and item]
        lists = [(name, item) for name, item in lists if all(isinstance(one, dict) for one in item)]
        has_text = any(isinstance(value.get(name), str) for name in _TEXTS_IF_STRINGS)
        others = [] if has_text else [item for _, item in lists]
        found = next((item for name, item in lists if name == "data"), others[0] if others else None)
        return None if self._has(value) and not any(self._has(item) for item in found or ()) else found

    def _is_post(self, value: Mapping[str, Any]) -> bool:
        """Whether an object has an id or a text of its own, and so is not what is around a post."""
        has_asked = self._has(value) and not self._has(value.get("data"))
        return has_asked or bool((_TEXTS | _IDS) & value.keys()) or isinstance(value.get("content"), str)

    def _has(self, value: Any) -> bool:
        """Whether there is anything where the user says that the text is."""
        return self._asked != "" and not is_empty(field_within(value, self._asked))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
