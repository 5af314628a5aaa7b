"""What the knowledge cache keeps."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CachedPicture:
    """What an encoder made of a picture; `vector` holds little-endian float32 numbers."""

    sha256: str
    encoder: str
    width: int
    height: int
    vector: bytes
    attributes: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class CachedRegions:
    """The regions of a picture; `blob` holds little-endian numbers of the given shape."""

    sha256: str
    encoder: str
    blob: bytes
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PicturedRecord:
    """The pictured entity of one question, or that there is none (`entity_iri` None).

    Attributes:
        key: Digest of everything the answer depends on; the caller makes it.
        sha256: The picture.
        candidates: IRIs of the candidates.
        theta: Least cosine.
        hops: Most hops.
        index_id: Which index was asked.
        entity_iri: The answer.
        hop: Its hop, with `cosine`, `image` (the matching picture's source) and `path` as they go into a result.
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
    """A post that was read, and the key of its pictured entity, if it has one."""

    id: str
    text: str
    key: str | None
