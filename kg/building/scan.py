"""The compiled part of reading statements: lines in, spans and keys out.

`scan_lines` takes a block of whole lines and finds, for each that is written in the plainest form
(`<s> <p> <o> .` or `<s> <p> "text"@tag .`, no escape or percent sign in an IRI, single blanks between terms), where
its terms are and the keys of its IRIs. Every other line (comments, escapes, blank nodes, mistakes) is left to
`ntriples.parse_line`, which knows the whole grammar; a test holds the two together.

A key is a 64-bit hash of a canonical IRI's UTF-8 bytes; a second, independent hash is kept beside it to show two IRIs
that share a key. Both are FNV-1a with different bases and multipliers, finished by MurmurHash3's mixing function.

Legend: N lines of a block, M IRIs to keep.
"""

import numba
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Keys = npt.NDArray[np.uint64]
Spans = npt.NDArray[np.int64]

OTHER, OBJECT, LITERAL, ESCAPED = range(4)
# Columns of the spans of a line.
SUBJECT_START, SUBJECT_END, PREDICATE_START, PREDICATE_END, OBJECT_START, OBJECT_END, TAG_START, TAG_END = range(8)
# Columns of the keys of a line; of a literal, its tag has the object's key.
SUBJECT_KEY, SUBJECT_CHECK, PREDICATE_KEY, OBJECT_KEY, OBJECT_CHECK = range(5)

# What is known of an IRI that is kept, as bits: it stands in a statement; it has a label.
STATED, LABELLED = 1, 2

_NEWLINE, _RETURN, _BLANK, _DOT, _QUOTE, _BACKSLASH, _AT, _CARET, _OPEN, _CLOSE = b'\n\r ."\\@^<>'


def _iri_bytes() -> Bytes:
    """Return 1 for each byte that may stand in a plain IRI, 0 for those that end it or need the whole grammar."""
    allowed = np.ones(256, dtype=np.uint8)
    allowed[:0x21] = 0
    allowed[list(b'<>"{}|^`\\%\x7f')] = 0
    return allowed


_IRI = _iri_bytes()
_FNV = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_CHECK = np.uint64(0x9AE16A3B2F90404F)
_CHECK_PRIME = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_33 = np.uint64(33)


@numba.njit(cache=True, nogil=True, inline="always")
def _mix(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> _33)) * _MIX_1
    value = (value ^ (value >> _33)) * _MIX_2
    return value ^ (value >> _33)


@numba.njit(cache=True, nogil=True)
def hash_spans(data: Bytes, starts: Spans, ends: Spans, keys: Keys, checks: Keys) -> None:
    """Fill the keys and checks, both (M,), of the IRIs at some spans, (M,)."""
    for index in range(len(starts)):
        key, check = _FNV, _CHECK
        for at in range(starts[index], ends[index]):
            byte = np.uint64(data[at])
            key = (key ^ byte) * _FNV_PRIME
            check = (check + byte) * _CHECK_PRIME
        keys[index] = _mix(key)
        checks[index] = _mix(check)


@numba.njit(cache=True, nogil=True)
def scan_lines(data: Bytes, limit_bytes: int, spans: Spans, keys: Keys, kinds: Bytes) -> int:
    """Read every line of a block.

    Args:
        data: Whole lines, each with its break; the last byte is a line break.
        limit_bytes: Longer lines are of kind `OTHER`.
        spans: Filled with the starts and ends of terms, (N, 8); of the line itself,
            in the first two, for lines of kind `OTHER`.
        keys: Filled with keys and checks, (N, 5).
        kinds: Filled with the kind of each line, (N,).

    Returns:
        The number of lines. Literals with a backslash are of kind `ESCAPED`: their escapes may still be wrong.
    """
    size, at, line = len(data), 0, 0
    while at < size:
        start = at
        kind = OTHER
        # One term after the other; `stage` counts those that are read.
        stage = 0
        while stage < 3 and data[at] == _OPEN:
            at += 1
            spans[line, 2 * stage] = at
            key, check = _FNV, _CHECK
            while _IRI[data[at]]:
                byte = np.uint64(data[at])
                key = (key ^ byte) * _FNV_PRIME
                check = (check + byte) * _CHECK_PRIME
                at += 1
            if data[at] != _CLOSE or at == spans[line, 2 * stage] or data[at + 1] != _BLANK:
                break
            spans[line, 2 * stage + 1] = at
            if stage == 0:
                keys[line, SUBJECT_KEY] = _mix(key)
                keys[line, SUBJECT_CHECK] = _mix(check)
            elif stage == 1:
                keys[line, PREDICATE_KEY] = _mix(key)
            else:
                keys[line, OBJECT_KEY] = _mix(key)
                keys[line, OBJECT_CHECK] = _mix(check)
            at += 2
            stage += 1
        if stage == 3:
            if data[at] == _DOT and data[at + 1] == _NEWLINE:
                kind = OBJECT
                at += 1
        elif stage == 2 and data[at] == _QUOTE:
            at += 1
            spans[line, OBJECT_START] = at
            is_escaped = False
            while data[at] != _QUOTE and data[at] != _NEWLINE and data[at] != _RETURN:
                if data[at] == _BACKSLASH:
                    is_escaped = True
                    at += int(data[at + 1] != _NEWLINE)
                at += 1
            if data[at] == _QUOTE:
                spans[line, OBJECT_END] = at
                at += 1
                spans[line, TAG_START] = at
                if data[at] == _AT:
                    at += 1
                    while (97 <= (data[at] | 32) <= 122) or (data[at] == 45 and 97 <= (data[at + 1] | 32) <= 122):
                        at += 1
                    if at == spans[line, TAG_START] + 1:
                        at = start  # no language behind the sign
                elif data[at] == _CARET and data[at + 1] == _CARET and data[at + 2] == _OPEN:
                    at += 3
                    while _IRI[data[at]]:
                        at += 1
                    at = at + 1 if data[at] == _CLOSE and data[at - 1] != _OPEN else start
                spans[line, TAG_END] = at
                if at > start and data[at] == _BLANK and data[at + 1] == _DOT and data[at + 2] == _NEWLINE:
                    kind = ESCAPED if is_escaped else LITERAL
                    key = _FNV
                    for place in range(spans[line, TAG_START], spans[line, TAG_END]):
                        key = (key ^ np.uint64(data[place])) * _FNV_PRIME
                    keys[line, OBJECT_KEY] = _mix(key)
                    at += 2
        while data[at] != _NEWLINE:
            at += 1
        if at - start > limit_bytes:
            kind = OTHER
        if kind == OTHER:
            spans[line, 0] = start
            spans[line, 1] = at
        kinds[line] = kind
        at += 1
        line += 1
    return line


@numba.njit(cache=True, nogil=True)
def pick_new(keys: Keys, checks: Keys, flags: Bytes, seen: Keys, picked: Spans) -> int:
    """Pick the IRIs that were not seen lately, with the flags that they come with.

    Args:
        keys: Keys of IRIs, (M,); an IRI may come again and again.
        checks: Their second hashes, (M,).
        flags: What is known of each, (M,).
        seen: Memory of what was picked before, (2**k, 2): key, and check with the flags in its lowest two bits. It
            forgets the older of two IRIs that share a row, so that it never grows.
        picked: Filled with the indexes of those that are new, (M,).

    Returns:
        How many were picked.
    """
    mask = np.uint64(len(seen) - 1)
    low = np.uint64(3)
    count = 0
    for index in range(len(keys)):
        row = keys[index] & mask
        check, flag = checks[index] & ~low, np.uint64(flags[index])
        if seen[row, 0] == keys[index] and (seen[row, 1] & ~low) == check:
            if (seen[row, 1] & flag) == flag:
                continue
            flag |= seen[row, 1] & low
        seen[row, 0] = keys[index]
        seen[row, 1] = check | flag
        picked[count] = index
        count += 1
    return count


@numba.njit(cache=True, nogil=True, inline="always")
def copy_bytes(data: Bytes, start: int, size: int, out: Bytes, at: int) -> None:
    """Copy some bytes."""
    # Unsigned places need no look whether they count from the end, so that many bytes are copied at once.
    for place in range(size):
        out[np.uint64(at + place)] = data[np.uint64(start + place)]


@numba.njit(cache=True, nogil=True)
def gather(data: Bytes, starts: Spans, ends: Spans, out: Bytes, as_lines: bool = False) -> None:
    """Copy some spans, (M,), one behind the other; `as_lines`, each with a line break behind it."""
    place = 0
    for index in range(len(starts)):
        size = ends[index] - starts[index]
        copy_bytes(data, starts[index], size, out, place)
        place += size
        if as_lines:
            out[place] = _NEWLINE
            place += 1


@numba.njit(cache=True, nogil=True)
def number_keys(keys: Keys, table: Keys, known: int, numbers: Spans, fresh: Spans) -> int:
    """Number keys in the order in which they are first seen.

    Args:
        keys: Keys, (M,).
        table: Key and number plus one of those seen before, (2**k, 2); filled further.
        known: How many were seen before.
        numbers: Filled with the number of each key, (M,).
        fresh: Filled with the index of the first of each new key.

    Returns:
        How many are known now, or -1 if the table must grow first.
    """
    mask = np.uint64(len(table) - 1)
    count = known
    for index in range(len(keys)):
        row = keys[index] & mask
        while table[row, 1] != 0 and table[row, 0] != keys[index]:
            row = (row + np.uint64(1)) & mask
        if table[row, 1] == 0:
            if 2 * count >= len(table):
                return -1
            fresh[count - known] = index
            count += 1
            table[row, 0] = keys[index]
            table[row, 1] = np.uint64(count)
        numbers[index] = np.int64(table[row, 1]) - 1
    return count


@numba.njit(cache=True, nogil=True)
def find_ranks(keys: Keys, buckets: Spans, shift: int, queries: Keys, ranks: Spans) -> None:
    """Fill the place of each query, (M,), among sorted keys, (R,); -1 for one that is not there.

    Args:
        keys: Distinct keys, ascending; being hashes, they are spread evenly.
        buckets: Where the keys with each leading bits begin, (2**b + 1,).
        shift: 64 - b.
        queries: What to look for.
        ranks: Filled with the places.
    """
    bits = np.uint64(shift)
    for index in range(len(queries)):
        query = queries[index]
        bucket = np.int64(query >> bits)
        ranks[index] = -1
        for at in range(buckets[bucket], buckets[bucket + 1]):
            if keys[at] == query:
                ranks[index] = at
                break
            if keys[at] > query:
                break


@numba.njit(cache=True, nogil=True)
def count_each(numbers: Spans, counts: Spans) -> None:
    """Add one to the count of each of some numbers."""
    for index in range(len(numbers)):
        counts[numbers[index]] += 1


@numba.njit(cache=True, nogil=True)
def eight_bytes(data: Bytes, starts: Spans, ends: Spans, depth: int, out: Keys) -> None:
    """Fill eight bytes of each span, (M,), from `depth` on, as a number that sorts as they do (0: behind its end)."""
    for index in range(len(starts)):
        value = np.uint64(0)
        first = starts[index] + depth
        for at in range(first, first + 8):
            value <<= np.uint64(8)
            if at < ends[index]:
                value |= np.uint64(data[at])
        out[index] = value


@numba.njit(cache=True, nogil=True)
def common_prefix(data: Bytes, starts: Spans, ends: Spans) -> int:
    """Return the number of bytes that all spans, (M,), begin with."""
    if len(starts) == 0:
        return 0
    length = int(ends[0] - starts[0])
    for index in range(1, len(starts)):
        length = min(length, int(ends[index] - starts[index]))
        for at in range(length):
            if data[starts[index] + at] != data[starts[0] + at]:
                length = at
                break
    return length


@numba.njit(cache=True, nogil=True)
def read_labels(data: Bytes, prefix: Bytes, starts: Spans, ends: Spans, out: Bytes, out_ends: Spans) -> None:
    """Write the labels that are read off IRIs, one behind the other, and fill in where each one ends, (M,).

    Only those of IRIs that are the prefix and a name which reads as it is, but for underscores: it has no percent or
    number sign and no `:/`, and begins and ends with a visible ASCII character. Others get an empty one.
    """
    end = 0
    for index in range(len(starts)):
        begin, stop, size = starts[index], ends[index], len(prefix)
        good = begin + size < stop
        for at in range(size):
            good = good and data[begin + at] == prefix[at]
        if good:
            first, last = data[begin + size], data[stop - 1]
            good = 33 <= first < 127 and first != 95 and 33 <= last < 127 and last != 95
            label = end
            for at in range(begin + size, stop):
                byte = data[at]
                good = good and byte != 37 and byte != 35 and not (byte == 47 and data[at - 1] == 58)
                out[label] = 32 if byte == 95 else byte
                label += 1
            end = label if good else end
        out_ends[index] = end
