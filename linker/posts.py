"""Reading posts: JSON lines and the two CoNLL forms of the tweet datasets."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from linker.errors import PostError
from linker.given_mentions import read_given_mentions
from linker.offsets import place_tokens
from linker.results import Post

_OURS = {"id", "text", "tokens", "image", "mentions"}
_PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp")


def read_posts(path: Path, *, pictures: Path | None = None) -> Iterator[Post | PostError]:
    """Read the posts of a file, in order; what is not a post comes out as an error in its place.

    Args:
        path: ``.jsonl`` (or ``.json``, ``.ndjson``) with one post a line; anything else is read as CoNLL, a token and
            a tag a line.
        pictures: Folder that relative pictures are looked up in (default: the file's own); for CoNLL, the folder with
            ``<IMGID>.jpg``.

    Yields:
        A `Post`, or a `PostError` with the line and the reason.

    Raises:
        OSError: The file cannot be read.
    """
    if path.suffix.lower() in {".jsonl", ".json", ".ndjson"}:
        with path.open("rb") as lines:
            yield from read_json_lines(lines, folder=pictures or path.parent, file=str(path.resolve()))
    else:
        yield from _read_conll(path, pictures)


def read_json_lines(lines: Iterable[bytes], *, folder: Path, file: str = "-") -> Iterator[Post | PostError]:
    """Read posts from lines of JSON; blank lines are passed over.

    Args:
        lines: Undecoded lines.
        folder: What relative paths of pictures start from.
        file: Where the lines are from; - is standard input.

    Yields:
        A `Post`, or a `PostError` with the line and the reason.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield post_from_json(_parse(line, number), folder=folder, line=number, file=file)
        except PostError as error:
            yield error


def post_from_json(value: Mapping[str, Any], *, folder: Path, line: int = 0, file: str = "") -> Post:
    """Turn one JSON object into a post.

    Args:
        value: ``{"id", "text" or "tokens", "image", "caption", "mentions"}``; all but the text may be absent.
        folder: What a relative path of a picture starts from.
        line: Line number, for messages and for a post without an id.
        file: Where it is from.

    Raises:
        PostError: A field has the wrong type, or there is neither text nor tokens.
    """
    value = _mended(value)
    shown = json.dumps(value, ensure_ascii=False, default=str)[:200]

    def fail(reason: str) -> PostError:
        return PostError(line, reason, shown)

    def text(name: str, expected: str) -> str:
        found = value.get(name)
        if not (found is None or isinstance(found, str)):
            raise fail(f"{name} is {found!r}, expected {expected}")
        return found or ""

    identifier = value.get("id", str(line))
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        raise fail(f"id is {identifier!r}, expected a string or a whole number")
    image, caption = text("image", "a path or null"), text("caption", "a string or null")
    if "\0" in image:
        raise fail("image has a NUL character, expected a path or null")
    if value.get("tokens") is None and "text" not in value:
        raise fail('has neither "text" nor "tokens", expected one of them')
    has_tokens = value.get("tokens") is not None
    given = value.get("text") if isinstance(value.get("text"), str) or not has_tokens else ""
    tokens = _tokens(value["tokens"], fail) if has_tokens else _words(text("text", "a string"))
    written, places = place_tokens(given or "", tokens)
    tokens, mentions = read_given_mentions(value.get("mentions"), written, tokens, places, fail, by_tokens=has_tokens)
    return Post(
        id=identifier,
        tokens=tokens,
        image=folder / image if image else None,
        caption=caption,
        mentions=mentions,
        line=line,
        file=file,
        text=written,
        fields={name: item for name, item in value.items() if name not in _OURS},
    )


def find_picture(folder: Path, name: str) -> Path:
    """The file of a picture: under its name, with an ending that it lacks, or with another one than it says.

    Args:
        folder: Where the pictures are.
        name: A path within the folder, or the name of a file that is in the folder itself.

    Returns:
        The file; where there is none, the one that was looked for first.
    """
    given = folder / name
    try:
        stems = (given, given.with_suffix("")) if given.suffix.lower() in _PICTURE_ENDINGS else (given,)
        places = [given, *(stem.with_name(stem.name + ending) for stem in stems for ending in _PICTURE_ENDINGS)]
        places += [folder / place.name for place in places]
        return next((place for place in places if place.is_file()), places[2 - len(stems)])
    except (OSError, ValueError):  # a name that no file can have
        return given


def _parse(line: bytes, number: int) -> Mapping[str, Any]:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PostError(
            number, f"is not UTF-8 (byte {error.start + 1}), expected UTF-8", line.decode("utf-8", "replace")
        ) from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PostError(number, f"is not JSON ({error}), expected one object a line", text) from error
    if not isinstance(value, dict):
        raise PostError(number, f"is a JSON {type(value).__name__}, expected an object", text)
    return value


def _tokens(value: Any, fail: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(token, str) for token in value):
        raise fail("tokens must be a list of strings")
    return tuple(value)


def _words(text: str) -> tuple[str, ...]:
    from ner import tokenize

    return tuple(token.text for token in tokenize(text))


def _mended(value: Any) -> Any:
    """Replace lone surrogates in all texts of a value: JSON can spell them, as of an emoji cut in half, no file can."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_mended(name): _mended(item) for name, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, list) else value


def _read_conll(path: Path, pictures: Path | None) -> Iterator[Post | PostError]:
    from ner import FormatError, read_conll

    try:
        tagged = read_conll(path)
    except FormatError as error:
        raise PostError(0, str(error)) from error
    for number, post in enumerate(tagged, start=1):
        yield Post(
            id=post.id or str(number),
            tokens=tuple(post.tokens),
            image=find_picture(pictures, post.id) if pictures and post.id else None,
            line=number,
            file=str(path.resolve()),
        )
