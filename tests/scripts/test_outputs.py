"""What link-and-tag writes: every form in one run, results that keep to their schema and join to the user's data."""

import gzip
import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from kg import KnowledgeCache

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]
ALL = ("jsonl", "jsonl.gz", "csv", "parquet", "conll", "html")
OWN = {"likes": 7, "lang": "en", "user": {"name": "me"}, "label": "mine", "caption": "a flag"}


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, posts: Path) -> Path:
    """Posts with fields of the user's: with and without a picture, a broken one, with tokens, with mentions, empty."""
    path = tmp_path_factory.mktemp("own") / "posts.jsonl"
    images = posts.parent / "images"
    rows: list[dict[str, Any]] = [
        {"id": "flag", "text": "Chad  looks great", "image": str(images / "chad-flag.jpg"), **OWN},
        {"id": "rocket", "text": "Elon Musk made it look easy", "image": str(images / "musk-rocket.jpg")},
        {"id": 3, "text": "🎉 Zxqv met Chad in Jakarta", "image": str(images / "broken-picture.jpg"), "likes": 8.5},
        {"id": "tokens", "tokens": ["Chad", "!"], "tags": ["B-PER", "O"], "image": "nowhere.jpg"},
        {"id": "given", "text": "Brrmk and Chad", "mentions": [{"start": 0, "end": 5}, {"start": 0, "end": 14}]},
        {"id": "empty", "text": ""},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, run: Run, index: Path, own: Path) -> Path:
    """A folder with these posts' results in every form, of one run."""
    folder = tmp_path_factory.mktemp("written")
    outs = [argument for ending in ALL for argument in ("-o", folder / f"results.{ending}")]
    told = run("link-and-tag", index, own, *outs, "--cache", "none")
    assert told.exit_code == 0, told.output
    assert "the posts' own tags did not come out again" in told.stderr
    return folder


def test_all_forms_of_one_run_and_nothing_else(written: Path) -> None:
    assert sorted(file.name for file in written.iterdir()) == sorted(f"results.{ending}" for ending in ALL)
    assert gzip.decompress((written / "results.jsonl.gz").read_bytes()) == (written / "results.jsonl").read_bytes()


def test_fields_in_order_and_the_user_s_own_among_them(written: Path, own: Path) -> None:
    found, asked = lines((written / "results.jsonl").read_bytes()), lines(own.read_bytes())
    assert [row["id"] for row in found] == ["flag", "rocket", 3, "tokens", "given", "empty"]
    names = list(found[0])
    assert names[:10] == ["id", "text", "image", "tokens", "tags", *OWN]
    assert names[10:12] == ["mentions", "pictured"]
    assert {name: found[0][name] for name in OWN} == OWN
    images = [row.get("image") for row in asked]
    assert [row["image"] for row in found] == [*images[:3], str(own.parent / "nowhere.jpg"), None, None]


@pytest.mark.parametrize("more", [(), ("--explain",)], ids=["plain", "explained"])
def test_results_keep_to_their_schema(
    run: Run, index: Path, own: Path, tmp_path: Path, linked: bytes, more: tuple[str, ...]
) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema: pip install jsonschema")
    schema = json.loads((ROOT / "docs" / "result.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    told = run("link-and-tag", index, own, "--cache", tmp_path / "cache.sqlite", *more)
    rows = lines(told.stdout_bytes) + lines(linked)
    assert [(row["id"], error.json_path, error.message) for row in rows for error in validator.iter_errors(row)] == []
    assert any(row["image_error"] for row in rows)
    assert any(row["pictured"] and row["pictured"]["path"] for row in rows)
    assert ("why" in rows[0]["mentions"][0]) == bool(more)
    looked = [(len(row["attention"]), len(row["gates"])) for row in rows if "attention" in row]
    assert looked == [(len(row["tokens"]),) * 2 for row in rows if "attention" in row]
    assert bool(looked) == bool(more)
    with KnowledgeCache.open(
        tmp_path / "cache.sqlite", read_only=True
    ) as cache:  # 49 numbers a word are in results alone
        assert ["attention" in kept for kept in cache.decisions("flag").values()] == [False]
    broken = [rows[0] | {"tags": ["X"]}, {key: value for key, value in rows[0].items() if key != "text"}]
    assert not any(validator.is_valid(row) for row in broken)


def test_results_join_to_a_data_frame_by_offset(written: Path, own: Path) -> None:
    pd = pytest.importorskip("pandas", reason="needs pandas: pip install pandas")
    data = pd.DataFrame(lines(own.read_bytes()))
    data["text"] = data["text"].fillna("Chad !")
    mentions = pd.json_normalize(lines((written / "results.jsonl").read_bytes()), "mentions", ["id"])
    joined = data[["id", "text"]].merge(mentions, on="id", suffixes=("", "_of_mention"))
    assert len(joined) == len(mentions) >= 7
    cut = [text[start:end] for text, start, end in zip(joined.text, joined.start_char, joined.end_char, strict=True)]
    assert cut == list(joined["text_of_mention"])


def test_tables_have_a_row_a_mention_and_the_user_s_columns(written: Path) -> None:
    pd = pytest.importorskip("pandas", reason="needs pandas: pip install pandas")
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install pyarrow")
    results = lines((written / "results.jsonl").read_bytes())
    table, parquet = pd.read_csv(written / "results.csv"), pd.read_parquet(written / "results.parquet")
    assert list(table.columns) == list(parquet.columns)
    assert list(table.columns)[-5:] == ["likes", "lang", "user", "post_label", "caption"]
    said = [(str(row["id"]), m["text"], m["start_char"]) for row in results for m in row["mentions"]]
    for frame in (table, parquet):
        assert list(zip(frame["id"].astype(str), frame["mention"], frame["start_char"], strict=True)) == said
        cut = [text[a:b] for text, a, b in zip(frame["text"], frame["start_char"], frame["end_char"], strict=True)]
        assert cut == list(frame["mention"])
        assert json.loads(frame["user"][0]) == OWN["user"]
        assert frame["likes"].dropna().tolist()[0] == 7
    nil = table[table["iri"].isna()]
    assert len(nil) >= 1
    assert (nil["score"] == nil["nil_score"]).all()
    assert str(parquet["ambiguous"].dtype) == "bool"


def test_an_ending_that_is_no_form_is_refused(run: Run, tmp_path: Path, index: Path, posts: Path) -> None:
    for name in ("results.json", "results.xlsx", "results"):
        told = run("link-and-tag", index, posts, "-o", tmp_path / name)
        assert (told.exit_code, told.stderr.count("\n")) == (1, 1)
        assert ".jsonl, .ndjson, .jsonl.gz, .csv, .parquet, .conll, .bio, .html, .htm" in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_format_says_what_the_ending_does_not(run: Run, tmp_path: Path, index: Path, own: Path) -> None:
    out = tmp_path / "results.txt"
    assert run("link-and-tag", index, own, "-o", out, "--format", "conll", "--cache", "none").exit_code == 0
    assert out.read_text("utf-8").startswith("IMGID:flag\nChad\tB-")
    told = run("link-and-tag", index, own, "--format", "csv", "--cache", "none")
    assert told.stdout.splitlines()[0].startswith("id,text,image,pictured,start,end,")


def test_outputs_that_would_write_over_something(run: Run, tmp_path: Path, index: Path, own: Path) -> None:
    posts = shutil.copy(own, tmp_path / "posts.jsonl")
    before = posts.read_bytes()
    told = run("link-and-tag", index, posts, "-o", posts)
    assert told.exit_code == 1
    assert "is the file that is read" in told.stderr
    told = run("link-and-tag", index, posts, "-o", tmp_path / "a.csv", "-o", tmp_path / "." / "a.csv")
    assert told.exit_code == 1
    assert "is given twice" in told.stderr
    told = run("link-and-tag", index, posts, "-o", tmp_path / "a.csv", "-o", tmp_path / "b.csv", "--format", "csv")
    assert told.exit_code == 2
    assert posts.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["posts.jsonl"]


def test_a_stopped_run_goes_on_with_all_its_outputs(
    run: Run, tmp_path: Path, index: Path, own: Path, written: Path
) -> None:
    """What it left are the first two results, beside the second of its outputs."""
    kept = (written / "results.jsonl").read_bytes().splitlines(keepends=True)
    outs = [argument for ending in ("csv", "jsonl") for argument in ("-o", tmp_path / f"results.{ending}")]
    (tmp_path / "results.jsonl.part").write_bytes(b"".join(kept[:2]) + kept[2][:9])
    told = run("link-and-tag", index, own, *outs, "--cache", "none", "--resume")
    assert told.exit_code == 0, told.output
    assert "going on after 2 posts" in told.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["results.csv", "results.jsonl"]
    for name in ("results.csv", "results.jsonl"):
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes()


def test_a_second_run_into_one_place_is_refused_and_the_first_is_whole(
    run: Run, start: Callable[..., Any], tmp_path: Path, index: Path, own: Path
) -> None:
    posts, outs = tmp_path / "posts.jsonl", [tmp_path / name for name in ("out.jsonl", "out.html")]
    posts.write_bytes(own.read_bytes() * 6)
    places = [argument for out in outs for argument in ("-o", out)]
    first = start("link-and-tag", index, posts, *places, "--cache", "none", "--batch-size", 1)
    part = tmp_path / "out.jsonl.part"
    while not (part.exists() and part.stat().st_size):
        assert first.poll() is None, first.stderr.read().decode()
        time.sleep(0.02)
    before = part.read_bytes()
    for out in outs:
        for more in ((), ("--resume",), ("-o", tmp_path / "other.csv")):
            told = run("link-and-tag", index, own, "-o", out, "--cache", "none", *more)
            assert (told.exit_code, told.stderr.count("\n")) == (1, 1)
            assert f"{out} is being " in told.stderr
            assert f" by process {first.pid} on " in told.stderr
    assert part.read_bytes().startswith(before)
    assert not (tmp_path / "other.csv").exists()
    _, errors = first.communicate()
    assert first.returncode == 0, errors
    assert len(lines(outs[0].read_bytes())) == outs[1].read_text("utf-8").count('{"id":') == 36
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.html", "out.jsonl", "posts.jsonl"]


def test_a_page_and_tables_from_results_alone(run: Run, tmp_path: Path, written: Path, index: Path) -> None:
    page, table = tmp_path / "page.html", tmp_path / "table.csv"
    told = run("kgmner-report", written / "results.jsonl", "-o", page, "-o", table, "--index", index)
    assert (told.exit_code, told.stderr) == (
        0,
        f"pictures not found: 1, such as {_missing(written)} (--images DIR says where they are)\n",
    )
    assert table.read_bytes() == (written / "results.csv").read_bytes()
    html = page.read_text("utf-8")
    assert html.count('{"id":') == 6
    assert html.count("data:image/jpeg;base64,") == (written / "results.html").read_text("utf-8").count(
        "data:image/jpeg;base64,"
    )
    told = run("kgmner-report", written / "results.jsonl.gz", "-o", page)
    assert told.exit_code == 0
    assert 0 < page.read_text("utf-8").count("data:image/jpeg;base64,") < html.count("data:image/jpeg;base64,")


def test_the_page_sets_gold_beside_results(run: Run, tmp_path: Path, written: Path) -> None:
    page, results = tmp_path / "page.html", written / "results.jsonl"
    told = run("kgmner-report", results, "-o", page, "--gold", results)
    assert told.exit_code == 0, told.output
    assert "does not have" not in told.stderr
    assert set(re.findall('"wrong":"([a-z]*)"', page.read_text("utf-8"))) == {""}
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps(lines(results.read_bytes())[0] | {"mentions": []}) + "\n")
    told = run("kgmner-report", results, "-o", page, "--gold", other)
    assert f"posts that {other} does not have, or with another text: 5 of 6" in told.stderr
    assert '"wrong":"spurious"' in page.read_text("utf-8")


def _missing(written: Path) -> str:
    [missing] = [row["image"] for row in lines((written / "results.jsonl").read_bytes()) if row["id"] == "tokens"]
    return str(missing)


def test_a_page_of_what_are_no_results(run: Run, tmp_path: Path, own: Path, written: Path) -> None:
    told = run("kgmner-report", own, "-o", tmp_path / "page.html")
    assert told.exit_code == 1
    assert "none of its 6 lines is a result of link-and-tag" in told.stderr
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_bytes(b"no json\n" + (written / "results.jsonl").read_bytes())
    told = run("kgmner-report", mixed, "-o", tmp_path / "page.csv")
    assert told.exit_code == 0
    assert "lines that are no results, left out: 1; the first is line 1" in told.stderr
    mixed.write_text("")
    assert "holds no results" in run("kgmner-report", mixed, "-o", tmp_path / "none.csv").stderr
    assert (tmp_path / "page.csv").read_bytes() == (written / "results.csv").read_bytes()


def test_results_that_are_compressed_are_evaluated_as_others(run: Run, written: Path) -> None:
    gold = written / "results.jsonl"
    plain, packed = (run("evaluate-links", written / name, gold) for name in ("results.jsonl", "results.jsonl.gz"))
    assert (plain.exit_code, packed.exit_code, packed.stdout) == (0, 0, plain.stdout)
    assert "gold mentions" in plain.stdout


def test_what_is_damaged_is_said(run: Run, tmp_path: Path, written: Path) -> None:
    gold, broken = written / "results.jsonl", tmp_path / "broken.jsonl.gz"
    broken.write_bytes((written / "results.jsonl.gz").read_bytes()[:100] + b"\xff" * 100)  # of deflate, not the end
    for command in (
        ("kgmner-report", broken, "-o", tmp_path / "page.csv"),
        ("kgmner-report", gold, "-o", tmp_path / "page.html", "--corrections", broken),
        ("evaluate-links", broken, gold),
        ("evaluate-links", gold, gold, "--same-as", broken),
    ):
        assert "the file is damaged or was cut" in run(*command).stderr


def test_no_row_of_a_large_table_is_lost(run: Run, tmp_path: Path, written: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: pip install pyarrow")
    many, table = tmp_path / "many.jsonl", tmp_path / "table.parquet"
    first = lines((written / "results.jsonl").read_bytes())[0]
    many.write_text("".join(json.dumps(first | {"id": number}) + "\n" for number in range(20_001)), "utf-8")
    assert run("kgmner-report", many, "-o", table).exit_code == 0
    assert pq.read_table(table)["id"].to_pylist() == list(range(20_001))
