"""The HTML report: whole in itself, and what users wrote stays text."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import Fact
from linker import LinkedMention, Result, cut_at_mentions, result_from_json, result_to_conll
from scripts._report_page import as_link, render_page
from scripts._words import knowledge_in_words, name_of, spaced

EVIL = "<script>alert('x')</script>"


def make_result(**fields: Any) -> Result:
    empty = {"mentions": [], "pictured": None, "knowledge": [], "attributes": [], "image": None, "image_error": None}
    tokens = fields.pop("tokens", ["Chad", "looks", "great"])
    post = {"id": "p", "text": " ".join(tokens), "tokens": tokens, "tags": ["O"] * len(tokens)}
    return result_from_json({**post, **empty, **fields})


def make_mention(start: int, end: int, **fields: Any) -> dict[str, Any]:
    mention = {"start": start, "end": end, "text": "Chad", "type": "LOC", "score": 0.9, "start_char": 0, "end_char": 4}
    said = {"nil_score": 0.5, "other_score": 0.0, "ambiguous": False, "entity": None, "candidates": []}
    return {**mention, **said, **fields}


def page(*results: Result) -> str:
    return "".join(render_page(results, [None] * len(results), lambda iri, source: None))


class Checker(HTMLParser):
    """Notes every tag and address, and that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check(html: str) -> Checker:
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    return checker


def test_everything_that_users_wrote_stays_text() -> None:
    evil = "javascript:alert(1)"
    candidate = {"iri": evil, "label": EVIL, "fuzzy": 1.0, "prior": 1.0, "hop": None, "score": 0.5}
    candidate |= {"count": 0.0, "context": 0.0, "coherence": 0.0}
    mention = make_mention(0, 1, text=EVIL, entity={"iri": evil, "label": EVIL, "score": 0.5}, candidates=[candidate])
    pictured = {"iri": EVIL, "label": EVIL, "hop": 1, "cosine": 0.95, "image": EVIL, "path": [[EVIL, EVIL, EVIL]]}
    result = make_result(
        id=EVIL,
        tokens=[EVIL, "&", '"'],
        mentions=[mention],
        pictured=pictured,
        knowledge=[[EVIL, EVIL, EVIL]],
        attributes=[[EVIL, 0.5]],
        image_error=EVIL,
    )
    html = page(result)
    checker = check(html)
    assert "script" not in checker.tags
    assert "<script" not in html
    assert all(address.startswith("#") for address in checker.addresses)


def test_the_page_needs_nothing_else(run, index: Path, posts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    result = run("link-and-tag", index, posts, "-o", out, "--cache", "none")
    assert result.exit_code == 0, result.stderr
    html = out.read_text("utf-8")
    checker = check(html)
    outside = [a for a in checker.addresses if not a.startswith(("data:image/jpeg;base64,", "#"))]
    assert all(address.startswith(("http://dbpedia.org/", "https://example.org/")) for address in outside)
    assert html.count("<article") == 26
    assert html.count("The graph&#39;s picture of") + html.count("The graph's picture of") == html.count('class="pair"')
    assert "SpaceX -- founder --&gt; Elon Musk" in html
    assert "The picture was not used: " in html
    assert [file.name for file in tmp_path.iterdir()] == ["out.html"]


def test_pictures_have_words_and_tables_have_heads() -> None:
    html = page(make_result(mentions=[make_mention(0, 1)]), make_result(tokens=[], tags=[]))
    assert '<html lang="en">' in html
    assert not re.search(r"<img(?![^>]*alt=\"[^\"]+\")", html)
    assert "no text" in html


@pytest.mark.parametrize("count", [0, 1, 600])
def test_any_number_of_posts(count: int) -> None:
    html = page(*[make_result(id=number) for number in range(count)])
    check(html)
    assert html.count("<article") == count


@given(st.text(max_size=12), st.data())
def test_the_pieces_of_a_text_are_the_text(text: str, data: st.DataObject) -> None:
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    spans = sorted(data.draw(st.lists(places, max_size=4)))
    mentions = tuple(LinkedMention(0, 0, "", "LOC", 0.9, None, (), start_char=a, end_char=b) for a, b in spans)
    pieces = cut_at_mentions(Result("p", (), (), mentions, text=text))
    assert "".join(piece for piece, _ in pieces) == text
    assert all(piece == text[mention.start_char : mention.end_char] for piece, mention in pieces if mention)


def test_words() -> None:
    assert name_of("http://dbpedia.org/resource/S%C3%A3o_Paulo") == "São Paulo"
    assert name_of("plain") == "plain"
    assert spaced("launchVehicle") == "launch vehicle"
    assert as_link("https://x") == "https://x"
    assert as_link("javascript:x") is None


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("athlete", "is an athlete"),
        ("basketball player", "is a basketball player"),
        ("university", "is a university"),
        ("unincorporated place", "is an unincorporated place"),
        ("U.S. state", "is a U.S. state"),
        ("Island", "is an Island"),
    ],
)
def test_the_article_fits_the_word(kind: str, words: str) -> None:
    assert knowledge_in_words([Fact("Kobe Bryant", "is a", kind)]) == [f"Kobe Bryant: {words}"]


def test_conll_cannot_be_broken_by_a_token() -> None:
    result = make_result(id="a\nb", tokens=["x\ty", "", "z\n"], tags=["B-LOC", "O", "O"])
    assert result_to_conll(result) == "IMGID:a b\nx y\tB-LOC\n\tO\nz \tO\n\n"
