"""What mkdocs does not know: files outside docs/ have no page, so that what leads to them is shown as their path."""

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./([^)]+)\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Show a link to a file outside docs/ as its name."""
    return _OUTSIDE.sub(r"\1 (`\2`)", markdown)
