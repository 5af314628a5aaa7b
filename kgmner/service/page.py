"""The page for people: a form without a script, whose answer, the report, comes in a frame of its own."""

import base64
import hashlib
from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse

from kgmner.service.errors import ServiceError

_FOLDER = Path(__file__).parents[1] / "templates"
_STYLE = (_FOLDER / "service.css").read_text("utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
PAGE = (_FOLDER / "service.html").read_text("utf-8").replace("{{ style }}", _STYLE)
PAGE_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; frame-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}
CARD_HEADERS = {"Content-Security-Policy": "frame-ancestors 'self'", "Cache-Control": "no-store"}
"""The report's page says the rest of its policy itself."""


def error_page(error: ServiceError) -> HTMLResponse:
    """An error as a page for the frame."""
    said = f"{error.value}: expected {error.expected}. To mend it: {error.fix}."
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f'<title>Not read</title></head><body><main><h1>Not read</h1><p role="alert">{escape(said)}</p></main></body>'
        "</html>"
    )
    policy = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'"}
    return HTMLResponse(page, error.status, headers={**error.headers, **policy})
