"""Profiles: what an entity is, in words: its description, its classes, a few facts, and its neighbours' labels.

Descriptions are literals of the graph whose predicate is one of `DESCRIPTIONS`: in English or without a language before
others, then the longest. Every part may be missing; a graph of bare names gives empty profiles.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from kg import Entity, Graph, class_labels, literal_texts, neighbour_labels, normal_form

DESCRIPTIONS = ("abstract", "comment", "description")
"""Local names of the predicates whose literals describe an entity."""

_LONGEST = 1_000  # characters of a description that are read: its first sentences
_LONGEST_FACT = 100
_FACTS, _NEIGHBOURS = 12, 40
_MARKUP = re.compile(r"<[^<>]{1,200}>|\[\[|\]\]|\{\{|\}\}|'{2,}")
_OTHER_LANGUAGE = re.compile("@(?!en(-|$))", re.IGNORECASE)  # of a literal's datatype
_YEAR = re.compile(r"\b(1[0-9]{3}|20[0-9]{2})\b")


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

    @property
    def words(self) -> list[str]:
        """The words that its vector is of: the label's and the text's; none where only the label is known."""
        told = words_of(self.text)
        return words_of(self.label) + told if told else []


def read_profiles(graph: Graph, entities: Sequence[Entity]) -> dict[int, Profile]:
    """Read the profiles of some entities.

    Args:
        graph: An open graph.
        entities: The entities.

    Returns:
        The profile of each, by id.
    """
    ids = [entity.id for entity in entities]
    classes, literals = class_labels(graph, ids), literal_texts(graph, ids)
    has_triples = graph.has_triples()
    profiles = {}
    for entity in entities:
        found, told = [(False, 0, "")], dict[str, None]()
        for predicate, value, datatype in literals.get(entity.id, ()):
            if re.split("[/#]", predicate)[-1] in DESCRIPTIONS:
                text = first_sentences(value)
                found.append((not _OTHER_LANGUAGE.match(datatype), len(text), text))
            elif len(value) <= _LONGEST_FACT:
                told[value] = None
        description = max(found)[-1]
        profiles[entity.id] = Profile(
            label=entity.label,
            description=description,
            classes=classes.get(entity.id, ()),
            facts=tuple(islice(told, _FACTS)),
            neighbours=neighbour_labels(graph, entity.id, limit=_NEIGHBOURS) if has_triples else {},
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
    return normal_form(text).split()
