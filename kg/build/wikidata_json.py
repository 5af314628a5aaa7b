"""Wikidata's JSON dump into the stage: an item a line, in constant memory, gone on with in the middle of the file."""

import re
from collections.abc import Iterator

import msgspec

from .files import ahead, read_blocks
from .source_file import SourceFile
from .stage import Stage
from .statements import Statements
from .wikidata_items import ItemStatements, WikidataEntity

# The largest items of the dump have about 5 MB; a longer line than this is no item.
_LINE_LIMIT_BYTES = 64 << 20
_SIGHT = 4096
_ITEM_BEGINS = re.compile(r"\s*\[?\s*(\{.*)")
_KIND = re.compile(r'"type"\s*:\s*"(?:item|property|lexeme|mediainfo)"|"redirect"\s*:\s*"Q\d')
_PART = re.compile(r'"(?:labels|aliases|descriptions|claims|sitelinks|lemmas|entity)"\s*:')
_ONE, _MANY = msgspec.json.Decoder(WikidataEntity), msgspec.json.Decoder(list[WikidataEntity])
# What may stand around an item on its line.
_AROUND = b" \t\r,[]\xef\xbb\xbf"


def is_wikidata_json(text: str) -> bool:
    """Say whether a file that begins so is a dump of Wikidata's in JSON, an item a line, with or without `[` before."""
    found = _ITEM_BEGINS.match(text)
    start = found[1][:_SIGHT] if found else ""
    return _KIND.search(start) is not None and _PART.search(start) is not None


def load_wikidata(stage: Stage, source: SourceFile) -> Iterator[int]:
    """Bring the items of a dump into the stage; lines that are none are kept as rejected.

    Where a build was stopped in the middle of the file, it goes on behind the lines whose items are in the stage.

    Yields:
        How many lines are read.

    Raises:
        DamagedFileError: After the last readable line, if the file ends in damage.
    """
    statements, done = Statements(stage), 0
    items = ItemStatements(stage.languages, min_sitelinks=stage.min_sitelinks)
    for block in ahead(read_blocks(source.path, line_limit_bytes=_LINE_LIMIT_BYTES)):
        lines = block.split(b"\n")[:-1]
        done += len(lines)
        if done <= stage.known_lines:
            continue
        for number, line in enumerate(lines, done - len(lines) + 1):
            if bare := line.strip(_AROUND):
                try:
                    for entity in _decode(bare):
                        items.add(entity)
                except (ValueError, RecursionError) as error:  # msgspec's errors too
                    stage.reject(number, line[:800].decode("utf-8", "replace"), _why(bare, error))
        _keep(stage, statements, items, done)
        yield done


def _decode(line: bytes) -> list[WikidataEntity]:
    """Return the item of a line, or the items, where a whole list stands on one."""
    try:
        return [_ONE.decode(line)]
    except msgspec.DecodeError as error:
        if "trailing characters" not in str(error):
            raise
        return _MANY.decode(b"[%b]" % line)


def _keep(stage: Stage, statements: Statements, items: ItemStatements, lines: int) -> None:
    for iri, count in items.sitelinks:
        stage.add("item", iri, count)
    stage.ignored, stage.left_out = stage.ignored + items.ignored, stage.left_out + items.left_out
    if items.columns[0]:
        statements.take_columns(items.columns)
    statements.keep(lines=lines)
    items.clear()


def _why(line: bytes, error: Exception) -> str:
    if len(line) > _LINE_LIMIT_BYTES:
        return f"a line longer than {_LINE_LIMIT_BYTES >> 20} MiB"
    if not line.startswith(b"{"):
        return "not an item in JSON: it does not begin with {"
    is_cut = "truncated" in str(error)
    return "an item that is cut off (a download that was cut?)" if is_cut else f"not an item of Wikidata: {error}"
