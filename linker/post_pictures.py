"""The picture of a post, as people say where it is: a path in any spelling, bytes, base64, a web address."""

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import unquote, urlsplit

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp")
"""How the names of pictures end, in small letters."""
_BASE64 = re.compile(
    r"(?:(?:[/_]9j[/_]|iVBORw0KGgo|R0lGOD|UklGR|Qk)[\w+/\s-]{200,}|[\w+/\s-]{1000,})={0,2}\s*", re.ASCII
)
_IN_OBJECTS = ("bytes", "path", "url", "media_url_https")  # as Hugging Face's data sets and Twitter have pictures
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_URL_SAFE = str.maketrans("-_", "+/")  # also so spelled: RFC 4648, section 5
_ADDRESS = re.compile(r"(?!file:)([A-Za-z][A-Za-z0-9+.-]+):/{2}|www\.[^/\s]+/", re.IGNORECASE)

Image = tuple[Path | bytes | None, str, str]
"""A picture's file or content, its web address, and why it cannot be used; the last two may be empty."""


def read_image(value: Any, folder: Path | None) -> Image:
    """What a post says of its picture.

    Args:
        value: A path, an address (``file:``, ``http:``, ``https:``, ``data:``), base64, bytes, or an object with one of
            these (``{"bytes", "path"}``, ``{"url"}``).
        folder: Where relative paths start; None: no file is looked at, what is no address is read as base64.
    """
    if isinstance(value, Mapping):
        value = next((value[name] for name in _IN_OBJECTS if value.get(name)), None if not value else dict(value))
    if isinstance(value, list | tuple):
        there = [item for item in value if item not in (None, "")]
        value = there if len(there) > 1 else next(iter(there), None)
    if value is None or value == "":
        return None, "", ""
    if isinstance(value, bytes | bytearray):
        return bytes(value), "", ""
    if isinstance(value, Path) and folder is not None:
        return find_picture(folder, str(value)), "", ""
    if not isinstance(value, str):
        many = f"a list of {len(value)} (give a post for each)" if isinstance(value, list) else repr(value)[:80]
        return None, "", f"image is {many}, expected a path, base64 or a web address"
    text = value.strip()
    if not text:
        return None, "", ""
    if "\0" in text:
        return None, "", "image has a NUL character, expected a path"
    if text[:5].lower() == "data:" or _BASE64.fullmatch(text):
        return _from_base64(text)
    if text[:7].lower() in ("http://", "https:/"):
        return None, text, "image is a web address, which only --fetch-images asks for"
    if folder is None:
        content, _, problem = _from_base64(text)
        return content, "", problem and f"image is {text[:40]!r}, expected base64 or a data: address: no file is read"
    if _ADDRESS.match(text):
        return None, "", f"image is {text[:80]!r}, expected a path, or an address that begins with http:// or https://"
    return find_picture(folder, _path_in(text)), "", ""


def media_keys(post: Any) -> list[Any]:
    """The keys of media that a post names and Twitter puts elsewhere."""
    own = post.get("attachments") if isinstance(post, dict) else None
    keys = own.get("media_keys") if isinstance(own, dict) and "media" not in own else None
    return keys if isinstance(keys, list) else []


def with_media(post: Any, around: Mapping[str, Any]) -> Any:
    """A post with its media, which Twitter puts beside the posts, in ``includes``."""
    keys, beside = media_keys(post), around.get("includes")
    media = beside.get("media") if isinstance(beside, dict) else None
    if not (keys and isinstance(media, list)):
        return post
    found = [item for key in keys for item in media if isinstance(item, dict) and item.get("media_key") == key]
    return {**post, "attachments": {**post["attachments"], "media": found}}


def find_picture(folder: Path, name: str) -> Path:
    r"""The file of a picture, however its name is spelled.

    Under its name; with backslashes as slashes, ``%20`` decoded, accents composed or not, in other capitals, with an
    ending that it lacks, or with another one than it says; also where it lies in the folder itself, unless the folder
    that the name says is there and lacks it.

    Args:
        folder: Where the pictures are.
        name: A path within the folder, or the name of a file that is in the folder itself.

    Returns:
        The file; where there is none, the one that was looked for first.
    """
    spellings = dict.fromkeys((name, name.replace("\\", "/"), unquote(name), unquote(name.replace("\\", "/"))))
    try:
        places = [folder / spelling for spelling in spellings]
        # "/media/a.jpg" may lie within the folder, as in Mastodon's archives
        inside = [folder / name.lstrip("/")] if name.startswith("/") else []
        for place in (*places, *inside):
            if place.is_file():
                return place
        within = any(place.parent != folder and place.parent.is_dir() for place in places)
        bare = () if within else (folder / PureWindowsPath(spelling).name for spelling in spellings)
        for place in (*places, *bare):
            if found := _like(place):
                return found
        first = places[-1] if _DRIVE.match(name) is None else places[0]
        return first if first.suffix.lower() in PICTURE_ENDINGS else first.with_name(first.name + PICTURE_ENDINGS[0])
    except (OSError, ValueError):  # a name that no file can have
        return folder / name


def name_in(address: str) -> str:
    """The name of the file in an address."""
    return re.split(r"[?#]", address, maxsplit=1)[0].rpartition("/")[2]


def downloaded(folder: Path, address: str, post: str | int) -> Path | None:
    """The file of a picture that Twitter's archive keeps beside its posts: ``tweets_media/ID-NAME``."""
    name = name_in(address)
    places = [within / f"{post}-{name}" for within in (folder / "tweets_media", folder)] if name else []
    with suppress(OSError, ValueError):  # a name that no file can have
        return next((place for place in places if place.is_file()), None)
    return None


def _like(place: Path) -> Path | None:
    """A file of the same folder with the name or, before its ending, the stem of a place, in any capitals."""
    folder = place.parent
    if not place.name or not folder.is_dir():
        return None
    files = _files_of(folder, folder.stat().st_mtime_ns)
    stem = place.stem if place.suffix.lower() in PICTURE_ENDINGS else place.name
    names = (place.name, *(stem + ending for ending in PICTURE_ENDINGS))
    return next((folder / found for name in names if (found := files.get(_key(name)))), None)


@lru_cache(maxsize=64)
def _files_of(folder: Path, _changed_ns: int) -> dict[str, str]:
    """The files of a folder by a form of their names in which all spellings are one."""
    return {_key(file.name): file.name for file in sorted(folder.iterdir(), reverse=True) if file.is_file()}


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _path_in(text: str) -> str:
    """The path in a ``file:`` address; any other text as it is."""
    if text[:5].lower() != "file:":
        return text
    path = unquote(urlsplit(text).path)
    return path[1:] if _DRIVE.match(path[1:]) else path


def _from_base64(text: str) -> Image:
    head, comma, body = text.partition(",") if text[:5].lower() == "data:" else ("base64", ",", text)
    try:
        if not comma or "base64" not in head.lower():
            raise ValueError("it does not say base64,")
        plain = unquote("".join(body.split())).rstrip("=").translate(_URL_SAFE)
        content = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        return None, "", f"image is no base64 that can be read ({error})"
    return content, "", "" if content else "image is empty"
