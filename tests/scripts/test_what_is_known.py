"""What is known of entities, by whole commands: profiles made ahead, descriptions of any kind, tables of counts."""

import json
from pathlib import Path
from typing import Any

import pytest

ENTITIES = """iri,label,class,description
urn:ga,Columbus,city,"A city in Georgia, seat of a county"
urn:man,Columbus,person,"An explorer and captain who sailed the ocean with three ships"
urn:bare,Ohio,,
"""


def link(run, index: Path, *texts: str) -> list[dict[str, Any]]:
    """What the first word of each text means, its candidates by IRI."""
    posts = [
        json.dumps({"id": 1, "text": text, "mentions": [{"start_char": 0, "end_char": text.index(" ")}]}) + "\n"
        for text in texts
    ]
    result = run("link-and-tag", index, "-", "--cache", "none", stdin="".join(posts).encode())
    assert result.exit_code == 0, result.output
    mentions = [mention for line in result.stdout.splitlines() for mention in json.loads(line)["mentions"]]
    return [found | {"candidates": {one["iri"]: one for one in found["candidates"]}} for found in mentions]


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    (tmp_path / "entities.csv").write_text(ENTITIES)
    return tmp_path / "entities.csv"


@pytest.mark.parametrize(("encoder", "width"), [("words", 64), ("all-MiniLM-L6-v2", 384)])
def test_profiles_that_are_made_ahead_link_posts(run, tmp_path: Path, tables: Path, encoder: str, width: int) -> None:
    made = run("build-kg-index", tmp_path / "index", "--dump", tables, "--profiles", encoder)
    assert made.exit_code == 0, made.output
    assert f"profiles: by {encoder}, {width} numbers each" in made.stdout
    found = link(run, tmp_path / "index", "Columbus sailed with his ships", "Columbus is a county seat")
    assert [mention["entity"]["iri"] for mention in found] == ["urn:man", "urn:ga"]


def test_profiles_of_another_encoder_are_not_used(run, tmp_path: Path, tables: Path) -> None:
    index = tmp_path / "index"
    assert run("build-kg-index", index, "--dump", tables, "--profiles", "words").exit_code == 0
    manifest = json.loads((index / "index.json").read_text())
    manifest["profiles"]["identity"] = "words-of-yesterday"
    (index / "index.json").write_text(json.dumps(manifest))
    refused = run("link-and-tag", index, "--text", "Columbus", "--cache", "none")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1].startswith(f"error: the profiles of {index}")
    assert "--profiles words" in refused.stderr
    assert run("build-kg-index", index, "--dump", tables, "--profiles", "words").exit_code == 0
    assert json.loads((index / "index.json").read_text())["profiles"]["identity"] != "words-of-yesterday"


def test_an_unknown_encoder_is_said_before_anything_is_built(
    run, tmp_path: Path, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "no-encoder"
    folder.mkdir()
    result = run("build-kg-index", tmp_path / "index", "--dump", tables, "--profiles", folder)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(f"error: sentence encoder '{folder}' was not found")
    assert not (tmp_path / "index").exists()


def test_descriptions_of_any_kind_are_read(run, tmp_path: Path) -> None:
    told = {
        "man": "An explorer and captain who sailed the ocean",
        "one_word": "A city in Georgia. " + "x" * 1_000_000,
        "sentences": "A city in Georgia. " * 60_000,
        "markup": "<p class='x'>A '''city''' in [[Georgia]]</p> {{cite}} <script>alert(1)</script>",
        "broken_markup": "<" * 1_000_000 + " city in Georgia",
        "languages": "Miasto w Georgii, Город в Джорджии, 乔治亚州城市",
        "marks": "\u202e\u0000\ufffe",
        "empty": "",
    }
    rows = ({"iri": f"urn:{name}", "label": "Columbus", "description": text} for name, text in told.items())
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = run("build-kg-index", tmp_path / "index", "--dump", tmp_path / "rows.jsonl", "--profiles", "words")
    assert made.exit_code == 0, made.output
    assert f"{len(told)} entities" in made.stdout
    [found] = link(run, tmp_path / "index", "Columbus sailed the ocean")
    assert found["entity"]["iri"] == "urn:man"
    assert found["candidates"].keys() == {f"urn:{name}" for name in told}


def test_a_description_in_english_stands_before_a_longer_one(run, tmp_path: Path) -> None:
    def triple(subject: str, predicate: str, text: str, language: str) -> str:
        return f'<urn:{subject}> <http://www.w3.org/2000/01/rdf-schema#{predicate}> "{text}"@{language} .\n'

    (tmp_path / "comments.nt").write_text(
        triple("a", "label", "Columbus", "en")
        + triple("a", "comment", "An explorer of the ocean", "en-GB")
        + triple("a", "comment", "Ein Seefahrer, der den Ozean auf der Suche nach Indien befuhr und sailed ships", "de")
        + triple("b", "label", "Columbus", "en")
        + triple("b", "comment", "Eine Stadt", "de")
    )
    assert run("build-kg-index", tmp_path / "index", "--dump", tmp_path / "comments.nt").exit_code == 0
    shown = link(run, tmp_path / "index", "Columbus ocean today", "Columbus indien today")
    context = [found["candidates"]["urn:a"]["context"] for found in shown]
    assert context[0] > context[1]


def test_counts_that_cannot_be_used_are_said_and_counted(run, tmp_path: Path) -> None:
    (tmp_path / "entities.csv").write_text(
        "iri,label,aliases\nurn:ny,New York Giants,Giants\nurn:sf,SF Giants,Giants\n"
    )
    (tmp_path / "counts.csv").write_text(
        "alias,iri,count\nGiants,urn:ny,9\nGiants,urn:sf,3\nGiants,urn:sf,-3\nGiants,urn:sf,many\nGiants,urn:sf,nan\n"
        "Giants,urn:nobody,4\n,urn:ny,4\nGiants,,4\n"
    )
    index, options = tmp_path / "index", ("--dump", tmp_path / "entities.csv", "--counts", tmp_path / "counts.csv")
    made = run("build-kg-index", index, *options)
    assert made.exit_code == 0, made.output
    assert "counts.csv: 9 lines, 6 skipped" in made.stdout
    assert "6 lines skipped; see them with" in made.stderr
    rows = json.loads(run("kg-cache", index, "sql", "select line, reason from rejected order by line", "--json").stdout)
    assert [(row["line"], row["reason"]) for row in rows] == [
        (4, "count '-3', expected a number from 0 on"),
        (5, "count 'many', expected a number from 0 on"),
        (6, "count 'nan', expected a number from 0 on"),
        (7, "no entity of the graph has this IRI"),
        (8, "no alias"),
        (9, "no iri"),
    ]
    [found] = link(run, index, "Giants win again")
    counts = {iri: one["count"] for iri, one in found["candidates"].items()}
    assert counts == {"urn:ny": 9, "urn:sf": 3}


@pytest.mark.parametrize("table", ["", "name,often\nGiants,9\n", "Giants,urn:ny,often\n"])
def test_a_table_that_has_no_counts_is_refused(run, tmp_path: Path, table: str) -> None:
    (tmp_path / "entities.csv").write_text("iri,label\nurn:ny,New York Giants\n")
    (tmp_path / "counts.csv").write_text(table)
    options = ("--dump", tmp_path / "entities.csv", "--counts", tmp_path / "counts.csv")
    refused = run("build-kg-index", tmp_path / "index", *options)
    assert refused.exit_code == 1
    assert "alias,iri,count" in refused.stderr.splitlines()[-1]
