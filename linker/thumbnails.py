"""Pictures to show: made small, as a browser reads them, and the file of an entity's picture."""

import io
from pathlib import Path

from linker.index import Index

_SIDE = 320  # pixels of the longer side, at most


def make_thumbnail(source: Path | bytes) -> bytes | None:
    """A picture, from its file or what is in that, as a small JPEG; None where there is none or it cannot be read."""
    from vision import PictureError, load_picture_apart

    try:
        picture = load_picture_apart(source).image
    except PictureError:
        return None
    picture.thumbnail((_SIDE, _SIDE))
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=75, optimize=True)
    return data.getvalue()


def find_entity_picture(index: Index, iri: str, source: str | None = None) -> Path | None:
    """The file of an entity's picture that the graph has from `source`, or its first; None where there is none now."""
    entity = index.graph.entity_by_iri(iri)
    image_ids = index.graph.entity_images([entity.id]).get(entity.id, ()) if entity else ()
    images = [image for image_id in image_ids if (image := index.graph.image(image_id)) and image.file]
    return next((Path(str(image.file)) for image in images if source in (None, image.source)), None)
