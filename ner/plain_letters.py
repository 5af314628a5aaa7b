"""Styled letters as the plain ones that they stand for: bold, full width, small capitals, zero-width characters.

A letter of mathematics, in a circle, full width or a small capital is read as the letter; what has no width between
letters, and strokes through them, as nothing. What is written stays as it is: only what reads it reads it so.
"""

import re
import unicodedata
from functools import cache

# Where Unicode keeps letters and digits in other styles: phonetic small capitals, raised and lowered ones, letters of
# formulas, in circles and brackets, full width, mathematical, in squares.
_STYLED = (
    *(range(0x1D00, 0x1DC0), range(0x2070, 0x209D), range(0x2100, 0x2150), range(0x249C, 0x24EA)),
    *(range(0xFF01, 0xFFBF), range(0x1D400, 0x1D800), range(0x1F110, 0x1F18A)),
    *([0x0262, 0x026A, 0x0274, 0x0280, 0x028F, 0x0299, 0x029C, 0x029F, 0xA730, 0xA731], [0x02B0, 0x02B2, 0x02B3]),
    *([0x02B7, 0x02B8, 0x02E1, 0x02E2, 0x02E3], range(0x2460, 0x2469), range(0x24F5, 0x24FE), range(0x2776, 0x277F)),
)
_NAMED = re.compile(r".*LATIN (?:(CAPITAL|SMALL) LETTER|LETTER SMALL CAPITAL) ([A-Z])")
_NO_WIDTH = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
_STROKES = "\u0332\u0333\u0335-\u0338"
_UNREAD = re.compile(rf"^[{_NO_WIDTH}]+|(?<=[^\W\d_])[{_NO_WIDTH}{_STROKES}]+")
# What belongs to the letter before it where words are cut: as above, and accents that stand as characters of their own.
_HANGING = re.compile(rf"^[{_NO_WIDTH}]+|(?<=[^\W\d_])[{_NO_WIDTH}\u0300-\u036f]+")


def plain_letters(text: str) -> str:
    """A text as it is read.

    >>> plain_letters("𝐉𝐚𝐤𝐚𝐫𝐭𝐚"), plain_letters("Ⓒⓗⓐⓓ"), plain_letters("Ｃｈａｄ"), plain_letters("Ja\u200bkarta")
    ('Jakarta', 'Chad', 'Chad', 'Jakarta')
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _UNREAD.sub("", text.translate(_table())))


def readable(text: str) -> tuple[str, list[int]]:
    """A text for cutting it into words: styled letters plain, without what hangs on letters.

    Returns:
        The text, and for each of its characters where it stands in the one that was given.
    """
    plain = text.translate(_table())  # as long as before
    places = list(range(len(plain)))
    for found in reversed(list(_HANGING.finditer(plain))):
        del places[found.start() : found.end()]
    return "".join([plain[place] for place in places]), places


@cache
def _table() -> dict[int, str]:
    """The plain letter of each styled one, each a single character."""
    found = {}
    for code in (code for codes in _STYLED for code in codes):
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain == chr(code) and (named := _NAMED.fullmatch(unicodedata.name(plain, ""))):
            plain = named[2] if named[1] == "CAPITAL" else named[2].lower()
        if len(plain) == 1 and plain != chr(code) and not plain.isspace():
            found[code] = plain
    return found
