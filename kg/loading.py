"""One file of statements into the stage, a block of lines at a time."""

from collections.abc import Iterator, Sequence

from .detect import SourceFile
from .ntriples import BrokenLineError, Statement, parse_line, why_broken
from .reading import BLOCK_BYTES, LINE_LIMIT_BYTES, DamagedFileError, read_blocks
from .staging import Stage
from .vocabulary import DATASETS, IGNORED, NAME_PREDICATES

_LINES_OF_ONE_STATEMENT = 100


def load_statements(
    stage: Stage, source: SourceFile, *, offset_bytes: int, lines_before: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[int, int]]:
    """Put the statements of a file into the stage, from some offset on.

    Yields:
        Offset and number of lines up to which the stage now holds everything, whatever the size of the blocks.

    Raises:
        DamagedFileError: After the last readable line, if the file ends in damage.
    """
    lines, end, damage = lines_before, offset_bytes, None
    kept: list[bytes | None] = []
    try:
        for block in read_blocks(source.path, offset_bytes=offset_bytes, block_bytes=block_bytes):
            whole, kept = _split_open(kept + block.lines)
            load_lines(stage, whole, first_line=lines + 1)
            lines, end = lines + len(whole), block.end_bytes
            if block.ends_in_break:
                yield end - sum(len(line or b"") + 1 for line in kept), lines
    except DamagedFileError as error:
        damage = error
    load_lines(stage, kept, first_line=lines + 1)
    yield end, lines + len(kept)
    if damage is not None:
        raise damage


def load_lines(stage: Stage, lines: Sequence[bytes | None], *, first_line: int) -> None:
    """Put the statements of some lines into the stage; broken lines are kept as rejected.

    A statement that a line break tears apart is rejected once, with its tail.

    Args:
        stage: Takes the rows.
        lines: Lines of a file, None for one that is too long.
        first_line: Number of the first of them in its file, from 1.
    """
    for number, line, is_torn in _whole_lines(lines, first_line):
        if line is None:
            stage.reject(number, "", f"a line longer than {LINE_LIMIT_BYTES} bytes")
            continue
        try:
            statement = None if is_torn else parse_line(line.decode("utf-8"))
        except UnicodeDecodeError:
            stage.reject(number, line.decode("utf-8", "replace"), "bytes that are not UTF-8")
            continue
        except BrokenLineError as error:
            stage.reject(number, line.decode("utf-8"), str(error))
            continue
        if is_torn:
            text = line.decode("utf-8", "replace")
            stage.reject(number, text, why_broken(text.split("\n")[0].strip()))
        elif statement is not None:
            _route(stage, statement)


def _whole_lines(lines: Sequence[bytes | None], first_line: int) -> Iterator[tuple[int, bytes | None, bool]]:
    """Yield number, line, and whether it was put together from a torn statement's lines."""
    index = 0
    while index < len(lines):
        line, start = lines[index], index
        index += 1
        if line is None or not _is_open(line):
            yield first_line + start, line, False
            continue
        parts = [line]
        while index < len(lines) and len(parts) < _LINES_OF_ONE_STATEMENT and _is_tail(lines[index]):
            parts.append(lines[index] or b"")
            index += 1
        yield first_line + start, b"\n".join(parts), len(parts) > 1


def _split_open(lines: list[bytes | None]) -> tuple[list[bytes | None], list[bytes | None]]:
    """Cut off a torn statement at the end, whose tail may stand in the next block."""
    start = len(lines) - 1
    while start > max(0, len(lines) - _LINES_OF_ONE_STATEMENT) and _is_tail(lines[start]):
        start -= 1
    last = lines[start] if lines else None
    return (lines[:start], lines[start:]) if last is not None and _is_open(last) else (lines, [])


def _is_open(line: bytes) -> bool:
    return line.lstrip()[:1] in (b"<", b"_") and not line.rstrip().endswith(b".")


def _is_tail(line: bytes | None) -> bool:
    return line is not None and line.strip() != b"" and line.lstrip()[:1] not in (b"<", b"_", b"#", b"@")


def _route(stage: Stage, statement: Statement) -> None:
    subject, predicate = statement.subject, statement.predicate
    if subject is None or predicate in IGNORED or (statement.object is None and statement.value is None):
        stage.ignored += 1
        return
    stage.records += 1
    dataset = DATASETS.get(predicate)
    if statement.value is not None:
        _route_literal(stage, statement, dataset)
    elif dataset == "redirects":
        stage.add("redirect", stage.key(subject), stage.key(statement.object or ""))
    elif dataset == "disambiguations":
        stage.add("page", stage.key(subject), stage.key(statement.object or ""))
    elif dataset == "instance_types":
        stage.add("type", stage.key(subject), stage.class_(statement.object or ""))
    elif dataset == "images":
        stage.add("image", stage.key(subject), statement.object, "")
    else:
        stage.add("triple", stage.key(subject), stage.predicate(predicate), stage.key(statement.object or ""))


def _route_literal(stage: Stage, statement: Statement, dataset: str | None) -> None:
    key, value, tag = stage.key(statement.subject or ""), statement.value or "", statement.tag
    if dataset == "labels":
        if value.strip():
            stage.add("label", key, value.strip(), tag[1:] if tag.startswith("@") else "")
        return
    if dataset == "images":
        stage.add("image", key, value, "")
        return
    named = NAME_PREDICATES.get(statement.predicate)
    if named is not None:
        kind, weight = named
        texts = value.split(",") if kind == "demonym" else [value]
        for text in filter(None, map(str.strip, texts)):
            stage.add("name", key, text, kind, weight)
    stage.add("literal", key, stage.predicate(statement.predicate), value, tag, None)
