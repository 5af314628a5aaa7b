"""What the knowledge cache keeps: the features of pictures, pictured entities, and posts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CachedPicture:
    """What an encoder made of a picture: `vector` as little-endian float32, `format` as in ``JPEG``."""

    sha256: str
    encoder: str
    width: int
    height: int
    vector: bytes
    attributes: tuple[tuple[str, float], ...]
    format: str = ""


@dataclass(frozen=True, slots=True)
class CachedRegions:
    """The regions of a picture; `blob` holds little-endian float16 numbers of the given shape."""

    sha256: str
    encoder: str
    blob: bytes
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PicturedRecord:
    """The pictured entity of one question, or that there is none (`entity_iri` None).

    Attributes:
        key: Digest of everything that the answer depends on; the caller makes it.
        sha256: The picture.
        candidates: IRIs of the candidates.
        theta: Least cosine.
        hops: Most hops.
        index_id: Which index was asked.
        entity_iri: The answer.
        hop: Its hop, with `cosine`, `image` (the source of the matching picture) and `path` as they go into a result.
        cosine: See `hop`.
        image: See `hop`.
        path: See `hop`.
        knowledge: Triples in words.
    """

    key: str
    sha256: str
    candidates: tuple[str, ...]
    theta: float
    hops: int
    index_id: str
    entity_iri: str | None
    hop: int | None
    cosine: float | None
    image: str | None
    path: tuple[tuple[str, str, str], ...]
    knowledge: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class CachedPost:
    """A post that was read: its file and its id there, and the key of its pictured entity, if it has one."""

    file: str
    id: str
    text: str
    key: str | None


Entry = CachedPicture | CachedRegions | PicturedRecord | CachedPost
