"""Posts as the platforms give them: the whole text, the picture or why not, nothing of others taken for ours."""

import io
import json
from typing import Any

import pytest

from linker import Post, PostError, read_posts


def read(data: str, **options: Any) -> tuple[list[Post], list[PostError], str]:
    """The posts, what was named, and what the file was taken for."""
    told: list[str] = []
    items = list(read_posts(io.BytesIO(data.encode()), tell=told.append, **options))
    bad = [item for item in items if isinstance(item, PostError)]
    return [item for item in items if isinstance(item, Post)], bad, "".join(told)


def test_twitters_own_fields() -> None:
    [post], _, _ = read(
        json.dumps({"id": 1.2e18, "id_str": "1200000000000000001", "full_text": "Jakarta here", "lang": "en",
                    "entities": {"media": [{"media_url_https": "https://pbs.twimg.com/media/a.jpg"}]}})
    )  # fmt: skip
    assert (post.text, post.image_url) == ("Jakarta here", "https://pbs.twimg.com/media/a.jpg")
    assert post.fields["lang"] == "en"
    long = {"id_str": "1", "text": "Jak…", "extended_tweet": {"full_text": "Jakarta here"}}
    assert read(json.dumps(long))[0][0].text == "Jakarta here"


def test_posts_of_twitters_api() -> None:
    post = {"id": "1", "text": "Jak…", "note_tweet": {"text": "Jakarta here"}}
    keys = {"id": "2", "text": "Monaco", "attachments": {"media_keys": ["3_1"]}}
    flat = {**keys, "attachments": {"media": [{"type": "video"}, {"type": "photo", "url": "https://pbs.twimg.com/a"}]}}
    stream = [{"data": each, "matching_rules": [{"id": "9", "tag": "t"}]} for each in (post, keys, flat)]
    [long, lost, found], bad, _ = read("\n".join(map(json.dumps, stream)))
    assert (long.id, long.text, found.image_url, bad) == ("1", "Jakarta here", "https://pbs.twimg.com/a", [])
    assert "media_keys" in lost.image_error


def test_pictures_that_twitter_puts_beside_the_posts() -> None:
    """Found by their keys in pages of a search and in a stream; the first that is a photo counts."""
    posts = [{"id": key, "text": "Monaco", "attachments": {"media_keys": ["3_9", key]}} for key in ("3_1", "3_2")]
    video, *photos = (
        {"media_key": key, "type": "photo", "url": f"https://pbs.twimg.com/{key}"} for key in ("3_9", "3_1")
    )
    includes = {"media": [video | {"type": "video"}, *photos]}
    page = json.dumps({"data": posts, "includes": includes, "meta": {}})
    for written in (page, page + "\n" + page, json.dumps({"data": posts[0], "includes": includes})):
        found, bad, _ = read(written)
        assert found[0].image_url == "https://pbs.twimg.com/3_1" and not bad
    assert "media_keys" not in found[0].image_error
    [_, lost], _, _ = read(page)
    assert lost.image_url == ""
    for broken in ({"includes": [1]}, {"includes": {"media": [1, {"media_key": []}]}}):
        found, bad, _ = read(json.dumps({"data": [*posts, {"id": 1, "text": "a", "attachments": "b"}], **broken}))
        assert [post.image_url for post in found] == ["", "", ""] and not bad


def test_posts_whose_pictures_are_nowhere_come_as_they_are_read() -> None:
    """An array of them is not kept until its end."""
    lines = (json.dumps({"id": str(n), "text": "a", "attachments": {"media_keys": ["k"]}}) for n in range(40_000))
    file = io.BytesIO(("[" + ",\n".join(lines) + "]").encode())
    posts = read_posts(file)
    assert isinstance(next(posts), Post)
    assert file.tell() < len(file.getvalue())


def test_every_page_of_a_search_is_read() -> None:
    """A page a line, pages over several lines, a page that is cut, and one without posts."""
    pages = [{"data": [{"id": f"{page}{post}", "text": "Monaco"} for post in "ab"], "meta": {}} for page in "12"]
    for indent in (None, 1):
        written = "\n".join(json.dumps(page, indent=indent) for page in pages)
        assert [post.id for post in read(written)[0]] == ["1a", "1b", "2a", "2b"]
        posts, bad, _ = read(written[: written.rindex("Monaco")])
        assert [post.id for post in posts] == ["1a", "1b", "2a"] and len(bad) == 1
    posts, bad, _ = read("\n".join(map(json.dumps, (pages[0], {"meta": {"result_count": 0}}, pages[1]))))
    assert len(posts) == 4 and len(bad) == 1


@pytest.mark.parametrize("post", [{"text": "Monaco"}, {"content": "Monaco"}, {"id": 1, "message": "Monaco"}])
def test_a_field_of_ones_own_that_is_called_data_is_no_post(post: dict[str, object]) -> None:
    """Neither in one object over many lines nor in a line."""
    for written in (json.dumps(post | {"data": {"tags": [{"a": 1}]}}, indent=1), json.dumps(post | {"data": {"a": 1}})):
        [found], bad, _ = read(written)
        assert (found.text, bad) == ("Monaco", [])
        assert "data" in found.fields


def test_posts_of_reddit_and_telegram() -> None:
    children = [{"kind": "t3", "data": {"id": "a", "title": "Monaco"}}]
    listing = json.dumps({"kind": "Listing", "data": {"after": "t3", "children": children}}, indent=1)
    assert [post.text for post in read(listing, names={"text": "title"})[0]] == ["Monaco"]
    messages = [{"id": 1, "text": "Monaco"}, {"id": 2, "text": ["In ", {"type": "bold", "text": "Monaco"}]}]
    chat = json.dumps({"name": "Us", "type": "channel", "id": 5, "messages": messages}, indent=1)
    assert [(post.id, post.text) for post in read(chat)[0]] == [(1, "Monaco"), (2, "In Monaco")]


@pytest.mark.parametrize("name", ["content", "tweet", "message", "sentence"])
def test_a_list_of_ones_own_beside_a_text_has_no_posts_in_it(name: str) -> None:
    for written in (
        json.dumps({name: "Monaco", "tags": [{"name": "a"}, {"name": "b"}]}, indent=indent) for indent in (None, 1)
    ):
        posts, bad, _ = read(written)
        assert [post.text for post in posts] == ["Monaco"] and not bad
    assert len(read(json.dumps({"message": "OK", "data": [{"text": "Monaco"}, {"text": "Mali"}]}))[0]) == 2


@pytest.mark.parametrize("people", [["bob"], [{"screen_name": "bob"}], '["bob"]'])
def test_people_are_no_mentions(people: object) -> None:
    [post], bad, _ = read(json.dumps({"tweet": "I love Mali", "mentions": people}))
    assert (post.mentions, post.fields["mentions"], bad) == (None, people, [])


def test_an_empty_list_of_mentions_is_said() -> None:
    lines = "\n".join(json.dumps({"tweet": "I love Mali", "mentions": each}) for each in ([], "[]", None))
    posts, _, told = read(lines)
    assert [post.mentions for post in posts] == [(), (), None] and "2 with an empty list of mentions" in told
    posts, _, told = read(lines, names={"mentions": "-"})
    assert [post.mentions for post in posts] == [None] * 3 and "mentions" not in told


@pytest.mark.parametrize("people", [[], [{"id": "4", "acct": "bob"}]])
def test_posts_of_mastodon(people: list[object]) -> None:
    """HTML is read as what it shows; who is mentioned is no span of the text."""
    html = '<p>AT&amp;T <a href="https://m.s/x">#<span>Monaco</span></a><br />two</p><p>&lt;3</p>'
    media = [{"type": "image", "url": "https://m.s/a.png"}]
    [post], bad, told = read(json.dumps({"id": "7", "content": html, "media_attachments": media, "mentions": people}))
    assert (post.text, post.mentions, post.image_url) == ("AT&T #Monaco\ntwo\n\n<3", None, "https://m.s/a.png")
    assert "HTML" in told and not bad
    table = f'content,mentions\n"{html.replace(chr(34), chr(34) * 2)}",\n'
    assert read(table)[0][0].text == post.text  # an empty cell
