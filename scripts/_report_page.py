"""Results as one HTML page that needs nothing else: pictures inside, no scripts, readable on a phone."""

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scripts._words import (
    evident,
    how_in_words,
    knowledge_in_words,
    near_in_words,
    not_recognised,
    path_in_words,
)

if TYPE_CHECKING:
    from linker import Index, LinkedMention, Result

_TEMPLATES = Path(__file__).parent / "templates"
_SIDE = 360  # pixels of a thumbnail's longer side


def render_report(
    results: "Iterable[Result]", images: Iterable[Path | bytes | None], index: "Index | None"
) -> Iterator[str]:
    """Render results as pieces of a page, with the pictures of the posts, and those of the entities from the index."""
    yield from render_page(results, images, partial(_entity_picture, index))


def render_page(
    results: "Iterable[Result]",
    images: Iterable[Path | bytes | None],
    find_picture: Callable[[str, str], Path | None],
) -> Iterator[str]:
    """Render results, with the pictures of the entities from `find_picture(iri, source)`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from linker import why

    rows = list(results)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        near=near_in_words, how=how_in_words, not_recognised=not_recognised, evident=evident, as_link=as_link, why=why
    )
    environment.filters["percent"] = lambda share: f"{share:.0%}"
    template = environment.get_template("report.html.j2")
    posts = (_make_card(result, image, find_picture) for result, image in zip(rows, images, strict=True))
    yield from template.generate(posts=posts, totals=_count(rows), own_types=_own_types(rows))


def as_link(iri: str) -> str | None:
    """The IRI where a browser can safely follow it: http and https only."""
    return iri if iri.lower().startswith(("http://", "https://")) else None


@dataclass(frozen=True, slots=True)
class _Card:
    """What the template shows of a post; pictures are data URIs."""

    result: "Result"
    pieces: "list[tuple[str, LinkedMention | None]]"
    picture: str | None
    path: list[str]
    knowledge: list[str]
    entity_picture: str | None


def _make_card(result: "Result", image: Path | bytes | None, find_picture: Callable[[str, str], Path | None]) -> _Card:
    from linker import cut_at_mentions

    pictured = result.pictured
    return _Card(
        result,
        cut_at_mentions(result),
        picture=None if result.image_error else _thumbnail(image),
        path=path_in_words(pictured) if pictured else [],
        knowledge=knowledge_in_words(result.knowledge),
        entity_picture=_thumbnail(find_picture(pictured.entity.iri, pictured.image)) if pictured else None,
    )


def _count(results: "Sequence[Result]") -> dict[str, int]:
    """What the head of the page counts."""
    mentions = [mention for result in results for mention in result.mentions]
    return {
        "posts": len(results),
        "mentions": len(mentions),
        "linked": sum(mention.entity is not None for mention in mentions),
        "pictured": sum(result.pictured is not None for result in results),
        "errors": sum(result.image_error is not None for result in results),
    }


def _own_types(results: "Sequence[Result]") -> dict[str, int]:
    """The types that only this tagger has, each with a hue in degrees."""
    from ner import TYPES

    found = {mention.type for result in results for mention in result.mentions} - set(TYPES)
    return {kind: 15 + 137 * place % 360 for place, kind in enumerate(sorted(found))}


def _entity_picture(index: "Index | None", iri: str, source: str) -> Path | None:
    """The file of an entity's picture; None where it is not there any more, or there is no index."""
    if index is None:
        return None
    entity = index.graph.entity_by_iri(iri)
    image_ids = index.graph.entity_images([entity.id]).get(entity.id, ()) if entity else ()
    images = [image for image_id in image_ids if (image := index.graph.image(image_id))]
    return next((Path(image.file) for image in images if image.source == source and image.file), None)


def _thumbnail(source: Path | bytes | None) -> str | None:
    """A picture as a small data URI; None where there is none or it cannot be read."""
    if source is None:
        return None
    from vision import PictureError, load_picture_apart

    try:
        picture = load_picture_apart(source).image
    except PictureError:
        return None
    picture.thumbnail((_SIDE, _SIDE))
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=78, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode("ascii")
