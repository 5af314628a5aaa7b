"""The compiled part of reading literals: what their escapes stand for, and texts without the blanks around them.

Legend: M texts.
"""

import numba
import numpy as np
import numpy.typing as npt

from .scan import Bytes, Spans

_BACKSLASH, _SMALL_U, _LARGE_U = b"\\uU"
_CONTINUED = 0xC0


def _plain_escapes() -> Bytes:
    """Return what each byte stands for behind a backslash, 0 for those that may not stand there."""
    meant = np.zeros(256, dtype=np.uint8)
    for escaped, character in zip(b"tbnrf\"'\\", b"\t\b\n\r\f\"'\\", strict=True):
        meant[escaped] = character
    return meant


_PLAIN = _plain_escapes()


@numba.njit(cache=True, nogil=True)
def unescape_spans(
    data: Bytes, starts: Spans, ends: Spans, out: Bytes, out_ends: Spans, good: npt.NDArray[np.bool_]
) -> None:
    r"""Resolve the escapes of N-Triples (`\n`, `\"`, `\uXXXX`, ...), as `kg.ntriples.unescape` does.

    Args:
        data: UTF-8.
        starts: Where each text starts in it, (M,).
        ends: Where it ends, (M,).
        out: Filled with the texts, one behind the other; they are never longer than they were.
        out_ends: Filled with where each one ends there, (M,).
        good: Filled with False for texts with an escape that is unknown or names no character, which end anyhow.
    """
    place = 0
    for index in range(len(starts)):
        at, end = starts[index], ends[index]
        good[index] = True
        while at < end:
            byte = data[at]
            if byte != _BACKSLASH:
                out[place] = byte
                place += 1
                at += 1
                continue
            sign = data[at + 1] if at + 1 < end else np.uint8(0)
            if sign in (_SMALL_U, _LARGE_U):
                digits = 4 if sign == _SMALL_U else 8
                code = _hexadecimal(data, at + 2, min(at + 2 + digits, end)) if at + 2 + digits <= end else -1
                if code < 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                    good[index] = False
                    break
                place = _put_character(code, out, place)
                at += 2 + digits
            elif _PLAIN[sign]:
                out[place] = _PLAIN[sign]
                place += 1
                at += 2
            else:
                good[index] = False
                break
        out_ends[index] = place


@numba.njit(cache=True, nogil=True)
def _hexadecimal(data: Bytes, start: int, end: int) -> int:
    """Return the number that some digits are, -1 where one is none."""
    value = 0
    for at in range(start, end):
        byte = data[at]
        if 48 <= byte <= 57:
            digit = byte - 48
        elif 97 <= (byte | 32) <= 102:
            digit = (byte | 32) - 87
        else:
            return -1
        value = value * 16 + digit
    return value


@numba.njit(cache=True, nogil=True)
def _put_character(code: int, out: Bytes, at: int) -> int:
    """Write a character as UTF-8, and return where it ends."""
    if code < 0x80:
        out[at] = code
        return at + 1
    size = 2 if code < 0x800 else 3 if code < 0x10000 else 4
    for place in range(at + size - 1, at, -1):
        out[place] = 0x80 | (code & 0x3F)
        code >>= 6
    out[at] = ((0xF00 >> size) & 0xFF) | code
    return at + size


@numba.njit(cache=True, nogil=True)
def strip_spans(data: Bytes, starts: Spans, ends: Spans) -> None:
    """Move the starts and ends of texts, (M,), past the blanks around them, as `str.strip` does."""
    for index in range(len(starts)):
        start, end = starts[index], ends[index]
        while start < end:
            size = _blank_size(data, start, end)
            if not size:
                break
            start += size
        while start < end:
            last = end - 1
            while last > start and (data[last] & _CONTINUED) == 0x80:
                last -= 1
            if not _blank_size(data, last, end):
                break
            end = last
        starts[index], ends[index] = start, end


@numba.njit(cache=True, nogil=True)
def _blank_size(data: Bytes, at: int, end: int) -> int:
    """Return the size of the blank that stands at a place; 0 if another character does."""
    first = data[at]
    if first < 0x80:
        return int(first == 32 or 9 <= first <= 13 or 28 <= first <= 31)
    if first == 0xC2:
        return 2 if end - at >= 2 and (data[at + 1] == 0x85 or data[at + 1] == 0xA0) else 0
    if not 0xE1 <= first <= 0xE3 or end - at < 3:
        return 0
    second, third = data[at + 1], data[at + 2]
    if first == 0xE1:
        is_blank = second == 0x9A and third == 0x80
    elif first == 0xE2 and second == 0x80:
        is_blank = third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF
    elif first == 0xE2:
        is_blank = second == 0x81 and third == 0x9F
    else:
        is_blank = second == 0x80 and third == 0x80
    return 3 if is_blank else 0
