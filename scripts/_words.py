"""What a result says, in words: for the terminal and for the report."""

import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

_CLOSING = set(".,!?;:)]}…%'’")
_OPENING = set("([{")


def blanks_before(tokens: Sequence[str]) -> list[str]:
    """A blank or nothing for each token: what stands before it in running text.

    Nothing stands before the first token, a closing mark or a part of an emoji, nor after an opening mark.
    """
    blanks, glued = [], True
    for token in tokens:
        closes = bool(token) and all(c in _CLOSING or unicodedata.category(c) in ("Mn", "Cf", "Sk") for c in token)
        blanks.append("" if glued or closes else " ")
        glued = token in _OPENING or token.endswith("\u200d")  # a joiner of emoji
    return blanks


def tidy_text(tokens: Sequence[str]) -> str:
    """Tokens as running text."""
    return "".join(blank + token for blank, token in zip(blanks_before(tokens), tokens, strict=True))


def cut_at_mentions(
    tokens: Sequence[str], mentions: Sequence[dict[str, Any]]
) -> list[tuple[str, dict[str, Any] | None]]:
    """The running text in pieces, each with the mention that it is, or None; joined, they are `tidy_text(tokens)`."""
    blanks = blanks_before(tokens)
    pieces: list[tuple[str, dict[str, Any] | None]] = []
    place = 0
    for mention in [*mentions, None]:
        start = mention["start"] if mention else len(tokens)
        between = "".join(blanks[i] + tokens[i] for i in range(place, start))
        if mention is None:
            pieces.append((between, None))
            break
        whole = "".join(blanks[i] + tokens[i] for i in range(start, mention["end"]))
        named = whole.lstrip(" ")
        pieces += [(between + whole[: len(whole) - len(named)], None), (named, mention)]
        place = mention["end"]
    return [(text, mention) for text, mention in pieces if text]


def name_of(iri: str) -> str:
    """The readable end of an IRI: ``http://…/resource/New_York`` is New York."""
    return unquote(iri.rstrip("/#").rsplit("/", 1)[-1].rsplit("#", 1)[-1]).replace("_", " ") or iri


def spaced(name: str) -> str:
    """A predicate's name in words: ``launchVehicle`` is launch vehicle."""
    return "".join(f" {c.lower()}" if c.isupper() and i and name[i - 1].islower() else c for i, c in enumerate(name))


def near_in_words(hop: int) -> str:
    """How near the pictured entity is to what the text may mean."""
    return f"{hop} hop{'s' if hop > 1 else ''} from the text" if hop else "named in the text"


def pictured_in_words(pictured: dict[str, Any]) -> str:
    """Who or what the picture shows, how near it is to what the text may mean, and how sure that is."""
    return f"{pictured['label']}: {near_in_words(pictured['hop'])}, cosine {pictured['cosine']:.3f}"


def path_in_words(pictured: dict[str, Any]) -> list[str]:
    """The triples between the text and the pictured entity: ``Jordan -- capital --> Amman``."""
    return [f"{name_of(s)} -- {spaced(name_of(p))} --> {name_of(o)}" for s, p, o in pictured["path"]]


def knowledge_in_words(facts: Sequence[Sequence[str]]) -> list[str]:
    """A line for each subject: ``Chad: is a country, is a place, capital N'Djamena``."""
    lines: dict[str, list[str]] = {}
    for subject, predicate, target in facts:
        lines.setdefault(subject, []).append(f"{predicate} {target}")
    return [f"{subject}: {', '.join(words)}" for subject, words in lines.items()]
