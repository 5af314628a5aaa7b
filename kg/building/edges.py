"""The triples of a stage as ids, sorted and each once, in parts that bound the memory."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .keymap import KeyMap
from .parts import Ids, Parts
from .segments import Column

_ROWS_AT_ONCE = 500_000


class EdgeSorter(Parts[Ids]):
    """Triples of ids, put into parts by their subject and sorted by subject, object and predicate.

    Parts are (N, 3) of subject, object, predicate. A triple is one 64-bit number: the subject's place in its part, the
    object, the predicate.

    Args:
        folder: Where the parts lie.
        name: The parts' files are called by it.
        entities: The number of entities; ids are 1 and up.
        predicates: The number of predicates; ids are 1 and up.
        rows: About how many triples will come.
    """

    def __init__(self, folder: Path, name: str, *, entities: int, predicates: int, rows: int) -> None:
        self._object_bits = entities.bit_length()
        self._predicate_bits = predicates.bit_length()
        free = 64 - self._object_bits - self._predicate_bits
        width = max(1, min((entities + 1) // (rows // _ROWS_AT_ONCE + 1) + 1, 2 ** max(free, 0)))
        super().__init__(folder, name, entities=entities, width=width)

    def add(self, subjects: Ids, predicates: Ids, objects: Ids) -> None:
        """Keep some triples."""
        packed = (
            (subjects % self._width).astype(np.uint64) << np.uint64(self._object_bits + self._predicate_bits)
            | objects.astype(np.uint64) << np.uint64(self._predicate_bits)
            | predicates.astype(np.uint64)
        )
        order, parts = self._split(subjects)
        packed = packed[order]
        for part, span in parts:
            self._write(part, packed[span])

    def _sorted(self, part: int) -> Ids:
        packed = np.sort(self._read(part, np.uint64))
        packed = packed[np.concatenate([[True], packed[1:] != packed[:-1]])] if len(packed) else packed
        rows = np.empty((len(packed), 3), dtype=np.int64)
        shift = np.uint64(self._object_bits + self._predicate_bits)
        rows[:, 0] = (packed >> shift).astype(np.int64) + part * self._width
        rows[:, 1] = (packed >> np.uint64(self._predicate_bits)).astype(np.int64) & ((1 << self._object_bits) - 1)
        rows[:, 2] = packed.astype(np.int64) & ((1 << self._predicate_bits) - 1)
        return rows


def map_triples(
    segments: Iterable[list[Column]], keys: KeyMap, predicates: npt.NDArray[np.int64]
) -> Iterator[tuple[Ids, Ids, Ids]]:
    """Yield subjects, predicates and objects of staged triples as ids, without those that name no entity.

    Args:
        segments: Keys of subjects, staged predicates, keys of objects.
        keys: The entities of keys.
        predicates: The id of each staged predicate.
    """
    with ThreadPoolExecutor(2) as pool:
        for subjects, staged, objects in segments:
            other = pool.submit(keys.entities, objects)
            subject_ids, object_ids = keys.entities(subjects), other.result()
            known = (subject_ids > 0) & (object_ids > 0)
            yield subject_ids[known], predicates[staged[known]], object_ids[known]
