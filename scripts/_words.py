"""What a result says, in words: for the terminal."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from kg import Fact
    from linker import Nearest, Pictured

_VOWEL_SOUND = re.compile(r"(?!eu|one\b|u(?:\.|[sk]\b|s[aeu]|ti|r[aeiou]|ni(?![nm])))[aeiou]", re.IGNORECASE)


def name_of(iri: str) -> str:
    """The readable end of an IRI: ``http://…/resource/New_York`` is New York."""
    return unquote(iri.rstrip("/#").rsplit("/", 1)[-1].rsplit("#", 1)[-1]).replace("_", " ") or iri


def spaced(name: str) -> str:
    """A predicate's name in words: ``launchVehicle`` is launch vehicle."""
    return "".join(f" {c.lower()}" if c.isupper() and i and name[i - 1].islower() else c for i, c in enumerate(name))


def near_in_words(hop: int) -> str:
    """How near the pictured entity is to what the text may mean."""
    return f"{hop} hop{'s' if hop > 1 else ''} from the text" if hop else "named in the text"


def pictured_in_words(pictured: "Pictured") -> str:
    """Who or what the picture shows, how near it is to what the text may mean, and how that is known."""
    return f"{pictured.entity.label}: {near_in_words(pictured.hop)}, {how_in_words(pictured)}"


def how_in_words(pictured: "Pictured") -> str:
    """By which way a picture was recognised: ``cosine 0.953``, and what else speaks for it."""
    said = f"cosine {pictured.cosine:.3f}"
    if pictured.how == "copy":
        return said
    by = "the same points in one placement, " if pictured.how == "geometry" else "far ahead of the next, "
    return f"{by}{said}, {pictured.score:.0%} sure"


def not_recognised(nearest: "Nearest | None") -> str:
    """What is said of a picture in which nothing was recognised."""
    said = "no entity of the graph was recognised"
    return f"{said}; nearest is {nearest.entity.label}, cosine {nearest.cosine:.2f}" if nearest else said


def evident(attributes: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """The attributes that are worth showing: those of at least 1 % (``restaurant 0 %`` says nothing)."""
    return [(label, share) for label, share in attributes if share >= 0.01]


def path_in_words(pictured: "Pictured") -> list[str]:
    """The triples between the text and the pictured entity: ``Jordan -- capital --> Amman``."""
    return [f"{name_of(s)} -- {spaced(name_of(p))} --> {name_of(o)}" for s, p, o in pictured.path]


def knowledge_in_words(facts: "Sequence[Fact]") -> list[str]:
    """A line for each subject: ``Chad: is a country, is an entity, capital N'Djamena``."""
    lines: dict[str, list[str]] = {}
    for fact in facts:
        lines.setdefault(fact.subject, []).append(said_of_subject(fact.predicate, fact.object))
    return [f"{subject}: {', '.join(words)}" for subject, words in lines.items()]


def said_of_subject(predicate: str, target: str) -> str:
    """A fact without its subject: ``is an athlete``, ``team Chicago Bulls``."""
    return f"{'is an' if predicate == 'is a' and _VOWEL_SOUND.match(target) else predicate} {target}"
