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
_ASCII_FORMS = {
    code: None if chr(code) in "'`" else chr(code).lower() if chr(code).isalnum() else " " for code in range(128)
} | {ord("\n"): "\n"}
_BOUNDARY = re.compile(
    r"(?<=[^\W\d_])(?=\d)"  # Euro2016
    r"|(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])"  # LosAngeles
    r"|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ])"  # NBAFinals
    r"|(?<=\d)(?=[A-ZÀ-ÖØ-Þ])"  # 2016Final, but not 76ers
)


def normal_form(text: str) -> str:
    """Return the form in which two spellings of one name are equal.

    Case, diacritics and apostrophes are removed, and dots within acronyms; `&` reads `and`; `#`, `@`, underscores and
    all other punctuation become single blanks. A text that is nothing but punctuation keeps itself, in lower case.
    """
    bare = _APOSTROPHES.sub("", text).replace("&", " and ")
    if "." in bare:
        bare = _ACRONYM.sub(lambda found: found.group().replace(".", ""), bare)
    normal = _ASCII_JUNK.sub(" ", bare.lower()).strip() if bare.isascii() else _fold(bare)
    return normal or " ".join(text.lower().split())


def normal_forms(texts: Sequence[str]) -> list[str]:
    """Return the normal form of each text; ASCII texts without acronyms are translated together, which is faster."""
    plain = [text if text.isascii() and text.count(".") < 2 and "\n" not in text else "" for text in texts]
    lines = "\n".join(plain).replace("&", " and ")
    forms = [" ".join(line.split()) for line in lines.translate(_ASCII_FORMS).split("\n")]
    return [form or normal_form(text) for form, text in zip(forms, texts, strict=True)] if texts else []


def squash(normal: str) -> str:
    """Return a normal form without its blanks: `losangeleslakers`."""
    return normal.replace(" ", "")


def split_hashtag(text: str) -> str:
    """Return the words of a joined name: `#LosAngelesLakers` gives `Los Angeles Lakers`."""
    return " ".join(_BOUNDARY.sub(" ", text.lstrip("#@＃＠").replace("_", " ")).split())


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one text."""
    return frozenset(text.split())


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
