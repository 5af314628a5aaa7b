"""Reading posts: from files of any kind, and from objects; what is no post is named in its place."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import IO, Any

from linker.errors import PostError
from linker.given_mentions import NOT_OURS, are_people, read_given_mentions
from linker.json_values import DEEPEST, mended, plain_value
from linker.offsets import place_tokens
from linker.post_files import FieldNames, read_records
from linker.post_pictures import find_picture, read_image
from linker.results import Post
from ner import formats

POST_FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": formats.POST_FIELDS["id"],
    "text": ("text", "full_text", "tweet", "tweet_text", "content", "message", "sentence"),
    "tokens": formats.POST_FIELDS["tokens"],
    "image": formats.POST_FIELDS["image"],
    "caption": formats.POST_FIELDS["caption"],
    "mentions": ("mentions",),
}
"""The fields of a post, and what they may be called; the first that is there counts."""

_HTML = re.compile(r"\s*<(p|div|span)\b[^>]*>.*</\1>\s*", re.DOTALL)  # a text as Mastodon writes it, all of it
_HTML_BREAKS = ((r"<br\s*/?>", "\n"), (r"</p>\s*<p\b[^>]*>", "\n\n"), (r"<[^>]*>", ""))
_CONSUMED = ("id", "text", "tokens", "image", "mentions")  # a caption comes out again


def read_posts(
    source: Path | IO[bytes],
    *,
    pictures: Path | None = None,
    names: Mapping[str, str] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Iterator[Post | PostError]:
    """Read the posts of a file, in order; what is not a post comes out as an error in its place.

    What the file is, is told by its content: JSON lines, arrays and objects, CSV and TSV with a header, Parquet,
    columns of words (with tags or without), plain text with a post a line; compressed or not.

    Args:
        source: A path, or a stream of bytes.
        pictures: Folder that relative pictures are looked up in (default: the file's own); also of ``<IMGID>.jpg``.
        names: What fields are called here, in place of `POST_FIELDS`: ``{"text": "body"}``, or, within other fields,
            ``{"text": "record.text"}``; ``-``: there is none.
        tell: Told in a line what the file was taken for, of a text in HTML, and at the end of names that no post has.

    Yields:
        A `Post`, or a `PostError` with the line and the reason.

    Raises:
        FormatError: The file cannot be read.
    """
    folder = pictures or (source.parent if isinstance(source, Path) else Path())
    file = str(source.resolve()) if isinstance(source, Path) else "-"
    called = {field: names[field].lower() for field in names} if names else {}
    known = FieldNames(
        {called["text"]} if "text" in called else {*POST_FIELDS["text"], *POST_FIELDS["tokens"]},
        {name for field, usual in POST_FIELDS.items() for name in (*usual, called.get(field, ""))},
    )
    tell = tell or (lambda _: None)
    unseen = {field: name for field, name in (names or {}).items() if name != "-"}
    is_html, is_empty, bare = False, True, 0
    for record in read_records(source, known, tell):
        is_empty = is_empty and not record.value
        if unseen:
            there, value = {str(name).strip().lower() for name in record.value}, record.value
            is_seen = {name: name.lower() in there or _named(value, name) is not None for name in unseen.values()}
            unseen = {field: name for field, name in unseen.items() if not is_seen[name]}
        texts = (item for name, item in record.value.items() if str(name).lower() in known.text)
        if not is_html and any(isinstance(item, str) and _HTML.fullmatch(item) for item in texts):
            is_html = True
            tell("texts are in HTML, and read as what they show: so `text` of the results is, and offsets count")
        if record.error:
            yield PostError(record.line, record.error, mended(record.text))
            continue
        try:
            post = post_from_json(record.value, folder=folder, line=record.line, file=file, names=names)
        except PostError as error:
            yield error
            continue
        if record.image_name is not None:
            post = _with_named_picture(post, record.image_name, folder, is_sure=pictures is not None)
        bare += post.mentions == ()
        yield post
    if bare:
        tell(f"posts: {bare:,} with an empty list of mentions, so that none are looked for; if it is none: {NOT_OURS}")
    for field, name in () if is_empty else unseen.items():
        tell(f"no post has a field {name!r}, which --field {field}={name} asks for: check how it is spelled")


def post_from_json(
    value: Mapping[str, Any],
    *,
    folder: Path | None,
    line: int = 0,
    file: str = "",
    names: Mapping[str, str] | None = None,
    default_id: str | int | None = None,
    html: bool = True,
) -> Post:
    """Turn one JSON object into a post.

    Args:
        value: ``{"id", "text" or "tokens", "image", "caption", "mentions"}``; all but the text may be absent, and
            fields may have other names (`POST_FIELDS`). A list of words as ``text`` is read as tokens, a text as
            ``tokens`` as a text.
        folder: What a relative path of a picture starts from; None: no file is looked at, whatever the value says.
        line: Line number, for messages.
        file: Where it is from.
        names: What fields are called here: ``{"text": "body"}``.
        default_id: Id of a post without one (default: the line number, as text).
        html: Whether a text in HTML is read as what it shows, which offsets then count.

    Returns:
        The post. A picture that cannot be used is said in `Post.image_error`; a web address is in `Post.image_url`.

    Raises:
        PostError: A field has the wrong type or is nested too deeply, or there is neither text nor tokens.
    """
    try:
        value = mended(value)
    except RecursionError:
        raise PostError(line, f"is nested too deeply, expected at most {DEEPEST} levels") from None
    found = _our_fields(value, names or {})
    mentions = _mentions(found.get("mentions", (None, None))[1])
    if "mentions" not in (names or {}) and ("media_attachments" in value or are_people(mentions)):
        found.pop("mentions", None)  # of Mastodon, whose may be empty, and others: people, not spans of the text
        mentions = None
    shown = json.dumps(value, ensure_ascii=False, default=str)[:200]

    def fail(reason: str) -> PostError:
        return PostError(line, reason, shown)

    text, tokens = found.get("text", (None, None))[1], found.get("tokens", (None, None))[1]
    is_words = "tokens" not in (names or {}) and "tokens" in found and found["tokens"][0].strip().lower() == "words"
    if is_words and isinstance(text, str) and not isinstance(tokens, list):
        del found["tokens"]  # a field of the user's own: how many there are, perhaps
        tokens = None
    if _is_empty(tokens) and text is not None:
        tokens = None
    if isinstance(tokens, str) and text is None:
        text, tokens = tokens, None
    elif tokens is None and isinstance(text, list) and any(isinstance(part, Mapping) for part in text):
        text = "".join(str(part.get("text", "") if isinstance(part, Mapping) else part) for part in text)  # Telegram's
    elif tokens is None and isinstance(text, list):
        text, tokens = None, text
    if tokens is None and "text" not in found and text is None:
        raise fail('has neither "text" nor "tokens", expected one of them')
    if not (text is None or isinstance(text, str)) and tokens is None:
        raise fail(f"text is {repr(text)[:80]}, expected a string")
    caption = found.get("caption", (None, None))[1]
    if not (caption is None or isinstance(caption, str)):
        raise fail(f"caption is {caption!r}, expected a string or null")
    if html and tokens is None and isinstance(text, str) and mentions is None and _HTML.fullmatch(text):
        text = _shown(text)
    words = _tokens(tokens, fail) if tokens is not None else _words(text or "")
    written, places = place_tokens(text if isinstance(text, str) else "", words)
    by_tokens = tokens is not None
    is_ours = isinstance(text, str) and bool(text.strip()) and written != text
    words, given = read_given_mentions(
        mentions, written, words, places, fail, by_tokens=by_tokens, may_count=not is_ours
    )
    image, url, problem = read_image(found.get("image", (None, None))[1], folder)
    consumed = {name for field, (name, _) in found.items() if field in _CONSUMED}
    return Post(
        id=_id(found.get("id", (None, None))[1], str(line) if default_id is None else default_id, fail),
        tokens=words,
        image=image,
        caption=caption or "",
        mentions=given,
        line=line,
        file=file,
        text=written,
        fields=plain_value({name: item for name, item in value.items() if name not in consumed}),
        image_url=url,
        image_error=problem,
    )


def _our_fields(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    """What a record has of the fields of a post, with the names there."""
    by_name: dict[str, str] = {}
    for name in value:
        by_name.setdefault(str(name).strip().lower(), name)
    found = {}
    for field, usual in POST_FIELDS.items():
        wanted = (names[field].lower(),) if field in names else usual
        present = [by_name[name] for name in wanted if name in by_name]
        # An empty one gives way to the next: {"text": null, "full_text": "..."}
        if present:
            name = next((name for name in present if not _is_empty(value[name])), present[0])
            found[field] = name, None if field in ("text", "caption") and _is_nan(value[name]) else value[name]
        elif field in names and (within := _named(value, names[field])) is not None:
            found[field] = "", within
    for name, part in (("extended_tweet", "full_text"), ("note_tweet", "text")):  # the whole of a long text of Twitter
        longer = value.get(name)
        if "text" not in names and isinstance(longer, Mapping) and isinstance(longer.get(part), str):
            found["text"] = found.get("text", (name, None))[0], longer[part]
    if "image" not in found and (media := _media(value)):
        found["image"] = "", media
    return found


def _named(value: Any, name: str) -> Any:
    """A field by its name in any capitals, or one within others by the way to it: ``record.text``, ``media.0.url``."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value if isinstance(value, list) else ())
    by_name = {str(key).strip().lower(): item for key, item in items}
    first, _, rest = name.lower().partition(".")
    return by_name.get(name.lower()) if name.lower() in by_name or not rest else _named(by_name.get(first), rest)


def _shown(html: str) -> str:
    """The text that HTML shows."""
    for pattern, instead in _HTML_BREAKS:
        html = re.sub(pattern, instead, html)
    return unescape(html).strip()


def _media(value: Mapping[str, Any]) -> Any:
    """The first picture that Twitter or Mastodon says a post has."""
    for part in ("extended_entities.media", "entities.media"):
        if isinstance(media := _named(value, part), list) and media and isinstance(media[0], Mapping):
            return media[0].get("media_url_https")
    pictures = _named(value, "media_attachments") or _named(value, "attachments.media")  # Mastodon's, Twitter's
    for item in pictures if isinstance(pictures, list) else ():
        if isinstance(item, Mapping) and item.get("type", "image") in ("image", "photo"):
            return item.get("url")
    keys = _named(value, "attachments.media_keys")  # of pictures that stand beside the posts
    return {"media_keys": keys} if keys and pictures is None else None


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or _is_nan(value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _id(value: Any, default: str | int, fail: Callable[[str], Exception]) -> str | int:
    """An id: what is given; the default where that is nothing."""
    if _is_empty(value):
        return default
    value = plain_value(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise fail(f"id is {value!r}, expected a string or a whole number")
    return value


def _mentions(value: Any) -> Any:
    """Mentions as they are, or, as in a cell of a table, as JSON."""
    if not isinstance(value, str):
        return None if _is_nan(value) else value
    try:
        return mended(json.loads(value)) if value.strip() else None
    except (ValueError, RecursionError):
        return value


def _with_named_picture(post: Post, name: str, folder: Path, *, is_sure: bool) -> Post:
    """A post of a file of columns with its picture: one that is there, or, in a folder of pictures, is expected."""
    picture = find_picture(folder, name)
    return replace(post, image=picture) if name and (is_sure or picture.is_file()) else post


def _tokens(value: Any, fail: Callable[[str], Exception]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(token, str) for token in value):
        raise fail("tokens must be a list of strings")
    return tuple(value)


def _words(text: str) -> tuple[str, ...]:
    from ner import tokenize

    return tuple(token.text for token in tokenize(text))
