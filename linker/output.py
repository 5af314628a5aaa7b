"""A result as JSON, a line of what ``link-and-tag`` writes, and read back from it; as CoNLL; and in pieces to show.

``docs/result.schema.json`` says what the fields of the JSON mean.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from kg import AliasMatch, Entity, Fact
from linker.results import Candidate, LinkedMention, Nearest, Pictured, Result
from linker.why import why

_BREAKS = re.compile(r"[\t\r\n]+")
_DIGITS = 4  # of every number in the output
RESULT_FIELDS = frozenset(field.name for field in fields(Result)) - {"fields"}
"""The fields of a result; a post's own field of one of these names does not come out again."""


def result_to_json(result: Result, *, explain: bool = False) -> dict[str, Any]:
    """Turn a result into a JSON object; `explain` adds every part of every score, and in words why it is so.

    It adds how words looked at the picture too, where that was kept (`linker.Settings.explain`).
    """
    value = {
        "id": result.id,
        "text": result.text,
        "image": result.image,
        "tokens": list(result.tokens),
        "tags": list(result.tags),
        **_own(result.fields),
        "mentions": [_mention(mention, explain=explain) for mention in result.mentions],
        "pictured": _pictured(result.pictured) if result.pictured else None,
        "nearest": _nearest(result.nearest) if result.nearest else None,
        "knowledge": [list(fact.triple) for fact in result.knowledge],
        "attributes": [[label, round(probability, _DIGITS)] for label, probability in result.attributes],
        "image_error": result.image_error,
    }
    if not explain or not result.attention:
        return value
    return value | {
        "attention": [[round(share, _DIGITS) for share in row] for row in result.attention],
        "gates": [round(share, _DIGITS) for share in result.gates],
    }


def result_from_json(value: Mapping[str, Any]) -> Result:
    """Read a result back from its JSON object; ids, and whatever else is not in it, are 0 or empty.

    Raises:
        KeyError: A field is missing, or a mention's entity is none of its candidates.
    """
    pictured, nearest = value["pictured"], value.get("nearest")
    return Result(
        id=value["id"],
        tokens=tuple(value["tokens"]),
        tags=tuple(value["tags"]),
        mentions=tuple(map(_read_mention, value["mentions"])),
        pictured=pictured
        and Pictured(
            *(_read_entity(pictured), pictured["hop"], pictured["cosine"], pictured["image"]),
            path=tuple(map(tuple, pictured["path"])),
            **{name: pictured[name] for name in ("how", "score") if name in pictured},
        ),
        nearest=nearest and Nearest(_read_entity(nearest), nearest["cosine"]),
        knowledge=tuple(Fact(*triple) for triple in value["knowledge"]),
        attributes=tuple(map(tuple, value["attributes"])),
        image_error=value["image_error"],
        text=value["text"],
        image=value.get("image"),
        fields=_own(value),
        attention=tuple(map(tuple, value.get("attention", ()))),
        gates=tuple(value.get("gates", ())),
    )


def result_to_conll(result: Result) -> str:
    """Write a result as an ``IMGID:`` line, a token and its tag a line, and a blank line.

    A tab or line break within an id or a token becomes a blank: the form cannot say it.
    """
    rows = (f"{_BREAKS.sub(' ', token)}\t{tag}\n" for token, tag in zip(result.tokens, result.tags, strict=True))
    return f"IMGID:{_BREAKS.sub(' ', str(result.id))}\n{''.join(rows)}\n"


def cut_at_mentions(result: Result) -> list[tuple[str, LinkedMention | None]]:
    """The text of a post in pieces, each with the mention that it is, or None; joined, they are the text.

    Of mentions that overlap, the first stays.
    """
    pieces: list[tuple[str, LinkedMention | None]] = []
    place = 0
    for mention in result.mentions:
        if mention.start_char >= place:
            pieces += [(result.text[place : mention.start_char], None)]
            pieces += [(result.text[mention.start_char : mention.end_char], mention)]
            place = mention.end_char
    pieces.append((result.text[place:], None))
    return [(text, mention) for text, mention in pieces if text]


def _own(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The user's own fields."""
    return {name: value for name, value in fields.items() if name not in RESULT_FIELDS}


def _mention(mention: LinkedMention, *, explain: bool) -> dict[str, Any]:
    best = mention.entity
    value = {
        "start": mention.start,
        "end": mention.end,
        "start_char": mention.start_char,
        "end_char": mention.end_char,
        "text": mention.text,
        "type": mention.type,
        "score": round(mention.score, _DIGITS),
        "entity": None if best is None else _entity(best.entity) | {"score": round(best.score, _DIGITS)},
        "nil_score": round(mention.nil_score, _DIGITS),
        "other_score": round(mention.other_score, _DIGITS),
        "ambiguous": mention.ambiguous,
        "candidates": [_candidate(candidate, explain=explain) for candidate in mention.candidates],
    }
    return value | {"why": list(why(mention))} if explain else value


def _candidate(candidate: Candidate, *, explain: bool) -> dict[str, Any]:
    value = _entity(candidate.entity) | {
        "score": round(candidate.score, _DIGITS),
        "fuzzy": round(candidate.match.fuzzy, _DIGITS),
        "count": round(candidate.count, _DIGITS),
        "prior": round(candidate.entity.prior, _DIGITS),
        "context": round(candidate.context, _DIGITS),
        "coherence": round(candidate.coherence, _DIGITS),
        "hop": candidate.hop,
    }
    if not explain:
        return value
    return value | {
        "name": candidate.match.alias,
        "clues": {clue: round(nats, _DIGITS) for clue, nats in candidate.clues},
    }


def _entity(entity: Entity) -> dict[str, Any]:
    return {"iri": entity.iri, "label": entity.label, "type": entity.type}


def _pictured(pictured: Pictured) -> dict[str, Any]:
    return {
        "iri": pictured.entity.iri,
        "label": pictured.entity.label,
        "hop": pictured.hop,
        "cosine": round(pictured.cosine, _DIGITS),
        "how": pictured.how,
        "score": round(pictured.score, _DIGITS),
        "image": pictured.image,
        "path": [list(triple) for triple in pictured.path],
    }


def _nearest(nearest: Nearest) -> dict[str, Any]:
    cosine = round(nearest.cosine, _DIGITS)
    return {"iri": nearest.entity.iri, "label": nearest.entity.label, "cosine": cosine}


def _read_mention(value: Mapping[str, Any]) -> LinkedMention:
    candidates = tuple(map(_read_candidate, value["candidates"]))
    # of two candidates with one IRI, as --iris may give them, the better one is meant
    best = value["entity"] and {found.entity.iri: found for found in reversed(candidates)}[value["entity"]["iri"]]
    names = ("start", "end", "text", "type", "score", "nil_score", "other_score", "ambiguous", "start_char", "end_char")
    return LinkedMention(entity=best, candidates=candidates, **{name: value[name] for name in names})


def _read_candidate(value: Mapping[str, Any]) -> Candidate:
    match = AliasMatch(_read_entity(value), alias=value.get("name", ""), kind="", weight=0.0, fuzzy=value["fuzzy"])
    return Candidate(
        match,
        value["hop"],
        value["score"],
        count=value["count"],
        context=value["context"],
        coherence=value["coherence"],
        clues=tuple(value.get("clues", {}).items()),
    )


def _read_entity(value: Mapping[str, Any]) -> Entity:
    return Entity(0, value["iri"], value["label"], value.get("type"), value.get("prior", 0.0))
