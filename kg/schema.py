"""The tables of kg.sqlite, how it is opened, and how rows go into it.

`SCHEMA_VERSION` stands in `PRAGMA user_version`. Names explain themselves, and foreign keys are declared, so that
Datasette and sqlite-utils show it as it is.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from .errors import StoreError

SCHEMA_VERSION = 5

_TABLES = """
CREATE TABLE entity (
    id INTEGER PRIMARY KEY,
    iri TEXT NOT NULL,
    label TEXT NOT NULL,
    type TEXT, -- PER, LOC, ORG, OTHER; to check it here would make every row take 50 % longer
    prior REAL NOT NULL DEFAULT 0
);
CREATE TABLE predicate (
    id INTEGER PRIMARY KEY,
    iri TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    hop INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE class (
    id INTEGER PRIMARY KEY,
    iri TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    type TEXT CHECK (type IN ('PER', 'LOC', 'ORG', 'OTHER')),
    depth INTEGER,
    instances INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE entity_class (
    entity INTEGER NOT NULL REFERENCES entity(id),
    class INTEGER NOT NULL REFERENCES class(id),
    PRIMARY KEY (entity, class)
) WITHOUT ROWID;
CREATE TABLE triple (
    subject INTEGER NOT NULL REFERENCES entity(id),
    predicate INTEGER NOT NULL REFERENCES predicate(id),
    object INTEGER NOT NULL REFERENCES entity(id),
    PRIMARY KEY (subject, object, predicate)
) WITHOUT ROWID;
CREATE TABLE alias (
    text TEXT NOT NULL,
    normal TEXT NOT NULL,
    entity INTEGER NOT NULL REFERENCES entity(id),
    kind TEXT NOT NULL,
    weight REAL NOT NULL,
    PRIMARY KEY (entity, normal, text)
) WITHOUT ROWID;
CREATE TABLE alias_normal (key INTEGER PRIMARY KEY, entities BLOB NOT NULL);
CREATE TABLE alias_segment (key INTEGER PRIMARY KEY, count INTEGER NOT NULL, names BLOB NOT NULL);
CREATE TABLE alias_word (key INTEGER PRIMARY KEY, names TEXT NOT NULL);
CREATE TABLE name_count (
    normal TEXT NOT NULL,
    entity INTEGER NOT NULL REFERENCES entity(id),
    count REAL NOT NULL, -- how often the name was seen to mean the entity
    PRIMARY KEY (normal, entity)
) WITHOUT ROWID;
CREATE TABLE literal (
    id INTEGER PRIMARY KEY,
    subject INTEGER NOT NULL REFERENCES entity(id),
    predicate INTEGER NOT NULL REFERENCES predicate(id),
    value TEXT NOT NULL,
    datatype TEXT NOT NULL DEFAULT ''
);
CREATE TABLE same_as (
    entity INTEGER NOT NULL REFERENCES entity(id),
    iri TEXT NOT NULL, -- what another graph calls the entity, or an old IRI that redirects to it
    PRIMARY KEY (entity, iri)
) WITHOUT ROWID;
CREATE TABLE image (
    id INTEGER PRIMARY KEY,
    entity INTEGER NOT NULL REFERENCES entity(id),
    source TEXT NOT NULL,
    file TEXT,
    sha256 TEXT,
    width INTEGER,
    height INTEGER,
    status TEXT NOT NULL CHECK (status IN ('pending', 'embedded', 'missing', 'unreadable', 'too large')),
    reason TEXT
);
CREATE TABLE build_step (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT NOT NULL DEFAULT '',
    size_bytes INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL DEFAULT '',
    lines INTEGER NOT NULL DEFAULT 0,
    records INTEGER NOT NULL DEFAULT 0,
    ignored INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done')),
    error TEXT,
    started TEXT,
    finished TEXT
);
CREATE TABLE rejected (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    line INTEGER,
    text TEXT NOT NULL,
    reason TEXT NOT NULL
);
"""

# What people read: labels in place of ids. LEFT JOIN, so that rows are counted without a look at the labels.
_VIEWS = """
CREATE VIEW triple_in_words AS
SELECT s.label AS subject, p.label AS predicate, o.label AS object, s.iri AS subject_iri, o.iri AS object_iri
FROM triple t LEFT JOIN entity s ON s.id = t.subject LEFT JOIN predicate p ON p.id = t.predicate
LEFT JOIN entity o ON o.id = t.object;
CREATE VIEW literal_in_words AS
SELECT s.label AS subject, p.label AS predicate, l.value, l.datatype, s.iri AS subject_iri FROM literal l
LEFT JOIN entity s ON s.id = l.subject LEFT JOIN predicate p ON p.id = l.predicate;
CREATE VIEW class_in_words AS
SELECT e.label AS entity, c.label AS class, c.type, e.iri AS entity_iri FROM entity_class m
LEFT JOIN entity e ON e.id = m.entity LEFT JOIN class c ON c.id = m.class;
"""

_VALUES = 1200  # values bound by one statement; SQLite takes 32,766
_ROWS_AT_ONCE = 20_000

_INDEXES = (
    "CREATE UNIQUE INDEX entity_iri ON entity (iri)",
    "CREATE INDEX triple_object ON triple (object, subject, predicate)",
    "CREATE INDEX literal_subject ON literal (subject, predicate)",
    "CREATE INDEX entity_class_class ON entity_class (class)",
    "CREATE INDEX same_as_iri ON same_as (iri)",
    "CREATE INDEX image_entity ON image (entity)",
    "CREATE INDEX image_status ON image (status)",
)


def create_tables(connection: sqlite3.Connection) -> None:
    """Make every table and view of a new graph, in one transaction."""
    script = f"BEGIN;{_TABLES}{_VIEWS}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;"
    connection.executescript(script)


def create_indexes(connection: sqlite3.Connection) -> None:
    """Make the indexes of a filled graph; call within a transaction."""
    for statement in _INDEXES:
        connection.execute(statement)
    gather_statistics(connection)


def gather_statistics(connection: sqlite3.Connection) -> None:
    """Let SQLite count what it chooses indexes by; call within a transaction."""
    connection.execute("PRAGMA analysis_limit = 1000")
    connection.execute("ANALYZE main")


def open_for_building(path: Path) -> sqlite3.Connection:
    """Open or create a graph file for writing; transactions are begun and ended by the caller."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    # Nobody reads it before it is whole, and then it is on the disk: what is cut short is made anew.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA temp_store = FILE")
    connection.execute("PRAGMA page_size = 8192")
    # It holds what an index is sorted by; in more memory than a processor's own, that takes twice as long.
    connection.execute("PRAGMA cache_size = -2048")
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a finished graph read-only.

    Raises:
        StoreError: If there is no finished graph of this version at `path`.
    """
    if not path.is_file():
        half = part_path(path)
        found = "is half-built; run the same build command again" if half.exists() else "does not exist; build it first"
        raise StoreError(f"{path} {found}")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        connection.close()
        raise StoreError(f"{path} is not a graph ({error}); {_anew(path)}") from None
    if version != SCHEMA_VERSION or "entity" not in tables:
        connection.close()
        raise StoreError(f"{path} has graph version {version}, expected {SCHEMA_VERSION}; {_anew(path)}")
    # No memory map: look-ups go all over the file, and a page that is mapped for each costs more than a page read.
    connection.execute("PRAGMA cache_size = -32768")
    return connection


def _anew(path: Path) -> str:
    return f"build it anew: build-kg-index {path.parent} --dump SOURCE --update"


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Keep what is written within, or, if it fails, nothing of it; the connection begins no transactions by itself."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def part_path(path: Path) -> Path:
    """Return the name under which a graph is built before it takes its place."""
    return path.with_name(path.name + ".part")


def stage_path(path: Path) -> Path:
    """Return the folder that a build keeps beside the graph, until the graph takes its place."""
    return path.with_name(path.name + ".stage")


def insert_rows(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows, in their order, within the caller's transaction.

    Args:
        connection: Where to.
        table: The table, one of ours.
        columns: Its columns that are given.
        rows: Their values.
    """
    rest = iter(rows)
    while chunk := list(islice(rest, _ROWS_AT_ONCE)):
        _insert_flat(connection, table, columns, list(chain.from_iterable(chunk)))


def insert_columns(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], values: Sequence[Sequence[Any]]
) -> None:
    """Insert rows as `insert_rows` does, given by the values of each column."""
    width = len(columns)
    flat: list[Any] = [None] * (width * len(values[0]))
    for place, column in enumerate(values):
        flat[place::width] = column
    _insert_flat(connection, table, columns, flat)


def _insert_flat(connection: sqlite3.Connection, table: str, columns: Sequence[str], flat: list[Any]) -> None:
    width = len(columns)
    at_once = max(1, _VALUES // width)
    end = len(flat) - len(flat) % (at_once * width)
    many = (flat[at : at + at_once * width] for at in range(0, end, at_once * width))
    connection.executemany(_insert(table, columns, at_once), many)
    if end < len(flat):
        connection.execute(_insert(table, columns, (len(flat) - end) // width), flat[end:])


def _insert(table: str, columns: Sequence[str], rows: int) -> str:
    marks = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * rows)}"  # noqa: S608 -- our names
