"""The normal form under which names are compared, and the words of a joined hashtag."""

import re
import unicodedata
from collections.abc import Sequence

# Letters that Unicode does not decompose, and that people type without their stroke or ligature.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ə": "e"}
)
_ACRONYM = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
_APOSTROPHES = re.compile("['’‘ʼ`´ʻ]")
_ASCII_JUNK = re.compile(r"[\W_]+")
_PLAIN = bytes.maketrans(
    bytes(range(128)), bytes(ord(chr(i).lower()) if chr(i).isalnum() or chr(i) == "\n" else 32 for i in range(128))
)
_BOUNDARY = re.compile(
    r"(?<=[^\W\d_])(?=\d)"  # Euro2016
    r"|(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])"  # LosAngeles
    r"|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ])"  # NBAFinals
    r"|(?<=\d)(?=[A-ZÀ-ÖØ-Þ])"  # 2016Final, but not 76ers
)


def normal_form(text: str) -> str:
    """Return the form in which two spellings of one name are equal.

    Case, diacritics and apostrophes go; dots within acronyms go; `&` reads `and`; `#`, `@`, underscores and all other
    punctuation become single blanks. A text that is nothing but punctuation keeps itself, in lower case.
    """
    bare = _APOSTROPHES.sub("", text).replace("&", " and ")
    if "." in bare:
        bare = _ACRONYM.sub(lambda found: found.group().replace(".", ""), bare)
    normal = _ASCII_JUNK.sub(" ", bare.lower()).strip() if bare.isascii() else _fold(bare)
    return normal or " ".join(text.lower().split())


def normal_forms(texts: Sequence[str]) -> list[str]:
    """Return the normal form of each text; those of plain ASCII are made together, ten times as fast."""
    joined = "\n".join(texts)
    alone: list[int] = []
    if not joined.isascii() or joined.count("\n") >= len(texts):
        alone = [place for place, text in enumerate(texts) if not text.isascii() or "\n" in text]
        joined = "\n".join(_without(texts, alone))
    folded = joined.encode("ascii").translate(None, b"'`")
    if b"." in folded:
        alone.extend(_with_acronyms(folded))
    folded = b"\n%b\n" % folded.replace(b"&", b" and ").translate(_PLAIN)
    while b"  " in folded:
        folded = folded.replace(b"  ", b" ")
    folded = folded.replace(b" \n", b"\n").replace(b"\n ", b"\n")
    normals = folded[1:-1].decode("ascii").split("\n") if texts else []
    if "" in normals:
        alone.extend(place for place, normal in enumerate(normals) if not normal)
    for place in alone:
        normals[place] = normal_form(texts[place])
    return normals


def squash(normal: str) -> str:
    """Return a normal form without its blanks: `losangeleslakers`."""
    return normal.replace(" ", "")


def split_hashtag(text: str) -> str:
    """Return the words of a joined name: `#LosAngelesLakers` gives `Los Angeles Lakers`."""
    return " ".join(_BOUNDARY.sub(" ", text.lstrip("#@＃＠").replace("_", " ")).split())


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one text."""
    return frozenset(text.split())


def _without(texts: Sequence[str], places: Sequence[int]) -> list[str]:
    kept = list(texts)
    for place in places:
        kept[place] = ""
    return kept


def _with_acronyms(lines: bytes) -> list[int]:
    """Return the lines in which two dots stand around one letter, or more of them."""
    import numpy as np

    bytes_ = np.frombuffer(lines, dtype=np.uint8)
    dots = np.flatnonzero(bytes_ == ord("."))
    near = dots[:-1][np.diff(dots) == 2]
    found: list[int] = np.unique(np.searchsorted(np.flatnonzero(bytes_ == ord("\n")), near)).tolist()
    return found


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_LETTERS)
    kept = []
    for character in folded:
        if "\u0300" <= character <= "\u036f":
            continue
        # Vowel signs of other scripts are marks too, and belong to the word.
        is_word = character.isalnum() or unicodedata.category(character)[0] == "M"
        kept.append(character if is_word else " ")
    return " ".join("".join(kept).split())
