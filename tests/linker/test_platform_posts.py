"""Posts as the platforms give them: the whole text, the picture or why not, nothing of others taken for ours."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from linker import Post, PostError, post_from_json, read_posts
from ner import FormatError


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


@pytest.mark.parametrize(
    ("post", "said", "place"),
    [
        ({"data": [{"post": "Chad beat Mali"}, {"at": 1}], "title": "Bob wrote"}, "post", "data.0.post"),
        ({"media": [{"uri": "a.jpg", "title": "Chad beat Mali"}]}, "title", "media.0.title"),
        ({"media": [{"uri": "a.jpg", "title": ""}, {"uri": "b.jpg"}], "title": "Chad beat Mali"}, "", "title"),
        ({"id": 1, "body": "Chad beat Mali", "author": "x"}, "body", "body"),
        ({"id": 1, "record": {"text": "Chad beat Mali"}}, "record.text", "record.text"),
        ({"id": 1, "said": [{"comment": "Chad beat Mali"}, {"comment": "so it did"}]}, "", "said.0.comment"),
    ],
    ids=["Facebook", "Instagram", "several pictures", "Reddit", "Bluesky", "many texts, none of which is it"],
)
def test_where_the_text_may_be_is_said(post: dict[str, Any], said: str, place: str) -> None:
    _, bad, _ = read(json.dumps([post]))
    assert bad[0].reason.partition(": ")[2] == (f"is the text --field text={said}?" if said else "")
    for name in {said, place} - {""}:
        found, _, _ = read(json.dumps([post]), names={"text": name})
        assert "Chad beat Mali" in [one.text for one in found]
        assert len(found) == 1 or name != place


@pytest.mark.parametrize(
    ("media", "address"),
    [
        ({"attachments": [{"url": "https://d/a.png?ex=1", "fileName": "a.png"}]}, "https://d/a.png?ex=1"),
        (
            {"files": [{"mimetype": "application/pdf", "url_private": "https://s/a"},
                       {"mimetype": "image/png", "url_private": "https://s/b"}]}, "https://s/b",
        ),
        ({"embed": {"images": [{"alt": "", "fullsize": "https://cdn/a@jpeg"}]}}, "https://cdn/a@jpeg"),
        ({"attachments": [{"data": [{"media": {"uri": "https://m/a.jpg"}}]}]}, "https://m/a.jpg"),
        ({"media": [{"uri": "https://m/a.mp4"}, {"uri": "https://m/a.JPG"}]}, "https://m/a.JPG"),
        ({"media_attachments": [{"type": "video", "url": "https://m/a.jpg"}]}, ""),
        ({"attachments": [{"url": "https://[/a"}], "files": "a.jpg", "media": [3]}, ""),
    ],
)  # fmt: skip
def test_pictures_among_the_media_that_others_export(media: dict[str, Any], address: str) -> None:
    [post], bad, _ = read(json.dumps({"text": "Monaco", **media}))
    assert (post.image_url, bad) == (address, [])
    assert post.fields == media


def test_an_archive_of_mastodon() -> None:
    picture = {"mediaType": "image/png", "url": "https://m/a"}
    note = {"id": "https://m/1", "type": "Note", "content": "<p>Monaco</p>", "attachment": [picture]}
    items = [{"type": "Create", "object": note}, {"type": "Announce", "object": "https://m/2"}]
    outbox = json.dumps({"id": "outbox.json", "type": "OrderedCollection", "orderedItems": items}, indent=1)
    [post], [bad], _ = read(outbox)
    assert (post.id, post.text, post.image_url) == ("https://m/1", "Monaco", "https://m/a")
    assert "has neither" in bad.reason


def test_a_picture_within_an_archive(tmp_path: Path) -> None:
    picture = tmp_path / "media" / "a.jpg"
    picture.parent.mkdir()
    picture.write_bytes(b"")
    for name, found in (("/media/a.jpg", picture), (str(picture), picture), ("/no/a.jpg", Path("/no/a.jpg"))):
        assert read(json.dumps({"text": "Monaco", "image": name}), pictures=tmp_path)[0][0].image == found


def test_a_text_that_twitter_cut_in_sending_it_on_is_whole() -> None:
    whole = "Chad beat Mali in N'Djamena, and Burkina Faso"
    for sent_on in ({"full_text": whole}, {"text": "Chad…", "extended_tweet": {"full_text": whole}}):
        cut = {"text": "RT @bob: Chad beat Mali in N'Dj…", "retweeted_status": sent_on}
        assert read(json.dumps(cut))[0][0].text == f"RT @bob: {whole}"
    own = {"text": "so it did…", "retweeted_status": {"full_text": whole}}
    assert read(json.dumps(own))[0][0].text == "so it did…"


def test_pictures_that_lie_beside_an_archive_of_twitter(tmp_path: Path) -> None:
    picture = tmp_path / "tweets_media" / "7-a.jpg"
    picture.parent.mkdir()
    picture.write_bytes(b"")
    media = [{"media_url_https": "https://pbs.twimg.com/media/a.jpg"}]
    for folder, key, found in ((tmp_path, "7", picture), (picture.parent, "7", picture), (tmp_path, "8", None)):
        tweet = {"id_str": key, "full_text": "Monaco", "entities": {"media": media}}
        [post], _, _ = read(json.dumps(tweet), pictures=folder)
        assert (post.image, bool(post.image_url)) == (found, found is None)


def test_a_text_whose_letters_were_decoded_wrongly_is_read_as_what_was_meant() -> None:
    """UTF-8 as Latin-1, as Facebook and Instagram export it; as Windows-1252, as Excel opens it."""
    posts: list[dict[str, Any]] = [
        {"text": "SÃ£o Paulo ð\x9f\x98\x80"},
        {"text": "Chadâ€™s win"},
        {"text": "SÃ£o Paulo", "mentions": [{"start": 0, "end": 10}]},  # offsets count what stands there
        {"tokens": ["SÃ£o"]},
        {"text": "São Paulo, là-bas, VOILÀ"},
    ]
    expected = ["São Paulo 😀", "Chad’s win", "SÃ£o Paulo", "SÃ£o", "São Paulo, là-bas, VOILÀ"]
    found, _, told = read("\n".join(map(json.dumps, posts)))
    assert [post.text for post in found] == expected
    assert "2 whose letters were decoded wrongly, read as what was meant (São for SÃ£o)" in told
    assert post_from_json(posts[1], folder=None, as_shown=False).text == "Chadâ€™s win"


@pytest.mark.parametrize(
    "data",
    [
        "<?xml version='1.0'?><rss/>",
        "\ufeff\n<!DOCTYPE html>",
        "<html lang='en'>\n<head>",
        "<feed xmlns='a'/>",
        "{\\rtf1 Monaco}",
    ],
)
def test_pages_and_feeds_are_no_posts(data: str) -> None:
    with pytest.raises(FormatError, match=r"XML or HTML|RTF"):
        read(data)


def test_posts_of_an_array_on_one_line_have_ids_of_their_own() -> None:
    posts = [{"text": "Monaco"}, 3, {"text": "Mali"}]
    for indent in (None, 1):
        found, [_], _ = read(json.dumps(posts, indent=indent))
        assert [post.id for post in found] == ["1", "3"]
    assert [post.id for post in read("\n\n".join(map(json.dumps, posts[::2])))[0]] == ["1", "3"]  # lines


def test_texts_that_only_look_like_markup_are_posts() -> None:
    texts = ["<feed me> Monaco", "<html> is great"]
    assert [post.text for post in read("\n".join(texts))[0]] == texts


@pytest.mark.parametrize(
    "text",
    [
        "“A IRMÃ” hoje em São Paulo",
        "«MARACANÃ»",
        "MARACANÃ–RIO",
        "MARACANÃ®",
        "CAFÉ²",
        "Ø²",
        "Paříž€",
        "Đà Nẵng",
        "ÑANDÚ",
    ],
)
def test_texts_that_were_decoded_rightly_stay(text: str) -> None:
    assert read(json.dumps({"text": text}))[0][0].text == text


def test_a_field_of_what_is_around_posts_is_not_their_text() -> None:
    feed = {"version": "1", "title": "My blog", "items": [{"id": "1", "title": "Chad"}, {"id": "2", "title": "Mali"}]}
    found, _, _ = read(json.dumps(feed), names={"text": "title"})
    assert [post.text for post in found] == ["Chad", "Mali"]
    data = {"message": "OK", "data": [{"message": "Chad"}, {"message": "Mali"}]}
    assert [post.text for post in read(json.dumps(data), names={"text": "message"})[0]] == ["Chad", "Mali"]


def test_an_object_of_ones_own_is_no_note_and_a_name_may_be_longer_than_files_have(tmp_path: Path) -> None:
    own = {"type": "Create", "text": "Chad", "object": {"id": "5", "content": "Mali"}}
    assert [post.text for post in read(json.dumps(own))[0]] == ["Chad"]
    long = {"id": 1, "text": "Chad", "image": f"https://x.org/{'a' * 300}.jpg"}
    assert [post.text for post in read(json.dumps(long), pictures=tmp_path)[0]] == ["Chad"]


def test_people_of_discord_are_no_mentions() -> None:
    for people in ([], [{"id": "1", "name": "bob", "nickname": "Bob", "isBot": False}]):
        message = {"id": "5", "content": "Chad", "author": {"id": "2"}, "mentions": people}
        [post], bad, _ = read(json.dumps(message))
        assert (post.mentions, bad) == (None, [])


def test_long_lists_are_not_searched_for_a_text() -> None:
    posts = [{"id": n, "body": "Chad beat Mali", "vector": ["Chad beat Mali again"] * 1500} for n in range(300)]
    _, bad, _ = read("\n".join(map(json.dumps, posts)))
    assert {error.reason.rpartition("=")[2] for error in bad} == {"body?"}
