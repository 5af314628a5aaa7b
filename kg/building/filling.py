"""The large tables of a graph, side by side: triples, literals and entities by one thread, names by another."""

import sqlite3
from contextlib import closing
from pathlib import Path

from kg.names.index import fill_names
from kg.schema import open_for_building
from kg.transactions import transaction

from .describing import fill_entities, read_labels
from .durable import write_out_meanwhile
from .keymap import KeyMap
from .literals import fill_literals
from .pages import PageFile
from .relating import fill_triples
from .staging import Stage

_MARK = "graph.pages"


def fill_large_tables(path: Path, stage: Stage, keys: KeyMap) -> None:
    """Fill triples, literals, entities and names, all or nothing; call it between two transactions.

    Args:
        path: The graph.
        stage: What the sources say.
        keys: The entities.
    """
    _fill_names(path, stage.folder, keys)
    mark = stage.folder / _MARK
    # Where an attempt was killed just behind its end, the next one begins where that one began.
    with PageFile(path, first=int(mark.read_text()) if mark.exists() else None) as pages:
        beside = mark.with_suffix(".part")
        beside.write_text(str(pages.count))
        beside.replace(mark)
        try:
            fill_triples(pages, stage, keys)
            fill_literals(pages, stage, keys)
            write_out_meanwhile(path)
            fill_entities(pages, stage, keys)
            write_out_meanwhile(path)
        except BaseException:
            pages.stop()
            raise
        pages.publish()


def _fill_names(path: Path, folder: Path, keys: KeyMap) -> None:
    """Fill the tables of names, unless an attempt that was killed has filled them."""
    with closing(open_for_building(path)) as graph, closing(sqlite3.connect(folder / "stage.sqlite")) as staged:
        if graph.execute("SELECT 1 FROM alias LIMIT 1").fetchone():
            return
        staged.execute("PRAGMA temp_store = FILE")
        query = "SELECT entity, text, kind, weight FROM stage_given_name ORDER BY entity"
        with closing(staged.execute(query)) as given, transaction(graph):
            fill_names(graph, read_labels(keys, folder), given)
