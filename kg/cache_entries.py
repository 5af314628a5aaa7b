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
class CachedLocalFeatures:
    """The local features of an entity's picture; `kind` names the way in which they were made."""

    sha256: str
    kind: str
    blob: bytes


@dataclass(frozen=True, slots=True)
class PicturedRecord:
    """The pictured entity of one question, or that there is none (`entity_iri` None)."""

    key: str  # digest of everything that the answer depends on; the caller makes it
    sha256: str  # the picture
    candidates: tuple[str, ...]  # IRIs of the candidates
    threshold: float  # least cosine
    hops: int  # most hops
    index_id: str  # which index was asked
    entity_iri: str | None  # the answer; None where there is none
    # its hop, cosine, image (the source of the matching picture) and path, as they go into a result
    hop: int | None
    cosine: float | None
    image: str | None
    path: tuple[tuple[str, str, str], ...]
    knowledge: tuple[tuple[str, str, str], ...]  # triples in words
    how: str | None = None  # by which way it was recognised
    score: float | None = None  # how probable that is
    # what came nearest where nothing was recognised, and its cosine
    nearest_iri: str | None = None
    nearest_cosine: float | None = None


@dataclass(frozen=True, slots=True)
class CachedPost:
    """A post that was read: its file and its id there, and the key of its pictured entity, if it has one."""

    file: str
    id: str
    text: str
    key: str | None


@dataclass(frozen=True, slots=True)
class CachedDecision:
    """The whole decision about a post: its result as JSON, with every part of every score."""

    file: str
    id: str
    result: str


@dataclass(frozen=True, slots=True)
class PostOfEntity:
    """A post that mentions an entity or shows it."""

    file: str
    id: str
    how: str  # mentions or shows
    said: str | None  # the words that mention it
    score: float  # how probable that is, 0 to 1
    text: str


CacheEntry = CachedPicture | CachedRegions | CachedLocalFeatures | PicturedRecord | CachedPost | CachedDecision
