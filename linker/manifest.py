"""``index.json``: what an index directory was built from, and by which encoder."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from kg import Graph, ImageRecord
from linker.errors import IndexIncompleteError, IndexMissingError, IndexVersionError

FORMAT_VERSION = 2

MANIFEST = "index.json"
GRAPH = "kg.sqlite"
IMAGES = "images.faiss"
INITIALS = "initials.npy"
PROFILES = "profiles.npy"
LOCAL_FEATURES_FILE = "local_features.sqlite"
CACHE = "cache.sqlite"
STAGING = "update"
RESPONSES = "responses.sqlite"
SPARQL = "sparql"
DOWNLOADS = "downloads.sqlite"
PICTURES = "pictures"


@dataclass(frozen=True, slots=True)
class EncoderRecord:
    """The encoder that embedded the pictures."""

    name: str  # as given to ``--encoder``
    identity: str  # name, design and digest of the weights: equal where the vectors are comparable
    dimension: int  # width of the vectors


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A file that the graph was read from."""

    name: str  # the file's name, without its folder
    size_bytes: int  # its size
    sha256: str  # digest of its bytes
    lines: int  # lines read
    rejected: int  # lines that could not be used; they stand in the table ``rejected``
    endpoint: str = ""  # the SPARQL endpoint that it was fetched from; empty for a user's own file


@dataclass(frozen=True, slots=True)
class ProfilesRecord:
    """The profiles that were embedded ahead."""

    name: str  # as given to ``--profiles``
    identity: str  # of what made their vectors: equal where the vectors are comparable
    dimension: int  # width of the vectors
    size_bytes: int  # size of the file
    sha256: str  # digest of its bytes


@dataclass(frozen=True, slots=True)
class IndexManifest:
    """What ``index.json`` holds."""

    encoder: EncoderRecord  # the encoder of the pictures
    sources: tuple[SourceRecord, ...]  # the files of the graph, by name
    counts: Mapping[str, int]  # how many entities, aliases, triples and so on the graph has
    images: Mapping[str, int]  # how many pictures have each status
    images_size_bytes: int  # size of the image index, by which a file that was cut is known
    images_sha256: str  # digest of its bytes
    pictures_sha256: str  # digest of which picture each row of ``image`` stands for
    types_sha256: str = ""  # digest of the table of types; empty for ours
    profiles: ProfilesRecord | None = None  # the profiles that were embedded ahead, if any
    format_version: int = FORMAT_VERSION  # version of the directory's layout

    @property
    def identity(self) -> str:
        """A digest that two indexes share only where they were built from the same things."""
        return hashlib.sha256(_dump(self).encode()).hexdigest()[:16]

    @property
    def rejected(self) -> int:
        """How many lines of the sources could not be used."""
        return sum(source.rejected for source in self.sources)


def read_manifest(index_dir: Path) -> IndexManifest:
    """Read ``index.json``.

    Raises:
        IndexMissingError: There is no index.
        IndexIncompleteError: The build was stopped half-way, or a file of the index is gone.
        IndexVersionError: The format is another version's, or the file is not a manifest.
    """
    path = index_dir / MANIFEST
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        if (index_dir / STAGING / MANIFEST).exists():
            raise IndexIncompleteError(index_dir, is_updating=True) from None
        if (index_dir / GRAPH).exists():
            raise IndexIncompleteError(index_dir) from None
        raise IndexMissingError(index_dir) from None
    try:
        data = json.loads(text)
        version = data["format_version"]
        if version != FORMAT_VERSION:
            raise IndexVersionError(index_dir, version, FORMAT_VERSION)
        manifest = IndexManifest(
            **data
            | {
                "encoder": EncoderRecord(**data["encoder"]),
                "sources": tuple(SourceRecord(**source) for source in data["sources"]),
                "profiles": ProfilesRecord(**data["profiles"]) if data.get("profiles") else None,
            }
        )
    except (ValueError, KeyError, TypeError) as error:
        raise IndexVersionError(index_dir, f"unreadable ({error})", FORMAT_VERSION) from error
    for name in (GRAPH, IMAGES):
        if not (index_dir / name).is_file():
            raise IndexIncompleteError(index_dir, missing=name)
    return manifest


def write_manifest(index_dir: Path, manifest: IndexManifest) -> None:
    """Write ``index.json`` beside its place and rename it there."""
    beside = index_dir / (MANIFEST + ".part")
    with beside.open("w", encoding="utf-8") as file:
        file.write(_dump(manifest))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(index_dir / MANIFEST)


def count_statuses(graph: Graph) -> dict[str, int]:
    """How many pictures of a graph have each status, by the status's name."""
    prefix = "image "
    counts = {name.removeprefix(prefix): count for name, count in graph.counts().items() if name.startswith(prefix)}
    return dict(sorted(counts.items()))


def digest_of_pictures(records: Iterable[ImageRecord]) -> str:
    """A digest of which entity and which content each row of ``image`` stands for."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(json.dumps([record.id, record.entity_id, record.source, record.status, record.sha256]).encode())
    return digest.hexdigest()


def digest_of_file(path: Path | None) -> str:
    """The SHA-256 of a file's bytes; empty for none."""
    if path is None:
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _dump(manifest: IndexManifest) -> str:
    return json.dumps(asdict(manifest), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
