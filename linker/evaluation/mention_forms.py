"""How a mention names its entity: by its title, an acronym, a part of the title, or another name."""

import re

from kg import label_of_iri, normal_form
from linker.evaluation.annotations import Annotation
from linker.mentions import mention_words

FORMS = ("title", "acronym", "part", "alias", "name unknown")

_QUALIFIER = re.compile(r"\s*\([^()]*\)$")  # Nirvana (band)
_NUMBER = re.compile(r"Q\d+|[mg]\.\w+")  # of Wikidata and Freebase: no names
_SMALL_WORDS = {"a", "an", "and", "at", "de", "for", "in", "la", "of", "on", "the", "to"}


def mention_form(mention: str, name: str) -> str:
    """Say how a mention names an entity.

    Args:
        mention: The mention, with its sign where it is a hashtag or a handle.
        name: The entity's title; what stands in brackets at its end only tells entities apart, and is left out.

    Returns:
        One of `FORMS`: ``title`` where both are equal but for case, accents and punctuation; ``acronym`` where the
        mention is the initials of the title's words, with or without the small ones; ``part`` where it is some of its
        words; ``alias`` is every other name.
    """
    if not name:
        return "name unknown"
    said = normal_form(mention_words(mention))
    title = normal_form(_QUALIFIER.sub("", name) or name)
    letters, words = said.replace(" ", ""), title.split()
    if said == normal_form(name) or letters == title.replace(" ", ""):
        return "title"
    initials = {"".join(word[0] for word in words), "".join(word[0] for word in words if word not in _SMALL_WORDS)}
    if len(letters) > 1 and letters in initials:
        return "acronym"
    return "part" if set(said.split()) < set(words) else "alias"


def entity_name(gold: Annotation, answer: Annotation | None) -> str:
    """The title of a gold entity: as the gold has it, as the results do, or as it can be read off the IRI."""
    if gold.name:
        return gold.name
    for iri, label in answer.candidates if answer else ():
        if iri == gold.iri and label:
            return label
    name = label_of_iri(gold.iri or "")
    return "" if _NUMBER.fullmatch(name) else name
