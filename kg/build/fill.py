"""From the resolved stage to the tables of `kg.sqlite`: rows in the order of their keys, indexes afterwards."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from threading import Event
from typing import Any

from kg.names.index import fill_names
from kg.schema import (
    create_indexes,
    create_tables,
    gather_statistics,
    insert_columns,
    insert_rows,
    open_for_building,
    transaction,
)

from .entities import (
    GIVEN_NAMES,
    IMAGES,
    LITERALS,
    class_entities,
    describe_entities,
    name_predicates,
    relate_entities,
    resolve_entities,
)
from .keep import Keep, leave_out
from .name_counts import NAME_COUNTS, add_counted_names
from .remarks import make_remarks
from .same_as import SAME_AS
from .stage import Stage
from .types import TypeMap

_Batches = Iterator[list[tuple[Any, ...]]]
Find = Callable[[str, str], "tuple[str, str | None, str | None]"]
Progress = Callable[[str, int, int], None]

# What DuckDB may take while names are worked out, which take memory too.
_MEMORY_MB = 200
_STEPS = """
SELECT name, source, size_bytes, sha256, coalesce(lines, 0), coalesce(records, 0), coalesce(ignored, 0),
    coalesce(rejected, 0) + (
        SELECT count(*) FROM name_count c WHERE c.step = step.id AND c.subject NOT IN (SELECT key FROM stands_for)
    ), 'done', nullif(concat_ws('; ', error, (SELECT text FROM remark r WHERE r.step = step.id),
        CASE WHEN out > 0 THEN counted(out, 'entity', 'entities') || ' left out by --keep' END
    ), ''), started, finished
FROM (SELECT step.*, coalesce(left_out, 0) + coalesce(o.count, 0) AS out
    FROM step LEFT JOIN out_count o ON o.step = step.id) step ORDER BY id
"""
_REJECTED = """
SELECT s.source, r.line, r.text, r.reason FROM rejected r JOIN step s ON s.id = r.step
ORDER BY r.step, r.line, r.number
"""
_KNOWN = "(SELECT key FROM stands_for)"
_UNKNOWN_COUNTED = f"""
SELECT s.source, c.line, c.text, 'no entity of the graph has this IRI' FROM name_count c JOIN step s ON s.id = c.step
WHERE c.subject NOT IN {_KNOWN} ORDER BY c.line LIMIT 1000
"""  # noqa: S608 -- our own names
_CIRCLES = "SELECT '', NULL, n.iri, 'redirects in a circle' FROM circle c JOIN node n USING (key) ORDER BY n.iri"


def fill_graph(path: Path, stage: Stage, types: TypeMap, keep: Keep, *, find: Find, progress: Progress) -> None:
    """Make a graph from a stage whose sources are all read.

    Args:
        path: The file, which is not there yet.
        stage: What the sources say.
        types: The coarse types of classes.
        keep: Which entities are kept.
        find: Gives a picture's identity, its file and, where there is none, the reason, for an image's source and the
            folder of the table that names it.
        progress: Told when a step begins and ends.
    """

    def step(name: str, do: Callable[[], None]) -> None:
        progress(name, 0, 1)
        do()
        progress(name, 1, 1)

    def bound() -> None:
        class_entities(stage, types)
        if leave_out(stage, keep):
            class_entities(stage, types)

    step("entities", lambda: resolve_entities(stage, types))
    step("classes", bound)
    step("triples", lambda: relate_entities(stage))

    def describe() -> None:
        describe_entities(stage)
        add_counted_names(stage)
        make_remarks(stage)

    step("labels and names", describe)
    stage.limit_memory(_MEMORY_MB)
    beside = stage.folder / "names.sqlite"
    beside.unlink(missing_ok=True)
    with closing(open_for_building(path)) as graph:
        create_tables(graph)
        step("tables", lambda: _fill_tables(graph, beside, stage, find))
        step("names", lambda: _take_names(graph, beside))
    beside.unlink()


def _fill_tables(graph: sqlite3.Connection, beside: Path, stage: Stage, find: Find) -> None:
    """Fill every table; those of names, which cost as much as all others, in a thread and a file of their own."""
    stop = Event()
    labels, given = stage.read("described", ("id", "name", "type")), stage.fetch(GIVEN_NAMES)
    with ThreadPoolExecutor(1) as pool:
        names = pool.submit(_fill_names, beside, labels, given, stop)
        try:
            with transaction(graph):
                _fill_small(graph, stage, find)
                _copy(graph, stage, "edge", "triple", ("subject", "object", "predicate"))
                _fill(graph, stage, "literal", ("subject", "predicate", "value", "datatype"), LITERALS)
                _copy(graph, stage, "described", "entity", ("id", "iri", "label", "type", "prior"))
                create_indexes(graph)
            names.result()
        except BaseException:
            stop.set()
            raise


def _take_names(graph: sqlite3.Connection, beside: Path) -> None:
    """Copy the tables of names from their own file."""
    graph.execute("ATTACH ? AS names", (str(beside),))
    with transaction(graph):
        for table in ("alias", "alias_normal", "alias_segment", "alias_word"):
            graph.execute(f"INSERT INTO {table} SELECT * FROM names.{table}")  # noqa: S608 -- our own names
        gather_statistics(graph)
    graph.execute("DETACH names")


def _fill_names(path: Path, labels: Iterator[list[list[Any]]], given: _Batches, stop: Event) -> None:
    def until_stopped() -> Iterator[tuple[int, str, str | None]]:
        for columns in labels:
            if stop.is_set():
                raise InterruptedError("stopped")
            yield from zip(*columns, strict=True)

    with closing(open_for_building(path)) as graph:
        create_tables(graph)
        with transaction(graph):
            fill_names(graph, until_stopped(), chain.from_iterable(given))


def _fill(graph: sqlite3.Connection, stage: Stage, table: str, columns: Sequence[str], query: str) -> None:
    for rows in stage.fetch(query):
        insert_rows(graph, table, columns, rows)


def _copy(graph: sqlite3.Connection, stage: Stage, source: str, table: str, columns: Sequence[str]) -> None:
    for values in stage.read(source, columns):
        insert_columns(graph, table, columns, values)


def _fill_small(graph: sqlite3.Connection, stage: Stage, find: Find) -> None:
    insert_rows(graph, "predicate", ("id", "iri", "label", "hop"), name_predicates(stage))
    columns: tuple[str, ...] = ("id", "iri", "label", "type", "depth", "instances")
    _fill(graph, stage, "class", columns, "SELECT * FROM class ORDER BY id")
    _fill(graph, stage, "entity_class", ("entity", "class"), "SELECT * FROM entity_class ORDER BY ALL")
    _fill(graph, stage, "same_as", ("entity", "iri"), SAME_AS)
    _fill(graph, stage, "name_count", ("normal", "entity", "count"), NAME_COUNTS)
    insert_rows(graph, "image", ("entity", "source", "file", "status", "reason"), _images(stage, find))
    for query in (_REJECTED, _UNKNOWN_COUNTED, _CIRCLES):
        _fill(graph, stage, "rejected", ("source", "line", "text", "reason"), query)
    columns = ("name", "source", "size_bytes", "sha256", "lines", "records", "ignored", "rejected")
    _fill(graph, stage, "build_step", (*columns, "state", "error", "started", "finished"), _STEPS)


def _images(stage: Stage, find: Find) -> Iterator[tuple[int, str, str | None, str, str | None]]:
    """Yield the rows of `image`, one for an entity and picture."""
    for entity, group in groupby(chain.from_iterable(stage.fetch(IMAGES)), key=itemgetter(0)):
        seen = set[str]()
        for _, source, folder in group:
            identity, file, reason = find(source, folder)
            if identity not in seen:
                seen.add(identity)
                yield entity, source, file, "pending" if file else "missing", reason
