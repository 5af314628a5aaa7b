"""The JSON values of a text that is read in blocks: array items, or one after another; and values as JSON has them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

_DECODER = json.JSONDecoder()
_ENCODER = msgspec.json.Encoder(
    decimal_format="number", enc_hook=lambda value: value.tolist() if hasattr(value, "tolist") else str(value)
)  # the former is NumPy's
_BETWEEN = re.compile(r"[\s,\[\]\ufeff]*")
_WRAPPER = re.compile(r'\s*\{\s*"\w+"\s*:\s*(?=\[\s*[{\]])')
_ASSIGNED = re.compile(r"\s*window\.YTD\.[^=]*=\s*")
_NEXT_ON_A_LINE = re.compile(r"\}\s*,\s*(?=\{)")
_LONGEST = 1 << 28  # characters of one value
_SHOWN = 200
DEEPEST = 400
"""Levels of a value within others."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A part of a text that is not JSON."""

    reason: str


@dataclass(frozen=True, slots=True)
class Around:
    """The object whose first field is an array: before its items, and behind them with the fields that follow."""

    fields: Mapping[str, Any] | None = None  # None: before; empty where the object is cut


def json_values(blocks: Iterable[str]) -> Iterator[tuple[int, Any, str]]:
    """Yield each value with the line where it begins and its first characters, a `Broken` where there is none.

    The items of arrays come one by one, also of an array that is the first thing in an object
    (``{"data": [...], ...}``), between two `Around`. Behind what is broken, reading goes on where the next object
    begins: at a line with the same indent, or behind a comma.
    """
    text = _Text(iter(blocks))
    text.more()
    if found := _ASSIGNED.match(text.rest):
        text.skip(found.end())
    depth, is_wrapped = 0, False
    while True:
        between = text.match(_BETWEEN)
        depth += between.count("[") - between.count("]")
        if is_wrapped and depth <= 0:
            is_wrapped = False
            text.put("{")
            fields = text.value()
            yield text.line, Around(fields if isinstance(fields, dict) else {}), ""
            continue
        if not text.rest[text.at : text.at + 1]:
            return
        if depth <= 0 and (found := _WRAPPER.match(text.rest, text.at)):
            text.skip(found.end())
            depth, is_wrapped = 0, True
            yield text.line, Around(), ""
            continue
        line, indent, shown = text.line, text.indent(), text.rest[text.at : text.at + _SHOWN]
        value = text.value()
        yield line, value, shown.splitlines()[0]
        if isinstance(value, Broken) and not text.go_on(indent):
            return


def plain_value(value: Any) -> Any:
    """A value as JSON can hold it: no number that is none, dates and the like as text, bytes as base64."""
    return msgspec.json.decode(_ENCODER.encode(value))


def mended(value: Any, room: int = DEEPEST) -> Any:
    """Replace lone surrogates in all texts of a value: JSON can spell them, as of an emoji cut in half, no file can.

    Raises:
        RecursionError: It is nested more deeply; what reads or writes it later would fail.
    """
    if room < 0:
        raise RecursionError
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {mended(name): mended(item, room - 1) for name, item in value.items()}
    return [mended(item, room - 1) for item in value] if isinstance(value, list) else value


class _Text:
    """A text of which only what is needed is kept."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self.rest, self.at, self.line = "", 0, 1

    def more(self) -> bool:
        """Read on; whether there was anything."""
        block = next(self._blocks, "")
        kept = self.rest[max(0, self.at - 80) :]  # for the indent of what comes
        self.at -= len(self.rest) - len(kept)
        self.rest = kept + block
        return bool(block)

    def skip(self, end: int) -> str:
        """Pass over what stands before a place; returns it."""
        passed = self.rest[self.at : end]
        self.line += passed.count("\n")
        self.at = end
        return passed

    def match(self, pattern: re.Pattern[str]) -> str:
        """Pass over what matches here, as far as it goes; returns it."""
        passed = ""
        while found := pattern.match(self.rest, self.at):
            passed += self.skip(found.end())
            if self.at < len(self.rest) or not self.more():
                break
        return passed

    def indent(self) -> str | None:
        """What stands before this place in its line; None where that is no indent."""
        before = self.rest[: self.at].rpartition("\n")[2]
        return None if before.strip() else before

    def put(self, text: str) -> None:
        """Have something stand before what comes."""
        self.rest = self.rest[: self.at] + text + self.rest[self.at :]

    def value(self) -> Any:
        """Take the value that begins here."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self.rest, self.at)
                if end == len(self.rest) and not isinstance(value, dict) and self.more():
                    continue  # a number may go on
                self.skip(end)
                return value
            except RecursionError:
                return Broken("it is nested too deeply")
            except ValueError as error:
                if not isinstance(error, json.JSONDecodeError):  # a number of thousands of digits
                    return Broken(str(error))
                is_cut = error.pos >= len(self.rest) - 12 or error.msg.startswith("Unterminated string")
                if not (is_cut and len(self.rest) - self.at < _LONGEST and self.more()):
                    return Broken(error.msg)

    def go_on(self, indent: str | None) -> bool:
        """Pass over what is broken, up to where the next object begins; whether there is one."""
        begins = _NEXT_ON_A_LINE if indent is None else re.compile(rf"\n{indent}(?=\{{)")
        while True:
            if found := begins.search(self.rest, self.at + 1):
                self.skip(found.end())
                return True
            self.skip(max(self.at, len(self.rest) - 80))
            if not self.more():
                return False
