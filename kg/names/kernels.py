"""The loops over every letter of every name, compiled by numba. Imported only while a graph is built.

`text` holds names as UTF-8, a line each; name `i` is `text[starts[i] : starts[i + 1] - 1]`. `lengths` are in letters
without blanks; a length of 0 leaves a name out.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

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
_BLANK, _LINE_END = b" \n"

_Loop = TypeVar("_Loop", bound=Callable[..., object])


def compiled(loop: _Loop) -> _Loop:
    """Compile a function when it is first called, and keep the machine code for later runs.

    A user who may write neither beside this file nor in a home folder has it compiled again in each run: a folder that
    everybody may write to would let others say what is run here.
    """
    try:
        return cast(_Loop, njit(cache=True)(loop))
    except RuntimeError:  # numba finds no folder for its cache
        return cast(_Loop, njit(loop))


@compiled
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


@compiled
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


@compiled
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


@compiled
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


@compiled
def gather(text: Bytes, starts: Starts, names: Starts, line_end: int, out: Bytes) -> None:
    """Write names one behind the other, each with its line's end if `line_end` is 1."""
    at = 0
    for name in names:
        for source in range(starts[name], starts[name + 1] - 1 + line_end):
            # Unsigned places need no look whether they count from the end, so that many bytes are copied at once.
            out[np.uint64(at)] = text[np.uint64(source)]
            at += 1
