"""A file with a statement a line into the stage: plain lines by DuckDB, all others through the whole grammar."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import compress

import numpy as np

from kg.ntriples import BrokenLineError, Statement, parse_line, parse_lines, why_broken

from .files import LINE_LIMIT_BYTES, DamagedFileError, ahead, read_blocks
from .source_file import SourceFile
from .stage import Stage
from .statements import Statements, find_nodes, without_brackets

_LINES_OF_ONE_STATEMENT = 100
_LINES_AT_ONCE = 1000


def load_lines(stage: Stage, source: SourceFile) -> Iterator[int]:
    """Bring the statements of a file into the stage; broken lines are kept as rejected.

    A statement that a line break tears apart is rejected once, with its tail. Where a build was stopped in the middle
    of the file, it goes on behind the lines that are in the stage.

    Yields:
        How many lines are read.

    Raises:
        DamagedFileError: After the last readable line, if the file ends in damage.
    """
    statements, done = Statements(stage), 0
    for block in ahead(_whole_statements(source)):
        if done < stage.known_lines:
            done += len(block.places)
            continue
        odd = statements.take_lines(block.nodes, block.texts, block.count_of_nodes)
        statements.take(_read_odd(stage, block, sorted(block.places[odd].tolist()), done + 1))
        done += len(block.places)
        statements.keep(lines=done)
        yield done


class _Block:
    """Some lines of a file.

    Args:
        data: The lines, each with a line break.

    Attributes:
        nodes: Those of three nodes, `without_brackets`; or None.
        texts: All others; or None. Lines that are not UTF-8 are empty here.
        count_of_nodes: How many lines are nodes.
        places: Where the lines stand, first those of the nodes.
        undecoded: The places of lines whose bytes are not UTF-8.
    """

    def __init__(self, data: bytes) -> None:
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        is_nodes = find_nodes(data)
        self._data, self.undecoded = data, _find_undecoded(data)
        nodes = texts = data[:-1]
        if self.undecoded or not (is_nodes.all() or not is_nodes.any()):
            lines = data.split(b"\n")[:-1]
            for place in self.undecoded:
                lines[place], is_nodes[place] = b"", False
            nodes = b"\n".join(compress(lines, is_nodes))
            texts = b"\n".join(compress(lines, ~is_nodes))
        self.count_of_nodes = int(is_nodes.sum())
        self.nodes = without_brackets(nodes).decode() if is_nodes.any() else None
        self.texts = None if is_nodes.all() else texts.decode()
        self.places = np.argsort(~is_nodes, kind="stable")

    @cached_property
    def lines(self) -> list[str]:
        """The lines as they stand."""
        return self._data.decode("utf-8", "replace").split("\n")[:-1]


def _whole_statements(source: SourceFile) -> Iterator[_Block]:
    """Yield the lines of a file in blocks that do not end within a statement that line breaks tear apart.

    Raises:
        DamagedFileError: As `read_blocks` does, after its last lines.
    """
    kept, damage = b"", None
    blocks = read_blocks(source.path)
    is_first = True
    while True:
        try:
            block = next(blocks, b"")
        except DamagedFileError as error:
            block, damage = b"", error
        if is_first:
            block = block.removeprefix(b"\xef\xbb\xbf")
            is_first = False
        data = kept + block
        cut = _start_of_open(data) if block else len(data)
        kept = data[cut:]
        if cut:
            yield _Block(data[:cut])
        if not block:
            break
    if damage is not None:
        raise damage


def _find_undecoded(data: bytes) -> frozenset[int]:
    try:
        if not data.isascii():
            data.decode()
        return frozenset()
    except UnicodeDecodeError:
        lines = enumerate(data.split(b"\n")[:-1])
        return frozenset(place for place, line in lines if line.decode("utf-8", "ignore").encode() != line)


def _read_odd(stage: Stage, block: _Block, odd: Sequence[int], first_line: int) -> list[Statement]:
    """Return the statements of the lines that are not plain; broken ones are kept as rejected."""
    statements: list[Statement] = []
    waiting: list[int] = []

    def read_waiting() -> None:
        lines = [block.lines[place] for place in waiting]
        found = parse_lines(lines)
        if found is None:
            found = _read_one_by_one(stage, lines, [place + first_line for place in waiting])
        statements.extend(found)
        waiting.clear()

    lines, behind = block.lines, 0
    for place in odd:
        if place < behind:
            continue
        line, behind = lines[place], place + 1
        reason = None
        if _is_long(line):
            reason = f"a line longer than {LINE_LIMIT_BYTES} bytes"
        elif _is_open(line):
            last = min(len(lines), place + _LINES_OF_ONE_STATEMENT)
            while behind < last and _is_tail(lines[behind]):
                behind += 1
            if behind > place + 1:
                reason = why_broken(line.strip())
        if reason is None and not block.undecoded.isdisjoint(range(place, behind)):
            reason = "bytes that are not UTF-8"
        if reason is None:
            waiting.append(place)
        if len(waiting) >= _LINES_AT_ONCE or (reason is not None and waiting):
            read_waiting()  # before the next line is rejected, so that reasons come in the order of lines
        if reason is not None:
            stage.reject(place + first_line, "\n".join(lines[place:behind]), reason)
    read_waiting()
    return statements


def _read_one_by_one(stage: Stage, lines: Sequence[str], numbers: Sequence[int]) -> list[Statement]:
    statements = []
    for number, line in zip(numbers, lines, strict=True):
        try:
            statement = parse_line(line)
        except BrokenLineError as error:
            stage.reject(number, line, str(error))
            continue
        if statement is not None:
            statements.append(statement)
    return statements


def _start_of_open(data: bytes) -> int:
    """Return where a torn statement at the end begins, whose tail may stand in the next block; else the length."""
    start, lines = _line_start(data, len(data)), 1
    while start > 0 and lines < _LINES_OF_ONE_STATEMENT and _is_tail(_line_at(data, start)):
        start = _line_start(data, start)
        lines += 1
    first = _line_at(data, start)
    return start if _is_open(first) and not _is_long(first) else len(data)


def _line_start(data: bytes, end: int) -> int:
    return data.rfind(b"\n", 0, end - 1) + 1


def _line_at(data: bytes, start: int) -> str:
    return data[start : data.index(b"\n", start)].decode("utf-8", "replace")


def _is_long(line: str) -> bool:
    return len(line) > LINE_LIMIT_BYTES // 4 and len(line.encode()) > LINE_LIMIT_BYTES


def _is_open(line: str) -> bool:
    return line.lstrip()[:1] in ("<", "_") and not line.rstrip().endswith(".") and not _COMMENTED.search(line)


def _is_tail(line: str) -> bool:
    bare = line.strip()
    return bare != "" and bare[:1] not in ("<", "_", "#", "@") and not _is_long(line)


_COMMENTED = re.compile(r"\.\s*#[^>\"]*$")
