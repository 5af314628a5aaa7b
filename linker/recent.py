"""What was found last, kept in memory up to a number; threads may share it."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Remembers so many; those that were asked for longest ago are dropped first.

    Args:
        most: How many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, keys: Iterable[K]) -> dict[K, V]:
        """Those of some that are remembered."""
        with self._lock:
            return {key: self._kept[key] for key in keys if key in self._kept}

    def keep(self, found: Mapping[K, V]) -> None:
        """Remember some that were found, or were asked for again."""
        with self._lock:
            for key, value in found.items():
                self._kept[key] = value
                self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
