"""The names under which programs that download pictures save them, in whatever sub-folder, and what they stand for."""

import os
import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from urllib.parse import unquote

_PREFIX = re.compile(r"(?:File|Image|Datei|Fichier|Archivo)[:_]", re.IGNORECASE)
# Commons' own thumbnails: `330px-Flag.svg.png`, `lossy-page1-330px-Map.tif.jpg`.
_THUMBNAIL = re.compile(r"(?:loss(?:y|less)-)?(?:lang[a-z-]+-)?(?:page\d+-)?(?P<width>\d+)px-(?:-)?")
# What is no picture for a browser comes as one, with another ending behind its own.
_DRAWN = re.compile(r"(?P<name>.+\.(?:svg|tiff?|pdf|djvu|xcf|webm|ogv))\.(?:png|jpe?g|webp|gif)$", re.IGNORECASE)
_WHOLE = 1 << 30  # wider than any thumbnail


def plain_name(name: str) -> tuple[str, int]:
    """Return the name at Wikimedia Commons that a file's name stands for, and how wide it says to be.

    Percent-encoding is decoded once, the namespace, a thumbnail's width and the ending of a drawn file are left out,
    blanks are underscores, the first letter is upper-case and the ending lower-case.
    """
    name = _PREFIX.sub("", unicodedata.normalize("NFC", unquote(name)).replace(" ", "_"), count=1)
    width = _WHOLE
    if thumbnail := _THUMBNAIL.match(name):
        name, width = name[thumbnail.end() :], int(thumbnail["width"])
    if drawn := _DRAWN.match(name):
        name = drawn["name"]
    stem, dot, ending = name.rpartition(".")
    return name[:1].upper() + name[1:] if not dot else f"{stem[:1].upper()}{stem[1:]}.{ending.lower()}", width


def files_below(folder: str) -> Iterator[str]:
    """Yield the paths of all files below a folder, as they are from it; links to folders are not followed."""
    for place, _, names in os.walk(folder):
        inner = "" if place == folder else os.path.relpath(place, folder) + os.sep
        yield from (inner + name for name in names)


class OtherNames:
    """The files below a folder by the names that they stand for; the folder is read when it is first asked.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find(self, name: str) -> str | None:
        """Return the file for a name, from the folder on: of several the widest, then the first by its path."""
        found = self._files.get(plain_name(name)[0])
        return None if found is None else found[1]

    @cached_property
    def _files(self) -> dict[str, tuple[int, str]]:
        files: dict[str, tuple[int, str]] = {}
        for path in files_below(self._folder):
            name, width = plain_name(os.path.basename(path))  # noqa: PTH119 -- for millions of names
            if name == path:
                continue  # it is found without this
            ours = (-width, path)
            files[name] = min(files.get(name, ours), ours)
        return files
