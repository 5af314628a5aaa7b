"""Reading posts: from files of any kind, and from objects; what is no post is named in its place."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from shlex import quote
from typing import IO, Any

from linker.errors import PostError
from linker.given_mentions import NOT_OURS, are_people, read_given_mentions
from linker.json_values import DEEPEST, mended, plain_value
from linker.offsets import place_tokens
from linker.post_fields import POST_FIELDS, field_within, is_empty, is_nan, likely_text, our_fields
from linker.post_files import FieldNames, read_records
from linker.post_pictures import downloaded, find_picture, read_image
from linker.results import Post

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
        called.get("text", ""),
    )
    tell = tell or (lambda _: None)
    unseen = {field: name for field, name in (names or {}).items() if name != "-"}
    is_html, nothing, bare, wrong, example = False, True, 0, 0, ""
    for record in read_records(source, known, tell):
        nothing = nothing and not record.value
        if unseen:
            there, value = {str(name).strip().lower() for name in record.value}, record.value
            is_seen = {name: name.lower() in there or field_within(value, name) is not None for name in unseen.values()}
            unseen = {field: name for field, name in unseen.items() if not is_seen[name]}
        items = [item for name, item in record.value.items() if str(name).lower() in known.text]
        items = items or ([field_within(record.value, known.asked)] if known.asked else [])
        texts = [item for item in items if isinstance(item, str)]
        shown = list(map(_shown, texts))
        if not is_html and shown != texts:
            is_html = True
            tell("texts are in HTML, and read as what they show: so `text` of the results is, and offsets count")
        if record.error:
            yield PostError(record.line, record.error, mended(record.text))
            continue
        try:
            number = str(record.number or record.line)
            post = post_from_json(
                record.value, folder=folder, line=record.line, file=file, names=names, default_id=number
            )
        except PostError as error:
            yield error
            continue
        if record.image_name is not None:
            post = _with_named_picture(post, record.image_name, folder, is_sure=pictures is not None)
        bare += post.mentions == ()
        for text in shown:
            if post.text not in (text, "") and post.text == as_meant(text):
                wrong, example = wrong + 1, example or _difference(text, post.text)
        yield post
    if bare:
        tell(f"posts: {bare:,} with an empty list of mentions, so that none are looked for; if it is none: {NOT_OURS}")
    if wrong:
        tell(
            f"posts: {wrong:,} whose letters were decoded wrongly, read as what was meant ({example}): so `text` of the"
            " results is, and offsets count"
        )
    for field, name in () if nothing else unseen.items():
        tell(f"no post has a field {name!r}, which --field {field}={name} asks for: check how it is spelled")


def post_from_json(
    value: Mapping[str, Any],
    *,
    folder: Path | None,
    line: int = 0,
    file: str = "",
    names: Mapping[str, str] | None = None,
    default_id: str | int | None = None,
    as_shown: bool = True,
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
        as_shown: Whether a text in HTML is read as what it shows, and one whose letters were decoded wrongly
            (``CafÃ©``, as exports of Meta have it) as what was meant; offsets then count this.

    Returns:
        The post. A picture that cannot be used is said in `Post.image_error`; a web address is in `Post.image_url`.

    Raises:
        PostError: A field has the wrong type or is nested too deeply, or there is neither text nor tokens.
    """
    try:
        value = mended(value)
    except RecursionError:
        raise PostError(line, f"is nested too deeply, expected at most {DEEPEST} levels") from None
    found = our_fields(value, names or {})
    mentions = _mentions(found.get("mentions", (None, None))[1])
    is_of_platform = "media_attachments" in value or isinstance(value.get("author"), Mapping)  # Mastodon's, Discord's
    if "mentions" not in (names or {}) and (is_of_platform or are_people(mentions)):
        found.pop("mentions", None)  # people, or nobody; not spans of the text
        mentions = None
    shown = json.dumps(value, ensure_ascii=False, default=str)[:200]

    def fail(reason: str) -> PostError:
        return PostError(line, reason, shown)

    text, tokens = found.get("text", (None, None))[1], found.get("tokens", (None, None))[1]
    is_words = "tokens" not in (names or {}) and "tokens" in found and found["tokens"][0].strip().lower() == "words"
    if is_words and isinstance(text, str) and not isinstance(tokens, list):
        del found["tokens"]  # a field of the user's own: how many there are, perhaps
        tokens = None
    if is_empty(tokens) and text is not None:
        tokens = None
    if isinstance(tokens, str) and text is None:
        text, tokens = tokens, None
    elif tokens is None and isinstance(text, list) and any(isinstance(part, Mapping) for part in text):
        text = "".join(str(part.get("text", "") if isinstance(part, Mapping) else part) for part in text)  # Telegram's
    elif tokens is None and isinstance(text, list):
        text, tokens = None, text
    if tokens is None and "text" not in found and text is None:
        place = likely_text(value)
        hint = f": is the text --field {quote(f'text={place}')}?" if place else ""
        raise fail(f'has neither "text" nor "tokens", expected one of them{hint}')
    if not (text is None or isinstance(text, str)) and tokens is None:
        raise fail(f"text is {repr(text)[:80]}, expected a string")
    caption = found.get("caption", (None, None))[1]
    if not (caption is None or isinstance(caption, str)):
        raise fail(f"caption is {caption!r}, expected a string or null")
    if as_shown and tokens is None and isinstance(text, str) and mentions is None:
        text = as_meant(_shown(text))
    words = _tokens(tokens, fail) if tokens is not None else _words(text or "")
    written, places = place_tokens(text if isinstance(text, str) else "", words)
    by_tokens = tokens is not None
    is_ours = isinstance(text, str) and bool(text.strip()) and written != text
    words, given = read_given_mentions(
        mentions, written, words, places, fail, by_tokens=by_tokens, may_count=not is_ours
    )
    identifier = _id(found.get("id", (None, None))[1], str(line) if default_id is None else default_id, fail)
    image, url, problem = read_image(found.get("image", (None, None))[1], folder)
    if url and folder is not None and (there := downloaded(folder, url, identifier)):
        image, url, problem = there, "", ""
    consumed = {name for field, (name, _) in found.items() if field in _CONSUMED}
    return Post(
        id=identifier,
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


# What hardly stands in a text that was decoded rightly: signs of no script, `Ã©`, `â€™`, `ðŸ`, `Ð¡Ð¾Ñ`.
_MISREAD = re.compile(
    "[\x80-\x9f]|[ÃÂ][\xa0-\xad\xaf-\xb1\xb3-\xba\xbc-\xbf]|â€[œ™“”˜¦¢]|ðŸ"
    "|(?:[ÐÑ][\xa0-\xbf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]){3}"
)


def as_meant(text: str) -> str:
    """A text whose UTF-8 was decoded as another encoding, as what was meant; any other as it is.

    >>> as_meant("SÃ£o Paulo"), as_meant("Chadâ€™s"), as_meant("São Paulo")
    ('São Paulo', 'Chad’s', 'São Paulo')
    """
    if not _MISREAD.search(text):
        return text
    from ftfy import fix_encoding

    return fix_encoding(text)


def _difference(given: str, meant: str) -> str:
    """An example of what was read otherwise."""
    pairs = zip(given.split(), meant.split(), strict=False)
    return next((f"{ours} for {theirs}" for theirs, ours in pairs if theirs != ours), meant[:20])


def _shown(html: str) -> str:
    """The text that HTML shows; any other text as it is."""
    if not _HTML.fullmatch(html):
        return html
    for pattern, instead in _HTML_BREAKS:
        html = re.sub(pattern, instead, html)
    return unescape(html).strip()


def _id(value: Any, default: str | int, fail: Callable[[str], Exception]) -> str | int:
    """An id: what is given; the default where that is nothing."""
    if is_empty(value):
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
        return None if is_nan(value) else value
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
