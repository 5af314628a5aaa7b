"""Files of columns, a word a line: which column has the words, which the tags, and what is no word at all.

Columns stand between tabs or blanks; or commas or semicolons, where tags do. Passed over are ``-DOCSTART-`` lines,
comments (``# id ...``, ``# text = ...``), a header, and in CoNLL-U the lines of joined words and of empty nodes.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ner.spans import OUTSIDE
from ner.tag_schemes import is_bracket, split_written
from ner.text_files import is_text

IMAGE_LINE = "IMGID:"

_DOCSTART = re.compile(r"-+DOCSTART-+")
_COMMENT = re.compile(r"# ?\S+( id)? = |#(begin|end) document\b")
_ID = re.compile(r"#\s*(?:(?:sent_|tweet_|post_)?id)(?:\s*[=:]\s*|\s+)(\S+)")
_RANGE = re.compile(r"\d+[-.]\d+")
_HEADERS = {"token", "tokens", "word", "words", "form", "text"}
_CHUNKS = {"NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"}
_LONGEST_WORD, _MEAN_WORD = 60, 12  # letters; where words stand without tags
_SURE, _LEAST_OUTSIDE, _MOST_TYPES = 0.9, 0.3, 60


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file of columns is to be read."""

    width: int  # how many columns it has
    word: int  # which column has the words
    tag: int | None  # which one has the tags; None where no column looks like it
    is_indented: bool  # whether every line begins with a blank
    numbers: int | None = None  # the column that counts the words of a post
    kinds: frozenset[str] = frozenset()  # bare types that were seen
    separator: str = ""  # what stands between cells; "" for tabs or blanks
    has_header: bool = False  # whether the first row names the columns
    post: int | None = None  # the column that says of which post a word is, where no empty lines do

    def tag_of(self, cells: Sequence[str]) -> str:
        """The tag in a row; "" where there is none. Where tags are last, they stand last in a short row too."""
        if self.width == 1 or len(cells) < 2:
            return ""
        place = -1 if self.tag is None or self.tag == self.width - 1 else self.tag
        return cells[place] if place < len(cells) else ""

    def is_tag(self, cell: str) -> bool:
        """Whether a cell is a tag."""
        return _is_tag(cell) or cell in self.kinds


@dataclass(slots=True)
class Block:
    """The lines of a post."""

    line: int  # number of the first
    image: str | None = None  # what its line IMGID: says
    id: str | None = None  # what a comment before it says
    name: str = ""  # the picture's name, or the id, or its number; a later one of the same name has #2, #3 behind it
    rows: list[tuple[int, str, str]] = field(default_factory=list)  # line number, word, tag ("" where there is none)
    bad: tuple[int, str] | None = None  # the first line that cannot be read, and why


def find_layout(lines: Sequence[str]) -> Layout | None:
    """How the first lines of a file are to be read; None where they are no columns of words."""
    found = _layout_between(lines, "")
    for separator in ",;" if found is None or found.tag is None else "":
        other = _layout_between(lines, separator)
        if other is not None and other.tag is not None:
            return other
    return found


def _layout_between(lines: Sequence[str], separator: str) -> Layout | None:
    """The same, if this stands between the cells."""
    groups, has_marks = _groups(lines)
    rows = [row for group in groups for row in group]
    if not rows:
        return Layout(2, 0, 1, is_indented=False) if has_marks else None
    is_indented = not separator and all(row[0] in " \t" for row in rows)
    cut = [[cells for row in group if (cells := _cells(row, separator, is_indented=is_indented))] for group in groups]
    header = _header(cut)
    widths = Counter(len(cells) for group in cut for cells in group)
    width = max(widths, key=lambda count: (widths[count], count), default=0)
    if width == 1:
        known = [row.strip() for row in rows]
        is_words = widths[1] == len(rows) and max(map(len, known)) <= _LONGEST_WORD
        is_words = is_words and sum(map(len, known)) <= _MEAN_WORD * len(known)
        parted = len(groups) > 1 and any(len(group) > 1 for group in groups)
        return Layout(1, 0, None, is_indented) if is_words and (parted or has_marks) else None
    whole = [[cells for cells in group if len(cells) == width] for group in cut]
    numbers = _numbered_column(whole)
    columns = list(zip(*(cells for group in whole for cells in group), strict=True))
    word = numbers + 1 if numbers is not None else header.index(True) if header else 0
    tags = [place for place in range(word + 1, width) if _has_tags(columns[place])]
    tag = next((place for place in tags if not _has_chunks(columns[place])), tags[-1] if tags else None)
    if tag is None and width == 2 and _has_tags(columns[0]):
        word, tag = 1, 0
    if tag is None and not has_marks and (numbers is None or width < 3):
        return None
    if word >= width:
        return None
    kinds = frozenset() if tag is None else frozenset(cell for cell in columns[tag] if not _is_tag(cell))
    before = range(word) if header and numbers is None else ()
    post = next((place for place in before if _repeats(columns[place])), None)
    return Layout(width, word, tag, is_indented, numbers, kinds, separator, bool(header), post)


def read_blocks(lines: Iterable[tuple[int, str]], layout: Layout) -> Iterator[Block]:
    """The posts of a file, in order, each with its rows."""
    uses: Counter[str] = Counter()
    for place, block in enumerate(_blocks(lines, layout), 1):
        name = block.image or block.id or str(place)
        uses[name] += 1
        block.name = name if uses[name] == 1 else f"{name}#{uses[name]}"
        yield block


def _blocks(lines: Iterable[tuple[int, str]], layout: Layout) -> Iterator[Block]:
    block = Block(0)
    is_header = layout.has_header
    for number, line in lines:
        cells = _cells(line, layout.separator, is_indented=layout.is_indented)
        starts_post = line.startswith(IMAGE_LINE)
        is_mark = starts_post or not cells or _DOCSTART.fullmatch(cells[0]) is not None
        is_mark = is_mark or (line.startswith("#") and _is_comment(line, cells, layout))
        if is_mark and (block.rows or (starts_post and block.image is not None)):
            yield block
            block = Block(0)
        block.line = block.line or (number if cells else 0)
        if starts_post:
            block.image = line[len(IMAGE_LINE) :].strip()
        elif is_mark:
            found = _ID.match(line)
            block.id = found[1] if found else block.id
        elif is_header:
            is_header = False
        else:
            name = cells[layout.post] if layout.post is not None and layout.post < len(cells) else ""
            if name not in ("", block.id):
                if block.rows:
                    yield block
                    block = Block(number)
                block.id = name
            _add_row(block, number, line, cells, layout)
    if block.rows or block.image is not None:
        yield block


def _add_row(block: Block, number: int, line: str, cells: list[str], layout: Layout) -> None:
    if layout.numbers is not None and _RANGE.fullmatch(cells[0]):
        return
    surplus = len(cells) - layout.width
    if surplus > 0 and layout.word == 0 and layout.width > 1 and "\t" not in line:  # a word with blanks in it
        cells = [(layout.separator or " ").join(cells[: surplus + 1]), *cells[surplus + 1 :]]
    if len(cells) == 1 and line[0] == " " and layout.width > 1 and layout.is_tag(cells[0]):  # an empty word
        cells = ["", *cells]
    if not is_text(line):
        block.bad = block.bad or (number, "is not UTF-8")
    elif layout.word >= len(cells):
        block.bad = block.bad or (number, f"has {len(cells)} columns, expected {layout.width}")
    block.rows.append((number, cells[layout.word] if layout.word < len(cells) else "", layout.tag_of(cells)))


def _groups(lines: Sequence[str]) -> tuple[list[list[str]], bool]:
    """The lines that may have words, those between blank lines together, and whether a line marks a file of columns."""
    groups: list[list[str]] = [[]]
    is_mark = [line.startswith(IMAGE_LINE) or _DOCSTART.match(line.lstrip()) is not None for line in lines]
    is_row = [bool(line.strip(" \t")) and not mark for line, mark in zip(lines, is_mark, strict=True)]
    is_plain = [row and not line.startswith("#") for line, row in zip(lines, is_row, strict=True)]
    for line, row in zip(lines, is_plain if any(is_plain) else is_row, strict=True):
        if row:
            groups[-1].append(line)
        elif not line.startswith("#"):
            groups.append([])
    return [group for group in groups if group], any(is_mark)


def _header(groups: Sequence[list[list[str]]]) -> list[bool]:
    """Take a first row that names the columns out of the rows; which of its cells stands above the words."""
    begin: list[list[str]] = next((group for group in groups if group), [[]])
    first = begin[0]
    names_words = [cell.lower() in _HEADERS for cell in first]
    rest = {cells[-1] for group in groups for cells in group if cells is not first}
    if not rest or len(first) < 2 or not any(names_words) or first[-1] in rest or any(map(_is_tag, first)):
        return []
    begin.pop(0)
    return names_words


def _repeats(column: Sequence[str]) -> bool:
    """Whether rows that follow each other say the same, or leave it out: of which post their words are."""
    same = sum(cell in ("", before) for before, cell in pairwise(column))
    return 0 < same < len(column) - 1


def _cells(line: str, separator: str, *, is_indented: bool) -> list[str]:
    """The cells of a line, by tabs if it has any, else by blanks; a first one may be empty."""
    if separator:
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
        except csv.Error:
            return [line]
        return cells if any(cells) else []
    line = line.rstrip(" \t")
    line = line.lstrip(" \t") if is_indented else line
    if "\t" in line:
        return [cell.strip(" ") for cell in line.split("\t")]
    return [cell for cell in line.split(" ") if cell]


def _is_comment(line: str, cells: Sequence[str], layout: Layout) -> bool:
    """Whether a line that begins with # says something of a post, and is no row of it."""
    if layout.numbers is not None:
        return True
    if "\t" in line:
        return " " in cells[0] and not layout.is_tag(layout.tag_of(cells))
    if len(cells) == 1:
        return False
    is_row = len(cells) == layout.width and layout.tag is not None
    is_row = is_row and (len(cells[0]) > 1 or layout.is_tag(layout.tag_of(cells)))  # a hashtag, or a lone #
    return not is_row or _COMMENT.match(line) is not None


def _numbered_column(groups: Sequence[Sequence[Sequence[str]]]) -> int | None:
    """The column that counts the words of each post."""
    groups = [kept for group in groups if (kept := [row for row in group if not _RANGE.fullmatch(row[0])])]
    for place in range(min(3, len(groups[0][0]) - 1) if groups else 0):
        counted = [[row[place] for row in group] for group in groups]
        if any(len(column) > 1 for column in counted) and all(
            column in ([str(number + first) for number in range(len(column))] for first in (0, 1)) for column in counted
        ):
            return place
    return None


def _has_tags(column: Sequence[str]) -> bool:
    sure = sum(_is_tag(cell) for cell in column)
    outside = sum(cell in (OUTSIDE, "o") or is_bracket(cell) for cell in column)
    strong = outside + sum(split_written(cell)[0] not in ("", OUTSIDE) for cell in column)
    if strong and sure >= _SURE * len(column):
        return True
    others = {cell for cell in column if not _is_tag(cell)}
    is_bare = len(others) <= _MOST_TYPES and all(re.fullmatch(r"[A-Za-z][\w./&-]*", cell) for cell in others)
    return is_bare and outside >= _LEAST_OUTSIDE * len(column)


def _has_chunks(column: Sequence[str]) -> bool:
    kinds = {kind for prefix, kind in map(split_written, column) if prefix != OUTSIDE}
    return bool(kinds) and kinds <= _CHUNKS


def _is_tag(cell: str) -> bool:
    return is_bracket(cell) or split_written(cell)[0] != ""
