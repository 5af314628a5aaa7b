"""The report's page as a file: whole in itself, and what users wrote stays text. A browser looks at it elsewhere."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_results import make_candidate, make_mention, make_result

from kgmner import report_html
from linker import LinkedMention, Result, cut_at_mentions, result_to_conll

EVIL = "</script><script>alert('x')</script>"


class Checker(HTMLParser):
    """Notes the scripts of a page by their attributes, its addresses, and that tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.addresses: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag == "script":
            self.scripts.append((dict(attributes), ""))
        if tag not in ("meta", "img", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            self.scripts[-1] = self.scripts[-1][0], self.scripts[-1][1] + data

    @property
    def posts(self) -> list[dict[str, Any]]:
        return [post for told, text in self.scripts if told.get("class") == "posts" for post in json.loads(text)]


def page(*results: Result, **options: Any) -> str:
    return "".join(report_html(results, [None] * len(results), **options))


def test_everything_that_users_wrote_stays_data() -> None:
    candidate = make_candidate(iri="javascript:alert(1)", label=EVIL)
    mention = make_mention(0, 1, text=EVIL, entity=candidate, candidates=[candidate])
    pictured = {"iri": EVIL, "label": EVIL, "hop": 1, "cosine": 0.95, "image": EVIL, "path": [[EVIL, EVIL, EVIL]]}
    texts = {"id": EVIL, "tokens": [EVIL, "&", '"'], "image": EVIL, "image_error": EVIL}
    facts = {"knowledge": [[EVIL, EVIL, EVIL]], "attributes": [[EVIL, 0.5]]}
    found = Checker(page(make_result(**texts, mentions=[mention], pictured=pictured, **facts), title=EVIL))
    own = [told for told, _ in found.scripts if not told]
    assert len(own) == 1
    assert {told.get("type") for told, _ in found.scripts if told} == {"application/json"}
    assert found.addresses == []
    [post] = found.posts
    assert (post["id"], post["tokens"], post["error"]) == (EVIL, [EVIL, "&", '"'], EVIL)


def test_the_policy_lets_only_the_pages_own_script_and_style_run() -> None:
    html = page(make_result())
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    for kind in ("script", "style"):
        [text] = re.findall(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src &#39;sha256-{digest.replace('+', '&#43;')}&#39;" in policy.replace("+", "&#43;")
    assert "unsafe" not in policy
    assert policy.startswith("default-src &#39;none&#39;; img-src data:;")


@pytest.mark.parametrize("count", [0, 1, 401])
def test_any_number_of_posts(count: int) -> None:
    found = Checker(page(*[make_result(id=number) for number in range(count)]))
    assert [post["id"] for post in found.posts] == list(range(count))


def test_a_picture_stands_in_the_page_once(tmp_path: Path, images: Path) -> None:
    copies = [tmp_path / f"{name}.jpg" for name in "ab"]
    for copy in copies:
        copy.write_bytes((images / "chad-flag.jpg").read_bytes())
    given = [*copies, copies[0].read_bytes(), images / "chad-drummer.jpg", tmp_path / "missing.jpg", None]
    html = "".join(report_html([make_result(id=number) for number in range(len(given))], given))
    assert [post.get("picture") for post in Checker(html).posts] == [0, 0, 0, 1, None, None]
    assert html.count("data:image/jpeg;base64,") == 2


def test_an_id_that_javascript_would_round_is_text() -> None:
    ids = (7, 2**53 - 1, 1050118621198921729, "1050118621198921729")
    posts = Checker(page(*(make_result(id=one) for one in ids))).posts
    assert [post["id"] for post in posts] == [7, 2**53 - 1, "1050118621198921729", "1050118621198921729"]


def test_decisions_are_kept_for_results_whatever_is_shown_of_them(images: Path) -> None:
    def digest(result: Result, image: Path | None) -> object:
        html = "".join(report_html([result], [image]))
        return next(json.loads(text)["digest"] for told, text in Checker(html).scripts if told.get("id") == "rest")

    names = [make_mention(0, 1)]
    plain = digest(make_result(mentions=names), None)
    assert digest(make_result(mentions=names, gold=[]), images / "chad-flag.jpg") == plain
    assert digest(make_result(mentions=[make_mention(0, 1, type="PER")]), None) != plain


def test_posts_and_pictures_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="shorter"):
        "".join(report_html([make_result(), make_result()], [None]))


@given(st.text(max_size=12), st.data())
def test_the_pieces_of_a_text_are_the_text(text: str, data: st.DataObject) -> None:
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    spans = sorted(data.draw(st.lists(places, max_size=4)))
    mentions = tuple(LinkedMention(0, 0, "", "LOC", 0.9, None, (), start_char=a, end_char=b) for a, b in spans)
    pieces = cut_at_mentions(Result("p", (), (), mentions, text=text))
    assert "".join(piece for piece, _ in pieces) == text
    assert all(piece == text[mention.start_char : mention.end_char] for piece, mention in pieces if mention)


def test_conll_cannot_be_broken_by_a_token() -> None:
    result = make_result(id="a\nb", tokens=["x\ty", "", "z\n"], tags=["B-LOC", "O", "O"])
    assert result_to_conll(result) == "IMGID:a b\nx y\tB-LOC\n\tO\nz \tO\n\n"
