"""The knowledge cache as the linker uses it: what is remembered changes how fast an answer comes, never the answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from kg import (
    CachedPicture,
    CachedPost,
    CachedRegions,
    CacheError,
    Fact,
    Graph,
    KnowledgeCache,
    PicturedRecord,
)
from linker.pictures import PostPicture
from linker.records import Pictured, Post


class Memory:
    """Remembers pictures' features and pictured entities, in a cache file or not at all.

    A cache that cannot be used is no reason to stop: `problem` then says why nothing is kept.

    Args:
        cache: The opened cache; None keeps nothing.
        problem: Why there is none, where one was wanted.
        writable: Whether new things are kept.
    """

    def __init__(self, cache: KnowledgeCache | None, *, problem: str | None = None, writable: bool = True) -> None:
        self._cache = cache
        self.problem = problem
        self._writable = writable and cache is not None
        self._pictures: list[CachedPicture] = []
        self._regions: list[CachedRegions] = []
        self._pictured: list[PicturedRecord] = []
        self._posts: list[CachedPost] = []

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a cache file, making it if need be; on a disk that cannot be written, what is there is still read."""
        try:
            cache = KnowledgeCache.open(path)
        except CacheError as error:
            problem = (
                f"{error}; nothing new is remembered (--cache FILE puts it elsewhere, --cache none stops this word)"
            )
            try:
                return cls(KnowledgeCache.open(path, read_only=True), problem=problem, writable=False)
            except CacheError:
                return cls(None, problem=problem)
        aside = cache.set_aside
        return cls(cache, problem=f"{path} was damaged: it was moved to {aside} and begun anew" if aside else None)

    def features(self, digests: Sequence[str], encoder: str, *, with_regions: bool) -> dict[str, PostPicture]:
        """What is remembered of pictures' features, by content; nothing where regions are asked for and not kept."""
        if self._cache is None or not digests:
            return {}
        try:
            pictures = self._cache.pictures(digests, encoder)
            regions = self._cache.regions(digests, encoder) if with_regions else {}
        except CacheError as error:
            self._give_up(error)
            return {}
        return {
            digest: PostPicture(
                sha256=digest,
                vector=np.frombuffer(picture.vector, dtype="<f4"),
                attributes=picture.attributes,
                regions=_array(regions[digest]) if with_regions else None,
            )
            for digest, picture in pictures.items()
            if not with_regions or digest in regions
        }

    def remember_features(self, picture: PostPicture, encoder: str, width: int, height: int) -> None:
        """Keep a picture's features; they are written with the next `flush`."""
        assert picture.vector is not None
        vector = picture.vector.astype("<f4").tobytes()
        self._pictures.append(CachedPicture(picture.sha256, encoder, width, height, vector, picture.attributes))
        if picture.regions is not None:
            blob = picture.regions.astype("<f4").tobytes()
            self._regions.append(CachedRegions(picture.sha256, encoder, blob, picture.regions.shape))

    def pictured(self, key: str, graph: Graph) -> tuple[Pictured | None, tuple[Fact, ...]] | None:
        """What was found under a key: the pictured entity (or that there is none) and the facts; None if not known."""
        if self._cache is None:
            return None
        try:
            record = self._cache.pictured([key]).get(key)
        except CacheError as error:
            self._give_up(error)
            return None
        if record is None:
            return None
        if record.entity_iri is None:
            return None, ()
        entity = graph.entity_by_iri(record.entity_iri)
        if entity is None or record.hop is None or record.cosine is None:
            return None
        pictured = Pictured(entity, record.hop, record.cosine, record.image or "", record.path)
        return pictured, tuple(Fact(*triple) for triple in record.knowledge)

    def remember_pictured(self, record: PicturedRecord) -> None:
        """Keep an answer; it is written with the next `flush`."""
        self._pictured.append(record)

    def remember_post(self, post: Post, key: str) -> None:
        """Keep which answer belongs to a post, for ``kg-cache knowledge``."""
        self._posts.append(CachedPost(str(post.id), " ".join(post.tokens), key))

    def flush(self) -> None:
        """Write what was remembered, in one transaction."""
        if self._cache is not None and self._writable:
            try:
                with self._cache.batch():
                    self._cache.put_pictures(self._pictures)
                    self._cache.put_regions(self._regions)
                    self._cache.put_pictured(self._pictured)
                    self._cache.put_posts(self._posts)
            except CacheError as error:
                self._give_up(error)
        for waiting in (self._pictures, self._regions, self._pictured, self._posts):
            waiting.clear()

    def close(self) -> None:
        """Write what is left and close the file."""
        self.flush()
        if self._cache is not None:
            self._cache.close()

    def _give_up(self, error: CacheError) -> None:
        self.problem = f"{error}; nothing more is remembered"
        self._writable = False


def _array(regions: CachedRegions) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    return np.frombuffer(regions.blob, dtype="<f4").reshape(regions.shape)
