"""Reading posts: what is a post, and what is said of what is not one."""

import io
from pathlib import Path

import pytest

from linker import GivenMention, Post, PostError, post_from_json, read_posts


def read_all(*lines: str | bytes) -> list[Post | PostError]:
    data = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    return list(read_posts(io.BytesIO(data), pictures=Path("posts")))


def read_one(**fields: object) -> Post | PostError:
    try:
        return post_from_json(fields, folder=Path("posts"), line=1)
    except PostError as error:
        return error


def test_a_text_is_split_into_tokens() -> None:
    post = read_one(id="a", text="Chad looks great! #LosAngelesLakers")
    assert isinstance(post, Post)
    assert post.tokens == ("Chad", "looks", "great", "!", "#LosAngelesLakers")
    assert (post.id, post.image, post.caption, post.mentions) == ("a", None, "", None)


def test_tokens_are_kept_as_they_are() -> None:
    post = read_one(id=7, tokens=["New York", "", "City\t"], text="ignored", image="a/b.jpg", caption="c")
    assert isinstance(post, Post)
    assert post.tokens == ("New York", "", "City\t")
    assert (post.id, post.image, post.caption) == (7, Path("posts/a/b.jpg"), "c")


@pytest.mark.parametrize("fields", [{"text": ["Jakarta", "here"]}, {"tokens": "Jakarta here"}])
def test_words_for_a_text_and_a_text_for_words_are_read_as_what_they_are(fields: dict[str, object]) -> None:
    post = read_one(**fields)
    assert isinstance(post, Post)
    assert (post.tokens, post.text) == (("Jakarta", "here"), "Jakarta here")


@pytest.mark.parametrize(("given", "found"), [(1e3, 1000), (None, "1"), ("", "1"), (float("nan"), "1"), ("7", "7")])
def test_odd_ids(given: object, found: object) -> None:
    post = read_one(id=given, text="x")
    assert isinstance(post, Post)
    assert post.id == found


@pytest.mark.parametrize("text", ["", "   ", None])
def test_a_post_without_words_is_a_post(text: str | None) -> None:
    post = read_one(id="a", text=text)
    assert isinstance(post, Post)
    assert post.tokens == ()


def test_given_mentions_come_in_order() -> None:
    post = read_one(tokens=["a", "b", "c"], mentions=[{"start": 1, "end": 3}, {"start": 0, "end": 1, "type": "PER"}])
    assert isinstance(post, Post)
    assert post.mentions == (GivenMention(0, 1, "PER"), GivenMention(1, 3))


@pytest.mark.parametrize("tokens", [[], "", None, float("nan")])
def test_empty_tokens_beside_a_text_are_none(tokens: object) -> None:
    post = read_one(text="I love Mali", tokens=tokens, mentions=[{"start": 7, "end": 11}])
    assert isinstance(post, Post)
    assert (post.text, post.tokens, post.mentions) == ("I love Mali", ("I", "love", "Mali"), (GivenMention(2, 3),))


@pytest.mark.parametrize("words", [23, "23", None, 2.5])
def test_a_number_of_words_beside_a_text_is_a_field_like_any_other(words: object) -> None:
    post = post_from_json({"text": "Chad looks great", "words": words}, folder=Path())
    assert (post.tokens, dict(post.fields)) == (("Chad", "looks", "great"), {"words": words})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": "a"}, "neither"),
        ({"id": ["a"], "text": "x"}, "id is ['a']"),
        ({"id": True, "text": "x"}, "id is True"),
        ({"id": 1.5, "text": "x"}, "id is 1.5"),
        ({"text": 3}, "text is 3"),
        ({"tokens": ["a", 3]}, "tokens must be a list of strings"),
        ({"text": "x", "caption": []}, "caption is []"),
        ({"tokens": ["x"], "mentions": [{"start": 0, "end": 2}]}, "0 <= start < end <= 1"),
        ({"tokens": ["x"], "mentions": {}}, "mentions must be a list"),
        (
            {"text": "So. Mali", "tokens": ["Mali", "<e>"], "mentions": [{"start_char": 4, "end_char": 8}]},
            "tokens are not those of the text",
        ),
        ({"tokens": ["x"], "mentions": [{"start": 0, "end": 1, "type": "CITY"}]}, "PER, LOC, ORG, OTHER"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, object], reason: str) -> None:
    error = read_one(**fields)
    assert isinstance(error, PostError)
    assert reason in error.reason
    assert str(error).startswith("line 1: ")
    assert "\n" not in str(error)


def test_a_bad_line_is_reported_in_its_place_and_the_rest_goes_on() -> None:
    items = read_all('{"id": "a", "text": "x"}', '{"broken', "", "[1]", b'{"text": "\xff"}', '{"id": "b", "text": "y"}')
    assert [type(item) for item in items] == [Post, PostError, PostError, PostError, Post]
    assert [item.line for item in items] == [1, 2, 4, 5, 6]
    assert isinstance(items[1], PostError)
    assert items[1].text == '{"broken'


@pytest.mark.parametrize(
    "line",
    [
        '{"text": ' + "[" * 100_000,
        '{"text": "x", "own": ' + "[" * 500 + "]" * 500 + "}",
        '{"text": "x", "mentions": "' + "[" * 900 + "]" * 900 + '"}',
    ],
)
def test_a_deeply_nested_line_is_a_bad_line(line: str) -> None:
    error, post = read_all(line, '{"text": "x", "own": ' + "[" * 100 + "]" * 100 + "}")
    assert isinstance(error, PostError)
    assert isinstance(post, Post)


def test_a_lone_surrogate_does_not_reach_the_output() -> None:
    [post] = read_all(r'{"id": "a", "tokens": ["\ud83d", "\ud83d\ude00"]}')
    assert isinstance(post, Post)
    assert post.tokens[1] == "😀"
    "".join(post.tokens).encode()


def test_a_lone_surrogate_anywhere_in_a_post_is_replaced() -> None:
    post, refused = read_all(
        r'{"id": "a\ud83d", "text": "hi", "caption": "\ud83d", "image": "\ud83d.png"}',
        r'{"id": "b", "text": {"\ud83d": 1}}',
    )
    assert isinstance(post, Post) and isinstance(refused, PostError)
    for text in (post.id, post.caption, str(post.image), str(refused), refused.text):
        text.encode()


def test_a_byte_order_mark_is_passed_over() -> None:
    [post] = read_all(b'\xef\xbb\xbf{"id": "a", "text": "x"}')
    assert isinstance(post, Post)


def test_conll_posts_find_their_pictures_by_id(tmp_path: Path) -> None:
    (tmp_path / "posts.conll").write_text("IMGID:12\nRT\tO\nChad\tB-LOC\n\nIMGID:13\nhi\tO\n", "utf-8")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "12.png").write_bytes(b"")
    posts = list(read_posts(tmp_path / "posts.conll", pictures=tmp_path / "pictures"))
    assert [post.tokens for post in posts if isinstance(post, Post)] == [("RT", "Chad"), ("hi",)]
    assert [post.image.name for post in posts if isinstance(post, Post) and post.image] == ["12.png", "13.jpg"]
