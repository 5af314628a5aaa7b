"""Results as one HTML page to review them in: it needs nothing else, and its script is the only one that runs."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from kgmner.report_data import PageData
from linker import GoldAnswers, Index, Result

_TEMPLATES = Path(__file__).parent / "templates"
_SCRIPTS = ("page.js", "card.js", "review.js", "start.js")
_POSTS_A_BLOCK = 200


def report_html(
    results: Iterable[Result],
    images: Iterable[Path | bytes | None] | None = None,
    *,
    index: Index | None = None,
    gold: GoldAnswers | None = None,
    corrections: Sequence[str] = (),
    title: str = "Posts, tagged and linked",
) -> Iterator[str]:
    """Make a page of results, piece by piece: posts, pictures, styles and script in one file.

    ``"".join(report_html([doc.result], [picture]))`` is the page of one post.

    Args:
        results: The results; they are read once, and kept nowhere.
        images: Their pictures, as many: files, or what is in them; None: the files that the results name.
        index: Where the pictures of entities come from; None: the page has none.
        gold: Gold answers to set beside them; without, those that the posts brought along.
        corrections: Lines that a page of these posts exported; a later one of a post stands.
        title: The page's title.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    style = (_TEMPLATES / "report.css").read_text("utf-8")
    script = "'use strict';\n" + "".join((_TEMPLATES / name).read_text("utf-8") for name in _SCRIPTS)
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    yield from environment.get_template("report.html.j2").generate(
        title=title,
        style=style,
        script=script,
        policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        blocks=_blocks(results, images, PageData(index, gold or GoldAnswers())),
        given=_block('id="given"', {"lines": corrections, "digest": _hash("".join(corrections))}),
    )


def _blocks(results: Iterable[Result], images: Iterable[Path | bytes | None] | None, data: PageData) -> Iterator[str]:
    """The data as elements that no browser runs; a picture stands once, before the first post that has it."""
    digest = hashlib.sha256()
    pairs = ((result, _file_of(result)) for result in results) if images is None else zip(results, images, strict=True)
    posts = (data.post(result, image) for result, image in pairs)
    while block := list(islice(posts, _POSTS_A_BLOCK)):
        for number, picture in data.new_pictures():
            yield _block(f'id="picture-{number}"', "data:image/jpeg;base64," + base64.b64encode(picture).decode())
        yield _block('class="posts"', block)
        for post in block:  # decisions are kept for these results, whatever else the page shows of them
            said = [(name["start"], name["end"], name["type"], name["linked"]) for name in post.get("mentions", ())]
            digest.update(repr((post["id"], post.get("text"), said)).encode("utf-8", "replace"))
    yield _block('id="rest"', {"entities": data.entities, "parts": data.parts, "digest": digest.hexdigest()[:16]})


def _file_of(result: Result) -> Path | None:
    file = Path(result.image) if result.image else None
    return file if file and file.is_file() else None


def _block(attribute: str, value: Any) -> str:
    """A value as JSON in an element; what would end the element is escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" {attribute}>{text}</script>\n'


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
