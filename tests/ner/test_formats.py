"""Reading tagged posts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner.errors import FormatError
from ner.formats import (
    TaggedPost,
    our_tag,
    read_captions,
    read_posts,
    tagger_input,
    with_captions,
)
from ner.spans import TAGS, repair_tags
from ner.tag_types import AS_WRITTEN
from ner.taggers import KnownName

words = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\t\r\n"), min_size=1, max_size=8
).filter(lambda word: word.strip() and word == word.strip(" ") and not word.startswith(("IMGID:", "-DOCSTART-")))
posts = st.lists(st.lists(st.tuples(words, st.sampled_from(TAGS)), min_size=1, max_size=5), max_size=4)


@settings(deadline=None)
@given(posts)
def test_columns_written_are_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("conll") / "posts.txt"
    written = [
        TaggedPost(f"p{i}", tuple(w for w, _ in post), tuple(t for _, t in post), image=f"p{i}")
        for i, post in enumerate(rows)
    ]
    lines = [f"IMGID:{p.id}\n" + "".join(f"{w}\t{t}\n" for w, t in zip(p.tokens, p.tags, strict=True)) for p in written]
    path.write_text("\n".join(lines), "utf-8", newline="\n")
    repaired = [replace(post, tags=repair_tags(post.tags)) for post in written]  # without a B- after an O, it is IOB1
    assert [replace(post, tags=repair_tags(post.tags)) for post in read_posts(path)] == repaired


def test_image_lines_empty_tokens_repeated_ids_and_misc(tmp_path):
    path = tmp_path / "posts.txt"
    path.write_text("IMGID:7\nOscars\tB-MISC\n\tO\n\nIMGID:7\nParis\tB-LOC\n", encoding="utf-8")
    first, second = read_posts(path)
    assert first == TaggedPost("7", ("Oscars", ""), ("B-OTHER", "O"), image="7")
    assert (second.id, second.image) == ("7#2", "7")


def test_plain_columns_with_blanks_and_windows_line_ends(tmp_path):
    path = tmp_path / "posts.conll"
    path.write_bytes(b"\xef\xbb\xbfEmpire B-location\r\nState I-location\r\n\r\n\r\nhi O\r\n")
    assert [(p.id, p.tokens, p.tags) for p in read_posts(path)] == [
        ("1", ("Empire", "State"), ("B-LOC", "I-LOC")),
        ("2", ("hi",), ("O",)),
    ]


def test_half_a_character_is_replaced(tmp_path):
    path = tmp_path / "posts.jsonl"
    path.write_text('{"tokens": ["Chad", "\\ud83d"], "tags": ["B-LOC", "O"]}\n')
    [post] = read_posts(path)
    assert post.tokens == ("Chad", "?")


def test_jsonl_is_told_by_its_content(tmp_path):
    path = tmp_path / "posts.txt"
    row = {
        "id": "a",
        "tokens": ["Chad"],
        "tags": ["B-LOC"],
        "caption": "a flag",
        "knowledge": [["Chad", "is a", "country"]],
    }
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    post = read_posts(path)[0]
    assert (post.caption, post.knowledge) == ("a flag", (("Chad", "is a", "country"),))


def test_fields_of_tagged_posts_are_called_as_those_of_posts(tmp_path):
    path = tmp_path / "posts.jsonl"
    row = {"tweet_id": 7, "words": ["Chad"], "ner_tags": ["B-LOC"], "image_path": "7.jpg", "alt_text": "a flag"}
    bare = {"": "17", "tokens": ["Chad"], "tags": ["B-LOC"]}  # a table's unnamed first column says nothing
    path.write_text(f"{json.dumps(row)}\n{json.dumps(bare)}\n", encoding="utf-8")
    expected = TaggedPost("7", ("Chad",), ("B-LOC",), "a flag", "7.jpg")
    assert read_posts(path) == [expected, TaggedPost("2", ("Chad",), ("B-LOC",))]


def test_an_empty_file_has_no_posts(tmp_path):
    path = tmp_path / "empty.txt"
    path.touch()
    assert read_posts(path) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word\n", "posts.txt:1: expected 'token<TAB>tag'"),
        ("a\tO\nb\tB-ANIMAL\n", "posts.txt:2: type 'ANIMAL' is unknown"),
        ("a\tX\n", "posts.txt:1: expected 'token<TAB>tag', found 'a X'"),
        ("Tim Cook left\nParis is fun\n", "posts.txt:1: expected 'token<TAB>tag', found 'Tim Cook left'"),
        ("T1\tPER 0 3\tAda\n", "posts.txt:1: expected 'token<TAB>tag'"),
        ("Word\tTag\n", "posts.txt:1: expected 'token<TAB>tag', found 'Word Tag'"),
        (",,\n\nWord,Tag\n", "posts.txt:1: expected 'token<TAB>tag', found ',,'"),
        ("a\tB\nb\tI\nc\tO\n", "posts.txt:1: tag 'B' has no type"),
        ("PK\3\4\0\0\0\0", "posts.txt: is a zip archive: unpack it first"),
        ("SQLite format 3\0" + "\0" * 3000, "posts.txt: is a binary file"),
        ("a\tB-PER\nb\tPER\n", "posts.txt:2: tag 'PER' is not 'O'"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, text, message):
    path = tmp_path / "posts.txt"
    path.write_text(text, encoding="utf-8")
    # what is no tagged file is none with types of one's own either
    for types in (None, AS_WRITTEN) if "expected" in message else (None,):
        with pytest.raises(FormatError) as caught:
            read_posts(path, types=types)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"tokens": ["a"], "tags": []}', "1 tokens but 0 tags"),
        ("{", "is not JSON"),
        ('{"tokens": ["a"], "tags": ["B-X"]}', "type 'X' is unknown"),
        ("[1]", r"is \[1\]: give a word"),
        ('{"tokens": ["a"], "ner_tags": [3]}', r'ner_tags: found 3, expected a list of texts: \["B-PER", "O"\]'),
        ('{"tokens": ["a", null], "tags": ["O", "O"]}', "tokens: found None"),
        ('{"tokens": "ab", "tags": ["O", "O"]}', "tokens: found 'ab'"),
        ('{"tokens": [["a"]], "tags": ["O"]}', r"tokens: found \['a'\]"),
        ('{"tokens": ["a"], "tags": ["O"], "image": ["1", "2"]}', "image is .*expected the name of one picture"),
    ],
)
def test_a_wrong_json_line_is_named(tmp_path, line, message):
    path = tmp_path / "posts.jsonl"
    path.write_text('{"tokens": [], "tags": []}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(FormatError, match=rf"posts\.jsonl:2: {message}"):
        read_posts(path)


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_of_posts_is_read_as_their_lines(tmp_path, indent):
    rows = [{"tokens": ["Chad", "Smith"], "ner_tags": ["B-PER", "I-PER"]}, {"id": 7, "tokens": ["é"], "tags": ["O"]}]
    lines, array = tmp_path / "posts.jsonl", tmp_path / "posts.json"
    lines.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    array.write_text(json.dumps(rows, indent=indent, ensure_ascii=False), encoding="utf-8-sig")
    assert [post.id for post in read_posts(array)] == ["1", "7"]
    assert read_posts(array) == read_posts(lines)
    array.write_text(json.dumps([*rows, {"text": "a"}]), encoding="utf-8")
    with pytest.raises(FormatError, match=r"posts\.json, post 3: has the fields text: give"):
        read_posts(array)


def test_missing_and_binary_files(tmp_path):
    with pytest.raises(FormatError, match="cannot be read"):
        read_posts(tmp_path / "none.txt")
    binary = tmp_path / "binary"
    binary.write_bytes(b"a\tO\n\xff\tO\n")
    with pytest.raises(FormatError, match="binary:2: is not UTF-8"):
        read_posts(binary)


def test_captions(tmp_path):
    path = tmp_path / "captions.tsv"
    path.write_text("7\ta flag\n8\t\n", encoding="utf-8")
    captions = read_captions(path)
    assert captions == {"7": "a flag"}
    captioned, other = with_captions(
        [TaggedPost("7#2", (), (), image="7"), TaggedPost("8", (), (), "own", "8")], captions
    )
    assert (captioned.caption, other.caption) == ("a flag", "own")
    path.write_bytes(b"7\ta caf\xe9\n")
    with pytest.raises(FormatError, match=r"captions\.tsv:1: is not UTF-8 text: convert it first"):
        read_captions(path)
    path.write_text("no tab\n", encoding="utf-8")
    with pytest.raises(FormatError, match="name<TAB>caption"):
        read_captions(path)


@pytest.mark.parametrize(
    ("tag", "ours"), [("B-MISC", "B-OTHER"), ("I-corporation", "I-ORG"), ("O", "O"), ("B-PER", "B-PER")]
)
def test_types_of_other_data_sets(tag, ours):
    assert our_tag(tag) == ours


def test_known_names_and_attributes_come_with_json_lines(tmp_path: Path) -> None:
    name = {
        "start": 0,
        "end": 1,
        "types": [["LOC", 0.9]],
        "weight": 0.5,
        "prior": 3,
        "nearness": 1.0,
        "same_case": True,
    }
    row = {"tokens": ["Chad", "!"], "tags": ["B-LOC", "O"], "known_names": [name], "attributes": [["flagpole", 0.4]]}
    path = tmp_path / "posts.jsonl"
    path.write_text(json.dumps(row) + "\n")
    (post,) = read_posts(path)
    assert post.known_names == (KnownName(0, 1, (("LOC", 0.9),), 0.5, 3.0, 1.0, same_case=True),)
    assert post.attributes == (("flagpole", 0.4),)
    assert tagger_input(post).known_names == post.known_names


def test_a_tagger_reads_words_in_plain_letters(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(json.dumps({"tokens": ["𝐂𝐡𝐚𝐝", "wins"], "tags": ["B-LOC", "O"]}) + "\n")
    (post,) = read_posts(path)
    assert (post.tokens[0], tagger_input(post).tokens) == ("𝐂𝐡𝐚𝐝", ("Chad", "wins"))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ({"start": 1, "end": 3}, "does not lie within 2 tokens"),
        ({"start": 0, "end": 1, "types": [["CITY", 1]]}, "'CITY'"),
        ({"end": 1}, "start"),
    ],
)
def test_a_wrong_known_name_is_named_with_its_line(tmp_path: Path, name: dict[str, object], says: str) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(json.dumps({"tokens": ["Chad", "!"], "tags": ["O", "O"], "known_names": [name]}) + "\n")
    with pytest.raises(FormatError, match=says) as error:
        read_posts(path)
    assert "posts.jsonl:1" in str(error.value)
