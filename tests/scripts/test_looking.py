"""kg-cache: what it shows, as tables and as JSON, and that its SQL only reads."""

import json
import sqlite3
import sys
from pathlib import Path

import pytest

CHAD = "http://dbpedia.org/resource/Chad"


def as_json(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_stats(run, index: Path) -> None:
    stats = as_json(run("kg-cache", index, "stats", "--json"))
    assert stats["counts"]["entity"] == 54
    assert stats["pictures"] == {"embedded": 18}
    assert "54" in run("kg-cache", index, "stats").stdout


@pytest.mark.parametrize("name", ["Chad", CHAD, "Tchad", "republic of chad"])
def test_show_takes_any_name(run, index: Path, name: str) -> None:
    shown = as_json(run("kg-cache", index, "show", name, "--json"))
    assert (shown["iri"], shown["type"]) == (CHAD, "LOC")
    assert "Chad -- capital --> N'Djamena" in shown["facts"]
    assert "Tchad" in shown["names"]


def test_a_name_that_nobody_has_is_one_line_with_suggestions(run, index: Path) -> None:
    result = run("kg-cache", index, "show", "Romanai")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert "Romania" in result.stderr


def test_search_finds_all_who_bear_a_name(run, index: Path) -> None:
    found = as_json(run("kg-cache", index, "search", "hopper", "--json"))
    assert {"Grace Hopper", "Edward Hopper"} <= {row["entity"] for row in found}
    assert len(as_json(run("kg-cache", index, "search", "hopper", "--limit", "1", "--json"))) == 1


def test_neighbours_come_nearest_first(run, index: Path) -> None:
    found = as_json(run("kg-cache", index, "neighbours", "SpaceX", "--hops", "2", "--json"))
    assert [(row["hop"], row["entity"]) for row in found if row["hop"] == 1] == [(1, "Elon Musk"), (1, "Falcon 9")]
    assert {row["entity"] for row in found if row["hop"] == 2} == {"Deep Space Climate Observatory"}


def test_path(run, index: Path) -> None:
    found = as_json(run("kg-cache", index, "path", "Elon Musk", "Falcon 9", "--json"))
    assert [(row["subject"], row["object"]) for row in found] == [("SpaceX", "Elon Musk"), ("Falcon 9", "SpaceX")]
    none = run("kg-cache", index, "path", "Elon Musk", "COBOL")
    assert (none.exit_code, none.stderr.count("\n")) == (1, 1)


def test_image(run, index: Path, posts: Path) -> None:
    found = as_json(run("kg-cache", index, "image", posts.parent / "images" / "chad-flag.jpg", "--json"))
    assert [row["entity"] for row in found[:2]] == ["Chad", "Romania"]
    missing = run("kg-cache", index, "image", "nowhere.jpg")
    assert (missing.exit_code, missing.stderr.count("\n")) == (1, 1)


def test_knowledge_and_prune(run, tmp_path: Path, index: Path, posts: Path) -> None:
    cache = tmp_path / "cache.sqlite"
    assert run("link-and-tag", index, posts, "--cache", cache).exit_code == 0
    rows = as_json(run("kg-cache", "--cache", cache, index, "knowledge", "--json"))
    assert len(rows) == 26
    [row] = as_json(run("kg-cache", "--cache", cache, index, "knowledge", "chad-flag", "--json"))
    assert row["pictured"] == CHAD
    assert "Chad is a country" in row["knowledge"]
    read = as_json(run("kg-cache", "--cache", cache, index, "sql", "select count(*) as n from cache.post", "--json"))
    assert read == [{"n": 26}]
    assert "remembers no post" in run("kg-cache", "--cache", cache, index, "knowledge", "no-such").stderr
    [row] = as_json(run("kg-cache", "--cache", cache, index, "knowledge", "jordan-jersey", "--json"))
    assert "Michael Jordan is an athlete" in row["knowledge"]
    as_json(run("kg-cache", "--cache", cache, index, "prune", "--all", "--json"))
    assert as_json(run("kg-cache", "--cache", cache, index, "knowledge", "--json")) == []


@pytest.mark.parametrize(
    ("option", "words"), [("--cache", "--cache belongs before INDEX."), ("--json", "--json belongs after the command.")]
)
def test_an_option_in_the_place_of_the_command_is_told_where_it_belongs(run, index: Path, option, words: str) -> None:
    result = run("kg-cache", index, option, "stats")
    assert (result.exit_code, words in result.stderr) == (2, True)


def test_a_name_of_the_graph_that_became_no_mention_is_told(run, tmp_path: Path, index: Path) -> None:
    cache, posts = tmp_path / "cache.sqlite", tmp_path / "posts.jsonl"
    post = {"id": "one", "text": "Amman is warm, Chad is warmer", "mentions": [{"start": 0, "end": 5}]}
    posts.write_text(json.dumps(post), "utf-8")
    assert run("link-and-tag", index, posts, "--cache", cache).exit_code == 0
    told = run("kg-cache", "--cache", cache, index, "knowledge", "one").stdout
    assert [line for line in told.splitlines() if "not a mention" in line] == [
        f"  not a mention: Chad, though a name of the graph, for Chad ({CHAD}) and 1 other"
    ]


def test_a_decision_is_told_in_full_and_the_posts_of_an_entity(run, tmp_path: Path, index: Path, posts: Path) -> None:
    cache = tmp_path / "cache.sqlite"
    assert run("link-and-tag", index, posts, "--cache", cache).exit_code == 0
    told = run("kg-cache", "--cache", cache, index, "knowledge", "amman-flag").stdout
    for said in (
        "Good morning from Amman",
        "picture: Jordan: 1 hop from the text",
        "Jordan -- capital --> Amman",
        "candidate of Amman: Amman 0.9",
        "candidate of Amman: none of the graph 0.",
        "asked of its picture: cosine 0.9 or more, 2 hops or fewer from Amman",
    ):
        assert said in told
    [row] = as_json(run("kg-cache", "--cache", cache, index, "knowledge", "amman-flag", "--json"))
    assert row["decision"]["mentions"][0]["candidates"][0]["clues"]
    found = as_json(run("kg-cache", "--cache", cache, index, "posts", "Chad", "--json"))
    assert {(row["post"], row["how"], row["said"]) for row in found} >= {
        ("chad-flag", "mentions", "Chad"),
        ("chad-flag", "shows", None),
        ("chad-no-picture", "mentions", "Chad"),
    }
    for text, count in (("Chad looks great", 1), ("Romania", 0)):  # read again with another text
        (tmp_path / "posts.jsonl").write_text(json.dumps({"id": 1, "text": text}))
        assert run("link-and-tag", index, tmp_path / "posts.jsonl", "--cache", cache).exit_code == 0
        found = as_json(run("kg-cache", "--cache", cache, index, "posts", "Chad", "--json"))
        assert sum(row["post"] == "1" for row in found) == count


def test_a_name_that_means_several_is_said(run, index: Path) -> None:
    assert as_json(run("kg-cache", index, "show", "chad", "--json"))["also means"] == [
        "Chad Smith (http://dbpedia.org/resource/Chad_Smith)"
    ]
    assert "also means" not in as_json(run("kg-cache", index, "show", CHAD, "--json"))


def test_a_cache_without_decisions_is_read_and_added_to(run, tmp_path: Path, index: Path) -> None:
    cache, posts = tmp_path / "cache.sqlite", tmp_path / "posts.jsonl"
    posts.write_text('{"id": "one", "text": "Chad looks great"}')
    assert run("link-and-tag", index, posts, "--cache", cache).exit_code == 0
    connection = sqlite3.connect(cache)
    connection.executescript("DROP TABLE decision; DROP TABLE mention")
    connection.close()
    assert "its decision was not kept" in run("kg-cache", "--cache", cache, index, "knowledge", "one").stdout
    assert as_json(run("kg-cache", "--cache", cache, index, "posts", "Chad", "--json")) == []
    assert run("link-and-tag", index, posts, "--cache", cache).exit_code == 0
    assert as_json(run("kg-cache", "--cache", cache, index, "posts", "Chad", "--json")) != []


def test_knowledge_of_two_files_with_the_same_ids(run, tmp_path: Path, index: Path, posts: Path) -> None:
    cache, pictures = tmp_path / "cache.sqlite", {"a": "chad-flag", "b": "chad-drummer"}
    for name, picture in pictures.items():
        row = {"id": 1, "text": "Chad looks great", "image": str(posts.parent / "images" / f"{picture}.jpg")}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row))
        assert run("link-and-tag", index, tmp_path / f"{name}.jsonl", "--cache", cache).exit_code == 0
    rows = as_json(run("kg-cache", "--cache", cache, index, "knowledge", "1", "--json"))
    assert [(Path(row["file"]).name, row["pictured"]) for row in rows] == [
        ("a.jsonl", CHAD),
        ("b.jsonl", "http://dbpedia.org/resource/Chad_Smith"),
    ]


def test_a_cache_of_an_older_version_is_said(run, tmp_path: Path, index: Path) -> None:
    cache = tmp_path / "cache.sqlite"
    connection = sqlite3.connect(cache)
    connection.executescript("CREATE TABLE pictured (key); PRAGMA user_version = 1")
    connection.close()
    expected = "it has cache version 1, expected 4"
    assert expected in as_json(run("kg-cache", "--cache", cache, index, "stats", "--json"))["cache"]
    assert expected in run("kg-cache", "--cache", cache, index, "knowledge").stderr
    result = run("link-and-tag", index, "--text", "Chad", "--cache", cache)
    assert result.exit_code == 0
    assert expected in result.stderr
    assert [row["text"] for row in as_json(run("kg-cache", "--cache", cache, index, "knowledge", "--json"))] == ["Chad"]


@pytest.mark.parametrize(
    "query",
    [
        "delete from entity",
        "update entity set label = ''",
        "drop table entity",
        "create table t (x)",
        "attach database '{file}' as other",
        "vacuum into '{file}'",
        "pragma query_only = off",
        "pragma journal_mode = delete",
        "select load_extension('x')",
        "with gone as (select 1) delete from entity",
    ],
)
def test_sql_only_reads(run, tmp_path: Path, index: Path, query: str) -> None:
    before = (index / "kg.sqlite").read_bytes()
    result = run("kg-cache", index, "sql", query.format(file=tmp_path / "new.sqlite"))
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert (index / "kg.sqlite").read_bytes() == before
    assert not (tmp_path / "new.sqlite").exists()


@pytest.mark.parametrize("query", ["selct 1", "select 1; select 2", "select * from nowhere", "select 'x", "select ?"])
def test_wrong_sql_is_one_line(run, index: Path, query: str) -> None:
    result = run("kg-cache", index, "sql", query)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_sql_that_never_ends_is_ended(run, index: Path) -> None:
    forever = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
    result = run("kg-cache", index, "sql", forever, "--timeout", "0.2")
    assert result.exit_code == 1
    assert "longer than 0.2 s" in result.stderr


def test_sql_rows_are_limited_with_a_word(run, index: Path) -> None:
    result = run("kg-cache", index, "sql", "select id from entity order by id", "--limit", "2", "--json")
    assert json.loads(result.stdout) == [{"id": 1}, {"id": 2}]
    assert "first 2 rows" in result.stderr


def test_markup_in_values_is_shown_as_it_is(run, index: Path) -> None:
    assert "[red]:smile: x[/red]" in run("kg-cache", index, "sql", "select '[red]:smile: x[/red]' as v").stdout


def test_serving_without_datasette_names_the_command(run, index: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "datasette", None)
    monkeypatch.delitem(sys.modules, "scripts._serve_index", raising=False)
    result = run("kg-cache", index, "serve")
    assert (result.exit_code, "pip install 'kgmner[datasette]'" in result.stderr) == (1, True)
