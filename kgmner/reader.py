"""Reading texts with an index: one, many as they come, or a column of a table."""

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kgmner.documents import Doc
from kgmner.frames import cells, mention_frame
from kgmner.pictures import ImageLike, as_picture
from linker import Pipeline, Post, Settings, mention_row, post_from_json

TextLike = str | Mapping[str, Any]
"""A text; or a post as in a file of posts: ``{"text" or "tokens", "image", "caption", "mentions", "id"}``."""

_left_behind: list[object] = []  # pipelines of a parent process: SQLite forbids even to close them after a fork


def load(index: str | os.PathLike[str], *, cache: str | os.PathLike[str] | None = None, **settings: Any) -> "Reader":
    """Open an index, and load what reads texts with it.

    Args:
        index: A folder that ``build-kg-index`` made.
        cache: File of the knowledge cache, or "none"; by default the one in the index.
        settings: The other fields of `linker.Settings`, which are called as the options of ``link-and-tag``.

    Raises:
        LinkerError: The index or a setting cannot be used; NerError: the tagger; VisionError: the picture encoder.
    """
    reader = Reader(Path(index).absolute(), Settings.called(cache, **settings))
    _ = reader.pipeline
    return reader


class Reader:
    """Reads texts with the help of an index. Make one with `load`.

    Threads may share it. In another process, forked or sent there, it opens the index anew when it is first used.
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
            opened = self._opened = os.getpid(), self._open()
        return opened[1]

    def __call__(self, text: TextLike, image: ImageLike = None) -> Doc:
        """Read a text, or a post as in a file of posts, with its picture.

        Raises:
            TypeError: It is no text, or no picture.
            PostError: A field of the post cannot be used.
        """
        [result] = self.pipeline.process([_post(0, text, image)])
        return Doc(result)

    def pipe(
        self, texts: Iterable[TextLike | tuple[str, ImageLike]], *, batch_size: int = 32, as_shown: bool = True
    ) -> Iterator[Doc]:
        """Read texts, pairs of a text and its picture, or posts, as they come; a document for each, in their order.

        With `as_shown`, a text in HTML is read as what it shows, and one that was decoded wrongly as what was meant,
        which offsets then count.

        Raises:
            TypeError: `texts` is a single text; or, as they come, one of them is none.
        """
        if isinstance(texts, str):
            raise TypeError(f"texts is {texts[:80]!r}: expected several; a single text is read by reader(text)")
        pairs = (item if isinstance(item, tuple) else (item,) for item in texts)
        posts = (_post(number, *pair, as_shown=as_shown) for number, pair in enumerate(pairs))
        return map(Doc, self.pipeline.run(posts, batch_size=batch_size))

    def frame(self, texts: Any, images: Any = None) -> Any:
        """Read a column of texts into a data frame with a row for each mention.

        Args:
            texts: A list, or a column of pandas or polars; a missing text has no mentions. One in HTML is read as it
                stands: offsets count what is in the column.
            images: The pictures of the texts, as many, in the same forms; None where there are none.

        Returns:
            A data frame of the column's library (of a list: of pandas, else polars) with `linker.MENTION_COLUMNS`. Of
            pandas, its index says which rows of the column they are, so ``df.join(frame)`` puts both together; of
            polars, the column ``row`` does, counted from 0.

        Raises:
            TypeError: `texts` is no list and no column.
            ValueError: There are not as many pictures as texts.
        """
        values = cells(texts)
        pictures = [None] * len(values) if images is None else cells(images)
        if len(pictures) != len(values):
            raise ValueError(f"{len(values):,} texts and {len(pictures):,} images: expected as many")
        pairs = (("" if text is None else text, image) for text, image in zip(values, pictures, strict=True))
        docs = self.pipe(pairs, as_shown=False)
        rows = [(place, mention_row(mention)) for place, doc in enumerate(docs) for mention in doc.result.mentions]
        return mention_frame(rows, texts)

    def close(self) -> None:
        """Close the index; it is opened again where the reader is used again."""
        if self._opened is not None and self._opened[0] == os.getpid():
            self._opened[1].close()
            self._opened = None

    def __reduce__(self) -> tuple[type["Reader"], tuple[Path, Settings]]:
        return Reader, (self.index_dir, self.settings)

    def __repr__(self) -> str:
        return f"<Reader {self.index_dir}>"

    def _open(self) -> Pipeline:
        if self._opened is not None:  # of the process that this one was forked from, whose other threads are not here
            import faiss
            import torch

            _left_behind.append(self._opened)
            torch.set_num_threads(1)
            faiss.omp_set_num_threads(1)
        pipeline = Pipeline.open(self.index_dir, self.settings)
        if pipeline.memory.problem:
            warnings.warn(pipeline.memory.problem, stacklevel=4)
        return pipeline


def _post(number: int, text: Any, image: Any = None, *, as_shown: bool = True) -> Post:
    """A post of what was given, with its number as id where it has none."""
    if not isinstance(text, str | Mapping):
        raise TypeError(
            f"{text!r:.80} is a {type(text).__name__}: expected a text or a post; several are read by reader.pipe, and "
            'words by reader({"tokens": [...]})'
        )
    value = {"text": text} if isinstance(text, str) else dict(text)
    if image is not None:
        value["image"] = image
    problem = ""
    try:
        picture = as_picture(value.get("image"))
    except (OSError, SyntaxError, ValueError) as error:  # of Pillow, which reads an image when it is asked for
        picture, problem = None, f"damaged picture: {error}"
    content = picture if isinstance(picture, bytes) else None
    value["image"] = picture if content is None else None
    post = post_from_json(value, folder=Path(), default_id=number, as_shown=as_shown)
    return replace(post, image=content, image_error=problem) if content is not None or problem else post
