"""One file of statements into the stage, a block of lines at a time.

While one block is read and decompressed, others are scanned by compiled code (`kg.building.scan`), and a third goes
into the stage. Lines that the scan leaves alone go through `ntriples.parse_line`, one by one.
"""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from kg.ntriples import BrokenLineError, Statement, parse_line, why_broken
from kg.vocabulary import DATASETS, IGNORED

from .detect import SourceFile
from .reading import BLOCK_BYTES, LINE_LIMIT_BYTES, Block, DamagedFileError, read_blocks
from .routing import Router, Scanned, scan_block
from .scan import LABELLED
from .staging import Stage

_LINES_OF_ONE_STATEMENT = 100
_SCANNERS = 2


def load_statements(
    stage: Stage, source: SourceFile, *, offset_bytes: int, lines_before: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[int, int]]:
    """Put the statements of a file into the stage, from some offset on.

    Yields:
        Offset and number of lines up to which the stage now holds everything, whatever the size of the blocks.

    Raises:
        DamagedFileError: After the last readable line, if the file ends in damage.
    """
    lines, router = lines_before, Router(stage)
    blocks = whole_statements(read_blocks(source.path, offset_bytes=offset_bytes, block_bytes=block_bytes))
    with closing(_scan_ahead(blocks)) as scans:
        for block, scanned in scans:
            router.route(scanned)
            for first, last in scanned.other_runs():
                load_lines(stage, [scanned.line(line) for line in range(first, last)], first_line=lines + first + 1)
            lines += len(scanned.kinds)
            yield block.end_bytes, lines


def load_lines(stage: Stage, lines: Sequence[bytes], *, first_line: int) -> None:
    """Put the statements of some lines into the stage; broken lines are kept as rejected.

    A statement that a line break tears apart is rejected once, with its tail.

    Args:
        stage: Takes the rows.
        lines: Lines of a file.
        first_line: Number of the first of them in its file, from 1.
    """
    for number, line, is_torn in _whole_lines(lines, first_line):
        if len(line) > LINE_LIMIT_BYTES:
            text = line[:800].decode("utf-8", "replace")
            stage.reject(number, text, f"a line longer than {LINE_LIMIT_BYTES} bytes")
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


def whole_statements(blocks: Iterator[Block]) -> Iterator[Block]:
    """Yield blocks that do not end within a statement that line breaks tear apart.

    Raises:
        DamagedFileError: As `blocks` does, after its last lines.
    """
    kept, end = b"", 0
    try:
        for block in blocks:
            data, end = kept + block.data, block.end_bytes
            cut = _start_of_open(data)
            kept = data[cut:]
            if cut:
                yield Block(data[:cut], end - len(kept))
    except DamagedFileError:
        if kept:
            yield Block(kept, end)
        raise
    if kept:
        yield Block(kept, end)


def _scan_ahead(blocks: Iterator[Block]) -> Generator[tuple[Block, Scanned], None, None]:
    """Yield each block with its scan; the next ones are read and scanned meanwhile."""
    waiting: deque[tuple[Block, Future[Scanned]]] = deque()
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(_SCANNERS) as scanners:
        damage = None
        upcoming: Future[Block | None] | None = reader.submit(next, blocks, None)
        while upcoming is not None or waiting:
            if upcoming is not None:
                try:
                    block = upcoming.result()
                except DamagedFileError as error:
                    block, damage = None, error
                upcoming = reader.submit(next, blocks, None) if block is not None else None
                if block is not None:
                    waiting.append((block, scanners.submit(scan_block, block.data)))
            if waiting and (upcoming is None or len(waiting) > _SCANNERS):
                block, scanned = waiting.popleft()
                yield block, scanned.result()
        if damage is not None:
            raise damage


def _whole_lines(lines: Sequence[bytes], first_line: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield number, line, and whether it was put together from a torn statement's lines."""
    index = 0
    while index < len(lines):
        line, start = lines[index], index
        index += 1
        if len(line) > LINE_LIMIT_BYTES or not _is_open(line):
            yield first_line + start, line, False
            continue
        parts = [line]
        while index < len(lines) and len(parts) < _LINES_OF_ONE_STATEMENT and _is_tail(lines[index]):
            parts.append(lines[index])
            index += 1
        yield first_line + start, b"\n".join(parts), len(parts) > 1


def _start_of_open(data: bytes) -> int:
    """Return where a torn statement at the end begins, whose tail may stand in the next block; else the length."""
    start = _line_start(data, len(data))
    lines = 1
    while start > 0 and lines < _LINES_OF_ONE_STATEMENT and _is_tail(data[start:]):
        start = _line_start(data, start)
        lines += 1
    first = data[start : data.index(b"\n", start)] if data else b""
    return start if _is_open(first) and len(first) <= LINE_LIMIT_BYTES else len(data)


def _line_start(data: bytes, end: int) -> int:
    return data.rfind(b"\n", 0, end - 1) + 1


def _is_open(line: bytes) -> bool:
    return line.lstrip()[:1] in (b"<", b"_") and not line.rstrip().endswith(b".")


def _is_tail(line: bytes) -> bool:
    bare = line[: LINE_LIMIT_BYTES + 1].split(b"\n", 1)[0].strip()
    return len(line) <= LINE_LIMIT_BYTES and bare != b"" and bare[:1] not in (b"<", b"_", b"#", b"@")


def _route(stage: Stage, statement: Statement) -> None:
    subject, predicate = statement.subject, statement.predicate
    if subject is None or predicate in IGNORED or (statement.object is None and statement.value is None):
        stage.ignored += 1
        return
    stage.records += 1
    dataset = DATASETS.get(predicate)
    target = statement.object or ""
    if statement.value is not None:
        route_literal(stage, subject, statement)
    elif dataset == "redirects":
        stage.add("redirect", stage.key(subject, 0), stage.key(target, 0))
    elif dataset == "disambiguations":
        stage.add("page", stage.key(subject, 0), stage.key(target, 0))
    elif dataset == "instance_types":
        stage.add("type", stage.key(subject), stage.class_(target))
    elif dataset == "images":
        stage.add("image", stage.key(subject), target, "")
    else:
        stage.add("triple", stage.key(subject), stage.predicate(predicate), stage.key(target))


def route_literal(stage: Stage, subject: str, statement: Statement) -> None:
    """Put a statement with a literal where it belongs."""
    dataset, value, tag = DATASETS.get(statement.predicate), statement.value or "", statement.tag
    if dataset == "labels":
        if value.strip():
            stage.add("label", stage.key(subject, LABELLED), stage.tag(tag), value.strip())
        return
    key = stage.key(subject)
    if dataset == "images":
        stage.add("image", key, value, "")
        return
    stage.add_names([(key, statement.predicate, value)])
    stage.add("literal", key, stage.predicate(statement.predicate), stage.tag(tag), 0, value)
