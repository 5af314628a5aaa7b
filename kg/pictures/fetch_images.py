"""The pictures that a graph names by web addresses, fetched into a folder.

A run that was stopped goes on: what has a file in the folder is not asked for again, nor what the table of downloads
says cannot be had. The graph itself is left alone; `attach_images` marks its rows, from the folder and that table
alone, so a run in many pieces leaves the same rows as one in one piece.
"""

import asyncio
import errno
import os
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx

from kg.errors import FetchStoppedError
from kg.store import Graph

from .addresses import CONNECTIONS, AddressRules
from .client import NotFetchedError, Outside, PictureClient
from .downloads import Download, Downloads
from .files import ImageFinder, is_address, name_problem, picture_address, picture_name
from .image_rows import count_images, lacks_file
from .settings import FetchReport, FetchSettings

Progress = Callable[[str, int, int], None]

# Says why a file cannot be used as a picture: a status (`unreadable`, `too large`) and a reason; None if it can.
Check = Callable[[Path], tuple[str, str] | None]

_BAD_NAME = {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}


def fetch_images(
    sqlite_path: Path,
    *,
    images_dir: Path,
    downloads: Path,
    settings: FetchSettings,
    check: Check,
    progress: Progress | None = None,
    outside: Outside | None = None,
) -> FetchReport:
    """Fetch the pictures of a graph that have no file.

    Args:
        sqlite_path: The graph.
        images_dir: Where the pictures go, and where they are looked for first; it is made.
        downloads: The table of what was asked for; it is made.
        settings: Who asks, how, and with what limits.
        check: Looks whether what came is a picture.
        progress: Called with the step, what is done of it, and how much there is (0: unknown).
        outside: Clock, sleep and name service.

    Returns:
        What it came to, and how many rows of the graph `attach_images` would change.

    Raises:
        FetchStoppedError: If one picture after another failed, as where there is no network.
        FetchError: If a host in the settings is not one, or the table of downloads cannot be used.
        StoreError: If the graph cannot be read.
        OSError: If the folder cannot be written.
    """
    rules = AddressRules(settings.hosts)
    images_dir.mkdir(parents=True, exist_ok=True)
    with Graph.open(sqlite_path) as graph, Downloads(downloads) as table:
        run = _Run(
            graph,
            images_dir,
            table,
            settings,
            rules,
            check,
            progress or (lambda *_: None),
            outside or Outside(),
            ImageFinder(images_dir),
        )
        for worker in range(CONNECTIONS):  # what a killed run has left
            (images_dir / part_name(sqlite_path, worker)).unlink(missing_ok=True)
        stopped = _wait_for(run.fetch())
        report = count_images(graph, images_dir, table)
    if stopped is not None:
        raise FetchStoppedError(
            f"fetching pictures stopped after {settings.give_up_after} failures in a row, the last: {stopped};"
            f" {report.fetched:,} were fetched and {report.left + report.failed:,} are left: run the same command again"
            " later, or without --fetch-images to do without them"
        )
    return report


def part_name(sqlite_path: Path, worker: int) -> str:
    """Return the name of a file that is not whole yet; no other index that shares the folder has the same."""
    key = sha256(str(sqlite_path.resolve()).encode()).hexdigest()[:12]
    return f".download-{key}-{worker}.part"


class _GiveUpError(Exception):
    """One picture after another failed."""


@dataclass(slots=True)
class _Run:
    """One run over the rows of a graph."""

    graph: Graph
    folder: Path
    table: Downloads
    settings: FetchSettings
    rules: AddressRules
    check: Check
    progress: Progress
    outside: Outside
    finder: ImageFinder
    busy: set[str] = field(default_factory=set)
    failures: int = 0
    passed: int = 0
    fetched_bytes: int = 0

    async def fetch(self) -> str | None:
        """Ask for everything that is to be asked for; return the last failure where that was given up."""
        jobs = self._jobs()
        async with aclosing(PictureClient(self.settings, self.rules, self.outside)) as client:
            workers = [asyncio.create_task(self._work(client, jobs, number)) for number in range(CONNECTIONS)]
            try:
                await asyncio.gather(*workers)
            except _GiveUpError as error:
                return str(error)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
        return None

    def _jobs(self) -> Iterator[tuple[str, httpx.URL] | None]:
        """Yield the name and address of what is to be asked for, and None for each row where that is nothing."""
        for record in self.graph.images():
            if lacks_file(record) and is_address(record.source):
                self.passed += 1
                yield self._job(record.source)

    def _job(self, source: str) -> tuple[str, httpx.URL] | None:
        name = picture_name(source)
        if name in self.busy or self.finder.find(source, "")[1]:
            return None
        known = self.table.get(name)
        if known is not None and self._is_settled(known):
            return None
        problem = name_problem(name)
        try:
            url = httpx.URL(picture_address(source, self.settings.width))
        except httpx.InvalidURL:
            url, problem = httpx.URL(), f"{source[:200]!r} is not a web address"
        if problem is not None:
            self._keep(name, url, "refused", problem)
            return None
        self.busy.add(name)
        return name, url

    async def _work(self, client: PictureClient, jobs: Iterator[tuple[str, httpx.URL] | None], number: int) -> None:
        query = "SELECT count(*) FROM image WHERE (file IS NULL OR status = 'missing') AND source LIKE 'http%://%'"
        total = self.graph.connection.execute(query).fetchone()[0]
        part = self.folder / part_name(self.graph.sqlite_path, number)
        try:
            for job in jobs:
                if job is None:
                    await asyncio.sleep(0)  # the other connection must not wait for a long way of rows like this
                else:
                    part.touch()  # a folder that cannot be written is better known before anything is asked
                    await self._fetch_one(client, *job, part)
                    self.busy.discard(job[0])
                self.progress("fetch pictures", self.passed - len(self.busy), total)
                self.progress("fetched (MB)", self.fetched_bytes // 1_000_000, 0)
        finally:
            part.unlink(missing_ok=True)

    async def _fetch_one(self, client: PictureClient, name: str, url: httpx.URL, part: Path) -> None:
        try:
            content = await client.fetch(url)
        except NotFetchedError as error:
            self._keep(name, url, error.status, error.reason)
            self.failures = self.failures + 1 if error.status == "failed" else 0
            if self.failures >= self.settings.give_up_after:
                raise _GiveUpError(error.reason) from None
            return
        self.failures = 0
        await asyncio.to_thread(_write, part, content)
        status, reason = await asyncio.to_thread(self.check, part) or ("fetched", None)
        if status == "fetched":
            try:
                part.replace(self.folder / name)
                self.fetched_bytes += len(content)
            except OSError as error:
                if error.errno not in _BAD_NAME:
                    raise
                status, reason = "refused", f"this disk cannot hold a file named {name[:200]!r}"
        self._keep(name, url, status, reason, content)

    def _keep(self, name: str, url: httpx.URL, status: str, reason: str | None, content: bytes | None = None) -> None:
        digest, size_bytes = (None, None) if content is None else (sha256(content).hexdigest(), len(content))
        at, rules = self.outside.now().isoformat(timespec="seconds"), self._rules_of(status)
        self.table.put(Download(name, str(url), status, reason, digest, size_bytes, rules, self.table.run, at))

    def _is_settled(self, known: Download) -> bool:
        """Say whether a picture without a file need not be asked for."""
        if known.run == self.table.run:
            return True
        if self.settings.retry_missing or known.status in ("fetched", "failed"):
            return False
        return known.rules == self._rules_of(known.status)

    def _rules_of(self, status: str) -> str:
        """Return the settings that can make another of a status."""
        width, size = f"width={self.settings.width}", f"bytes={self.settings.max_bytes}"
        rules = {"refused": f"hosts={self.rules.text}", "unreadable": width, "too large": f"{width} {size}"}
        return rules.get(status, "")


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:  # it may not say which file it is about
        raise OSError(error.errno, error.strerror, str(path)) from None


def _wait_for(work: Coroutine[object, object, str | None]) -> str | None:
    """Run a coroutine to its end, also where the caller's thread runs others already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as own:
        return own.submit(asyncio.run, work).result()
