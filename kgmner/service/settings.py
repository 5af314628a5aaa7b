"""The settings of the service: where it listens, how it reads posts, and its limits."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from linker import Post, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Where the service listens, how it reads posts, and its limits."""

    index: Path  # a folder that build-kg-index made
    reading: Settings = field(default_factory=lambda: Settings(keep_cache=False))
    host: str = "127.0.0.1"
    port: int = 8000  # 0: any that is free
    workers: int = 1  # processes; they share the index
    max_body_bytes: int = 20_000_000  # of a request
    max_post_chars: int = 20_000  # of a post as JSON, without its picture
    max_posts: int = 100  # in a request
    max_waiting: int = 500  # posts, over all requests to a worker
    timeout_s: float = 30.0  # from a request's first byte to its answer
    names: Mapping[str, str] = field(default_factory=dict)  # what fields are called in posts: {"text": "body"}
    fetch: Callable[[Iterable[Post]], Iterator[Post]] | None = None  # gets pictures from the web; None: not allowed
