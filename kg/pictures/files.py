"""From an image's source, as a dump or table writes it, to its file on this disk and to the address that is asked."""

import os
import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

from .other_names import OtherNames, files_below

#: Where DBpedia's and Wikidata's image addresses lead; `thumb` and `upload` are where they are redirected to.
WIKIMEDIA_HOSTS = ("commons.wikimedia.org", "upload.wikimedia.org", "thumb.wikimedia.org", "en.wikipedia.org")

FOUND_AS = "found as"
_MARKERS = ("Special:FilePath/", "Special:Filepath/", "Special:Redirect/file/", "wiki/File:")
_LONGEST_NAME_BYTES = 255
_STORED = re.compile(
    r"https?://(?:upload|thumb)\.wikimedia\.org/wikipedia/(?P<wiki>[a-z-]+)/(?:thumb/)?[0-9a-f]/[0-9a-f]{2}/(?P<name>[^/?#]+)"
)


class ImageFinder:
    """Finds pictures by the names that dumps and tables give them.

    Only what lies in the folder of pictures or in the table's own is found: no `..` and no link leads out of them, as a
    table of somebody else must not show what else is on this disk. The folders themselves may be links.

    Args:
        images_dir: The folder that holds them, None if there is none.
    """

    def __init__(self, images_dir: Path | None) -> None:
        self._dir = images_dir
        self._others = OtherNames(str(images_dir)) if images_dir else None
        self._real = str(images_dir.resolve()) if images_dir else None

    def find(self, source: str, folder: str) -> tuple[str, str | None, str | None]:
        """Find a picture.

        Args:
            source: An IRI with `Special:FilePath/Name`, a file name, or a path relative to the table or the folder.
            folder: Folder of the table that names it, or an empty text.

        Returns:
            The picture's identity, its file, and the reason where there is none; where it was found only by another
            name, such as that of a thumbnail or in a sub-folder, `FOUND_AS` and that name.
        """
        identity, file, reason = self._find(source, folder)
        if file is not None and (odd := name_not_utf8(file)):
            return source, None, odd
        return identity, file, reason

    def digest(self) -> str:
        """Return a digest of the names in the folder, by which a build knows whether pictures came or were removed."""
        if self._dir is None:
            return ""
        names = sha256()
        for name in sorted(files_below(str(self._dir))):
            names.update(os.fsencode(name) + b"\0")
        return names.hexdigest()

    def _find(self, source: str, folder: str) -> tuple[str, str | None, str | None]:
        name = file_name_of(source)
        if name is not None:
            return name, *self._find_in_images(name)
        if "://" in source:
            return source, *self._find_in_images(picture_name(source))
        places = f"beside the table{' or in the image folder' if self._dir else ''}"
        reason = f"no file {source!r} {places}"
        texts = dict.fromkeys((*_spellings(source), *_spellings(unquote(source).replace("\\", "/"))))
        bases = filter(None, (Path(folder) if folder else None, self._dir))
        for path in (base / text for base in bases for text in texts):
            if os.path.isfile(path):  # noqa: PTH113 -- no error for a name that this file system cannot hold
                real = str(path.resolve())
                if _lies_in(real, self._real) or (folder and _lies_in(real, str(Path(folder).resolve()))):
                    return real, real, None
                reason = f"{source!r} leads elsewhere by '..', a link or an absolute path; put the file itself {places}"
        return source, None, reason

    def _find_in_images(self, name: str) -> tuple[str | None, str | None]:
        if self._dir is None:
            return None, "no image folder was given"
        if "/" in name or "\\" in name or "\0" in name or name in ("", ".", ".."):
            return None, f"{name!r} is not a file name"
        for variant in _spellings(name):
            if os.path.isfile(f"{self._dir}/{variant}"):  # noqa: PTH113 -- for millions of names, and quick
                real = str((self._dir / variant).resolve())
                if not _lies_in(real, self._real):
                    return None, f"{name!r} is a link that leads out of the image folder; put the file itself there"
                return real, None
        other = self._others.find(name) if self._others else None
        if other is not None:
            real = os.path.realpath(self._dir / other)
            if _lies_in(real, self._real):
                return real, f"{FOUND_AS} {other}"
        return None, f"no file {name!r} in the image folder"


def file_name_of(source: str) -> str | None:
    """Return the file name in a `Special:FilePath/Name` IRI, decoded once; None for any other source."""
    for marker in _MARKERS:
        _, found, rest = source.partition(marker)
        if found:
            name = unquote(rest.split("?")[0].split("#")[0]).replace(" ", "_")
            return name[:1].upper() + name[1:] if name else name
    return None


def picture_name(source: str) -> str:
    """Return the name that the picture at an address has in an image folder.

    Of `Special:FilePath/Name` that is `Name`, decoded. Of any other address it is a digest, as the last part of one may
    be that of many, and then that last part as far as any file system takes it.
    """
    name = file_name_of(source)
    if name is not None:
        return name
    digest = sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    last = unquote(source.split("#")[0].split("?")[0].rstrip("/").rpartition("/")[2])
    return f"{digest}-{re.sub(r'[^A-Za-z0-9._-]', '_', last)[-60:]}"


def name_problem(name: str) -> str | None:
    """Say why a picture's name cannot be a file's, None if it can."""
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        return f"{name[:200]!r} is not a file name"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return f"{name[:200]!r} holds a control character"
    if len(name.encode("utf-8", "replace")) > _LONGEST_NAME_BYTES:
        return f"{name[:60]!r}... is longer than {_LONGEST_NAME_BYTES} bytes"
    return None


def name_not_utf8(path: Path | str) -> str | None:
    """Say that a file's name cannot be kept as text, None if it can."""
    text = str(path)
    is_text = text.encode("utf-8", "ignore").decode() == text
    return None if is_text else f"{text!r} is not a name in UTF-8; rename it"


def is_address(source: str) -> bool:
    """Say whether an image's source is a web address."""
    return source[:8].lower().startswith(("http://", "https://"))


def picture_address(source: str, width: int) -> str:
    """Return the address to ask for a picture: at an allowed width, and over https where the host is Wikimedia's."""
    stored = _STORED.match(source)
    if stored is not None:  # the files' own addresses are private, and widths that are written in them often refused
        wiki = stored["wiki"]
        host = "commons.wikimedia.org" if wiki == "commons" else f"{wiki}.wikipedia.org"
        return _file_path(f"https://{host}/wiki/", unquote(stored["name"]), width)
    name = file_name_of(source)
    if name is None:
        return _over_https(source)
    marker = next(marker for marker in _MARKERS if marker in source)
    base = source.partition(marker)[0] + ("wiki/" if marker.startswith("wiki/") else "")
    return _over_https(_file_path(base, name, width))


def _file_path(base: str, name: str, width: int) -> str:
    # `.` and `..` would be taken for steps of the path, and leave another address.
    spelt = quote(name, safe="") if name.strip(".") else name.replace(".", "%2E")
    return f"{base}Special:FilePath/{spelt}{'&' if '?' in base else '?'}width={width}"


def _over_https(address: str) -> str:
    scheme, _, rest = address.partition("://")
    is_wikimedia = re.split(r"[/?#]", rest, maxsplit=1)[0].lower() in WIKIMEDIA_HOSTS
    return f"https://{rest}" if scheme.lower() == "http" and is_wikimedia else address


def _lies_in(file: str, folder: str | None) -> bool:
    """Say whether a file lies in a folder; both are absolute, and no links any more."""
    return folder is not None and file.startswith(os.path.join(folder, ""))  # noqa: PTH118 -- "/" stays "/"


def _spellings(name: str) -> Iterator[str]:
    """Yield the ways in which a file system may hold a name."""
    spaced = (first.replace("_", blank) for first in (name, name[:1].lower() + name[1:]) for blank in "_ ")
    forms = (form for text in spaced for form in (text, *(unicodedata.normalize(how, text) for how in ("NFC", "NFD"))))
    yield from dict.fromkeys(forms)
