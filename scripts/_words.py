"""What a result says, in words: for the terminal and for the report."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

_CLOSING = set(".,!?;:)]}…%'’")
_OPENING = set("([{")


def tidy_text(tokens: Sequence[str]) -> str:
    """Tokens as running text: no blank before a closing mark or after an opening one."""
    text, glued = "", True
    for token in tokens:
        closes = bool(token) and all(character in _CLOSING for character in token)
        text += token if glued or closes else " " + token
        glued = token in _OPENING
    return text


def name_of(iri: str) -> str:
    """The readable end of an IRI: ``http://…/resource/New_York`` is New York."""
    return unquote(iri.rstrip("/#").rsplit("/", 1)[-1].rsplit("#", 1)[-1]).replace("_", " ") or iri


def spaced(name: str) -> str:
    """A predicate's name in words: ``launchVehicle`` is launch vehicle."""
    return "".join(f" {c.lower()}" if c.isupper() and i and name[i - 1].islower() else c for i, c in enumerate(name))


def pictured_in_words(pictured: dict[str, Any]) -> str:
    """Who or what the picture shows, how near it is to what the text may mean, and how sure that is."""
    hops = {0: "named in the text", 1: "1 hop from it", 2: "2 hops from it"}
    near = hops.get(pictured["hop"], f"{pictured['hop']} hops from it")
    return f"{pictured['label']} ({near}, cosine {pictured['cosine']:.3f})"


def path_in_words(pictured: dict[str, Any]) -> list[str]:
    """The triples between the text and the pictured entity: ``Jordan -- capital --> Amman``."""
    return [f"{name_of(s)} -- {spaced(name_of(p))} --> {name_of(o)}" for s, p, o in pictured["path"]]
