"""The literals of entities, from the stage to the graph."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from kg.ahead import ahead

from .keymap import KeyMap
from .pages import PageFile
from .records import Texts
from .relating import final_ids, known_objects
from .segments import Column, texts_of
from .staging import Stage
from .textrows import TextRows, TextSorter
from .trees import Tree

_AT_ONCE = 20_000


def fill_literals(pages: PageFile, stage: Stage, keys: KeyMap) -> None:
    """Fill `literal` with the distinct ones of each entity, in order, and its index by subjects."""
    datatypes, order = _datatypes(stage)
    segments, predicates = stage.segments["literal"], final_ids(stage, "predicate")
    table, index = Tree(pages, "literal"), Tree(pages, "literal_subject")
    with TextSorter(stage.folder, "literals", entities=len(keys.rank), **segments.text_sizes()) as sorter:
        for rows in ahead(_mapped_rows(segments.segments(), keys, predicates, order)):
            sorter.add(rows)
            segments.release()
        count = 0
        for part in sorter.sorted_parts():
            for first in range(0, len(part.entities), _AT_ONCE):
                rows = part.take(np.arange(first, min(first + _AT_ONCE, len(part.entities))))
                ids = np.arange(count + 1, count + 1 + len(rows.entities))
                table.add([None, rows.entities, rows.codes, rows.texts, datatypes.take(rows.tails)], ids)
                index.add([rows.entities, rows.codes, ids])
                count += len(ids)
    table.finish()
    index.finish()


def _mapped_rows(
    segments: Iterator[list[Column]],
    keys: KeyMap,
    predicates: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
) -> Iterator[TextRows]:
    """Yield staged literals with their entities, predicates and datatypes; not those that became triples."""
    for subjects, staged, tags, objects, *texts in segments:
        entities = keys.entities(subjects)
        kept = entities > 0
        known = known_objects(objects, keys)
        kept[known[keys.entities(objects[known]) > 0]] = False
        yield TextRows(entities, predicates[staged], texts_of(*texts), order[tags]).take(np.flatnonzero(kept))


def _datatypes(stage: Stage) -> tuple[Texts, npt.NDArray[np.int64]]:
    """Return the texts of tags in their order, and the place of each staged tag in it."""
    tags = sorted(stage.rows("SELECT text, id FROM stage_tag"), key=lambda row: row[0].encode())
    order = np.zeros(len(tags) + 1, dtype=np.int64)
    order[[number for _, number in tags]] = np.arange(len(tags))
    return Texts.of(text for text, _ in tags), order
