"""The threads that read posts: one loads the models; then each takes what waits, as many posts at once as there are."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Literal, TypeAlias

from kgmner.service.errors import ServiceError
from kgmner.service.logs import LOG
from kgmner.service.metrics import AT_ONCE, WAITING
from linker import Pipeline, Post, Result

_THREADS = 2  # while one puts together what the models said, they work for the other
_MOST_AT_ONCE = 32
_GATHER_S = 0.005  # in which those who were answered at once ask again
_MOST_TOKENS = 2000  # after which no further post is taken: long ones hold up the others no longer than they must

Answer: TypeAlias = Result | Exception
_Job: TypeAlias = tuple[Post, "asyncio.Future[Result]"]


class ModelThreads:
    """Reads posts for requests. Requests wait without a thread of their own.

    Args:
        open_pipeline: Opens the index and loads the models; called in a thread.
        most_waiting: How many posts may wait, over all requests.
        failed: Told why the models cannot be loaded.
    """

    def __init__(
        self,
        open_pipeline: Callable[[], Pipeline],
        *,
        most_waiting: int,
        failed: Callable[[Exception], None],
    ) -> None:
        self.state: Literal["starting", "ready", "stopping"] = "starting"
        self.pipeline: Pipeline | None = None
        self.waiting = 0
        self._open, self._most_waiting, self._failed = open_pipeline, most_waiting, failed
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._taking = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="models", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether posts are read, or will be."""
        return self._thread.is_alive()

    def ready(self) -> Pipeline:
        """The pipeline, for requests that are answered now.

        Raises:
            ServiceError: The service starts or stops.
        """
        if self.state != "ready" or self.pipeline is None:
            fix = "ask again in a few seconds; /v1/ready says when it is ready"
            raise ServiceError(503, self.state, "a service that is ready", fix, retry_after_s=5)
        return self.pipeline

    async def read(self, posts: Sequence[Post]) -> list[Result | BaseException]:
        """Read posts, when their turn comes: for each a result or the error; the others go on.

        Raises:
            ServiceError: The service starts or stops, or too many posts wait.
        """
        self.ready()
        if self.waiting and self.waiting + len(posts) > self._most_waiting:
            expected = f"at most {self._most_waiting} posts that wait, and {self.waiting} do"
            raise ServiceError(429, f"{len(posts)} more posts", expected, "ask again in a second", retry_after_s=1)
        futures: list[asyncio.Future[Result]] = [self._loop.create_future() for _ in posts]
        self.waiting += len(futures)
        WAITING.inc(len(futures))
        for post, future in zip(posts, futures, strict=True):
            future.add_done_callback(self._one_less)
            self._queue.put((post, future))
        return await asyncio.gather(*futures, return_exceptions=True)

    async def stop(self) -> None:
        """Read what waits, and end."""
        self.state = "stopping"
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _one_less(self, _: "asyncio.Future[Result]") -> None:
        self.waiting -= 1
        WAITING.dec()

    def _run(self) -> None:
        try:
            pipeline = self._open()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            self._loop.call_soon_threadsafe(self._failed, error)
            return
        with pipeline:
            self.pipeline = pipeline
            if self.state == "starting":
                self.state = "ready"
                LOG.info("ready")
            others = [threading.Thread(target=self._read_on, args=[pipeline], daemon=True) for _ in range(_THREADS - 1)]
            for thread in others:
                thread.start()
            self._read_on(pipeline)
            for thread in others:
                thread.join()

    def _read_on(self, pipeline: Pipeline) -> None:
        """Read what waits, as it comes, until the end."""
        while True:
            with self._taking:
                taken = list(self._take())
            if jobs := [job for job in taken if job is not None and not job[1].cancelled()]:  # else nobody waits for it
                AT_ONCE.observe(len(jobs))
                self._loop.call_soon_threadsafe(_deliver, jobs, _read(pipeline, [post for post, _ in jobs]))
            if None in taken:
                self._queue.put(None)  # for the other threads
                return

    def _take(self) -> Iterator[_Job | None]:
        """The next that waits, and what else waits by then."""
        tokens = 0
        for taken in range(_MOST_AT_ONCE):
            if taken and (tokens > _MOST_TOKENS or self._queue.empty()):
                return
            yield (job := self._queue.get())
            tokens += len(job[0].tokens) if job else 0
            if not taken and self.waiting > 1 + self._queue.qsize():  # others are read: nothing is idle meanwhile
                time.sleep(_GATHER_S)


def _read(pipeline: Pipeline, posts: list[Post]) -> list[Answer]:
    """Read posts; where that fails, one by one, so that one post does not spoil the others."""
    try:
        return list(pipeline.process(posts))
    except Exception as error:  # noqa: BLE001 - it is the answer
        return [error] if len(posts) == 1 else [_read(pipeline, [post])[0] for post in posts]


def _deliver(jobs: list[_Job], answers: list[Answer]) -> None:
    for (_, future), answer in zip(jobs, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
