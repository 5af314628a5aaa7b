"""One file of statements into the stage, a block of lines at a time."""

from collections.abc import Iterator, Sequence

from .ntriples import BrokenLineError, Statement, parse_line, why_broken
from .reading import LINE_LIMIT_BYTES, Block
from .staging import Stage
from .vocabulary import DATASETS, IGNORED, NAME_PREDICATES

_LINES_OF_ONE_STATEMENT = 100


def load_block(stage: Stage, block: Block, *, first_line: int) -> None:
    """Put the statements of a block into the stage; broken lines are kept as rejected.

    A statement that a line break tears apart is rejected once, with its tail.

    Args:
        stage: Takes the rows.
        block: Lines of a file.
        first_line: Number of the block's first line in its file, from 1.
    """
    for number, line, is_torn in _whole_lines(block.lines, first_line):
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
        if line is None or line.rstrip().endswith(b".") or line.lstrip()[:1] not in (b"<", b"_"):
            yield first_line + start, line, False
            continue
        parts = [line]
        while index < len(lines) and len(parts) < _LINES_OF_ONE_STATEMENT and _is_tail(lines[index]):
            parts.append(lines[index] or b"")
            index += 1
        yield first_line + start, b"\n".join(parts), len(parts) > 1


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
