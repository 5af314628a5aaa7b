"""Where a build keeps what it has read, in DuckDB, until every source is known.

An IRI is a 64-bit hash here, its *key*; its text stands in the table `iri`, again and again. Every row has the step,
that is, the source, that it is from: a build whose process or machine was stopped goes on behind the sources that are
done, and with the one that was not behind the lines that it has marked, or anew.
"""

import contextlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from kg.iris import canonical_iri, label_of_iri
from kg.names.normal import normal_form

from .files import ahead

# What is known of an IRI, as bits: it stands in a statement; it has a label.
STATED, LABELLED = 1, 2
_BATCH_ROWS = 50_000
_FETCHED_ROWS = 20_000
_READ_ROWS = 50_000
# A number of things in words; and what `str.strip` removes: most texts begin and end in a visible ASCII character.
_BLANKS = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
_TEXT_MACROS = f"""
CREATE OR REPLACE MACRO counted(number, one, more) AS format('{{:,}} {{}}', number, if(number = 1, one, more));
CREATE OR REPLACE MACRO strip(text) AS CASE
    WHEN unicode(text) BETWEEN 33 AND 126 AND unicode(right(text, 1)) BETWEEN 33 AND 126 THEN text
    ELSE trim(text, '{_BLANKS}') END
"""

# Where a language stands among the wanted ones, from 1 on; then none, `mul`, English, and all others. None
# and `mul` are as good as a wanted one; foreign is what is not English either.
_LANGUAGE_PLACE = """
CREATE OR REPLACE MACRO language_place(language) AS coalesce(2 * list_position({wanted}, language),
    2 * list_position({wanted}, split_part(language, '-', 1)) + 1,
    CASE WHEN language = '' THEN 1000 WHEN language = 'mul' THEN 1001 WHEN language = 'en' THEN 1002
        WHEN starts_with(language, 'en-') THEN 1003 ELSE 1004 END);
CREATE OR REPLACE MACRO is_wanted(place) AS place <= 1001;
CREATE OR REPLACE MACRO is_foreign(place) AS place > 1003;
"""

_TABLES = """
CREATE TABLE step (
    id INTEGER, name VARCHAR, source VARCHAR, size_bytes BIGINT, sha256 VARCHAR, is_done BOOLEAN,
    lines BIGINT, records BIGINT, ignored BIGINT, rejected BIGINT, left_out BIGINT, reasons VARCHAR, error VARCHAR,
    started VARCHAR, finished VARCHAR
);
CREATE TABLE iri (step USMALLINT, iri VARCHAR, flags UTINYINT);
CREATE TABLE triple (step USMALLINT, subject UBIGINT, predicate UBIGINT, object UBIGINT);
CREATE TABLE redirect (step USMALLINT, page UBIGINT, target UBIGINT);
CREATE TABLE meaning (step USMALLINT, page UBIGINT, target UBIGINT); -- of disambiguation pages
CREATE TABLE same (step USMALLINT, subject UBIGINT, object UBIGINT); -- owl:sameAs
CREATE TABLE defined (step USMALLINT, key UBIGINT, is_class BOOLEAN); -- classes and properties
CREATE TABLE type (step USMALLINT, subject UBIGINT, class UBIGINT);
CREATE TABLE label (step USMALLINT, subject UBIGINT, text VARCHAR, tag VARCHAR);
CREATE TABLE literal (
    step USMALLINT, subject UBIGINT, predicate UBIGINT, value VARCHAR, tag VARCHAR, may_be UBIGINT
);
CREATE TABLE name (step USMALLINT, subject UBIGINT, text VARCHAR, kind VARCHAR, weight DOUBLE);
CREATE TABLE image (step USMALLINT, subject UBIGINT, source VARCHAR, folder VARCHAR);
CREATE TABLE given (step USMALLINT, subject UBIGINT, type VARCHAR, prior DOUBLE);
CREATE TABLE count (step USMALLINT, subject UBIGINT, count DOUBLE);
CREATE TABLE link (step USMALLINT, object UBIGINT, count BIGINT); -- of pages to pages
CREATE TABLE anchor (step USMALLINT, subject UBIGINT, text VARCHAR, count DOUBLE); -- texts of such links
CREATE TABLE name_count (
    step USMALLINT, line BIGINT, subject UBIGINT, normal VARCHAR, count DOUBLE, text VARCHAR, alias VARCHAR
);
CREATE TABLE item (step USMALLINT, subject UBIGINT, sitelinks INTEGER); -- items of Wikidata
CREATE TABLE rejected (step USMALLINT, line BIGINT, number BIGINT, text VARCHAR, reason VARCHAR);
"""
_WITH_STEPS = (
    "iri", "triple", "redirect", "meaning", "same", "defined", "type", "label", "literal", "name", "image", "given",
    "count", "link", "anchor", "name_count", "item", "rejected",
)  # fmt: skip
# How rows that Python gives become rows of a table; of those with steps, behind the step.
_ROWS = {
    "iri": "c0::VARCHAR, c1::UTINYINT",
    "type": "hash(c0::VARCHAR), hash(c1::VARCHAR)",
    "label": "hash(c0::VARCHAR), c1::VARCHAR, c2::VARCHAR",
    "name": "hash(c0::VARCHAR), c1::VARCHAR, c2::VARCHAR, c3::DOUBLE",
    "image": "hash(c0::VARCHAR), c1::VARCHAR, c2::VARCHAR",
    "given": "hash(c0::VARCHAR), c1::VARCHAR, c2::DOUBLE",
    "count": "hash(c0::VARCHAR), c1::DOUBLE",
    "name_count": "c0::BIGINT, hash(c1::VARCHAR), c2::VARCHAR, c3::DOUBLE, c4::VARCHAR, c5::VARCHAR",
    "item": "hash(c0::VARCHAR), c1::INTEGER",
    "rejected": "c0::BIGINT, c1::BIGINT, c2::VARCHAR, c3::VARCHAR",
    "said": "-1, c0::VARCHAR, c1::VARCHAR, hash(c1::VARCHAR), c2::VARCHAR, c3::VARCHAR, c4::VARCHAR, c5::VARCHAR",
    "route": "hash(c0::VARCHAR), c1::VARCHAR, c2::VARCHAR, c3::DOUBLE",
}


class Stage:
    """Collects what sources say.

    Args:
        folder: Where the database and its temporary files lie; made if it is not there.
        memory_mb: How much memory the database may take.
        languages: Tags of the languages that are wanted, the best first, in lower case.

    Attributes:
        languages: As given.
        min_sitelinks: How many sitelinks an item of Wikidata must have to be read; -1: it needs none.
        step: The source that is read, as its number.
        known_lines: How many of its lines are in the stage already.
        records: How many statements or rows of it were kept; `ignored`, `rejected`, `left_out`: how many were not.
    """

    def __init__(self, folder: Path, *, memory_mb: int, languages: Sequence[str] = ()) -> None:
        self.folder = folder
        self.languages = languages
        self.min_sitelinks = -1
        folder.mkdir(exist_ok=True)
        # Another version of DuckDB may hash differently, so it does not go on with what this one has kept.
        path = folder / f"{duckdb.__version__}.duckdb"
        self.connection = duckdb.connect(
            str(path),
            config={
                "memory_limit": f"{memory_mb}MB",
                "temp_directory": str(folder / "temporary"),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        if not self.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'step'"):
            self.connection.execute(f"BEGIN; {_TABLES} COMMIT")
        self.connection.create_function("canonical_iri", canonical_iri, ["VARCHAR"], "VARCHAR")
        self.connection.create_function("normal_form", normal_form, ["VARCHAR"], "VARCHAR")
        self.connection.create_function("label_of_iri", label_of_iri, ["VARCHAR"], "VARCHAR")
        # To pack columns that are read twice costs more than it saves.
        self.connection.execute("SET enable_progress_bar = false; SET force_compression = 'uncompressed'")
        self.connection.execute(_TEXT_MACROS)
        wanted = list(languages) or [""]  # DuckDB writes lists of texts as Python does
        self.connection.execute(_LANGUAGE_PLACE.format(wanted=wanted))
        self._rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._flags: dict[str, int] = {}
        self.step = self.known_lines = 0
        self.reasons = Counter[str]()  # why statements were ignored, and how many
        self.records = self.ignored = self.rejected = self.left_out = 0

    def close(self) -> None:
        """Close the database; what is not committed is lost."""
        self.connection.close()

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(query, parameters).fetchall()

    def fetch(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        """Return the rows of a query, some at a time, one lot ahead; other queries may go on meanwhile."""
        cursor = self._cursor()

        def lots() -> Iterator[list[tuple[Any, ...]]]:
            with contextlib.closing(cursor):
                cursor.execute(query)
                while rows := cursor.fetchmany(_FETCHED_ROWS):
                    yield rows

        return ahead(lots())

    def read(self, table: str, columns: Sequence[str]) -> Iterator[list[list[Any]]]:
        """Return columns of a table whose rows are in their order, of some rows after the other, as `fetch` does."""
        [(count,)] = self.rows(f"SELECT count(*) FROM {table}")  # noqa: S608 -- our names
        cursor = self._cursor()

        def lots() -> Iterator[list[list[Any]]]:
            with contextlib.closing(cursor):
                for first in range(0, count, _READ_ROWS):
                    some = f"rowid >= {first} AND rowid < {first + _READ_ROWS}"
                    query = f"SELECT {', '.join(columns)} FROM {table} WHERE {some} ORDER BY ALL"  # noqa: S608
                    yield [values.tolist() for values in cursor.execute(query).fetchnumpy().values()]

        return ahead(lots())

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = self.connection.cursor()
        cursor.execute("SET enable_progress_bar = false")
        return cursor

    def limit_memory(self, memory_mb: int) -> None:
        """Let the database take so much memory from now on."""
        self.connection.execute(f"SET memory_limit = '{memory_mb}MB'")

    def begin(self, step: int) -> None:
        """Begin with a source; of an attempt that was stopped, what is behind the lines that it marked is removed."""
        self.step = step
        query = f"SELECT lines, reasons, records, ignored, rejected, left_out FROM step WHERE id = {step}"  # noqa: S608
        [(lines, reasons, *counts)] = self.rows(query)
        self.reasons = Counter(json.loads(reasons or "{}"))
        self.records, self.ignored, self.rejected, self.left_out = (count or 0 for count in counts)
        self.known_lines = lines or 0
        for table in _WITH_STEPS if not lines else ():
            self.connection.execute(f"DELETE FROM {table} WHERE step = {step}")  # noqa: S608 -- our names
        if lines:
            self.connection.execute(f"DELETE FROM rejected WHERE step = {step} AND line > {lines}")  # noqa: S608

    def mark(self, lines: int) -> None:
        """Keep, within the transaction that keeps what they say, that so many lines of the source are read."""
        columns = "lines = ?, records = ?, ignored = ?, rejected = ?, left_out = ?, reasons = ?"
        said = (self.records, self.ignored, self.rejected, self.left_out, json.dumps(self.reasons))
        self.connection.execute(f"UPDATE step SET {columns} WHERE id = ?", (lines, *said, self.step))  # noqa: S608

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep what is done within, on the disk, or, if it fails, nothing of it."""
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            with contextlib.suppress(duckdb.Error):
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def add(self, table: str, *row: Any) -> None:
        """Keep one row for a table, as `_ROWS` takes it."""
        rows = self._rows[table]
        rows.append(row)
        if len(rows) >= _BATCH_ROWS:
            self._insert(table)

    def iri(self, iri: str, flags: int = STATED) -> str:
        """Keep an IRI with what a statement says of it, and return its canonical form."""
        iri = canonical_iri(iri)
        self._flags[iri] = self._flags.get(iri, 0) | flags
        return iri

    def reject(self, line: int | None, text: str, reason: str) -> None:
        """Keep a line that cannot be used, and count it; without a number where it is not known."""
        self.rejected += 1
        self.add("rejected", line, self.rejected, text[:200], reason)

    def ignore(self, count: int, reason: str) -> None:
        """Count statements that are not kept."""
        self.ignored += count
        self.reasons += Counter({reason: count})

    def flush(self, *tables: str) -> None:
        """Bring what was added for some tables, or for all, to the database."""
        if not tables:
            self._rows["iri"] += self._flags.items()
            self._flags.clear()
        for table in tables or list(self._rows):
            self._insert(table)

    def _insert(self, table: str) -> None:
        rows = self._rows.pop(table, None)
        if rows:
            columns = {
                f"c{place}": np.array(column, dtype=object) for place, column in enumerate(zip(*rows, strict=True))
            }
            self.connection.register("given_rows", columns)
            step = f"{self.step}, " if table in _WITH_STEPS else ""
            self.connection.execute(f"INSERT INTO {table} SELECT {step}{_ROWS[table]} FROM given_rows")  # noqa: S608
            self.connection.unregister("given_rows")
