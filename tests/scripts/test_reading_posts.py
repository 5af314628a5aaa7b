"""link-and-tag over files that people have: what they are taken for, and what is said of odd posts."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from picture_server import Answer, picture_server

Run = Callable[..., Result]


def link(run: Run, index: Path, posts: Path | str, *options: object, stdin: bytes | None = None) -> tuple[Any, str]:
    """The results by id, and what was said."""
    result = run("link-and-tag", index, posts, "--cache", "none", *options, stdin=stdin)
    assert result.exit_code == 0, result.output
    return {row["id"]: row for row in map(json.loads, result.stdout.splitlines())}, result.stderr


def entities(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(row["text"][m["start_char"] : m["end_char"]], m["entity"]["label"]) for m in row["mentions"]]


def test_styled_letters_are_read_as_plain_ones_and_come_out_as_written(run: Run, tmp_path: Path, index: Path) -> None:
    posts = {
        "plain": ("Jakarta here we come", [("Jakarta", "Jakarta")]),
        "bold": ("𝐉𝐚𝐤𝐚𝐫𝐭𝐚 𝐡𝐞𝐫𝐞 𝐰𝐞 𝐜𝐨𝐦𝐞", [("𝐉𝐚𝐤𝐚𝐫𝐭𝐚", "Jakarta")]),
        "wide": ("Ｊａｋａｒｔａ here we come", [("Ｊａｋａｒｔａ", "Jakarta")]),
        "no width": ("Ja\u200bkarta here we come", [("Ja\u200bkarta", "Jakarta")]),
        "bold name": ("𝐄𝐥𝐨𝐧 𝐌𝐮𝐬𝐤 𝐦𝐚𝐝𝐞 𝐢𝐭 𝐥𝐨𝐨𝐤 𝐞𝐚𝐬𝐲", [("𝐄𝐥𝐨𝐧 𝐌𝐮𝐬𝐤", "Elon Musk")]),
        "bold tag": ("#𝐆𝐫𝐚𝐜𝐞𝐇𝐨𝐩𝐩𝐞𝐫 rocks", [("#𝐆𝐫𝐚𝐜𝐞𝐇𝐨𝐩𝐩𝐞𝐫", "Grace Hopper")]),
    }
    file = tmp_path / "posts.txt"
    file.write_text(json.dumps([{"id": name, "text": text} for name, (text, _) in posts.items()]))
    found, said = link(run, index, file)
    assert {name: entities(row) for name, row in found.items()} == {name: names for name, (_, names) in posts.items()}
    assert found["bold"]["tokens"] == posts["bold"][0].split()
    assert "taken for JSON values" in said and "English" not in said


def test_names_in_scripts_that_the_tagger_cannot_read(run: Run, tmp_path: Path) -> None:
    table, posts = tmp_path / "entities.csv", tmp_path / "posts.txt"
    table.write_text("iri,label,type,aliases\nu:1,Beijing,LOC,北京\nu:2,Bangkok,LOC,กรุงเทพมหานคร\nu:3,Egypt,LOC,مصر\n")
    assert run("build-kg-index", tmp_path / "index", "--dump", table).exit_code == 0
    posts.write_text("我爱北京天安门\nฉันรักกรุงเทพมหานครมาก\nأحب مصر كثيرا يا صديقي\n")
    found, said = link(run, tmp_path / "index", posts)
    assert [entities(row) for row in found.values()] == [
        [("北京", "Beijing")], [("กรุงเทพมหานคร", "Bangkok")], [("مصر", "Egypt")],
    ]  # fmt: skip
    assert "3 posts do not look like English" in said


def test_odd_posts_are_results_or_named(run: Run, tmp_path: Path, index: Path, posts: Path) -> None:
    picture = base64.b64encode((posts.parent / "images" / "chad-drummer.jpg").read_bytes()).decode()
    rows = [
        {"id": "1", "text": "Jakarta here we come"}, {"id": "1", "text": "Monaco here we come"},
        {"id": 1e3, "text": "Monaco here we come"}, {"id": "4", "text": ["Jakarta", "here"]},
        {"id": "5", "tokens": "Jakarta here we come"}, {"id": "6", "tokens": ["Jakarta", "", " ", "\n", "here"]},
        {"id": "7", "text": ""}, {"id": "9", "tokens": []}, {"id": None, "text": "Monaco"}, {"id": "x", "text": 3},
        {"id": "list", "text": "Chad", "image": ["a", "b.jpg"]}, {"id": "nan", "text": "Chad", "image": float("nan")},
        {"id": "web", "text": "Chad", "image": "https://example.org/a.jpg"},
        {"id": "base64", "text": "Chad looks great", "image": f"data:image/jpeg;base64,{picture}"},
    ]  # fmt: skip
    file = tmp_path / "odd.csv"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found, said = link(run, index, file)
    assert list(found) == ["1", 1000, "4", "5", "6", "7", "9", "list", "nan", "web", "base64"]
    assert found["base64"]["pictured"]["label"] == "Chad Smith"
    for name in ("list", "nan", "web"):
        assert found[name]["image_error"] and found[name]["mentions"]
    assert "repeated ids: 2 ('1', '9')" in said
    assert "1 line skipped: line 10 text is 3, expected a string" in said
    assert (
        "3 pictures not used: list (image is a list of 2 (give a post for each)" in said
        and "only --fetch-images asks for" in said
    )


def test_a_table_from_standard_input_with_names_of_its_own(run: Run, index: Path) -> None:
    found, said = link(run, index, "-", "--field", "text=Body", stdin=b"nr;body\n1;Jakarta here we come\n")
    assert entities(found["2"]) == [("Jakarta", "Jakarta")]
    assert "standard input: taken for a table with semicolons with the columns nr, body" in said
    result = run("link-and-tag", index, "-", "--field", "body=text")
    assert result.exit_code == 2 and "expected OURS=THEIRS" in result.stderr


def test_pictures_from_the_web_come_only_where_they_are_asked_for(
    run: Run, tmp_path: Path, index: Path, posts: Path
) -> None:
    file = tmp_path / "posts.jsonl"
    with picture_server() as server:
        server.answers["drummer.jpg"] = [Answer((posts.parent / "images" / "chad-drummer.jpg").read_bytes())]
        address = f"http://{server.host}/drummer.jpg"
        rows = [{"id": "a", "text": "Chad looks great", "image": address}]
        rows.append({"id": "b", "text": "Chad", "image": f"http://{server.other_host}/drummer.jpg"})
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        options = ("--fetch-images", "--contact", "me@example.org", "--image-host", server.host)
        found, said = link(run, index, file, *options)
        assert found["a"]["pictured"]["label"] == "Chad Smith"
        assert [found["a"]["image"], found["b"]["image"]] == [row["image"] for row in rows]
        assert found["b"]["image_error"] and "1 picture not used: b (" in said
        assert len(server.asked) == 1
        link(run, index, file, *options, "-o", tmp_path / "page.html")
    shown = re.search(r'class="posts">(.*)</script>', (tmp_path / "page.html").read_text("utf-8"))
    assert shown and ["picture" in post for post in json.loads(shown[1])] == [True, False]
    for wrong in (("--fetch-images",), ("--image-host", "a.b")):
        assert run("link-and-tag", index, file, *wrong).exit_code == 2


def test_what_tagged_files_were_taken_for_is_said(run: Run, tmp_path: Path) -> None:
    file, table = tmp_path / "posts.conll", tmp_path / "types.csv"
    file.write_text("Rex S-DOG\nsaw O\nTim B-PERSON\nCook E-PERSON\n")
    table.write_text("tag,type\nDOG,OTHER\n")
    wrong = run("evaluate-tagger", "default", file)
    assert wrong.exit_code == 1 and "posts.conll:1: type 'DOG' is unknown" in wrong.stderr
    right = run("evaluate-tagger", "default", file, "--types", table, "--bootstrap", "2", "--json")
    assert right.exit_code == 0, right.output
    assert "1 post in columns of words and tags (IOBES); DOG as OTHER, PERSON as PER" in right.stderr
    assert json.loads(right.stdout)["lenient"]["overall"]["gold"] == 2


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ('{"text": "a"}\n\n{"text": 3}\n{"text": "b"}\n', "posts: 3 of 3"),
        ('[{"text": "a"},\n{"text": "b"}]\n', "posts: 2"),
        ('{"data": [{"text": "a"}, {"text": "b"}]}\n', "posts: 2"),
        ('{\n"text": "a"\n}\n{\n"text": "b"\n}\n', "posts: 2"),
        ('id,text\n1,"a\nb"\n2,c\n', "posts: 2"),
    ],
)
def test_how_many_posts_there_are_is_said_only_where_it_is_known(
    run: Run, tmp_path: Path, index: Path, text: str, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts._progress._SECONDS_BETWEEN_LINES", 0)
    (tmp_path / "posts.jsonl").write_text(text)
    _, said = link(run, index, tmp_path / "posts.jsonl", "--batch-size", 1)
    assert [line for line in said.splitlines() if line.startswith("posts: ")][-1].split(",")[0] == last


@pytest.mark.parametrize("name", ["none.jsonl", ""])
def test_a_missing_file_is_one_line(run: Run, tmp_path: Path, index: Path, name: str) -> None:
    result = run("link-and-tag", index, tmp_path / name, "--cache", "none")
    assert result.exit_code == 1 and result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
