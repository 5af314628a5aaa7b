"""Labels, names and images of entities, from the stage to the graph."""

import sqlite3
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kg.ahead import ahead
from kg.bulk import insert_rows
from kg.entities import ENTITY_TYPES
from kg.transactions import transaction

from .keymap import KeyMap, labels_of
from .labelling import ChosenLabels, choose_labels, give_names
from .pages import PageFile
from .parts import Ids
from .records import Texts
from .relating import read_priors, read_types
from .resolving import Ranks, rank_pairs, resolve_redirects
from .scan import LABELLED
from .segments import texts_of
from .staging import Stage, unsigned
from .trees import Tree

_AT_ONCE = 40_000
_RELEASED_AFTER = 10 * _AT_ONCE
_TABLES = {
    "stage_page_name": "rank INTEGER, text TEXT",
    "stage_page_target": "page INTEGER, entity INTEGER, PRIMARY KEY (page, entity)",
    "stage_given_name": "entity INTEGER, text TEXT, kind TEXT, weight REAL",
    "stage_image_of": "entity INTEGER, source TEXT, folder TEXT",
}
REDIRECT_WEIGHT, PAGE_WEIGHT = 0.85, 0.5

Find = Callable[[str, str], "tuple[str, str | None, str | None]"]


def describe_entities(stage: Stage, keys: KeyMap) -> None:
    """Bring labels, names and images under the ids of their entities, within the stage."""
    connection = stage.connection
    redirects = resolve_redirects(*rank_pairs(stage, keys, "redirect"))[:2]
    with transaction(connection):
        for table, columns in _TABLES.items():
            connection.execute(f"DROP TABLE IF EXISTS {table}")
            connection.execute(f"CREATE TABLE {table} ({columns})")
        choose_labels(stage, _labels_of_entities(stage, keys), entities=len(keys.rank))
        _map_names(stage, keys)
        _name_redirects(stage, keys, *redirects)
        _name_pages(stage, keys, *redirects)
        _map_images(stage, keys)


def fill_entities(pages: PageFile, stage: Stage, keys: KeyMap) -> None:
    """Fill `entity`, in the order of ids, each with its label, or one read off its IRI; and its index by IRIs."""
    types, priors = read_types(stage.folder), read_priors(stage, keys)
    rows, by_iri = Tree(pages, "entity"), Tree(pages, "entity_iri")
    for ids, iris, labels in ahead(_labelled(keys, stage.folder)):
        coarse = Texts.choices((None, *ENTITY_TYPES), types[ids].astype(np.int64))
        rows.add([None, iris, labels, coarse, priors[ids]], ids)
        by_iri.add([iris, ids])
    rows.finish()
    by_iri.finish()


def read_labels(keys: KeyMap, folder: Path) -> Iterator[tuple[int, str, str | None]]:
    """Yield the id, label and type of every entity, in the order of ids.

    Args:
        keys: The entities.
        folder: The stage's folder.
    """
    names, types = (None, *ENTITY_TYPES), read_types(folder)
    for ids, _, labels in _labelled(keys, folder):
        coarse = [names[number] for number in types[ids].tolist()]
        yield from zip(ids.tolist(), labels.strings(), coarse, strict=True)


def _labelled(keys: KeyMap, folder: Path) -> Iterator[tuple[npt.NDArray[np.int64], Texts, Texts]]:
    """Yield ids, IRIs and labels of entities, some at a time."""
    chosen = ChosenLabels(folder)
    for first in range(0, len(keys.rank), _AT_ONCE):
        iris = keys.texts(np.asarray(keys.rank[first : first + _AT_ONCE]))
        ids = np.arange(first + 1, first + 1 + len(iris))
        given, texts = chosen.between(first + 1, first + 1 + len(iris))
        yield ids, iris, labels_of(iris).replaced(given - first - 1, texts)
        if first % _RELEASED_AFTER == 0:
            keys.release_texts()
    keys.release_texts()


def fill_images(graph: sqlite3.Connection, stage: Stage, find: Find) -> None:
    """Fill `image`, one row for an entity and picture.

    Args:
        graph: The graph.
        stage: What the sources say.
        find: Gives the picture's identity, its file and, where there is none, the reason, for an image's source and the
            folder of the table that names it.
    """

    def images() -> Iterator[tuple[int, str, str | None, str, str | None]]:
        rows = stage.rows("SELECT DISTINCT entity, source, folder FROM stage_image_of ORDER BY 1, 2, 3")
        for entity, group in groupby(rows, key=itemgetter(0)):
            seen = set[str]()
            for _, source, folder in group:
                identity, file, reason = find(source, folder)
                if identity not in seen:
                    seen.add(identity)
                    yield entity, source, file, "pending" if file else "missing", reason

    insert_rows(graph, "image", ("entity", "source", "file", "status", "reason"), images())


def _labels_of_entities(stage: Stage, keys: KeyMap) -> Iterator[tuple[Ids, Ids, Texts]]:
    """Yield entities, staged tags and texts of their own labels; those of redirects and pages go back to the stage."""
    for labelled, tags, *texts in stage.segments["label"].segments():
        ranks, found = keys.ranks(labelled), texts_of(*texts)
        entities = keys.entity[ranks].astype(np.int64)
        own = (entities > 0) & (np.asarray(keys.rank[np.maximum(entities, 1) - 1]) == ranks)
        others = np.flatnonzero(~own)
        of_pages = zip(ranks[others].tolist(), found.take(others).strings(), strict=True)
        insert_rows(stage.connection, "stage_page_name", ("rank", "text"), of_pages)
        yield entities[own], tags[own].astype(np.int64), found.take(np.flatnonzero(own))
        stage.segments["label"].release()


def _map_names(stage: Stage, keys: KeyMap) -> None:
    for rows in stage.fetch("SELECT key, text, kind, weight FROM stage_name"):
        entities = keys.entities(unsigned([row[0] for row in rows])).tolist()
        give_names(stage, [(entity, *row[1:]) for entity, row in zip(entities, rows, strict=True) if entity])


def _name_redirects(stage: Stage, keys: KeyMap, sources: Ranks, ends: Ranks) -> None:
    """A redirect's labels, or the one read off its IRI, are names of its entity."""
    entities = keys.entity[ends].astype(np.int64)
    is_redirect = np.zeros(len(keys.keys), dtype=bool)
    is_redirect[sources] = True
    for rows in stage.fetch("SELECT rank, text FROM stage_page_name"):
        ranks = np.array([row[0] for row in rows], dtype=np.int64)
        found = np.where(is_redirect[ranks], keys.entity[ranks], 0).tolist()
        give_names(
            stage,
            [(entity, row[1], "redirect", REDIRECT_WEIGHT) for entity, row in zip(found, rows, strict=True) if entity],
        )
    unlabelled = (entities > 0) & ((np.asarray(keys.flags)[sources] & LABELLED) == 0)
    nameless, named = sources[unlabelled], entities[unlabelled]
    for first in range(0, len(nameless), _AT_ONCE):
        labels = keys.labels(nameless[first : first + _AT_ONCE])
        some = named[first : first + _AT_ONCE].tolist()
        give_names(stage, [(e, text, "redirect", REDIRECT_WEIGHT) for e, text in zip(some, labels, strict=True)])


def _name_pages(stage: Stage, keys: KeyMap, sources: Ranks, ends: Ranks) -> None:
    """A disambiguation page names its targets, and so does a redirect to such a page."""
    pages, targets = rank_pairs(stage, keys, "page")
    if not len(pages):
        return
    entities = keys.entity[targets].astype(np.int64)
    pairs = sorted(set(zip(pages[entities > 0].tolist(), entities[entities > 0].tolist(), strict=True)))
    insert_rows(stage.connection, "stage_page_target", ("page", "entity"), pairs)
    distinct = np.unique(pages)
    to_page = np.isin(ends, distinct)
    page_of = dict(zip(sources[to_page].tolist(), ends[to_page].tolist(), strict=True))
    page_of.update((page, page) for page in distinct.tolist())
    connection = stage.connection
    connection.execute("DROP TABLE IF EXISTS stage_page_text")
    connection.execute("CREATE TABLE stage_page_text (page INTEGER, text TEXT)")
    flags = np.asarray(keys.flags)
    nameless = np.array(sorted(rank for rank in page_of if not flags[rank] & LABELLED), dtype=np.int64)
    texts = zip(nameless.tolist(), keys.labels(nameless), strict=True)
    insert_rows(connection, "stage_page_text", ("page", "text"), [(page_of[rank], text) for rank, text in texts])
    for rows in stage.fetch("SELECT rank, text FROM stage_page_name"):
        some = [(page_of[rank], text) for rank, text in rows if rank in page_of]
        insert_rows(connection, "stage_page_text", ("page", "text"), some)
    connection.execute(
        "INSERT INTO stage_given_name SELECT t.entity, n.text, 'disambiguation', ? FROM stage_page_text n"
        " JOIN stage_page_target t USING (page)",
        (PAGE_WEIGHT,),
    )


def _map_images(stage: Stage, keys: KeyMap) -> None:
    for rows in stage.fetch("SELECT key, source, folder FROM stage_image"):
        entities = keys.entities(unsigned([row[0] for row in rows])).tolist()
        found = [(entity, *row[1:]) for entity, row in zip(entities, rows, strict=True) if entity]
        insert_rows(stage.connection, "stage_image_of", ("entity", "source", "folder"), found)
