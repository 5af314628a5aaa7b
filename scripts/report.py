"""Results as one HTML page that needs nothing else: pictures inside, no scripts, readable on a phone."""

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts._words import cut_at_mentions, knowledge_in_words, near_in_words, path_in_words

if TYPE_CHECKING:
    from linker import Index

_TEMPLATES = Path(__file__).parent / "templates"
_SIDE = 360  # pixels of a thumbnail's longer side


@dataclass(frozen=True, slots=True)
class Totals:
    """What the head of the page counts."""

    posts: int
    mentions: int
    linked: int
    pictured: int
    errors: int


def render_report(records: Iterable[dict[str, Any]], images: Sequence[Path | None], index: "Index") -> Iterator[str]:
    """Render results.

    Args:
        records: Results of `linker.result_to_json`.
        images: The picture of each post, or None.
        index: The index that the posts were read with; it has the pictures of the entities.

    Yields:
        The page, in pieces.
    """
    from scripts._looking import entity_picture

    yield from render_page(records, images, lambda iri, source: entity_picture(index, iri, source))


def render_page(
    records: Iterable[dict[str, Any]],
    images: Sequence[Path | None],
    find_picture: Callable[[str, str], Path | None],
) -> Iterator[str]:
    """Render results, with the entities' pictures from `find_picture(iri, source)`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    rows = list(records)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(near=near_in_words, as_link=as_link, percent=lambda share: f"{share:.0%}")
    template = environment.get_template("report.html.j2")
    posts = (_Card(record, image, find_picture) for record, image in zip(rows, images, strict=True))
    yield from template.generate(posts=posts, totals=count(rows))


def count(records: Sequence[dict[str, Any]]) -> Totals:
    """Count what the results hold."""
    mentions = [mention for record in records for mention in record["mentions"]]
    return Totals(
        posts=len(records),
        mentions=len(mentions),
        linked=sum(mention["entity"] is not None for mention in mentions),
        pictured=sum(record["pictured"] is not None for record in records),
        errors=sum(record["image_error"] is not None for record in records),
    )


def as_link(iri: str) -> str | None:
    """The IRI where a browser can safely follow it: http and https only."""
    return iri if iri.lower().startswith(("http://", "https://")) else None


def thumbnail(path: Path | None) -> str | None:
    """A picture as a small data URI; None where there is none or it cannot be read."""
    if path is None:
        return None
    from vision import PictureError, load_picture

    try:
        picture = load_picture(path).image
    except PictureError:
        return None
    picture.thumbnail((_SIDE, _SIDE))
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=78, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode("ascii")


class _Card:
    """What the template shows of a post."""

    def __init__(
        self, record: dict[str, Any], image: Path | None, find_picture: Callable[[str, str], Path | None]
    ) -> None:
        self.record = record
        self.pieces = cut_at_mentions(record["tokens"], record["mentions"])
        self.picture = None if record["image_error"] else thumbnail(image)
        pictured = record["pictured"]
        self.path = path_in_words(pictured) if pictured else []
        self.knowledge = knowledge_in_words(record["knowledge"])
        self.entity_picture = thumbnail(find_picture(pictured["iri"], pictured["image"])) if pictured else None
