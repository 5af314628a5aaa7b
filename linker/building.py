"""Building an index directory: the graph (`kg`), then its pictures (`vision`), then ``index.json``.

Every step goes on where a killed one stopped. ``index.json`` comes last, so a directory that has it is whole.
"""

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kg import (
    BuildReport,
    FetchReport,
    FetchStoppedError,
    Graph,
    build_difference,
    build_graph,
    build_lock,
    fetched_from,
)
from linker.build_settings import BuildSettings, BuiltIndex, Progress
from linker.embedding import embed_images, remove_scratch
from linker.errors import IndexConflictError, IndexIncompleteError, IndexMissingError, LinkerError, ProfilesError
from linker.index import open_images
from linker.manifest import (
    GRAPH,
    INITIALS,
    MANIFEST,
    EncoderRecord,
    IndexManifest,
    ProfilesRecord,
    SourceRecord,
    count_statuses,
    digest_of_file,
    digest_of_pictures,
    read_manifest,
    write_manifest,
)
from linker.profile_vectors import ProfileVectors, write_profile_vectors
from linker.publishing import discard, is_staged, publish, staged_index
from linker.sentence_meanings import load_meanings
from linker.short_forms import InitialsIndex, write_initials
from linker.web_pictures import attach_pictures, fetch_pictures

if TYPE_CHECKING:
    from vision import Encoder


def build_index(index_dir: Path, settings: BuildSettings, *, progress: Progress | None = None) -> BuiltIndex:
    """Build an index directory, or go on with one that was left half-built.

    Args:
        index_dir: The directory to make.
        settings: What it is built from, and how.
        progress: Told how far each step is.

    Returns:
        What ``index.json`` now says, and what fetching came to.

    Raises:
        IndexConflictError: The directory holds an index of other sources or of another encoder.
        KgError: The sources cannot be read, or another build holds the directory.
        VisionError: The encoder's weights cannot be had, or the image index cannot be written.
    """
    builder = Builder(index_dir, settings, progress)
    index_dir.mkdir(parents=True, exist_ok=True)
    with build_lock(index_dir / MANIFEST):
        if is_staged(index_dir) and not (index_dir / MANIFEST).exists():
            publish(index_dir)
        try:
            manifest = read_manifest(index_dir)
        except (IndexMissingError, IndexIncompleteError):
            return builder.make(index_dir)
        if manifest.encoder != builder.encoder_record():
            raise IndexConflictError(index_dir, f"its pictures were embedded by {manifest.encoder.identity}")
        if difference := build_difference(index_dir / GRAPH, settings.graph_sources):
            raise IndexConflictError(index_dir, difference)
        if not builder.has_whole_images(manifest):
            return builder.make(index_dir)
        gained, fetched = builder.gain_pictures()
        if gained is not None:
            publish(index_dir)
        return BuiltIndex(builder.gain_profiles(gained or manifest), fetched)


class Builder:
    """Makes the files of an index; the caller holds its lock.

    Args:
        index_dir: The index.
        settings: What it is built from, and how.
        progress: Told how far each step is.

    Raises:
        WeightsError: There is no such encoder, or no such file of weights.
        NerError: There is no such sentence encoder for the profiles.
    """

    def __init__(self, index_dir: Path, settings: BuildSettings, progress: Progress | None) -> None:
        self._index_dir = index_dir
        self._settings = settings
        self._progress = progress or (lambda *_: None)
        self._load_encoder = settings.encoder_loader()
        self._meanings = load_meanings(settings.profiles, device=settings.device) if settings.profiles else None

    def encoder_record(self) -> EncoderRecord:
        """What ``index.json`` says of the encoder, which is loaded for it."""
        encoder = self._load_encoder()
        return EncoderRecord(name=encoder.name, identity=encoder.identity, dimension=encoder.dimension)

    def has_whole_images(self, manifest: IndexManifest) -> bool:
        """Whether the image index is the one that was built, to the last byte."""
        from vision import ImageIndexError

        try:
            open_images(self._index_dir, manifest, device="cpu", thorough=True)
        except ImageIndexError:
            return False
        return True

    def make(self, folder: Path, *, known_dir: Path | None = None) -> BuiltIndex:
        """Make every file of the index, ``index.json`` last.

        Args:
            folder: Where the files go; what is there of them is gone on with.
            known_dir: An index by the same encoder, whose vectors are taken for pictures of the same content.
        """
        settings, graph_path = self._settings, folder / GRAPH
        report = build_graph(
            graph_path,
            sources=settings.graph_sources,
            known=self._index_dir / GRAPH if folder != self._index_dir else None,
            progress=self._progress,
            memory_mb=settings.memory_mb,
        )
        fetched = None
        if settings.fetch is not None:
            try:
                fetched = fetch_pictures(graph_path, self._index_dir, settings, self._progress)
            except FetchStoppedError:
                attach_pictures(graph_path, self._index_dir, settings)
                raise
            attach_pictures(graph_path, self._index_dir, settings)
        remarks = tuple(f"{source.name}: {source.error}" for source in report.sources if source.error) + report.remarks
        return BuiltIndex(self._embed(folder, known_dir, _source_records(report)), fetched, remarks=remarks)

    def gain_pictures(self) -> tuple[IndexManifest | None, FetchReport | None]:
        """Get for a whole index what it lacks; where pictures come, build it anew as an update to be published.

        The index is used meanwhile as it is. The graph is not built again, and no picture embedded that was before.

        Returns:
            What ``index.json`` of the update says, None if nothing changes; and what fetching came to.
        """
        index_dir, settings, staging = self._index_dir, self._settings, staged_index(self._index_dir)
        _mend_initials(index_dir)
        if settings.fetch is None:
            return None, None
        fetched = fetch_pictures(index_dir / GRAPH, index_dir, settings, self._progress)
        if not fetched.changes:
            return None, fetched
        (staging / MANIFEST).unlink(missing_ok=True)
        # if it was not left by a run like this one that was stopped
        if build_difference(staging / GRAPH, settings.graph_sources):
            discard(index_dir)
            staging.mkdir()
            shutil.copyfile(index_dir / GRAPH, staging / f"{GRAPH}.copy").replace(staging / GRAPH)
        attach_pictures(staging / GRAPH, index_dir, settings)
        return self._embed(staging, index_dir, read_manifest(index_dir).sources), fetched

    def gain_profiles(self, manifest: IndexManifest) -> IndexManifest:
        """Embed the profiles of a whole index, where that is asked for and has not been done by the same encoder.

        The index is used meanwhile as one without such profiles.
        """
        if self._meanings is None or self._known_profiles(manifest, self._meanings.identity) is not None:
            return manifest
        if manifest.profiles is not None:
            write_manifest(self._index_dir, replace(manifest, profiles=None))
        made = write_profile_vectors(self._index_dir, self._meanings, known=None, progress=self._progress)
        manifest = replace(manifest, profiles=made)
        write_manifest(self._index_dir, manifest)
        return manifest

    def _embed_profiles(self, folder: Path) -> ProfilesRecord | None:
        """Embed the profiles of a graph, where that is asked for or the index that is there has them."""
        old, meanings = None, self._meanings
        with suppress(LinkerError):
            old = read_manifest(self._index_dir)
        if meanings is None and old is not None and old.profiles is not None:
            meanings = load_meanings(old.profiles.name, device=self._settings.device)
        if meanings is None:
            return None
        vectors = self._known_profiles(old, meanings.identity) if old is not None else None
        known = (self._index_dir, vectors) if vectors is not None else None
        return write_profile_vectors(folder, meanings, known=known, progress=self._progress)

    def _known_profiles(self, manifest: IndexManifest, identity: str) -> ProfileVectors | None:
        """The vectors of the index that is there, if they are whole and of this identity."""
        if manifest.profiles is not None and manifest.profiles.identity == identity:
            with suppress(ProfilesError):
                return ProfileVectors.open(self._index_dir, manifest.profiles, thorough=True)
        return None

    def _embed(self, folder: Path, known_dir: Path | None, sources: tuple[SourceRecord, ...]) -> IndexManifest:
        """Embed the pictures and the profiles of a graph and conclude the index; only now is the encoder in memory."""
        encoder: Encoder = self._load_encoder()
        written = embed_images(folder, encoder, known_dir=known_dir, progress=self._progress)
        profiles = self._embed_profiles(folder)
        with Graph.open(folder / GRAPH) as graph:
            write_initials(graph, folder / INITIALS)
            counts = graph.counts()
            manifest = IndexManifest(
                encoder=self.encoder_record(),
                sources=sources,
                counts={name: count for name, count in counts.items() if not name.startswith("image ")},
                images=count_statuses(graph),
                images_size_bytes=written.size_bytes,
                images_sha256=written.sha256,
                pictures_sha256=digest_of_pictures(graph.images()),
                types_sha256=digest_of_file(self._settings.type_map),
                profiles=profiles,
            )
        write_manifest(folder, manifest)
        remove_scratch(folder)
        return manifest


def _mend_initials(index_dir: Path) -> None:
    """Make the initials anew where they are missing or were cut."""
    with Graph.open(index_dir / GRAPH) as graph:
        try:
            InitialsIndex.open(graph, index_dir / INITIALS)
        except IndexIncompleteError:
            write_initials(graph, index_dir / INITIALS)


def _source_records(report: BuildReport) -> tuple[SourceRecord, ...]:
    return tuple(
        SourceRecord(
            name=Path(source.name).name,
            size_bytes=source.size_bytes,
            sha256=source.sha256,
            lines=source.lines,
            rejected=source.rejected,
            endpoint=fetched_from(Path(source.name)),
        )
        for source in report.sources
    )
