"""The loops over every letter of every name, compiled. Imported only while a graph is built.

In what makes the structure behind fuzzy look-ups, `text` holds names as UTF-8, a line each; name `i` is
`text[starts[i] : starts[i + 1] - 1]`. `lengths` are in letters without blanks; a length of 0 leaves a name out.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from kg.building.scan import copy_bytes

from .keys import (
    FNV_PRIME,
    FNV_START,
    HASH_BITS,
    LONGEST_NAME,
    NAME_BITS,
    WORD_HASH_BITS,
    WORD_LENGTH_BITS,
)

Bytes = npt.NDArray[np.uint8]
Starts = npt.NDArray[np.uint32] | npt.NDArray[np.int64]
Lengths = npt.NDArray[np.uint16]
Masks = npt.NDArray[np.uint32]
Entries = npt.NDArray[np.uint64]

_START, _PRIME = np.uint64(FNV_START), np.uint64(FNV_PRIME)
_HASH_SHIFT, _WORD_SHIFT = np.uint64(64 - HASH_BITS), np.uint64(64 - WORD_HASH_BITS)
_WORD_LENGTH_BITS = np.uint64(WORD_LENGTH_BITS)
_NAME_BITS = np.uint64(NAME_BITS)
_LONGEST = (1 << WORD_LENGTH_BITS) - 1
_BLANK, _LINE_END, _DOT, _COMMA, _AMPERSAND, _APOSTROPHE, _BACKTICK, _CLOSING = b" \n.,&'`)"


@njit(cache=True, nogil=True)
def measure(
    text: Bytes, bits: tuple[Masks, Masks], starts: Starts, lengths: Lengths, masks: Masks, hashes: Entries
) -> None:
    """Fill in each name's start, length, letter mask and hash; names that are too long get the length 0.

    `bits` are those of letters that stand in a name, and that stand there twice, see `kg.names.keys`.
    """
    first, second = bits
    at = 0
    for name in range(len(lengths)):
        starts[name] = at
        letters, mask, value = 0, np.uint32(0), _START
        while text[at] != _LINE_END:
            byte = text[at]
            at += 1
            value = (value ^ np.uint64(byte)) * _PRIME
            if byte == _BLANK or 0x80 <= byte < 0xC0:
                continue
            letters += 1
            code = np.int64(byte)
            if byte >= 0xC0:
                following = 0 if byte < 0xE0 else 1 if byte < 0xF0 else 2
                code = 128 + np.int64(text[at + following] & 0x3F)
            mask |= second[code] if mask & first[code] else first[code]
        at += 1
        starts[name + 1] = at
        fits = letters <= LONGEST_NAME and starts[name + 1] - 1 - starts[name] - letters < 256
        lengths[name] = letters if fits else 0
        masks[name] = mask
        hashes[name] = (value >> _NAME_BITS << _NAME_BITS) | np.uint64(name)


@njit(cache=True, nogil=True)
def fold(text: Bytes, starts: Starts, ends: Starts, out: Bytes, out_ends: Starts) -> None:
    """Write the normal forms of texts, one behind the other, and fill in where each one ends.

    Those that `kg.names.normal` has to look at get an empty one: what is not ASCII, has line breaks, may have an
    acronym (two dots around one letter), or is nothing but punctuation.

    Args:
        text: Texts in UTF-8.
        starts: Where each text starts.
        ends: Where each text ends.
        out: Filled with the normal forms; an `&` takes up to five bytes there.
        out_ends: Filled with their ends.
    """
    end = 0
    for name in range(len(starts)):
        start, blank, kept, dot = end, False, 0, -3
        for at in range(starts[name], ends[name]):
            byte = text[at]
            if byte >= 0x80 or byte == _LINE_END or (byte == _DOT and kept - dot == 2):
                end = start
                break
            if byte in (_APOSTROPHE, _BACKTICK):
                continue
            if byte == _DOT:
                dot = kept
            kept += 1
            is_upper = 65 <= byte <= 90
            if is_upper or 97 <= byte <= 122 or 48 <= byte <= 57:
                if blank and end > start:
                    out[end] = _BLANK
                    end += 1
                blank = False
                out[end] = byte + 32 if is_upper else byte
                end += 1
                continue
            if byte == _AMPERSAND:
                if end > start:
                    out[end] = _BLANK
                    end += 1
                out[end], out[end + 1], out[end + 2] = 97, 110, 100
                end += 3
            blank = True
        out_ends[name] = end


@njit(cache=True, nogil=True)
def find_hints(text: Bytes, starts: Starts, ends: Starts, hints: Bytes) -> None:
    """Fill in what texts may imply further names by: 1 for a closing bracket, 2 for a comma and a blank, or both."""
    for name in range(len(starts)):
        found = 0
        for at in range(starts[name], ends[name]):
            if text[at] == _CLOSING:
                found |= 1
            elif text[at] == _BLANK and at > starts[name] and text[at - 1] == _COMMA:
                found |= 2
        hints[name] = found


def _crc_table() -> Masks:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, np.uint32(0xEDB88320) ^ (table >> np.uint32(1)), table >> np.uint32(1))
    return table.astype(np.uint32)


_CRC = _crc_table()


@njit(cache=True, nogil=True)
def crc32_each(text: Bytes, starts: Starts, ends: Starts, hashes: Entries) -> None:
    """Fill in each text's CRC-32, as `zlib.crc32` gives it."""
    low = np.uint32(0xFF)
    for name in range(len(starts)):
        value = np.uint32(0xFFFFFFFF)
        for at in range(starts[name], ends[name]):
            value = _CRC[(value ^ text[at]) & low] ^ (value >> np.uint32(8))
        hashes[name] = value ^ np.uint32(0xFFFFFFFF)


@njit(cache=True, nogil=True)
def segment_blobs(
    masks: Masks, extras: Bytes, text: Bytes, cuts: Starts, text_ends: Starts, out: Bytes, ends: Starts
) -> None:
    """Write the blobs of `alias_segment`: of the names between two cuts, the masks, the extra bytes, and the texts.

    Args:
        masks: Letter mask of each name.
        extras: Number of bytes that each has beyond its letters.
        text: The names, one behind the other.
        cuts: Where each row's names start, and the end.
        text_ends: Where they start in the text, and the end.
        out: Filled with the blobs.
        ends: Filled with where each one ends.
    """
    at = 0
    for row in range(len(cuts) - 1):
        for name in range(cuts[row], cuts[row + 1]):
            mask = masks[name]
            for _ in range(4):
                out[at] = mask & np.uint32(0xFF)
                mask >>= np.uint32(8)
                at += 1
        for name in range(cuts[row], cuts[row + 1]):
            out[at] = extras[name]
            at += 1
        size = text_ends[row + 1] - text_ends[row]
        copy_bytes(text, text_ends[row], size, out, at)
        at += size
        ends[row] = at


@njit(cache=True, nogil=True)
def drop_repeated(text: Bytes, starts: Starts, ordered: Entries, lengths: Lengths) -> None:
    """Leave out every name but the first of those that are equal; `ordered` are the sorted hashes."""
    mask = (np.uint64(1) << _NAME_BITS) - np.uint64(1)
    first = 0
    for place in range(1, len(ordered)):
        if ordered[place] >> _NAME_BITS != ordered[first] >> _NAME_BITS:
            first = place
            continue
        one, other = np.int64(ordered[first] & mask), np.int64(ordered[place] & mask)
        size = starts[one + 1] - starts[one]
        if starts[other + 1] - starts[other] == size:
            same = True
            for at in range(size):
                if text[starts[one] + at] != text[starts[other] + at]:
                    same = False
                    break
            if same:
                lengths[other] = 0


@njit(cache=True, nogil=True)
def segment_entries(text: Bytes, starts: Starts, lengths: Lengths, out: Entries) -> int:
    """Write key and name of each segment of the names; return how many there are."""
    found = 0
    for name in range(len(lengths)):
        length = np.int64(lengths[name])
        if length == 0:
            continue
        count = 1 if length < 4 else 2 if length < 8 else 3
        letter, segment, cut, value = -1, -1, np.int64(0), _START
        for at in range(starts[name], starts[name + 1] - 1):
            byte = text[at]
            if byte == _BLANK:
                continue
            if byte < 0x80 or byte >= 0xC0:
                letter += 1
                if letter == cut:
                    if segment >= 0:
                        key = np.uint64((length << 2 | segment) << HASH_BITS) | value >> _HASH_SHIFT
                        out[found] = key << _NAME_BITS | np.uint64(name)
                        found += 1
                    segment += 1
                    cut = length * (segment + 1) // count
                    value = _START
            value = (value ^ np.uint64(byte)) * _PRIME
        key = np.uint64((length << 2 | segment) << HASH_BITS) | value >> _HASH_SHIFT
        out[found] = key << _NAME_BITS | np.uint64(name)
        found += 1
    return found


@njit(cache=True, nogil=True)
def word_entries(text: Bytes, starts: Starts, lengths: Lengths, part: int, part_bits: int, out: Entries) -> int:
    """Write key and name of each word of the names with several, if its hash starts with `part`; return how many."""
    found = 0
    for name in range(len(lengths)):
        length = np.int64(lengths[name])
        if length == 0:
            continue
        value, alone = _START, True
        for at in range(starts[name], starts[name + 1]):
            byte = text[at]
            is_end = at == starts[name + 1] - 1
            if byte != _BLANK and not is_end:
                value = (value ^ np.uint64(byte)) * _PRIME
                continue
            if is_end and alone:
                break
            alone = False
            if np.int64(value >> np.uint64(64 - part_bits)) == part:
                shown = np.uint64(length if length < _LONGEST else _LONGEST)
                key = value >> _WORD_SHIFT << _WORD_LENGTH_BITS | shown
                out[found] = key << _NAME_BITS | np.uint64(name)
                found += 1
            value = _START
    return found


@njit(cache=True, nogil=True)
def gather(text: Bytes, starts: Starts, names: Starts, line_end: int, out: Bytes) -> None:
    """Write names one behind the other, each with its line's end if `line_end` is 1."""
    at = 0
    for name in names:
        for source in range(starts[name], starts[name + 1] - 1 + line_end):
            out[np.uint64(at)] = text[np.uint64(source)]
            at += 1
