"""What is remembered of what was found: the last so many, whichever thread asks."""

from concurrent.futures import ThreadPoolExecutor

from linker.recent import Recent


def test_those_that_were_asked_for_longest_ago_are_dropped_first() -> None:
    recent: Recent[int, str] = Recent(2)
    recent.keep({1: "a", 2: "b"})
    recent.keep(recent.of([1]))
    recent.keep({3: "c"})
    assert recent.of([1, 2, 3]) == {1: "a", 3: "c"}


def test_threads_share_it() -> None:
    recent: Recent[int, int] = Recent(3)

    def ask(start: int) -> None:
        for number in range(start, start + 2000):
            keys = [(number + step) % 7 for step in range(4)]
            found = recent.of(keys)
            assert all(found[key] == key * key for key in found)
            recent.keep(found | {key: key * key for key in keys})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, range(4)))
    assert len(recent.of(range(7))) == 3
