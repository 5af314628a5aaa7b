"""Rows of cells between delimiters: a quoted cell may span lines; a quote that never closes costs its line alone."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

_LINES_OF_ONE_ROW, _ANY_WIDTH = 1000, 1 << 30
_FIRST_LETTERS = re.compile(r"\W*[^\W\d_]+")
_DOUBLED = re.compile(r'"[^"]*(?:""[^"]*)+"')


def delimited_rows(
    lines: Iterable[str],
    delimiter: str,
    columns: Sequence[str],
    *,
    has_quotes: bool = True,
    skips_blanks: bool = False,
    longest: int = _ANY_WIDTH,
) -> Iterator[tuple[int, list[str], list[str], str | None]]:
    """Yield the rows of a table, the header among them.

    Args:
        lines: Its lines, without their ends.
        delimiter: What stands between the cells.
        columns: As many as a row has cells; they may be put in when the header has come.
        has_quotes: Whether cells may stand in quotes; else a quote is a letter, unless a row has as many cells as there
            are columns only if it is not, or a cell within quotes has doubled ones.
        skips_blanks: Whether blanks behind a delimiter are none of the cell.
        longest: So many letters a line may have.

    Yields:
        The number of the row's first line, from 1, its lines, its cells, and what is wrong with it, if anything is.
    """
    csv.field_size_limit(_ANY_WIDTH)
    source = _Lines(iter(lines))
    while (line := source.take()) is not None:
        number = source.count
        if len(line) > longest:
            yield number, [line], [], f"a line longer than {longest} bytes"
            continue
        row = _Row(line, delimiter, len(columns) or _ANY_WIDTH, has_quotes, skips_blanks)
        error = row.read(source)
        yield number, row.lines, row.cells, error


class _Lines:
    """The lines of a file, which can be put back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._back, self.count = lines, list[str](), 0

    def take(self) -> str | None:
        line = self._back.pop() if self._back else next(self._lines, None)
        self.count += line is not None
        return line

    def put_back(self, lines: Sequence[str]) -> None:
        self._back += reversed(lines)
        self.count -= len(lines)


class _Row:
    """A row on its way from lines to cells."""

    def __init__(self, first: str, delimiter: str, width: int, has_quotes: bool, skips_blanks: bool) -> None:
        self.lines, self.cells = [first], list[str]()
        self._delimiter, self._width = delimiter, width
        self._has_quotes, self._skips_blanks = has_quotes, skips_blanks

    def read(self, source: _Lines) -> str | None:
        """Find the cells, in further lines if need be; return what is wrong with the row.

        A cell's quote that is closed on a later line belongs to another cell if the row has too many cells then, or if
        a line between them is a row by itself.
        """
        if not self._has_quotes:
            line = self.lines[0].removesuffix("\r")
            self.cells = line.split(self._delimiter) if line else []
            if '"' not in line or self._is_whole(source) or not self._read_quoted(source, self._width):
                source.put_back(self.lines[1:])
                del self.lines[1:]
                self.cells = [c[1:-1].replace('""', '"') if _DOUBLED.fullmatch(c) else c for c in self.cells]
        elif not self._read_quoted(source, 0):
            if len(self.lines) > 1:
                source.put_back(self.lines[1:])
                del self.lines[1:]
                return "a quote that is not closed"
            self.cells = self._parted_as_written()
        return None

    def _read_quoted(self, source: _Lines, least: int) -> bool:
        """Find the cells, some of them in quotes; False if they are not so, or are fewer than the least."""
        while True:
            try:
                cells = self._parted()
            except csv.Error as problem:
                if "unexpected end of data" not in str(problem) or not self._take_to_quote(source):
                    return False
                continue
            if len(cells) < least or (len(cells) > self._width and (least or len(self.lines) > 1)):
                return False
            self.cells = cells
            return True

    def _is_whole(self, source: _Lines) -> bool:
        """Whether the line is a row by itself: not if a quote opens its last cell, and the next line is no row."""
        if len(self.cells) != self._width or not self.cells[-1].startswith('"') or self.cells[-1].endswith('"'):
            return len(self.cells) == self._width or self._width == _ANY_WIDTH
        following = source.take()
        source.put_back([] if following is None else [following])
        return following is None or following.count(self._delimiter) >= self._width - 1

    def _parted(self) -> list[str]:
        text = "\n".join(self.lines).removesuffix("\r")
        reader = csv.reader([text], delimiter=self._delimiter, strict=True, skipinitialspace=self._skips_blanks)
        return next(reader, [])

    def _parted_as_written(self) -> list[str]:
        """The cells of a line with quotes in quotes (``"The "Rock" band",x``): only before a delimiter one closes."""
        line, at, end = self.lines[0].removesuffix("\r"), 0, rf"(?={re.escape(self._delimiter)}|\Z)"
        blanks = " *" if self._skips_blanks else ""
        cell = re.compile(rf'{blanks}(?:"((?:[^"]|""|"(?!{end}))*+)"{end}|(.*?){end})')
        cells = list[str]()
        while at <= len(line):
            found = cell.match(line, at)
            assert found is not None
            cells.append(found[2] if found[1] is None else found[1].replace('""', '"'))
            at = found.end() + 1
        return cells

    def _take_to_quote(self, source: _Lines) -> bool:
        """Take lines up to one with a quote; False if the row becomes too long before, or another one begins.

        A line begins another row if it has as many cells, and its first one begins with the same letters.
        """
        own = _FIRST_LETTERS.match(self.lines[0])
        while len(self.lines) <= _LINES_OF_ONE_ROW and (line := source.take()) is not None:
            self.lines.append(line)
            start = _FIRST_LETTERS.match(line)
            if line.count(self._delimiter) == self._width - 1 and start and own and start[0] == own[0]:
                return False
            if '"' in line:
                return True
        return False
