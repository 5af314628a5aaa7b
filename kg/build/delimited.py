"""Rows of cells between delimiters: a quoted cell may span lines; a quote that never closes costs its line alone."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

_LINES_OF_ONE_ROW, _ANY_WIDTH = 1000, 1 << 30
_FIRST_LETTERS = re.compile(r"\W*[^\W\d_]+")


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
        has_quotes: Whether cells may stand in quotes; else a quote is a letter.
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
        while True:
            try:
                cells = self._parted(strict=self._has_quotes)
                if len(self.lines) == 1 or len(cells) <= self._width:
                    self.cells = cells
                    return None
                break
            except csv.Error as problem:
                if "unexpected end of data" not in str(problem) or not self._take_to_quote(source):
                    break
        if len(self.lines) > 1:
            source.put_back(self.lines[1:])
            del self.lines[1:]
            return "a quote that is not closed"
        try:
            self.cells = self._parted(strict=False)
        except csv.Error as problem:
            return f"cells that cannot be told apart ({problem})"
        return None

    def _parted(self, *, strict: bool) -> list[str]:
        reader = csv.reader(
            ["\n".join(self.lines).removesuffix("\r")],
            delimiter=self._delimiter,
            quoting=csv.QUOTE_MINIMAL if self._has_quotes else csv.QUOTE_NONE,
            strict=strict,
            skipinitialspace=self._skips_blanks,
        )
        return next(reader, [])

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
