"""Reading texts with an index: one, many as they come, or a column of a table."""

import os
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from kgmner.documents import Doc
from kgmner.frames import as_column, mention_frame
from kgmner.pictures import ImageLike, as_picture
from linker import Pipeline, Post, Settings, mention_row, post_from_json

TextLike = str | Mapping[str, Any]
"""A text; or a post as in a file of posts: ``{"text" or "tokens", "image", "caption", "mentions", "id"}``."""

_lock = threading.Lock()  # of whoever opens an index
_left_behind: list[object] = []  # pipelines of a parent process: SQLite forbids even to close them after a fork


def _renew_lock() -> None:
    """A thread of the parent process may have held it at the moment of the fork."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def load(index: str | os.PathLike[str], *, cache: str | os.PathLike[str] | None = None, **settings: Any) -> "Reader":
    """Open an index, and load what reads texts with it.

    Args:
        index: A folder that ``build-kg-index`` made.
        cache: File of the knowledge cache, or "none"; by default the one in the index.
        settings: Called as the options of ``link-and-tag``: ``tagger``, ``threshold``, ``hops``, ``min_link_score``,
            ``device``, ``weights`` (see `linker.Settings`).

    Returns:
        A reader.

    Raises:
        LinkerError: The index cannot be used, or a setting cannot be.
        NerError: The tagger cannot be loaded.
        VisionError: The picture encoder cannot be loaded.

    Example:
        >>> reader = load("my-index", threshold=0.95)  # doctest: +SKIP
    """
    kept = None if cache is None or cache == "none" else Path(cache)
    reader = Reader(Path(index).absolute(), Settings(cache=kept, keep_cache=cache != "none", **settings))
    _ = reader.pipeline
    return reader


class Reader:
    """Reads texts with the help of an index. Make one with `load`.

    Threads may share it. In another process, forked or sent there, it opens the index anew when it is first used.

    Args:
        index_dir: The index.
        settings: How to read.
    """

    def __init__(self, index_dir: Path, settings: Settings) -> None:
        self.index_dir = index_dir
        self.settings = settings
        self._opened: tuple[int, Pipeline] | None = None  # with the process that opened it

    @property
    def pipeline(self) -> Pipeline:
        """What does the work."""
        opened = self._opened
        if opened is None or opened[0] != os.getpid():
            with _lock:
                if self._opened is None or self._opened[0] != os.getpid():
                    self._opened = os.getpid(), self._open()
                opened = self._opened
        return opened[1]

    def __call__(self, text: TextLike, image: ImageLike = None) -> Doc:
        """Read a text.

        Args:
            text: The text; or a post, as in a file of posts.
            image: Its picture: a path, the bytes of a file, a PIL image, or None.

        Raises:
            TypeError: It is no text, or no picture.
            PostError: A field of the post cannot be used.

        Example:
            >>> reader("Chad looks great", image="flag.jpg").entities  # doctest: +SKIP
            (<Entity Chad LOC → Chad 0.99>,)
        """
        [result] = self.pipeline.process([_post(0, text, image)])
        return Doc(result)

    def pipe(self, texts: Iterable[TextLike | tuple[str, ImageLike]], *, batch_size: int = 32) -> Iterator[Doc]:
        """Read texts as they come, in batches.

        Args:
            texts: Texts; pairs of a text and its picture; or posts, as in a file of posts.
            batch_size: How many at once; the results do not depend on it.

        Returns:
            A document for each, in the same order.

        Raises:
            TypeError: `texts` is a single text; or, as they come, one of them is none.
        """
        if isinstance(texts, str):
            raise TypeError(f"texts is {texts[:80]!r}: expected several; a single text is read by reader(text)")
        posts = (_post(number, *(item if isinstance(item, tuple) else (item,))) for number, item in enumerate(texts))
        return map(Doc, self.pipeline.run(posts, batch_size=batch_size))

    def frame(self, texts: Any, images: Any = None) -> Any:
        """Read a column of texts into a data frame with a row for each mention.

        Args:
            texts: A list, or a column of pandas or polars; a missing text has no mentions.
            images: The pictures of the texts, as many, in the same forms; None where there are none.

        Returns:
            A data frame of the column's library (of a list: of pandas, else polars) with `linker.MENTION_COLUMNS`. Of
            pandas, its index says which rows of the column they are, so ``df.join(frame)`` puts both together; of
            polars, the column ``row`` does, counted from 0.

        Raises:
            TypeError: `texts` is no list and no column.
            ValueError: There are not as many pictures as texts.
        """
        column = as_column(texts)
        pictures = as_column(images).values if images is not None else [None] * len(column.values)
        if len(pictures) != len(column.values):
            raise ValueError(f"{len(column.values):,} texts and {len(pictures):,} images: expected as many")
        docs = self.pipe(
            ("" if text is None else text, image) for text, image in zip(column.values, pictures, strict=True)
        )
        rows = [(place, mention_row(mention)) for place, doc in enumerate(docs) for mention in doc.result.mentions]
        return mention_frame(rows, column)

    def close(self) -> None:
        """Close the index; it is opened again where the reader is used again."""
        opened, self._opened = self._opened, None
        if opened is not None and opened[0] == os.getpid():
            opened[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[type["Reader"], tuple[Path, Settings]]:
        return Reader, (self.index_dir, self.settings)

    def __repr__(self) -> str:
        return f"<Reader {self.index_dir}>"

    def _open(self) -> Pipeline:
        if self._opened is not None:  # of the process that this one was forked from
            _left_behind.append(self._opened)
            _use_one_thread()
        pipeline = Pipeline.open(self.index_dir, self.settings)
        if pipeline.memory.problem:
            warnings.warn(pipeline.memory.problem, stacklevel=4)
        return pipeline


def _use_one_thread() -> None:
    """Have PyTorch and faiss compute in one thread: those of the parent are not here, and they would wait for them."""
    import faiss
    import torch

    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)


def _post(number: int, text: Any, image: Any = None) -> Post:
    """A post of what was given, with its number as id where it has none."""
    if not isinstance(text, str | Mapping):
        raise TypeError(
            f"{text!r:.80} is a {type(text).__name__}: expected a text or a post; several are read by reader.pipe, and "
            'words by reader({"tokens": [...]})'
        )
    value = {"id": number, **({"text": text} if isinstance(text, str) else text)}
    picture = as_picture(value.pop("image", None) if image is None else image)
    post = post_from_json(value, folder=Path())
    return post if picture is None else replace(post, image=picture)
