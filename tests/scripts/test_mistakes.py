"""A user's mistake is one line with the value, what was expected and the fix; exit 1, or 2 for wrong usage."""

import errno
import json
import os
from pathlib import Path

import pytest

from kg.errors import KgError
from linker.errors import LinkerError
from ner.errors import NerError
from vision.errors import VisionError


def assert_one_line(result, *words: str) -> None:
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    assert all(word in lines[0] for word in words), lines[0]


@pytest.mark.parametrize("command", ["stats", "show Chad", "search Chad", "knowledge", "prune --all", "sql select"])
def test_an_index_that_is_not_there(run, tmp_path: Path, command: str) -> None:
    assert_one_line(run("kg-cache", tmp_path / "none", *command.split()), "none", "build-kg-index")


def test_linking_with_an_index_that_is_not_there(run, tmp_path: Path, posts: Path) -> None:
    assert_one_line(run("link-and-tag", tmp_path, posts), str(tmp_path), "build-kg-index")


def test_an_index_that_is_half_built(run, tmp_path: Path, posts: Path) -> None:
    (tmp_path / "kg.sqlite").touch()
    assert_one_line(run("link-and-tag", tmp_path, posts), "half-built", "again")


def test_an_index_of_another_version(run, tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text(json.dumps({"format_version": 999}))
    assert_one_line(run("kg-cache", tmp_path, "stats"), "999")


def test_posts_that_are_not_there(run, index: Path) -> None:
    assert_one_line(run("link-and-tag", index, "nowhere.jsonl"), "nowhere.jsonl", "check the path")


def test_sources_and_pictures_that_are_not_there(run, tmp_path: Path) -> None:
    assert_one_line(run("build-kg-index", tmp_path / "i", "--dump", "nowhere.ttl"), "nowhere.ttl")
    assert_one_line(
        run("build-kg-index", tmp_path / "i", "--dump", tmp_path, "--images", "nowhere"), "nowhere", "folder"
    )
    assert not (tmp_path / "i").exists()


def test_an_encoder_or_tagger_that_is_not_there(run, tmp_path: Path, index: Path, posts: Path) -> None:
    assert_one_line(run("build-kg-index", tmp_path / "i", "--dump", tmp_path, "--encoder", "lite7"), "lite7")
    assert_one_line(run("link-and-tag", index, posts, "--tagger", "nobody", "--cache", "none"), "nobody")
    tagged = tmp_path / "tagged.conll"
    tagged.write_text("Chad\tB-LOC\n\n")
    assert_one_line(run("evaluate-tagger", "nobody", tagged), "nobody")


def test_a_recipe_or_training_file_that_is_not_there(run, tmp_path: Path, posts: Path) -> None:
    given = ("--train", posts, "--valid", posts, "-o", tmp_path / "t")
    assert_one_line(run("train-tagger", "nothing.toml", *given), "nothing.toml")
    assert_one_line(run("train-tagger", "default", *given), "posts.jsonl:1")


def test_an_output_that_cannot_be(run, tmp_path: Path, index: Path, posts: Path) -> None:
    assert_one_line(run("link-and-tag", index, posts, "-o", tmp_path), str(tmp_path), "is a folder")
    assert_one_line(run("link-and-tag", index, posts, "-o", tmp_path / "no" / "out.jsonl"), "no folder")


def test_a_cache_in_a_folder_that_does_not_exist(run, tmp_path: Path, index: Path, posts: Path) -> None:
    cache = tmp_path / "no" / "cache.sqlite"
    for given in ((posts,), ("--text", "Chad")):
        assert_one_line(run("link-and-tag", index, *given, "--cache", cache), str(cache), "there is no folder", "first")
    assert_one_line(run("link-and-tag", index, posts, "--cache", tmp_path), str(tmp_path), "is a folder")
    assert_one_line(run("kg-cache", "--cache", cache, index, "knowledge"), str(cache), "does not exist")
    tagged = tmp_path / "tagged.conll"
    tagged.write_text("Chad\tB-LOC\n\n")
    wrong = ("--images", tmp_path, "--picture-cache", cache)
    assert_one_line(run("evaluate-tagger", "default", tagged, *wrong), str(cache), "there is no folder")
    files = ("--train", tagged, "--valid", tagged, "-o", tmp_path / "run")
    assert_one_line(run("train-tagger", "default", *files, *wrong), str(cache), "there is no folder")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["tagged.conll"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("link-and-tag", "i"),
        ("link-and-tag", "i", "posts.jsonl", "--text", "Chad"),
        ("link-and-tag", "i", "posts.jsonl", "--image", "x.jpg"),
        ("link-and-tag", "i", "posts.jsonl", "--resume"),
        ("link-and-tag", "i", "posts.jsonl", "--threshold", "7"),
        ("link-and-tag", "i", "posts.jsonl", "--format", "xml"),
        ("build-kg-index", "i"),
        ("kg-cache", "i", "prune"),
        ("kg-cache", "i", "prune", "--all", "--older-than", "3"),
        ("train-tagger", "default"),
        ("evaluate-tagger",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_another_status(run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "--help" in result.stderr


@pytest.mark.parametrize("kind", [KgError, VisionError, NerError, LinkerError])
def test_every_room_s_errors_become_one_line(run, monkeypatch, kind: type[Exception]) -> None:
    class Odd(kind):  # type: ignore[valid-type,misc]
        def __init__(self) -> None:
            Exception.__init__(self, "it is\nodd")

    def fail(*_: object, **__: object) -> None:
        raise Odd

    monkeypatch.setattr("linker.open_index", fail)
    result = run("kg-cache", "anywhere", "stats")
    assert (result.exit_code, result.stderr) == (1, "error: it is odd\n")


def test_a_bug_is_not_hidden(run, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("linker.open_index", fail)
    assert isinstance(run("kg-cache", "anywhere", "stats").exception, ZeroDivisionError)


def test_an_interruption_says_how_to_go_on(run, monkeypatch, tmp_path: Path) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("linker.build_index", interrupt)
    result = run("build-kg-index", tmp_path / "i", "--dump", tmp_path)
    assert (result.exit_code, result.stderr) == (130, "stopped; the same command goes on where it was\n")


def test_a_full_disk_leaves_no_half_file(run, monkeypatch, tmp_path: Path, index: Path) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = tmp_path / "out.jsonl"
    out.write_text("before\n")
    monkeypatch.setattr("os.fsync", full)
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"text": "it is monday"}\n')
    assert_one_line(run("link-and-tag", index, posts, "-o", out, "--cache", "none"), "no space left", "free some space")
    assert out.read_text() == "before\n"


def test_pipes_where_files_are_wanted_and_no_file_called_dash(run, tmp_path: Path, index: Path, posts: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert_one_line(run("build-kg-index", tmp_path / "i", "--dump", tmp_path / "pipe"), "pipe", "write it to a file")
    assert_one_line(run("link-and-tag", index, posts, "-o", "-", "--format", "csv"), "-o -", "go to stdout")
    assert not Path("-").exists()


def test_a_text_in_another_field_is_asked_for(run, tmp_path: Path, index: Path) -> None:
    (tmp_path / "posts.jsonl").write_text('{"cid": "b", "record": {"text": "it is monday"}}\n')
    told = run("link-and-tag", index, tmp_path / "posts.jsonl", "--cache", "none")
    assert (told.exit_code, "is the text --field text=record.text?" in told.stderr) == (1, True)


def test_pictures_that_are_not_there(run, tmp_path: Path, index: Path, posts: Path) -> None:
    alone = run("link-and-tag", index, "--text", "Chad", "--image", tmp_path / "no.jpg", "--cache", "none")
    assert (alone.exit_code, alone.stderr) == (0, f"picture not used: {tmp_path / 'no.jpg'} (no such file)\n")
    (tmp_path / "lost.jsonl").write_text('{"id": 1, "text": "it is monday", "image": "no.jpg"}\n')
    lost = run("link-and-tag", index, tmp_path / "lost.jsonl", "--cache", "none")
    assert lost.stderr == f"1 picture not used: 1 (no such file: {tmp_path}/no.jpg); --images DIR says where they are\n"
    for command in (("link-and-tag", index, posts), ("kgmner-report", posts, "-o", tmp_path / "r.html")):
        told = run(*command, "--images", tmp_path / "nowhere")
        assert (told.exit_code, "nowhere' does not exist" in told.stderr) == (2, True)


def test_a_table_that_is_not_utf8_and_pictures_that_cannot_be_used_are_told(run, tmp_path: Path, posts: Path) -> None:
    rows = "iri;label;image\nhttp://e/a;Anna;no.jpg\nhttp://e/k;Köln;\nhttp://e/l;Lübeck;\n"
    (tmp_path / "entities.csv").write_bytes(rows.encode("cp1252"))
    built = run("build-kg-index", tmp_path / "index", "--dump", tmp_path / "entities.csv")
    assert "2 lines skipped, such as line 3: bytes that are not UTF-8: save the table as UTF-8" in built.stderr
    assert "1 picture could not be used, such as no.jpg (no file 'no.jpg' beside the table); see" in built.stderr
    found = run("kg-cache", tmp_path / "index", "image", posts.parent / "images" / "chad-flag.jpg")
    assert "of 0 pictures in the index none has a cosine of 0.5 or more" in found.stderr


def test_a_graph_of_nothing_and_a_place_that_is_a_file(run, tmp_path: Path) -> None:
    (tmp_path / "none.csv").touch()
    built = run("build-kg-index", tmp_path / "index", "--dump", tmp_path / "none.csv")
    assert "index holds no entity, so nothing will be found" in built.stderr
    again = run("build-kg-index", tmp_path / "none.csv", "--dump", tmp_path / "none.csv")
    assert_one_line(again, "none.csv: file exists: expected a folder, or a new name")


def test_a_table_of_types_from_a_spreadsheet(run, tmp_path: Path) -> None:
    (tmp_path / "types.csv").write_text("class;type\npainting;OTHER\n", "utf-8-sig")
    (tmp_path / "entities.csv").write_text("iri;label;class\nhttp://e/a;Anna;painting\n", "utf-8-sig")
    built = run(
        "build-kg-index", tmp_path / "index", "--dump", tmp_path / "entities.csv", "--types", tmp_path / "types.csv"
    )
    assert built.exit_code == 0
    assert '"type": "OTHER"' in run("kg-cache", tmp_path / "index", "show", "Anna", "--json").stdout
