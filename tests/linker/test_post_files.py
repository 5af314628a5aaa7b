"""Files of posts told by their content, with every row in its place or named."""

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from backports import zstd
from ftfy import fix_encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from linker import Post, PostError, read_posts
from ner import FormatError

TWO = [{"id": "1", "text": "Jakarta here we come"}, {"id": "2", "text": "Monaco here we come"}]
LINES = "".join(json.dumps(post) + "\n" for post in TWO)


def read(data: str | bytes | Path, **options: object) -> tuple[list[Post], list[PostError], str]:
    """The posts, what was named, and what the file was taken for."""
    told: list[str] = []
    source = data if isinstance(data, Path) else io.BytesIO(data.encode() if isinstance(data, str) else data)
    items = list(read_posts(source, tell=told.append, **options))  # type: ignore[arg-type]
    bad = [item for item in items if isinstance(item, PostError)]
    return [item for item in items if isinstance(item, Post)], bad, "".join(told)


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (LINES, "JSON lines"),
        ("\ufeff\n" + LINES.replace("\n", "\r\n"), "JSON lines"),
        ("[\n " + LINES.replace("}\n{", "},\n {").strip() + "\n]", "JSON values"),
        (json.dumps(TWO), "JSON values"),
        (json.dumps(TWO, indent=2), "JSON values"),
        (json.dumps({"data": TWO, "meta": {"count": 2}}), "JSON values"),
        (json.dumps({"meta": [1], "data": TWO}, indent=1), "JSON values"),
        (json.dumps({"posts": TWO}, indent=4), "JSON values"),
        ("\n".join(json.dumps(post, indent=2) for post in TWO), "JSON values"),
        ("window.YTD.tweets.part0 = " + json.dumps([{"tweet": post} for post in TWO], indent=2), "JSON values"),
        ("id,text,image\n1,Jakarta here we come,\n2,Monaco here we come,\n", "CSV with the columns id, text, image"),
        ('"id","text"\n"1","Jakarta here we come"\n"2","Monaco here we come"\n', "CSV"),
        ("sep=;\nid;text\n1;Jakarta here we come\n2;Monaco here we come\n", "semicolons"),
        ("tweet_id\tTweet\n1\tJakarta here we come\n2\tMonaco here we come\n", "TSV"),
        ("Jakarta here we come\nMonaco here we come\n", "plain text"),
        ("Jakarta\nhere\nwe\ncome\n\nMonaco\nhere\nwe\ncome\n", "columns of words without tags"),
        (
            "Jakarta\tB-XYZ\t_\nhere\tO\t_\nwe\tO\t_\ncome\tI-DATE\t_\n\nMonaco\tB-XYZ\t_\nhere\tO\t_\nwe\tO\t_\ncome\tO\t_\n",
            "columns of words",
        ),
        ("Jakarta B-GPE\nhere O\nwe O\ncome O\n\nMonaco B-GPE\nhere O\nwe O\ncome O\n", "columns of words and tags"),
    ],
)
def test_a_file_is_told_by_its_content(data: str, form: str) -> None:
    posts, bad, told = read(data)
    assert [" ".join(post.tokens) for post in posts] == [post["text"] for post in TWO]
    assert [post.id for post in posts] == ["1", "2"]
    assert not bad
    assert form in told
    assert told.startswith("standard input: taken for ")


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress, bz2.compress, lzma.compress, zstd.compress,
        lambda data: data.decode().encode("utf-16"), lambda data: b"\xef\xbb\xbf" + data,
    ],
)  # fmt: skip
def test_packed_and_otherwise_encoded(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "posts.bin"
    for text in (LINES, json.dumps(TWO, indent=2), "id,text\n1,Jakarta here we come\n2,Monaco here we come\n"):
        path.write_bytes(pack(text.encode()))
        posts, bad, _ = read(path)
        assert [post.id for post in posts] == ["1", "2"]
        assert not bad


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "posts"
    picture = "{'bytes': '\\xFF\\xD8'::BLOB, 'path': 'a.jpg'}"
    query = (
        f"SELECT 7 AS id, 'Jakarta here' AS text, {picture} AS image, 3 AS likes UNION ALL SELECT 8, NULL, NULL, NULL"
    )
    duckdb.sql(query).write_parquet(str(path))
    for source in (path, path.read_bytes(), gzip.compress(path.read_bytes())):
        (first, second), bad, told = read(source)
        assert (first.id, first.text, first.image, dict(first.fields)) == (7, "Jakarta here", b"\xff\xd8", {"likes": 3})
        assert (second.id, second.tokens, second.image, bad) == (8, (), None, [])
        assert "Parquet" in told
    path.write_bytes(path.read_bytes()[:-9])
    posts, [error], _ = read(path)
    assert not posts and "no Parquet that can be read" in error.reason


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" + b"xl/workbook.xml\0" * 90, b"%PDF-1.7\n1 0 obj\n", b"\xd0\xcf\x11\xe0\xa1\xb1" + bytes(90),
        b"SQLite format 3\0" + bytes(range(1, 200)) + bytes(900),
        b"posts.csv\0" + bytes(247) + b"ustar\0" + b"id,text\n" * 90,
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused(data: bytes) -> None:
    for content in (data, gzip.compress(data)):
        with pytest.raises(FormatError, match=r"zip archive|PDF|Excel or Word|binary file"):
            read(content)


def test_own_fields_come_out_as_json_can_hold_them(tmp_path: Path) -> None:
    path = str(tmp_path / "posts.parquet")
    row = (
        "12345678901234567890::decimal(20, 0) AS id, 'Jakarta' AS text, timestamp '2026-01-02 03:04' AS seen,"
        " {'day': date '2026-01-02'} AS of, 1.5::decimal(5, 2) AS price, '\\xAA'::blob AS raw, 'nan'::double AS score"
    )
    duckdb.execute(f"COPY (SELECT {row}) TO '{path}'")
    [post], bad, _ = read(Path(path))
    assert (post.id, bad) == (12345678901234567890, [])
    of, seen = {"day": "2026-01-02"}, "2026-01-02T03:04:00"
    assert dict(post.fields) == {"seen": seen, "of": of, "price": 1.5, "raw": "qg==", "score": None}
    [post], _, _ = read('{"id": NaN, "text": NaN, "caption": NaN, "far": [Infinity, {"a": NaN}]}')
    assert (post.id, post.text, post.caption, post.fields["far"]) == ("1", "", "", [None, {"a": None}])


def test_fields_may_have_any_name() -> None:
    names = {"text": "body", "id": "Nr"}
    for data in ("nr,body,text\n7,Jakarta here,x\n", json.dumps({"nr": "7", "body": "Jakarta here", "text": "x"})):
        [post], bad, _ = read(data, names=names)
        assert (post.id, post.text, dict(post.fields), bad) == ("7", "Jakarta here", {"text": "x"}, [])


def test_fields_within_others_and_names_that_no_post_has() -> None:
    value = {"cid": "b", "record": {"text": "Jakarta here"}, "embed": {"images": [{"fullsize": "https://cdn.x/f"}]}}
    names = {"text": "Record.text", "id": "cid", "image": "embed.images.0.fullsize", "caption": "embed.images.1.alt"}
    [post], _, told = read(json.dumps(value), names=names)
    assert (post.id, post.text, post.image_url, dict(post.fields)["record"]) == (
        "b", "Jakarta here", "https://cdn.x/f", value["record"],
    )  # fmt: skip
    assert told.endswith("embed.images.1.alt asks for: check how it is spelled")
    assert "'Pik'" in read("id,text,Pic\n1,Jakarta here,a.jpg\n", names={"image": "Pik"})[2]


@pytest.mark.parametrize(
    ("head", "columns"),
    [
        ('"Date, local",id,text', "Date, local|id|text"),
        ('id,"Post\ntext",text', "id|Post text|text"),
        ("id,text,text", "id|text|text (3)"),
        ("id,text,", "id|text|column 3"),
        ('id, text, "my, note"', "id|text|my, note"),
    ],
)
def test_headers_as_spreadsheets_write_them(head: str, columns: str) -> None:
    names = columns.split("|")
    blank = " " if ", " in head.split('"')[0] else ""
    row = dict.fromkeys(names, "note") | {"id": "7", "text": "Hi, Jakarta"}
    line = f",{blank}".join(f'"{cell}"' for cell in row.values())
    [post], bad, told = read(f"{head}\n{line}\n")
    assert (post.id, post.text, bad) == ("7", "Hi, Jakarta", [])
    assert f"columns {', '.join(names)}" in told
    assert dict(post.fields) == {name: "note" for name in names if name not in ("id", "text")}


def test_a_table_whose_text_is_unknown_is_named(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("id,comment_body\n1,Jakarta here\n")
    posts, [error], _ = read(path)
    assert not posts and "--field text=COLUMN" in error.reason
    assert read(path, names={"text": "comment_body"})[0][0].text == "Jakarta here"


def test_rows_of_a_csv_over_lines_and_with_quotes_that_never_close() -> None:
    data = 'id,text\n1,"two\nlines, one post"\n2,"Lonely quote\n3,Monaco here\n4,a "word" here\n5,one,two\n6\n7,fine\n'
    posts, bad, _ = read(data)
    assert [(post.id, post.text, post.line) for post in posts] == [
        ("1", "two\nlines, one post", 2), ("3", "Monaco here", 5), ("4", 'a "word" here', 6), ("7", "fine", 9),
    ]  # fmt: skip
    assert [(error.line, error.reason) for error in bad] == [
        (4, "has a quote that is not closed"), (7, "has 3 cells, expected 2"), (8, "has 1 cells, expected 2"),
    ]  # fmt: skip
    tsv = 'id\ttext\n1\t"Lonely quote\n2\tfine\n'
    assert [post.text for post in read(tsv)[0]] == ['"Lonely quote', "fine"]


def test_quotes_that_are_not_doubled_and_quotes_between_tabs() -> None:
    posts, bad, _ = read('id,text\n1,"The "Rock" band"\n2,"a" b\n3,"x ""y"", "z" here"\n')
    assert [post.text for post in posts] == ['The "Rock" band', '"a" b', 'x "y", "z" here']
    tsv = (
        'id\ttext\tnote\n1\t"He said ""hi"""\tx\n2\t"two\nlines"\ty\n3\t"I love it"\tz\n4\t"tab\there"\t"last\n\nend"\n'
    )
    posts, wrong, _ = read(tsv)
    assert [post.text for post in posts] == ['He said "hi"', "two\nlines", '"I love it"', "tab\there"]
    assert (posts[3].fields["note"], bad + wrong) == ("last\n\nend", [])


def test_one_column_of_texts() -> None:
    posts, bad, _ = read('text\nJakarta, here we come\n"Monaco, here"\nHe said "hi", then left\n')
    assert [post.text for post in posts] == ["Jakarta, here we come", "Monaco, here", 'He said "hi", then left']
    assert not bad


def test_what_is_broken_in_an_array_costs_itself_alone() -> None:
    text = json.dumps([*TWO, *TWO], indent=1).replace('"2"', '"2', 1)
    posts, [error], _ = read(text)
    assert [post.id for post in posts] == ["1", "1", "2"]
    assert (error.line, error.reason[:11]) == (6, "is not JSON")
    posts, [error], _ = read('[{"id": "1", "text": "a"}, {"id": "2" "text": "b"}, {"id": "3", "text": "c"}]')
    assert [post.id for post in posts] == ["1", "3"]
    posts, [one, two], _ = read('[{"text": "a"}, 1, ["b"], {"text": "c"}]')
    assert [post.text for post in posts] == ["a", "c"] and "JSON int" in one.reason and "JSON str" in two.reason


def test_bad_lines_of_json_are_named_and_a_line_that_begins_otherwise_makes_no_other_file() -> None:
    posts, bad, told = read("posts of May\n" + LINES + '{"id": \n' + LINES)
    assert [post.line for post in posts] == [2, 3, 5, 6] and [error.line for error in bad] == [1, 4]
    assert "JSON lines" in told


def test_texts_that_look_like_something_else_are_texts() -> None:
    for first in ("[Video] Jakarta floods", "{{Jakarta}}", "Hello, tweet, this is a message", "#Jakarta", "a\tb"):
        posts, bad, told = read(f"{first}\nMonaco here, we come\n")
        assert len(posts) == 2 and not bad and "plain text" in told, first


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstd.compress])
def test_a_file_that_was_cut_gives_what_it_has(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "posts.gz"
    lines = "".join(json.dumps({"id": n, "text": f"Jakarta {n * 7919 % 1009}"}) + "\n" for n in range(20_000))
    path.write_bytes(pack(lines.encode())[:-500])
    posts, bad, _ = read(path)
    assert len(posts) > 15_000 and "damaged or was cut" in bad[-1].reason


def test_columns_with_a_bad_line_and_with_pictures(tmp_path: Path) -> None:
    path = tmp_path / "posts.conll"
    path.write_bytes(b"IMGID:103.jpg\nChad\tO\n\nIMGID:103.jpg\n\xff\tO\n\nIMGID:103.jpg\nMali\tO\n\nIMGID:9\nhi\tO\n")
    (tmp_path / "103.JPG").touch()
    posts, [error], _ = read(path)
    assert [(post.id, post.image) for post in posts] == [
        ("103.jpg", tmp_path / "103.JPG"), ("103.jpg#3", tmp_path / "103.JPG"), ("9", None),
    ]  # fmt: skip
    assert (error.line, error.reason) == (4, "line 5 is not UTF-8")


def test_nothing_and_a_missing_file(tmp_path: Path) -> None:
    assert read(b"") == read(b"\n \n") == ([], [], "")
    with pytest.raises(FormatError, match="cannot be read"):
        read(tmp_path / "none.jsonl")


texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\ufeff"), max_size=20)
texts = texts.filter(lambda text: fix_encoding(text) == text)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(texts, st.text("ab1")), min_size=1, max_size=5), st.sampled_from([None, 2]))
def test_what_programs_write_is_read_back(rows: list[tuple[str, str]], indent: int | None) -> None:
    table = io.StringIO()
    csv.writer(table).writerows([("id", "text"), *((f"i{name}", text) for text, name in rows)])
    objects = json.dumps([{"id": f"i{name}", "text": text} for text, name in rows], indent=indent)
    expected = [(f"i{name}", " ".join(text.split())) for text, name in rows]
    for data in (table.getvalue().replace("\r\n", "\n"), objects):
        posts, bad, _ = read(data)
        assert [(post.id, " ".join(post.text.split())) for post in posts] == expected, data
        assert not bad


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(
        [LINES, json.dumps(TWO), json.dumps({"data": TWO}, indent=1), "id,text\n1,a b\n2,c\n", "a O\nb B-PER\n"]
    ),
    st.lists(st.tuples(st.integers(0, 60), st.one_of(texts, st.sampled_from(['"', "{", "[", "\n", ",", "\t", "#"])))),
)
def test_whatever_is_in_a_file_each_line_is_a_post_or_named(data: str, changes: list[tuple[int, str]]) -> None:
    for place, piece in changes:
        data = data[:place] + piece + data[place:]
    posts, bad, told = read(data)
    assert all("\n" not in error.reason for error in bad)
    if "post a line" in told:
        places = {item.line for item in (*posts, *bad)}
        lines = data.encode().decode("utf-8-sig")
        lines = lines.replace("\r", "\n") if "\n" not in lines else lines
        assert places == {n for n, line in enumerate(lines.split("\n"), 1) if line.strip()}
