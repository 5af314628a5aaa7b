"""The knowledge cache as the linker uses it: what is remembered changes how fast an answer comes, never the answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from kg import CachedDecision, CachedPost, CacheEntry, CacheError, KnowledgeCache
from linker.output import result_to_json
from linker.results import Post, Result

T = TypeVar("T")


class Memory:
    """Remembers what was worked out, in a cache file or not at all.

    A cache that cannot be used is no reason to stop: `problem` then says why nothing is kept.

    Args:
        cache: The opened cache; None keeps nothing.
        problem: Why there is none, or what is the matter with it.
        writable: Whether new things are kept.
    """

    def __init__(
        self, cache: KnowledgeCache | None = None, *, problem: str | None = None, writable: bool = True
    ) -> None:
        self._cache = cache
        self.problem = problem
        self._writable = writable and cache is not None
        self._waiting: list[CacheEntry] = []

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a cache file, making it if need be; on a disk that cannot be written, what is there is still read."""
        try:
            cache = KnowledgeCache.open(path)
        except CacheError as error:
            problem = f"{error}; nothing new is remembered (--cache FILE puts it elsewhere, --cache none uses none)"
            try:
                return cls(KnowledgeCache.open(path, read_only=True), problem=problem, writable=False)
            except CacheError:
                return cls(problem=problem)
        return cls(cache, problem=cache.notice)

    @classmethod
    def open_read_only(cls, path: Path) -> Self:
        """Open a file that may be there or not, for what is in it."""
        try:
            return cls(KnowledgeCache.open(path, read_only=True), writable=False)
        except CacheError:
            return cls()

    def recall(self, question: Callable[[KnowledgeCache], dict[str, T]]) -> dict[str, T]:
        """What the cache answers to a question; nothing where there is no cache, or it cannot be read."""
        try:
            return {} if self._cache is None else question(self._cache)
        except CacheError as error:
            self._give_up(error)
            return {}

    def keep(self, entry: CacheEntry) -> None:
        """Keep something; it is written with the next `flush`."""
        if self._writable:
            self._waiting.append(entry)

    def keep_decision(self, post: Post, result: Result, *, key: str | None) -> None:
        """Keep a post and what was decided about it; `key` leads to what it shows.

        The user's own fields and how words looked at the picture, 49 numbers a word, are not kept: results have them.
        """
        if self._writable:
            whole = result_to_json(replace(result, fields={}, attention=(), gates=()), explain=True)
            self.keep(CachedPost(post.file, str(post.id), " ".join(post.tokens), key))
            self.keep(CachedDecision(post.file, str(post.id), json.dumps(whole)))

    def flush(self) -> None:
        """Write what was kept, in one transaction."""
        waiting, self._waiting = self._waiting, []  # another thread may be keeping things meanwhile
        if self._cache is not None and waiting:
            try:
                self._cache.put(waiting)
            except CacheError as error:
                self._give_up(error)

    def close(self) -> None:
        """Write what is left and close the file."""
        self.flush()
        if self._cache is not None:
            self._cache.close()

    def _give_up(self, error: CacheError) -> None:
        self.problem = f"{error}; nothing more is remembered"
        self._writable = False
