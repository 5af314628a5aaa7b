"""From an image's source, as a dump or table writes it, to a file on this disk."""

import os
import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

MARKERS = ("Special:FilePath/", "Special:Filepath/", "Special:Redirect/file/", "wiki/File:")


class ImageFinder:
    """Finds pictures by the names that dumps and tables give them.

    Args:
        images_dir: The folder that holds them, None if there is none.
    """

    def __init__(self, images_dir: Path | None) -> None:
        self._dir = images_dir

    def find(self, source: str, folder: str) -> tuple[str, str | None, str | None]:
        """Find a picture.

        Args:
            source: An IRI with `Special:FilePath/Name`, a file name, or a path relative to the table or the folder.
            folder: Folder of the table that names it, or an empty text.

        Returns:
            The picture's identity, its file, and the reason where there is none.
        """
        name = file_name_of(source)
        if name is not None:
            return name, *self._find_in_images(name)
        if "://" in source:
            return source, *self._find_in_images(picture_name(source))
        for base in filter(None, (Path(folder) if folder else None, self._dir)):
            path = base / source
            if _is_file(path):
                return str(path.resolve()), str(path.resolve()), None
        return source, None, f"no file {source!r} beside the table" + (" or in the image folder" if self._dir else "")

    def digest(self) -> str:
        """Return a digest of the names in the folder, by which a build knows whether pictures came or went."""
        if self._dir is None:
            return ""
        names = sha256()
        for name in sorted(os.listdir(self._dir)):  # noqa: PTH208 -- a million names, not a million Path objects
            names.update(os.fsencode(name) + b"\0")
        return names.hexdigest()

    def _find_in_images(self, name: str) -> tuple[str | None, str | None]:
        if self._dir is None:
            return None, "no image folder was given"
        if "/" in name or "\\" in name or "\0" in name or name in ("", ".", ".."):
            return None, f"{name!r} is no file name"
        for variant in _spellings(name):
            if os.path.isfile(f"{self._dir}/{variant}"):  # noqa: PTH113 -- for millions of names, and quick
                return str((self._dir / variant).resolve()), None
        return None, f"no file {name!r} in the image folder"


def file_name_of(source: str) -> str | None:
    """Return the file name in a `Special:FilePath/Name` IRI, decoded once; None for any other source."""
    for marker in MARKERS:
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


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that this file system cannot hold
        return False


def _spellings(name: str) -> Iterator[str]:
    """Yield the ways in which a file system may hold a name."""
    seen = set()
    lowered = name[:1].lower() + name[1:]
    for first in (name, lowered):
        for spaced in (first, first.replace("_", " ")):
            for form in (spaced, unicodedata.normalize("NFC", spaced), unicodedata.normalize("NFD", spaced)):
                if form not in seen:
                    seen.add(form)
                    yield form
