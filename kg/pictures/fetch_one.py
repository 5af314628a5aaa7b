"""Fetching single pictures by their addresses, one after another, by the same rules as those of a graph."""

import asyncio
from typing import Self

import httpx

from kg.errors import FetchError

from .addresses import AddressRules
from .client import NotFetchedError, Outside, PictureClient
from .files import picture_address
from .settings import FetchSettings


class PictureFetcher:
    """Fetches pictures; to be used with ``with``. After some failures in a row nothing more is asked.

    Args:
        settings: Who asks, how, and with what limits.

    Raises:
        FetchError: A host in the settings is not one.
    """

    def __init__(self, settings: FetchSettings) -> None:
        self._settings, self._failures = settings, 0
        self._loop = asyncio.new_event_loop()
        self._client = PictureClient(settings, AddressRules(settings.hosts), Outside())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()

    def fetch(self, address: str) -> bytes:
        """What is at an address.

        Raises:
            FetchError: It cannot be had, with the reason.
        """
        if self._failures >= self._settings.give_up_after:
            raise FetchError(f"was not asked for, as {self._failures} pictures in a row could not be fetched")
        try:
            url = httpx.URL(picture_address(address, self._settings.width))
            content = self._loop.run_until_complete(self._client.fetch(url))
        except httpx.InvalidURL:
            raise FetchError(f"{address[:200]!r} is not a web address") from None
        except NotFetchedError as error:
            self._failures = self._failures + 1 if error.status == "failed" else 0
            raise FetchError(error.reason) from None
        self._failures = 0
        return content
