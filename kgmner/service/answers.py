"""Answers to requests: a value in JSON, and any error in one form."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from kgmner.service.errors import ServiceError
from kgmner.service.page import error_page


def as_json(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    content = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status, headers, "application/json")


def error_answer(error: ServiceError, path: str) -> Response:
    """An error in the one form; to who asked from the page, as a page for its frame."""
    if path == "/card":
        return error_page(error)
    return as_json(error.to_json(), status=error.status, headers=error.headers)
