"""Results as link-and-tag would write them, made up: for what shows them."""

from typing import Any

from linker import Result, result_from_json


def make_result(**fields: Any) -> Result:
    empty = {"mentions": [], "pictured": None, "knowledge": [], "attributes": [], "image": None, "image_error": None}
    tokens = fields.pop("tokens", ["Chad", "looks", "great"])
    post = {"id": "p", "text": " ".join(tokens), "tokens": tokens, "tags": ["O"] * len(tokens)}
    return result_from_json({**post, **empty, **fields})


def make_mention(start: int, end: int, **fields: Any) -> dict[str, Any]:
    mention = {"start": start, "end": end, "text": "Chad", "type": "LOC", "score": 0.9, "start_char": 0, "end_char": 4}
    said = {"nil_score": 0.5, "other_score": 0.0, "ambiguous": False, "entity": None, "candidates": []}
    return {**mention, **said, **fields}


def make_candidate(**fields: Any) -> dict[str, Any]:
    candidate = {"iri": "http://g/Chad", "label": "Chad", "type": "LOC", "fuzzy": 1.0, "prior": 1.0, "hop": None}
    return {**candidate, "score": 0.5, "count": 0.0, "context": 0.0, "coherence": 0.0, **fields}
