"""Where a name stands in the structure behind fuzzy look-ups, and where a mention has to look for names like it.

A name without its blanks is cut into segments: one up to three letters, two up to seven, three from eight on. As many
segments bear one edit less than there are segments, and one of them is left as it was (Li et al. 2011, *Pass-Join*). So
a name is kept under each of its segments, together with its length and the segment's place, and a mention looks for
its own letters at every place where an untouched segment may have moved to. Exchanged neighbours that lie on both sides
of a cut touch two segments at once; for them, the mention is looked up with the two exchanged back.

A *letter mask* says in 32 bits which letters a name has, and which of the frequent ones twice. An edit takes one letter
away and adds one, so it changes two bits at most.
"""

from collections.abc import Iterator

from .fuzzy import edits_allowed

ENTITY_BITS = 31  # what an entity takes of a number in `alias_normal`
HASH_BITS = 24
WORD_HASH_BITS = 28
WORD_LENGTH_BITS = 7
LONGEST_NAME = 500  # letters; longer names are found by their normal form only
FNV_START, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3

_LETTERS = (*"abcdefghi", "kq", *"lmnoprstuvw", "jy", "xz")
FREQUENT = "aeinorls"
_OTHERS = 64
_MASK64 = (1 << 64) - 1


def _mask_bits() -> tuple[list[int], list[int]]:
    first, second = [1 << 31] * 128, [0] * (128 + _OTHERS)
    for place, letters in enumerate(_LETTERS):
        for letter in letters:
            first[ord(letter)] = 1 << place
    for place, letter in enumerate(FREQUENT, len(_LETTERS)):
        second[ord(letter)] = 1 << place
    # The first bit of a frequent letter is its own: whether it is set decides about the second.
    own = {first[ord(letter)] for letter in FREQUENT}
    shared = [1 << place for place in range(32) if 1 << place not in own]
    return first + [shared[code % len(shared)] for code in range(_OTHERS)], second


FIRST_BITS, SECOND_BITS = _mask_bits()
"""By ASCII code: the bit of a letter that stands in a name, and that of one that stands there twice; from 128 on, by
the last six bits of any other letter, which are those of the last byte of its UTF-8."""


def letter_mask(spelling: str) -> int:
    """Return the letter mask of a name or mention without blanks."""
    mask = 0
    for letter in spelling:
        code = ord(letter)
        code = code if code < 128 else 128 + code % _OTHERS
        mask |= SECOND_BITS[code] if mask & FIRST_BITS[code] else FIRST_BITS[code]
    return mask


def segment_count(length: int) -> int:
    """Return into how many segments a name of so many letters is cut."""
    return edits_allowed(length) + 1


def segment_key(length: int, segment: int, text: str) -> int:
    """Return the key of the names of a length that have a text as a certain one of their segments."""
    return (length << 2 | segment) << HASH_BITS | _hash(text) >> (64 - HASH_BITS)


def word_key(word: str, length: int = 0) -> int:
    """Return the key of the names with a word that have so many letters; those of longer names follow."""
    return _hash(word) >> (64 - WORD_HASH_BITS) << WORD_LENGTH_BITS | min(length, (1 << WORD_LENGTH_BITS) - 1)


def places(spelling: str, min_fuzzy: float) -> Iterator[tuple[int, int, list[int]]]:
    """Yield where the names like a mention stand: their length, the edits they may be away, and the keys.

    Args:
        spelling: A mention without blanks.
        min_fuzzy: Names that are less alike need not be found.
    """
    own = len(spelling)
    most = edits_allowed(own)
    for length in range(max(1, own - most), min(own + most, LONGEST_NAME) + 1):
        longest = max(own, length)
        edits = min(edits_allowed(min(own, length)), int(longest * (1 - min_fuzzy) + 1e-9))
        if abs(own - length) <= edits:
            yield length, edits, sorted(set(_keys(spelling, length, edits)))


def _keys(spelling: str, length: int, edits: int) -> Iterator[int]:
    count = segment_count(length)
    cuts = [length * segment // count for segment in range(count + 1)]
    shift = len(spelling) - length
    last = count - 1
    yield segment_key(length, 0, spelling[: cuts[1]])
    if edits == 0:
        return
    yield segment_key(length, last, spelling[cuts[last] + shift :])
    if edits == 1 and count == 3:
        return  # One edit leaves the first or the last segment alone, whatever it is.
    if count == 3:
        size = cuts[2] - cuts[1]
        for move in range(max(-1, shift - 1), min(1, shift + 1) + 1):
            yield segment_key(length, 1, spelling[cuts[1] + move : cuts[1] + move + size])
    if abs(shift) < edits:
        first, end = cuts[1], cuts[last] + shift
        yield segment_key(length, 0, _exchanged(spelling, first)[:first])
        yield segment_key(length, last, _exchanged(spelling, end)[end:])


def _exchanged(spelling: str, cut: int) -> str:
    """Return a spelling with the letters on both sides of a cut exchanged."""
    return spelling[: cut - 1] + spelling[cut : cut + 1] + spelling[cut - 1 : cut] + spelling[cut + 1 :]


def _hash(text: str) -> int:
    """FNV-1a of a text's UTF-8."""
    value = FNV_START
    for byte in text.encode("utf-8", "surrogatepass"):
        value = (value ^ byte) * FNV_PRIME & _MASK64
    return value
