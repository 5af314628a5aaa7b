"""What ``/openapi.json`` says of requests and answers, with examples."""

from typing import Any

_TEXT = {"type": "string"}
_POST: dict[str, Any] = {
    "type": "object",
    "description": "A post, as in a file of posts (docs/posts.md). Fields of your own come out again.",
    "properties": {
        "id": {"type": ["string", "integer"]},
        "text": _TEXT,
        "tokens": {"type": "array", "items": _TEXT, "description": "In place of a text"},
        "image": {**_TEXT, "description": "A picture in base64, or a data: address; never a path"},
        "caption": {**_TEXT, "description": "A sentence about the picture"},
        "mentions": {"type": "array", "items": {"type": "object"}, "description": "Link only these"},
    },
}
_FORM = {"type": "object", "properties": {"text": _TEXT, "image": {**_TEXT, "format": "binary"}}}
_EXAMPLE = {"id": 7, "text": "Chad looks great"}
_CHAD = {"iri": "http://dbpedia.org/resource/Chad", "label": "Chad", "type": "LOC", "score": 0.93}
_MENTION = {"start_char": 0, "end_char": 4, "text": "Chad", "type": "LOC", "entity": _CHAD}
_RESULT = {**_EXAMPLE, "tags": ["B-LOC", "O", "O"], "mentions": [_MENTION]}
_ERROR = {"status": 422, "value": '{"txt": "Chad"}', "expected": "a text or tokens", "fix": "correct this post"}
_RESOURCE = {"@URI": _CHAD["iri"], "@surfaceForm": "Chad", "@offset": "0", "@similarityScore": "0.93"}


def _answer(said: str, example: Any) -> dict[str, Any]:
    return {"description": said, "content": {"application/json": {"example": example}}}


_ERRORS = {
    str(status): _answer(said, {"error": {**_ERROR, "status": status}})
    for status, said in {
        408: "The request did not come in time",
        413: "The body or the post is too large, or there are too many posts",
        422: "It is no post (in a list: in its place, with status 200)",
        429: "Too many posts wait; Retry-After says when to ask again",
        503: "The service starts or stops, or had no time; Retry-After says when to ask again",
    }.items()
}
_BODIES = {
    "one post": {"value": _EXAMPLE},
    "a list": {"value": [_EXAMPLE, {"id": 8, "tokens": ["I", "love", "Mali"]}]},
    "with a picture": {"value": {**_EXAMPLE, "image": "data:image/png;base64,iVBORw0KGgo="}},
}
ANNOTATE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"oneOf": [_POST, {"type": "array", "items": _POST}]}, "examples": _BODIES},
            "multipart/form-data": {"schema": _FORM},
        },
    },
    "responses": {"200": _answer("What link-and-tag writes (docs/results.md)", _RESULT), **_ERRORS},
}
SPOTLIGHT: dict[str, Any] = {
    "description": "The same parameters may be POSTed as a form.",
    "parameters": [
        {"name": "text", "in": "query", "required": True, "schema": _TEXT, "example": "Chad looks great"},
        {"name": "confidence", "in": "query", "schema": {"type": "number", "default": 0.5}},
        {"name": "support", "in": "query", "schema": {"type": "integer", "default": 0}},
        {"name": "types", "in": "query", "schema": _TEXT, "example": "DBpedia:Place,DBpedia:Person"},
        {"name": "policy", "in": "query", "schema": {"enum": ["whitelist", "blacklist"]}},
    ],
    "responses": {"200": _answer("As DBpedia Spotlight", {"@text": "Chad", "Resources": [_RESOURCE]}), **_ERRORS},
}
