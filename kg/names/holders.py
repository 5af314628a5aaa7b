"""Who has a certain normal form: what `alias_normal` holds.

Its rows are numbers of 63 bits, the CRC-32 of the normal form above the entity, ascending, some hundred a row, each row
under its first one.
"""

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from zlib import crc32

ENTITY_BITS = 31


def entities_of(connection: sqlite3.Connection, normal: str) -> Sequence[int]:
    """Return the entities that may have a normal form as a name: all that do, and rarely others."""
    low = crc32(normal.encode("utf-8", "surrogatepass")) << ENTITY_BITS
    high = low + (1 << ENTITY_BITS)
    found: list[int] = []
    # From the last row backwards: it is nearly always the only one.
    query = "SELECT key, entities FROM alias_normal WHERE key < ? ORDER BY key DESC"
    for first, blob in connection.execute(query, (high,)):
        keys = array("Q", blob)
        found[:0] = [key - low for key in keys[bisect_left(keys, low) : bisect_left(keys, high)]]
        if first <= low:
            break
    return found
