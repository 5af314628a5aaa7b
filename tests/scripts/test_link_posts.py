"""link-and-tag over a file: what is written, what is skipped, and that it is the same however it is run."""

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]


def lines(data: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in data.splitlines()]


def test_one_result_a_post_in_the_same_order(linked: bytes, posts: Path) -> None:
    asked = lines(posts.read_bytes())
    assert [row["id"] for row in lines(linked)] == [post["id"] for post in asked]
    before, after = ["id", "text", "image", "tokens", "tags"], ["mentions", "pictured"]
    assert all(list(row)[:5] == before for row in lines(linked))
    assert all(after[0] in row and after[1] in row for row in lines(linked))


@pytest.mark.parametrize("size", [1, 5])
def test_the_batch_size_changes_nothing(
    run, tmp_path: Path, index: Path, posts: Path, linked: bytes, size: int
) -> None:
    result = run("link-and-tag", index, posts, "--cache", tmp_path / "cache.sqlite", "--batch-size", size)
    assert result.stdout_bytes == linked


def test_standard_input_and_output(run, index: Path, linked: bytes) -> None:
    result = run("link-and-tag", index, "-", "--cache", "none", stdin=b'{"id": "nobody", "text": "it is monday"}\n')
    assert result.exit_code == 0
    assert lines(result.stdout_bytes)[0]["tokens"] == ["it", "is", "monday"]


def test_why_a_mention_means_its_entity_is_said_in_words(run, index: Path) -> None:
    asked = ("link-and-tag", index, "--text", "Chad looks great", "--cache", "none", "--format", "jsonl")
    [plain], [explained] = (lines(run(*asked, *more).stdout_bytes) for more in ((), ("--explain",)))
    [mention], [told] = plain["mentions"], explained["mentions"]
    assert "why" not in mention
    assert told["why"][0] == "the name is Chad, to the letter"
    assert all(candidate["clues"] for candidate in told["candidates"])
    kept = [{key: value for key, value in c.items() if key in mention["candidates"][0]} for c in told["candidates"]]
    assert kept == mention["candidates"]


def test_links_that_are_not_sure_enough_are_left_out(run, index: Path) -> None:
    asked = ("link-and-tag", index, "--text", "Chad looks great", "--cache", "none", "--format", "jsonl")
    [sure], [unsure] = (lines(run(*asked, "--min-link-score", score).stdout_bytes) for score in ("0", "1"))
    [mention], [left] = sure["mentions"], unsure["mentions"]
    assert mention["entity"]["iri"] == mention["candidates"][0]["iri"]
    assert (left["entity"], left["candidates"]) == (None, mention["candidates"])
    assert run(*asked, "--min-link-score", "2").exit_code == 2


def test_bad_lines_are_counted_and_their_neighbours_read(run, tmp_path: Path, index: Path) -> None:
    posts, errors = tmp_path / "posts.jsonl", tmp_path / "errors.jsonl"
    posts.write_bytes(
        b'{"id": 1, "text": "Chad"}\n{"id": 2, "te\n[]\n\n\xff\xfe\n{"id": 6, "text": 7}\n{"id": 1, "text": "Jordan"}\n'
    )
    result = run("link-and-tag", index, posts, "--cache", "none", "--errors", errors)
    assert result.exit_code == 0
    assert [row["id"] for row in lines(result.stdout_bytes)] == [1, 1]
    assert "4 lines skipped: line 2 " in result.stderr
    assert [row["line"] for row in lines(errors.read_bytes())] == [2, 3, 5, 6]
    assert all(row["reason"] for row in lines(errors.read_bytes()))


def test_a_file_without_any_post_fails(run, tmp_path: Path, index: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"no\n{"posts\n{"here\n')
    out = tmp_path / "out.jsonl"
    result = run("link-and-tag", index, posts, "--cache", "none", "-o", out)
    assert result.exit_code == 1
    assert "none of its 3 lines is a post" in result.stderr.splitlines()[-1]


def test_an_empty_file_is_no_mistake(run, tmp_path: Path, index: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.touch()
    result = run("link-and-tag", index, posts, "--cache", "none")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "holds no posts" in result.stderr


def test_bad_pictures_are_said_and_the_text_is_read(run, tmp_path: Path, index: Path) -> None:
    rows = [{"id": "gone", "text": "Chad", "image": "gone.jpg"}, {"id": "empty", "text": "Chad", "image": "empty.jpg"}]
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "posts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run("link-and-tag", index, tmp_path / "posts.jsonl", "--cache", "none")
    assert result.exit_code == 0
    found = lines(result.stdout_bytes)
    assert all(row["image_error"] and row["mentions"] for row in found)
    assert "2 pictures not used: gone (" in result.stderr


def test_conll_in_and_out(run, tmp_path: Path, index: Path) -> None:
    posts = tmp_path / "posts.conll"
    posts.write_text("IMGID:7\nChad\tB-LOC\nlooks\tO\n\nIMGID:8\nhello\tO\n\n")
    out = tmp_path / "out.conll"
    assert run("link-and-tag", index, posts, "-o", out, "--cache", "none").exit_code == 0
    blocks = out.read_text().split("\n\n")
    assert [block.splitlines()[0] for block in blocks if block] == ["IMGID:7", "IMGID:8"]
    assert [row.split("\t")[0] for row in blocks[0].splitlines()[1:]] == ["Chad", "looks"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.conll", "posts.conll"]


def test_pictures_of_a_conll_file_are_found_by_their_names(run, tmp_path: Path, index: Path, posts: Path) -> None:
    (tmp_path / "posts.conll").write_text("IMGID:chad-drummer\nChad\tO\nlooks\tO\n\n")
    images = posts.parent / "images"
    result = run("link-and-tag", index, tmp_path / "posts.conll", "--images", images, "--cache", "none")
    assert lines(result.stdout_bytes)[0]["pictured"]["label"] == "Chad Smith"  # type: ignore[index]


def test_one_text_with_a_picture(run, tmp_path: Path, index: Path, posts: Path) -> None:
    image = posts.parent / "images" / "chad-drummer.jpg"
    result = run("link-and-tag", index, "--text", "Chad looks great", "--image", image, "--cache", "none")
    [row] = lines(result.stdout_bytes)
    assert row["pictured"]["label"] == "Chad Smith"  # type: ignore[index]
    assert run("link-and-tag", index, "--text", "", "--cache", "none").exit_code == 0


def test_the_cache_is_kept_where_it_is_said_and_not_at_all_if_so(run, tmp_path: Path, index: Path, posts: Path) -> None:
    before = sorted(index.iterdir())
    cache = tmp_path / "elsewhere.sqlite"
    arguments = ("link-and-tag", index, "--text", "Chad", "--image", posts.parent / "images" / "chad-flag.jpg")
    run(*arguments, "--cache", cache)
    run(*arguments, "--cache", "none")
    assert cache.is_file()
    assert sorted(index.iterdir()) == before


def test_an_index_by_another_encoder(run, tmp_path: Path, index: Path, posts: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(index, other)
    manifest = json.loads((other / "index.json").read_text())
    manifest["encoder"]["identity"] = "another"
    (other / "index.json").write_text(json.dumps(manifest))
    result = run("link-and-tag", other, posts, "--cache", "none")
    assert result.exit_code == 1
    assert "another" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    alone = run("link-and-tag", other, "--text", "Chad looks great", "--cache", "none")  # nothing to look at
    assert (alone.exit_code, alone.stderr) == (0, "")


def test_a_device_is_written_to_and_not_replaced(index: Path, run: Run, tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"id": "a", "text": "Chad"}\n', "utf-8")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text("utf-8")))
    read: list[str] = []
    reader.start()
    result = run("link-and-tag", index, posts, "-o", pipe, "--cache", "none")
    reader.join(timeout=60)
    assert result.exit_code == 0, result.output
    assert json.loads(read[0])["id"] == "a"
    assert pipe.is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe", "posts.jsonl"]


def test_posts_may_come_by_a_named_pipe(index: Path, run: Run, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text('{"id": "a", "text": "Chad"}\n', "utf-8"))
    writer.start()
    result = run("link-and-tag", index, pipe, "--cache", "none")
    writer.join(timeout=60)
    assert (result.exit_code, json.loads(result.stdout)["id"]) == (0, "a")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(index: Path, run: Run, tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"id": "a", "text": "Chad"}\n', "utf-8")
    result = run("link-and-tag", index, posts, "-o", "/dev/full", "--cache", "none")
    assert result.exit_code == 1
    assert "no space left on device): free some space" in result.output
    assert Path("/dev/full").is_char_device()
