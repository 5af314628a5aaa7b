"""A server that is busy, broken or gone: waited for as it asks, asked again a few times, and given up in time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from picture_server import Answer, FakeTime, half_of, png

from kg import FetchStoppedError
from kg.politeness import LONGEST_PAUSE_S, Pace, retry_after_s

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def pauses(one) -> list[float]:
    """The waits that are longer than a turn."""
    return [round(seconds, 3) for seconds in one.time.slept if seconds > 0.21]


def test_a_missing_picture_is_asked_for_once(one) -> None:
    assert one.fetch().missing == 1
    assert one.row() == ("missing", None, "127.0.0.1 has no such picture (404)")
    assert one.fetch().missing == 1
    assert one.server.asked == ["A.png"]
    one.server.answers["A.png"] = [Answer(png())]
    assert one.fetch(retry_missing=True).fetched == 1
    assert one.row() == ("pending", "A.png", None)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wait", ["30", "Sat, 21 Nov 2026 00:00:30 GMT"])
def test_retry_after_is_obeyed(one, status: int, wait: str) -> None:
    one.server.answers["A.png"] = [Answer(status=status, headers={"Retry-After": wait}), Answer(png())]
    assert one.fetch().fetched == 1
    assert pauses(one) == [30.0]


def test_the_other_connection_waits_too(world) -> None:
    names = [f"P{n}.png" for n in range(6)]
    world.build(*map(world.server.source, names))
    world.server.answers |= {name: [Answer(png(n))] for n, name in enumerate(names)}
    asked_at: list[float] = []
    busy = Answer(status=429, headers={"Retry-After": "100"})
    world.server.answers["P0.png"] = [busy, Answer(png())]
    clock = world.time.clock

    async def sleep(seconds: float) -> None:
        await FakeTime.sleep(world.time, seconds)
        asked_at.append(clock())

    world.time.sleep = sleep
    assert world.fetch().fetched == 6
    assert sum(100 < at < 102 for at in asked_at) >= 4  # all but the two that were under way when the server said so
    assert [at for at in asked_at if 1 < at < 99] == []


def test_a_pause_that_a_server_asks_for_is_not_taken_from_the_time_of_a_picture(one) -> None:
    one.server.answers["A.png"] = [Answer(status=429, headers={"Retry-After": "5"}), Answer(png())]

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / 10)
        await FakeTime.sleep(one.time, seconds)

    one.time.sleep = sleep
    assert one.fetch(picture_s=0.3).fetched == 1


def test_a_server_that_asks_for_a_week_is_not_waited_for_so_long(one) -> None:
    one.server.answers["A.png"] = [Answer(status=429, headers={"Retry-After": "604800"}), Answer(png())]
    assert one.fetch().fetched == 1
    assert pauses(one) == [LONGEST_PAUSE_S]


@pytest.mark.parametrize("answer", [Answer(status=500), Answer(status=502), half_of(png())], ids=["500", "502", "half"])
def test_thrice_broken_and_then_well(one, answer: Answer) -> None:
    one.server.answers["A.png"] = [answer, answer, answer, Answer(png())]
    assert one.fetch().fetched == 1
    assert pauses(one) == [1.0, 2.0, 4.0]


def test_a_few_tries_are_enough_and_the_next_run_asks_again(one) -> None:
    one.server.answers["A.png"] = [Answer(status=500)]
    assert one.fetch().failed == 1
    assert one.server.asked == ["A.png"] * 4
    assert one.row() == ("missing", None, "127.0.0.1 answered 500 Internal Server Error")
    one.server.answers["A.png"] = [Answer(png())]
    assert one.fetch().fetched == 1
    assert one.row() == ("pending", "A.png", None)


def test_what_is_forbidden_is_asked_once_a_run(one) -> None:
    one.server.answers["A.png"] = [Answer(b"set a user agent", 403)]
    assert one.fetch().failed == 1
    assert one.server.asked == ["A.png"]
    assert one.row()[2] == "127.0.0.1 answered 403 Forbidden"


def test_one_failure_is_not_contagious(world) -> None:
    names = [f"P{n}.png" for n in range(20)]
    world.build(*map(world.server.source, names))
    world.server.answers |= {name: [Answer(png()) if n % 2 else Answer(status=500)] for n, name in enumerate(names)}
    report = world.fetch()
    assert (report.fetched, report.failed) == (10, 10)


def gone(world, number: int = 50) -> list[str]:
    """Let a graph name pictures of a port where nobody listens."""
    names = [f"P{n:02}.png" for n in range(number)]
    world.server.host = "127.0.0.1:9"
    world.build(*map(world.server.source, names))
    return names


def test_no_server_at_all_is_noticed_after_a_few_pictures(world) -> None:
    gone(world)
    with pytest.raises(FetchStoppedError, match="connection refused") as caught:
        world.fetch()
    assert "50 are left" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert world.time.seconds < 100
    reasons = [row[2] for row in world.rows()]
    failed = reasons.count("127.0.0.1: connection refused")
    assert failed in (5, 6)  # the other connection may have been at one, too
    assert reasons.count("not asked for yet; the same build command asks for it") == 50 - failed


def test_a_name_service_that_is_gone_is_noticed_too(world) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise OSError(-3, "Temporary failure in name resolution")

    world.resolve = resolve
    gone(world)
    with pytest.raises(FetchStoppedError, match="temporary failure in name resolution"):
        world.fetch()


def test_missing_pictures_do_not_end_a_run(world) -> None:
    world.build(*(world.server.source(f"P{n}.png") for n in range(30)))
    assert world.fetch().missing == 30


def test_turns_are_even_and_pauses_are_kept() -> None:
    time = FakeTime()
    turns: list[float] = []

    async def work() -> None:
        pace = Pace(4, clock=time.clock, sleep=time.sleep)
        for number in range(6):
            await pace.turn()
            turns.append(time.seconds)
            if number == 3:
                pace.hold(10)
                pace.hold(3)

    asyncio.run(work())
    assert turns == [0, 0.25, 0.5, 0.75, 10.75, 11.0]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0), ("120", 120), (" 7 ", 7), ("Sat, 21 Nov 2026 00:01:00 GMT", 60), ("Sat, 21 Nov 2026 00:01:00", 60),
        ("Fri, 20 Nov 2026 00:00:00 GMT", 0), ("9" * 50, 999999999), (None, None), ("", None), ("soon", None),
        ("-5", None), ("1.5", None), ("٣", None), ("Sat, 99 Nov 2026 00:01:00 GMT", None),
    ],
)  # fmt: skip
def test_what_retry_after_says(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, NOW) == seconds


def test_a_time_of_day_in_another_zone() -> None:
    assert retry_after_s("Sat, 21 Nov 2026 01:00:10 +0100", NOW + timedelta(seconds=4)) == 6
