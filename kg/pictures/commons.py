"""From an image's source, as a dump or table writes it, to the address that is asked for the picture."""

import re
import unicodedata
from urllib.parse import quote, unquote

import httpx

from .addresses import WIKIMEDIA_HOSTS
from .files import MARKERS, file_name_of

_LONGEST_NAME_BYTES = 255
_STORED = re.compile(
    r"https?://(?:upload|thumb)\.wikimedia\.org/wikipedia/(?P<wiki>[a-z-]+)/(?:thumb/)?[0-9a-f]/[0-9a-f]{2}/(?P<name>[^/?#]+)"
)


def is_address(source: str) -> bool:
    """Say whether an image's source is a web address."""
    return source[:8].lower().startswith(("http://", "https://"))


def name_problem(name: str) -> str | None:
    """Say why a picture's name can be no file's, None if it can."""
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        return f"{name[:200]!r} is no file name"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return f"{name[:200]!r} holds a control character"
    if len(name.encode("utf-8", "replace")) > _LONGEST_NAME_BYTES:
        return f"{name[:60]!r}... is longer than {_LONGEST_NAME_BYTES} bytes"
    return None


def picture_address(source: str, width: int) -> httpx.URL:
    """Return the address to ask for a picture: at an allowed width, and over https where the host is Wikimedia's.

    Raises:
        httpx.InvalidURL: If the source is no address.
    """
    stored = _STORED.match(source)
    if stored is not None:  # the files' own addresses are private, and widths that are written in them often refused
        wiki = stored["wiki"]
        host = "commons.wikimedia.org" if wiki == "commons" else f"{wiki}.wikipedia.org"
        return _file_path(f"https://{host}/wiki/", unquote(stored["name"]), width)
    name = file_name_of(source)
    if name is None:
        return _over_https(httpx.URL(source))
    marker = next(marker for marker in MARKERS if marker in source)
    base = source.partition(marker)[0] + ("wiki/" if marker.startswith("wiki/") else "")
    return _over_https(_file_path(base, name, width))


def _file_path(base: str, name: str, width: int) -> httpx.URL:
    # `.` and `..` would be taken for steps of the path, and leave another address.
    spelt = quote(name, safe="") if name.strip(".") else name.replace(".", "%2E")
    return httpx.URL(f"{base}Special:FilePath/{spelt}{'&' if '?' in base else '?'}width={width}")


def _over_https(url: httpx.URL) -> httpx.URL:
    if url.scheme == "http" and url.host in WIKIMEDIA_HOSTS and url.port is None:
        return url.copy_with(scheme="https")
    return url
