"""Which of its labels an entity goes by, and which are further names of it.

The chosen labels lie in files that are mapped, not read: entities in ascending order, and the text of each.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from kg.bulk import insert_rows

from .keymap import mapped
from .parts import Ids
from .records import Texts
from .segments import release_map
from .staging import Stage
from .textrows import TextRows, TextSorter

OTHER_LABEL_WEIGHT = 0.9
_COLUMNS = {"entity": "i8", "ends": "i8", "text": "u1"}


def choose_labels(stage: Stage, labels: Iterable[tuple[Ids, Ids, Texts]], *, entities: int) -> None:
    """Label each entity in English or without a language, else in the first language; other labels are its names.

    Args:
        stage: Takes the other labels, within the caller's transaction; the chosen ones come into files beside it.
        labels: Entities, staged tags and texts, some at a time.
        entities: The number of entities.
    """
    order, end = _order_of_languages(stage), 0
    with (
        TextSorter(stage.folder, "labels", entities=entities, **stage.segments["label"].text_sizes()) as sorter,
        ExitStack() as stack,
    ):
        for of, tags, texts in labels:
            sorter.add(TextRows(of, order[tags], texts, np.zeros(len(of), dtype=np.int64)))
        files = {name: stack.enter_context(_path(stage.folder, name).open("wb")) for name in _COLUMNS}
        for rows in sorter.sorted_parts():
            is_first = np.diff(rows.entities, prepend=0) != 0
            chosen = rows.take(np.flatnonzero(is_first))
            text = chosen.texts.packed()
            for name, column in (("entity", chosen.entities), ("ends", text.ends + end), ("text", text.data)):
                files[name].write(np.ascontiguousarray(column).data)
            end += len(text.data)
            _name_otherwise(stage, rows.take(np.flatnonzero(~is_first)), chosen)


class ChosenLabels:
    """The labels that were chosen.

    Args:
        folder: The stage's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._entities, self._ends, self._text = (mapped(_path(folder, name), kind) for name, kind in _COLUMNS.items())

    def between(self, first: int, behind: int) -> tuple[Ids, Texts]:
        """Return the entities from one to before another that have a label, and these labels."""
        start, stop = np.searchsorted(self._entities, (first, behind)).tolist()
        ends = np.asarray(self._ends[start:stop])
        begin = int(self._ends[start - 1]) if start else 0
        starts = np.append(begin, ends)[:-1] - begin
        data = np.array(self._text[begin : int(ends[-1]) if len(ends) else begin])
        release_map(self._text)
        return np.array(self._entities[start:stop]), Texts(data, starts, ends - begin)


def give_names(stage: Stage, rows: Iterable[tuple[int, str, str, float]]) -> None:
    """Keep names of entities, each with its kind and weight, within the caller's transaction."""
    insert_rows(stage.connection, "stage_given_name", ("entity", "text", "kind", "weight"), rows)


def _name_otherwise(stage: Stage, others: TextRows, chosen: TextRows) -> None:
    """Keep labels that are not those that were chosen as names of their entities."""
    labels = chosen.texts.take(np.searchsorted(chosen.entities, others.entities)).strings()
    named = zip(others.entities.tolist(), others.texts.strings(), labels, strict=True)
    names = ((entity, text, "alias", OTHER_LABEL_WEIGHT) for entity, text, label in named if text != label)
    give_names(stage, names)


def _order_of_languages(stage: Stage) -> Ids:
    """Return a number for each staged tag that is less where labels with the tag are preferred."""
    tags = ["", *(text for (text,) in stage.rows("SELECT text FROM stage_tag ORDER BY id"))]  # numbers are 1 and up
    languages = [tag[1:] if tag.startswith("@") else "" for tag in tags]
    ranked = sorted({(language not in ("en", ""), language) for language in languages})
    return np.array([ranked.index((language not in ("en", ""), language)) for language in languages], dtype=np.int64)


def _path(folder: Path, name: str) -> Path:
    return folder / f"label.{name}"
