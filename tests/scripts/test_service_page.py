"""The page of kgmner-serve in a real browser: a post and a picture in, its card out; readable for all; nothing runs."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_tab import MARKS, Tab

pytest.importorskip("fastapi", reason="needs FastAPI (pip install 'kgmner[serve]')")
pytest.importorskip("uvicorn", reason="needs uvicorn (pip install 'kgmner[serve]')")
pytest.importorskip("playwright.sync_api", reason="needs playwright (pip install playwright)")
pytestmark = MARKS
# The text without what the page adds to a mention; and the names of the elements that it is made of.
_AS_WRITTEN = (
    "p => { const c = p.cloneNode(true); c.querySelectorAll('mark *').forEach(e => e.remove()); return c.textContent }"
)
_ELEMENTS = "p => [...p.querySelectorAll('*')].map(e => e.localName)"
PAYLOADS = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg/onload=alert(1)//"),
    *("<iframe srcdoc='<script>alert(1)</script>'>", "<iframe src=javascript:alert(1)>", "<body onload=alert(1)>"),
    *("<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)></video>", "<audio src=x onerror=alert(1)"),
    *(
        "<input autofocus onfocus=alert(1)>",
        "<a href=javascript:alert(1)>x</a>",
        "<a href=data:x,<script>>x</a>",
    ),
    *(
        "<base href=//evil.example/>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>",
        "<link rel=import href=x>",
    ),
    *("<form action=//evil.example><button>x</button>", "<math href=javascript:alert(1)>x</math>", "<object data=x>"),
    *("<embed src=//evil.example/x>", "<style>@import'//evil.example/x'</style>", "<p style=behavior:url(x)>"),
    *("<marquee onstart=alert(1)>", "<template><script>alert(1)</script></template>", "javascript:alert(1)"),
)
BREAKS = ("", "\"'>", "</script></style></title></textarea></template>", "\\u003c!--]]>-->{{7*7}}${7*7}")
EVIL = [end + payload for end in BREAKS for payload in PAYLOADS]


@pytest.fixture(scope="module")
def address(start: Callable[..., subprocess.Popen[bytes]], index: Path) -> Iterator[str]:
    """A running service."""
    process = start("kgmner-serve", index, "--port", 0)
    yield json.loads(process.stderr.readline())["address"]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


class Opened(Tab):
    """The page of the service."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        super().__init__(browser, address, (address, "data:", "blob:"), **options)

    def read(self, text: str, picture: Path | None = None) -> Any:
        """Have a post read; what stands in the frame then."""
        self.tab.get_by_label("Text of the post").fill(text)
        self.tab.get_by_label("Its picture").set_input_files([picture] if picture else [])
        with self.tab.expect_response(lambda response: response.url.endswith("/card")) as told:
            self.tab.get_by_role("button", name="Read").click()
        self.status = told.value.status
        return self.tab.frame_locator("iframe[name=card]")


def wait_until_ready(page: Opened) -> None:
    for _ in range(300):
        if page.tab.request.get(f"{page.address}/v1/ready").ok:
            return
        page.tab.wait_for_timeout(100)


def test_a_post_and_its_picture_give_its_card(browser: Any, address: str, posts: Path) -> None:
    from playwright.sync_api import expect

    page = Opened(browser, address)
    wait_until_ready(page)
    card = page.read("Chad looks great", posts.parent / "images" / "chad-drummer.jpg")
    assert page.status == 200
    expect(card.locator("article mark")).to_contain_text("Chad")
    expect(card.locator("article")).to_contain_text("Chad Smith")
    expect(card.locator("article img").first).to_be_visible()
    card = page.read("Chad looks great")
    expect(card.locator("article mark")).to_contain_text("Chad")
    page.close()


def test_nothing_that_a_post_says_runs(browser: Any, address: str) -> None:
    from playwright.sync_api import expect

    assert len(EVIL) == 100
    page = Opened(browser, address)
    wait_until_ready(page)
    for place in range(0, 100, 25):
        some = EVIL[place : place + 25]
        card = page.read("Chad " + "\n".join(some))
        assert page.status == 200
        text = card.locator("article .text")
        expect(text).to_be_visible()
        shown = text.evaluate(_AS_WRITTEN)
        assert all(evil in shown for evil in some)
        assert {name.lower() for name in text.evaluate(_ELEMENTS)} <= {
            "mark",
            "a",
            "span",
            "b",
            "small",
            "sup",
            "button",
        }
    page.close()


def test_what_goes_wrong_is_said_in_the_frame(browser: Any, address: str, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page = Opened(browser, address)
    wait_until_ready(page)
    card = page.read("<b>Chad</b> " * 5000)
    assert page.status == 413
    expect(card.get_by_role("alert")).to_contain_text("cut the text into several posts")
    (tmp_path / "large.jpg").write_bytes(bytes(20_100_000))
    card = page.read("Chad", tmp_path / "large.jpg")
    expect(card.get_by_role("alert")).to_contain_text("smaller pictures")
    page.errors = [error for error in page.errors if "413" not in error]  # Chromium itself says that it was refused
    page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 400)])
def test_the_page_is_for_all(browser: Any, address: str, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = Opened(browser, address, color_scheme=scheme, viewport={"width": width, "height": 800})
    wait_until_ready(page)
    page.read("Chad looks great")
    grave = [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in axe.run(page.tab).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert grave == []
    assert page.tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.tab.keyboard.press("Tab")
    page.close()


def test_the_page_allows_only_itself(browser: Any, address: str) -> None:
    page = Opened(browser, address)
    policy = page.tab.request.get(address).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "'unsafe" not in policy
    assert page.tab.locator("script").count() == 0
    page.close()
