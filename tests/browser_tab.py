"""A tab of Debian's Chromium, and what went wrong in it; the fixture `browser` is in tests/scripts/conftest.py."""

import shutil
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
MARKS = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (apt-get install chromium)"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
"""Of a file of tests in a browser."""


class Tab:
    """A page in a tab of its own, and what went wrong in it.

    Args:
        browser: The fixture.
        address: Of the page.
        within: How addresses begin that the page may ask for.
        options: Of the tab, as playwright has them.
    """

    def __init__(self, browser: Any, address: str, within: tuple[str, ...], **options: Any) -> None:
        self.tab, self.address, self.within = browser.new_page(**options), address, within
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.tab.on("console", lambda message: self.errors.append(message.text) if message.type != "info" else None)
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("dialog", lambda dialog: (self.errors.append(dialog.message), dialog.dismiss()))
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.goto(address)

    def close(self) -> None:
        """Close it: nothing went wrong, and nothing was asked for elsewhere."""
        self.tab.close()
        assert self.errors == []
        assert [url for url in self.requests if not url.startswith(self.within)] == []
