"""The normal form under which names are compared, and the words of a joined hashtag."""

import re
import unicodedata

# Letters that Unicode does not decompose, and that people type without their stroke or ligature.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ə": "e"}
)
_ACRONYM = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
_MARKS = re.compile("[\u0300-\u036f\u20e3\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # accents, variants of one character
_APOSTROPHES = re.compile("['’‘ʼ`´ʻ＇]")
_ASCII = {
    code: None if chr(code) in "'`" else chr(code).lower() if chr(code).isalnum() else " " for code in range(128)
} | {ord("&"): " and "}
_BOUNDARY = re.compile(
    r"(?<=[^\W\d_])(?=\d)"  # Euro2016
    r"|(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])"  # LosAngeles
    r"|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ])"  # NBAFinals
    r"|(?<=\d)(?=[A-ZÀ-ÖØ-Þ])"  # 2016Final, but not 76ers
)


def normal_form(text: str) -> str:
    """Return the form in which two spellings of one name are equal.

    Case, diacritics and apostrophes are removed, dots within acronyms, and characters that are not seen; styled and
    full-width letters read as the plain ones, `&` as `and`, also where it is written `&amp;`, as Twitter does; `#`,
    `@`, underscores and all other punctuation become single blanks. A text that is nothing but punctuation keeps
    itself, in lower case.
    """
    text = text.replace("&amp;", "&")
    if text.isascii() and text.count(".") < 2:  # no acronym; this way is faster
        return " ".join(text.translate(_ASCII).split()) or " ".join(text.lower().split())
    bare = unicodedata.normalize("NFKC", _APOSTROPHES.sub("", text)).replace("&", " and ")
    if "." in bare:
        bare = _ACRONYM.sub(lambda found: found.group().replace(".", ""), bare)
    return _fold(bare) or " ".join(text.lower().split())


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
        kind = "L" if character.isalnum() else unicodedata.category(character)
        if kind == "Cf" or _MARKS.match(character):
            continue
        # Vowel signs of other scripts are marks too, and belong to the word.
        kept.append(character if kind[0] in "LM" else " ")
    return " ".join("".join(kept).split())
