"""kg-cache serve: real pages of a real server, in httpx and in a browser; nothing in a graph or a post is run."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from browser_tab import MARKS, Tab
from click.testing import Result

pytest.importorskip("datasette", reason="needs the extra datasette")

ROOT = Path(__file__).parents[2]
_RUN = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<body onload=alert(1)>"),
    *("<iframe srcdoc='<script>alert(1)</script>'>", "<a href=javascript:alert(1)>x</a>", "<b onclick=alert(1)>x</b>"),
    *(
        "<details open ontoggle=alert(1)>",
        "<input autofocus onfocus=alert(1)>",
        "<link rel=import href=//evil.example>",
    ),
)
_AFTER = (
    "{}",
    '">{}',
    "'>{}",
    "</title>{}",
    "</script>{}",
    "<!-- -->{}",
    "</textarea>{}",
    "]]>{}",
    "{{{{7*7}}}}{}",
    "{}%00",
)
EVIL = [after.format(run) for run in _RUN for after in _AFTER]
EVIL_IRI = "http://example.org/'onmouseover='alert(1)"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Result]) -> Iterator[str]:
    """The address of a server over an index with evil labels, and posts that mention them."""
    folder = tmp_path_factory.mktemp("served")
    graph = shutil.copytree(ROOT / "examples" / "graph", folder / "graph")
    with (graph / "entities.csv").open("a", encoding="utf-8", newline="") as file:
        columns = (graph / "entities.csv").read_text("utf-8").split("\n", 1)[0].strip().split(",")
        for number, label in enumerate(EVIL):
            row = {"iri": EVIL_IRI if number == 0 else f"http://example.org/{number}", "label": label}
            csv.DictWriter(file, columns, restval="").writerow(row)
    with (graph / "triples.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            ["http://dbpedia.org/resource/Chad", EVIL[1], f"http://example.org/{n}"] for n in range(1, len(EVIL))
        )
    assert run("build-kg-index", folder / "index", "--dump", graph).exit_code == 0
    images = ROOT / "examples" / "posts" / "images"
    posts = [{"id": "!flag", "text": f"Chad looks great {EVIL[0]}", "image": str(images / "chad-flag.jpg")}]
    posts += [{"id": text, "text": f"Chad {text}", "image": text} for text in EVIL]
    (folder / "posts.jsonl").write_text("".join(json.dumps(post) + "\n" for post in posts))
    assert run("link-and-tag", folder / "index", folder / "posts.jsonl").exit_code == 0
    command = [sys.executable, "-m", "scripts.kg_cache", str(folder / "index"), "serve", "--port", "0"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", (folder / "log").read_text("utf-8"))):
            assert server.poll() is None, (folder / "log").read_text("utf-8")
            time.sleep(0.1)
        yield found[0]
    finally:
        server.terminate()
        server.wait()
    assert "Traceback" not in (folder / "log").read_text("utf-8")


def test_every_page_and_query_answers(served: str) -> None:
    with httpx.Client(base_url=served, timeout=60) as client:
        pages = ["/", "/kg", "/cache", "/kg/entity", "/kg/entity/7", "/kg/triple_in_words", "/cache/post"]
        for database in ("kg", "cache"):
            told = client.get(f"/{database}.json").json()
            pages += [f"/{database}/{query['name']}" for query in told["queries"]]
        assert len(pages) == 16
        assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)
        assert "The nodes of the graph" in client.get("/kg/entity").text
        told = client.get("/kg/triple_in_words.json?_shape=array&subject=Chad&predicate=capital").json()
        assert [row["object"] for row in told] == ["N'Djamena"]


def test_an_entity_by_name_with_its_picture_triples_and_posts(served: str) -> None:
    with httpx.Client(base_url=served, timeout=60) as client:
        page = client.get("/-/entity", params={"q": "chad"}).text
        for said in (
            "means several",
            "Chad Smith",
            "Is a: country, place",
            "N&#39;Djamena",
            "Lake Chad",
            "looks great",
        ):
            assert said in page
        [picture] = re.findall(r'src="(/-/picture\?id=\d+)"', page)
        assert client.get(picture).headers["content-type"] == "image/jpeg"
        assert "page before" in client.get("/-/entity", params={"q": "chad", "out": "2"}).text
        missing = client.get("/-/entity", params={"q": "Romanai"})
        assert (missing.status_code, "Romania" in missing.text) == (404, True)


def test_a_decision_in_full(served: str) -> None:
    with httpx.Client(base_url=served, timeout=60) as client:
        page = client.get("/-/post", params={"id": "!flag"}).text
        for said in (
            "The picture shows",
            "asked of its picture",
            "the name is Chad, to the letter",
            "none of the graph",
        ):
            assert said in page
        [picture] = re.findall(r'src="(/-/post-picture[^"]+)"', page)
        assert client.get(picture.replace("&amp;", "&")).status_code == 200
        assert client.get("/-/post", params={"id": "none"}).status_code == 404


def test_it_only_reads(served: str) -> None:
    with httpx.Client(base_url=served, timeout=60) as client:
        for query in ("delete from entity", "create table t (x)", "attach database '/tmp/x' as x"):
            assert client.get("/kg.json", params={"sql": query}).status_code == 400
        assert client.get("/kg.db").status_code == 403


def test_what_takes_too_long_is_told_with_what_to_do(served: str) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*), '<b>' from n"
    with httpx.Client(base_url=served, timeout=60) as client:
        for page, said in (
            ("/kg/entity?_sort_desc=prior", "Cannot sort table by prior: no index"),
            (f"/kg?sql={quote(endless)}", "This was ended after 500 ms"),
        ):
            answer = client.get(page)
            assert (answer.status_code, said in answer.text, "Find an entity" in answer.text) == (400, True, True)
            assert "served/index sql" in re.sub(r"served\d+", "served", answer.text)
        assert "select count(*), &#39;&lt;b&gt;&#39; from n" in answer.text


@MARKS[0]
@MARKS[1]
def test_in_a_browser_nothing_is_run_or_asked_elsewhere_and_axe_is_content(
    request: pytest.FixtureRequest, served: str
) -> None:
    pytest.importorskip("playwright.sync_api", reason="needs playwright")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()
    entities = ["Chad", EVIL_IRI, *(f"http://example.org/{number}" for number in range(1, len(EVIL), 11)), EVIL[1]]
    pages = [f"/-/entity?q={quote(one)}" for one in entities] + [f"/-/post?id={quote(one)}" for one in EVIL[::11]]
    pages += [f"/-/entity?q=Chad&out={page}&posts={page}" for page in (2, 3)]
    pages += ["/", "/kg/entity?_size=max", "/kg/triple_in_words?subject=Chad&_size=max", "/cache/post?_size=max"]
    pages += ["/cache/mention?_size=max", "/kg/rejected", f"/cache/posts_of_an_entity?entity_iri={quote(EVIL[2])}"]
    page = Tab(request.getfixturevalue("browser"), served, (served,))
    for address in pages:
        page.tab.goto(served + address)
        assert page.tab.title()
    page.tab.goto(served + pages[0])
    checked = [axe.run(page.tab).response]
    with page.tab.expect_navigation():
        page.tab.click("text=!flag")
    checked.append(axe.run(page.tab).response)
    page.tab.emulate_media(color_scheme="dark")
    checked.append(axe.run(page.tab).response)
    assert EVIL[0] in page.tab.inner_text("body")
    found = [one for response in checked for one in response["violations"] if one["impact"] in {"serious", "critical"}]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    page.close()
