"""Profiles: what an entity is, in words: its description, its classes, a few facts, and its neighbours' labels.

Descriptions are literals of the graph whose predicate is one of `DESCRIPTIONS`. Every part may be missing; a graph of
bare names gives empty profiles.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from kg import Entity, Graph, normal_form

DESCRIPTIONS = ("abstract", "comment", "description")
"""Local names of the predicates whose literals describe an entity."""

_LONGEST = 1_000  # characters of a description that are read: its first sentences
_LONGEST_FACT = 100
_FACTS, _NEIGHBOURS = 12, 40
_BATCH = 500
_MARKUP = re.compile(r"<[^<>]{1,200}>|\[\[|\]\]|\{\{|\}\}|'{2,}")
_YEAR = re.compile(r"\b(1[0-9]{3}|20[0-9]{2})\b")

_CLASSES = (
    "SELECT ec.entity, c.label FROM entity_class ec JOIN class c ON c.id = ec.class WHERE ec.entity IN ({})"
    " ORDER BY ec.entity, c.depth DESC NULLS LAST, c.instances, c.iri"
)
_LITERALS = (
    "SELECT l.subject, p.iri, substr(l.value, 1, 2000) FROM literal l JOIN predicate p ON p.id = l.predicate"
    " WHERE l.subject IN ({}) ORDER BY l.subject, l.id"
)
# Each direction by its own index, and no further than is used: a hub has a million neighbours.
_AROUND = (
    "SELECT near, label FROM (SELECT t.object AS near FROM triple t JOIN predicate p ON p.id = t.predicate"
    " WHERE t.subject = ?1 AND p.hop LIMIT ?2) JOIN entity ON entity.id = near"
    " UNION ALL SELECT near, label FROM (SELECT t.subject AS near FROM triple t JOIN predicate p ON p.id = t.predicate"
    " WHERE t.object = ?1 AND p.hop LIMIT ?2) JOIN entity ON entity.id = near"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """An entity in words.

    Attributes:
        label: Its label.
        description: The first sentences of its description, without markup.
        classes: The labels of its classes, most specific first.
        facts: Values of its literals.
        neighbours: The labels of entities one hop away, by id; of a hub's, the first ones.
        years: The years that the description and the facts speak of.
    """

    label: str
    description: str = ""
    classes: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    neighbours: Mapping[int, str] = field(default_factory=dict)
    years: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """All of it but the label, which every candidate of a name shares."""
        parts = (self.description, *self.classes, *self.facts, *self.neighbours.values())
        return ". ".join(part for part in parts if part)


def read_profiles(graph: Graph, entities: Sequence[Entity]) -> dict[int, Profile]:
    """Read the profiles of some entities.

    Args:
        graph: An open graph.
        entities: The entities.

    Returns:
        The profile of each, by id.
    """
    connection, ids = graph.connection, [entity.id for entity in entities]
    classes: dict[int, list[str]] = {}
    for entity, label in _select(connection, _CLASSES, ids):
        classes.setdefault(entity, []).append(label)
    descriptions: dict[int, str] = {}
    facts: dict[int, list[str]] = {}
    for entity, predicate, value in _select(connection, _LITERALS, ids):
        if re.split("[/#]", predicate)[-1] in DESCRIPTIONS:
            descriptions[entity] = max(descriptions.get(entity, ""), first_sentences(value), key=len)
        elif len(value) <= _LONGEST_FACT:
            facts.setdefault(entity, []).append(value)
    has_triples = connection.execute("SELECT 1 FROM triple LIMIT 1").fetchone() is not None
    profiles = {}
    for entity in entities:
        description, told = descriptions.get(entity.id, ""), dict.fromkeys(facts.get(entity.id, ()))
        profiles[entity.id] = Profile(
            label=entity.label,
            description=description,
            classes=tuple(dict.fromkeys(classes.get(entity.id, ()))),
            facts=tuple(islice(told, _FACTS)),
            neighbours=_neighbours(connection, entity.id) if has_triples else {},
            years=years_in(" ".join((description, *told))),
        )
    return profiles


def first_sentences(text: str) -> str:
    """The first sentences of a description, without markup and line breaks.

    >>> first_sentences("<p>A '''city''' in Texas.</p>")
    'A city in Texas.'
    """
    plain = " ".join(_MARKUP.sub(" ", text[: 2 * _LONGEST]).split()).replace(" .", ".")
    if len(plain) <= _LONGEST:
        return plain
    cut = plain.rfind(". ", 0, _LONGEST)
    return plain[: cut + 1] if cut > 0 else plain[: plain.rfind(" ", 0, _LONGEST) + 1].strip() or plain[:_LONGEST]


def years_in(text: str) -> tuple[int, ...]:
    """The years that a text speaks of, ascending, each once."""
    return tuple(sorted({int(year) for year in _YEAR.findall(text)}))


def words_of(text: str) -> list[str]:
    """The words of a text in their normal forms."""
    return normal_form(text).split() if text else []


def _neighbours(connection: sqlite3.Connection, entity: int) -> dict[int, str]:
    return dict(connection.execute(_AROUND, (entity, _NEIGHBOURS)).fetchall())


def _select(connection: sqlite3.Connection, query: str, ids: Sequence[int]) -> Iterator[Any]:
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        yield from connection.execute(query.format(",".join("?" * len(batch))), batch)
