"""The next item of an iterator is worked out while the last one is used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")


def ahead(items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield the items of an iterable, each of which is made in a thread, one ahead."""
    source = iter(items)
    end = object()
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, source, end)
        while (item := upcoming.result()) is not end:
            upcoming = pool.submit(next, source, end)
            yield item  # type: ignore[misc]  # the end is never yielded
