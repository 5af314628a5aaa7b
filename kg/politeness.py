"""How servers are asked: at a steady rate, with pauses that every connection keeps, and by a program with a name."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version

LONGEST_PAUSE_S = 600.0  # before a server is asked again


class Pace:
    """Gives each request its turn: at most so many a second, over all connections.

    The clock tells seconds that never go back.
    """

    def __init__(
        self, requests_per_s: float, *, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._step_s = 1 / requests_per_s
        self._clock = clock
        self._sleep = sleep
        self._next_s = clock()
        self._line = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until a request may be sent."""
        async with self._line:
            while (wait_s := self._next_s - self._clock()) > 0:
                await self._sleep(wait_s)
            self._next_s = self._clock() + self._step_s

    def hold(self, seconds: float) -> None:
        """Let nobody ask for some seconds from now, at most `LONGEST_PAUSE_S`."""
        self._next_s = max(self._next_s, self._clock() + min(seconds, LONGEST_PAUSE_S))


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, given as seconds or as an HTTP date; None if neither."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def program(package: str = "kgmner") -> str:
    """Return the name and version of a package as a `User-Agent` gives them."""
    try:
        return f"{package}/{version(package)}"
    except PackageNotFoundError:  # a checkout that is not installed
        return f"{package}/unknown"
