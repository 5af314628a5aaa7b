"""What a reader gives back: a document with its entities, short to print and marked up in a notebook."""

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from linker import LinkedMention, Pictured, Result, cut_at_mentions, mention_row, result_to_json

_COLOURS = {"PER": "#f3d9fa", "LOC": "#d3f9d8", "ORG": "#d0ebff", "OTHER": "#ffec99"}
_MARK = '<mark style="background:{colour};color:#1b1f24;border-radius:.3rem;padding:.1rem .3rem">{what}</mark>'


@dataclass(frozen=True, slots=True)
class Entity:
    """A named entity in a text."""

    text: str  # as it stands there
    type: str  # PER, LOC, ORG or OTHER, or a type of the tagger's own
    start_char: int  # its first character, counted from 0
    end_char: int  # the character after its last
    label: str | None  # the name of what it means in the graph; None where it means nothing there (NIL)
    iri: str | None  # what it means, as the graph names it; None for NIL
    score: float  # how probable just that is: the entity, or NIL

    def __repr__(self) -> str:
        return f"<Entity {self.text} {self.type} → {self.label or 'NIL'} {self.score:.2f}>"


class Doc:
    """A text that was read; `result` is what the linker says of it, with all the evidence."""

    def __init__(self, result: Result) -> None:
        self.result = result

    @property
    def text(self) -> str:
        """The text."""
        return self.result.text

    @cached_property
    def entities(self) -> tuple[Entity, ...]:
        """The named entities, in the order of the text."""
        return tuple(map(_entity, self.result.mentions))

    @property
    def pictured(self) -> Pictured | None:
        """The entity that the picture shows, where one was recognised."""
        return self.result.pictured

    @property
    def image_error(self) -> str | None:
        """Why the picture was not used; None where it was, or where there is none."""
        return self.result.image_error

    def to_dict(self, *, explain: bool = False) -> dict[str, Any]:
        """All of it as a JSON object, as ``link-and-tag`` writes it; `explain` adds every part of every score."""
        return result_to_json(self.result, explain=explain)

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= 60 else f"{self.text[:57]}..."
        found = ", ".join(f"{entity.text} → {entity.label or 'NIL'}" for entity in self.entities)
        return f"<Doc {text!r}: {found or 'no entities'}>"

    def _repr_html_(self) -> str:
        """The text with its entities marked, for a notebook."""
        pieces = "".join(_piece(text, mention) for text, mention in cut_at_mentions(self.result))
        notes = [f"picture: {self.pictured.entity.label}"] if self.pictured else []
        notes += [f"picture not used: {self.image_error}"] if self.image_error else []
        told = "".join(f"<br><small>{escape(note)}</small>" for note in notes)
        return f'<div style="line-height:2;white-space:pre-wrap">{pieces}{told}</div>'


def _entity(mention: LinkedMention) -> Entity:
    row = mention_row(mention)
    names = ("type", "start_char", "end_char", "label", "iri", "score")
    return Entity(mention.text, **{name: row[name] for name in names})


def _piece(text: str, mention: LinkedMention | None) -> str:
    if mention is None:
        return escape(text)
    entity = _entity(mention)
    what = f"{escape(text)} <small><b>{entity.type}</b> {escape(entity.label or 'NIL')}</small>"
    if (entity.iri or "").lower().startswith(("http://", "https://")):  # no other address is safe to follow
        what = f'<a href="{escape(entity.iri or "")}" style="color:inherit;text-decoration:none">{what}</a>'
    return _MARK.format(colour=_COLOURS.get(entity.type, "#eee"), what=what)
