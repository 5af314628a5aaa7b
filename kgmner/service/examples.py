"""What ``/openapi.json`` says of requests and answers, with examples."""

from typing import Any

_POST: dict[str, Any] = {
    "type": "object",
    "description": "A post, as in a file of posts (docs/posts.md). Fields of your own come out again.",
    "properties": {
        "id": {"type": ["string", "integer"]},
        "text": {"type": "string"},
        "tokens": {"type": "array", "items": {"type": "string"}, "description": "In place of a text"},
        "image": {"type": "string", "description": "A picture in base64, or a data: address; never a path"},
        "caption": {"type": "string", "description": "A sentence about the picture"},
        "mentions": {"type": "array", "items": {"type": "object"}, "description": "Link only these"},
    },
}
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "image": {"type": "string", "format": "binary"}},
}
_EXAMPLE = {"id": 7, "text": "Chad looks great"}
_ENTITY = {"iri": "http://dbpedia.org/resource/Chad", "label": "Chad", "type": "LOC", "score": 0.93}
_MENTION = {"start": 0, "end": 1, "start_char": 0, "end_char": 4, "text": "Chad", "type": "LOC", "entity": _ENTITY}
_RESULT = {**_EXAMPLE, "tags": ["B-LOC", "O", "O"], "mentions": [_MENTION]}
_ERROR = {
    "status": 422,
    "value": '{"txt": "Chad"}',
    "expected": 'has neither "text" nor "tokens", expected one of them',
    "fix": "correct this post and send it again",
}
_RESOURCE = {
    "@URI": "http://dbpedia.org/resource/Chad",
    "@support": "14",
    "@types": "DBpedia:Place,Schema:Place,DBpedia:Country",
    "@surfaceForm": "Chad",
    "@offset": "0",
    "@similarityScore": "0.93",
    "@percentageOfSecondRank": "0.05",
}


def _answer(said: str, **examples: Any) -> dict[str, Any]:
    named = {name: {"value": value} for name, value in examples.items()}
    return {"description": said, "content": {"application/json": {"schema": {}, "examples": named}}}


_ERRORS = {
    status: _answer(said, error={"error": _ERROR | {"status": int(status)}})
    for status, said in {
        "408": "The request did not come in time",
        "413": "The body or the post is too large, or there are too many posts",
        "422": "It is no post (in a list: in its place, with status 200)",
        "429": "Too many posts wait; Retry-After says when to ask again",
        "503": "The service starts or stops, or had no time; Retry-After says when to ask again",
    }.items()
}
ANNOTATE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [_POST, {"type": "array", "items": _POST}]},
                "examples": {
                    "one post": {"value": _EXAMPLE},
                    "a list": {"value": [_EXAMPLE, {"id": 8, "tokens": ["I", "love", "Mali"]}]},
                    "with a picture": {"value": {**_EXAMPLE, "image": "data:image/png;base64,iVBORw0KGgo="}},
                },
            },
            "multipart/form-data": {"schema": _FORM},
        },
    },
    "responses": {
        "200": _answer("What link-and-tag writes (docs/results.md)", one=_RESULT, list=[_RESULT, {"error": _ERROR}]),
        **_ERRORS,
    },
}
SPOTLIGHT: dict[str, Any] = {
    "parameters": [
        {"name": "text", "in": "query", "required": True, "schema": {"type": "string"}, "example": "Chad looks great"},
        {"name": "confidence", "in": "query", "schema": {"type": "number", "default": 0.5}},
        {"name": "support", "in": "query", "schema": {"type": "integer", "default": 0}},
        {"name": "types", "in": "query", "schema": {"type": "string"}, "example": "DBpedia:Place,DBpedia:Person"},
        {"name": "policy", "in": "query", "schema": {"enum": ["whitelist", "blacklist"]}},
    ],
    "description": "The same parameters may be POSTed as a form.",
    "responses": {
        "200": _answer("As DBpedia Spotlight", found={"@text": "Chad looks great", "Resources": [_RESOURCE]}),
        **_ERRORS,
    },
}
