"""A result as JSON, the contract of DESIGN.md."""

from typing import Any

from linker.records import Candidate, LinkedMention, Pictured, Result

_DIGITS = 4  # of every number in the output


def result_to_json(result: Result) -> dict[str, Any]:
    """Turn a result into a JSON object: one line of ``link-and-tag``'s output."""
    return {
        "id": result.id,
        "tokens": list(result.tokens),
        "tags": list(result.tags),
        "mentions": [_mention(mention) for mention in result.mentions],
        "pictured": _pictured(result.pictured) if result.pictured else None,
        "knowledge": [list(fact.triple) for fact in result.knowledge],
        "attributes": [[label, round(probability, _DIGITS)] for label, probability in result.attributes],
        "image_error": result.image_error,
    }


def _mention(mention: LinkedMention) -> dict[str, Any]:
    best = mention.entity
    return {
        "start": mention.start,
        "end": mention.end,
        "text": mention.text,
        "type": mention.type,
        "score": round(mention.score, _DIGITS),
        "entity": None
        if best is None
        else {"iri": best.entity.iri, "label": best.entity.label, "score": round(best.score, _DIGITS)},
        "candidates": [_candidate(candidate) for candidate in mention.candidates],
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "iri": candidate.entity.iri,
        "label": candidate.entity.label,
        "fuzzy": round(candidate.match.fuzzy, _DIGITS),
        "prior": round(candidate.entity.prior, _DIGITS),
        "hop": candidate.hop,
        "score": round(candidate.score, _DIGITS),
    }


def _pictured(pictured: Pictured) -> dict[str, Any]:
    return {
        "iri": pictured.entity.iri,
        "label": pictured.entity.label,
        "hop": pictured.hop,
        "cosine": round(pictured.cosine, _DIGITS),
        "image": pictured.image,
        "path": [list(triple) for triple in pictured.path],
    }
