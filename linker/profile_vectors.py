"""Profile vectors: what every entity of a graph is, embedded ahead, in one file that is mapped into memory.

A row for each entity id, a byte a number (a NumPy file, int8, (N, D)). A row may have any length; it is 0 where nothing
but a label is known. Rows are written one after another beside the file's place, so that writing goes on where it was
stopped.
"""

import mmap
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kg import Graph
from linker.build_settings import Progress
from linker.errors import ProfilesError
from linker.manifest import GRAPH, PROFILES, ProfilesRecord, digest_of_file
from linker.profiles import read_profiles
from linker.word_meanings import Vector, WordMeanings

_AT_ONCE = 1024  # entities between two writes
_MOST = 127
_MOST_TOUCHED = 4_000  # rows between two times that the memory is given back: Linux maps 64 KB around each

Rows = npt.NDArray[np.int8]


class ProfileVectors:
    """The vectors of an index's entities; see `open`."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows  # np.memmap
        self._touched = 0

    @classmethod
    def open(cls, index_dir: Path, record: ProfilesRecord, *, thorough: bool = False) -> "ProfileVectors":
        """Open the vectors of an index; they are mapped, not loaded.

        Args:
            index_dir: The index.
            record: What its ``index.json`` says of them.
            thorough: Compare the digest too, which reads all of the file.

        Raises:
            ProfilesError: They are missing, damaged, or not those that were made.
        """
        path = index_dir / PROFILES
        try:
            is_right = path.stat().st_size == record.size_bytes and not (
                thorough and digest_of_file(path) != record.sha256
            )
            rows = np.load(path, mmap_mode="r") if is_right else None
        except (OSError, ValueError):
            rows = None
        if rows is None:
            raise ProfilesError(index_dir, record.name)
        return cls(rows)

    def stored(self, entity_ids: Sequence[int]) -> Rows:
        """The rows of some entities as they stand in the file, (N, D)."""
        self._touched += len(entity_ids)
        if self._touched > _MOST_TOUCHED and hasattr(mmap, "MADV_DONTNEED"):
            self._touched = 0
            self._rows.base.madvise(mmap.MADV_DONTNEED)  # of this process; the system may keep what it has read
        found: Rows = self._rows[np.asarray(entity_ids, dtype=np.int64)]
        return found

    def vectors(self, entity_ids: Sequence[int]) -> Vector:
        """The vectors of some entities, (N, D) float32, of length 1, or 0 where nothing but a label is known."""
        found = self.stored(entity_ids).astype(np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        vectors: Vector = found / np.maximum(lengths, np.float32(1))
        return vectors


def write_profile_vectors(
    folder: Path, meanings: WordMeanings, *, known: tuple[Path, ProfileVectors] | None, progress: Progress
) -> ProfilesRecord:
    """Embed the profiles of a graph, or go on with it.

    Args:
        folder: The folder of the graph, where the file goes.
        meanings: By what texts become vectors.
        known: A whole index with its vectors by the same meanings; they are taken for profiles that have not changed.
        progress: Told how far it is.

    Raises:
        StoreError: A graph cannot be read.
    """
    with ExitStack() as stack:
        graph = stack.enter_context(Graph.open(folder / GRAPH))
        key = sha256(f"{graph.identity()} {meanings.identity}".encode()).hexdigest()[:16]
        part = folder / f"{PROFILES}.{key}.part"
        for other in set(folder.glob(f"{PROFILES}.*.part")) - {part}:
            other.unlink()
        old = (stack.enter_context(Graph.open(known[0] / GRAPH)), known[1]) if known else None
        if known and old and old[0].identity() == graph.identity():
            shutil.copyfile(known[0] / PROFILES, part)
        else:
            _write_rows(part, graph, meanings, old, progress)
    part.replace(folder / PROFILES)
    return ProfilesRecord(
        name=meanings.name,
        identity=meanings.identity,
        dimension=meanings.dimension,
        size_bytes=(folder / PROFILES).stat().st_size,
        sha256=digest_of_file(folder / PROFILES),
    )


def _write_rows(
    part: Path, graph: Graph, meanings: WordMeanings, old: tuple[Graph, ProfileVectors] | None, progress: Progress
) -> None:
    """Write the rows that a file does not have yet; it has whole rows after each write, whoever is killed."""
    count, header = graph.counts()["entity"] + 1, BytesIO()  # ids begin at 1
    shape = (count, meanings.dimension)
    np.lib.format.write_array_header_1_0(header, {"descr": "|i1", "fortran_order": False, "shape": shape})
    part.touch()
    with part.open("r+b") as file:
        if file.read(header.tell()) != header.getvalue():
            file.seek(0)
            file.write(header.getvalue())
        done = max(part.stat().st_size - header.tell(), 0) // meanings.dimension
        file.seek(header.tell() + done * meanings.dimension)
        for start in range(done, count, _AT_ONCE):
            ids = range(start, min(start + _AT_ONCE, count))
            file.write(_rows(ids, graph, meanings, old).tobytes())
            file.flush()
            progress("profiles", ids.stop, count)


def _rows(ids: range, graph: Graph, meanings: WordMeanings, old: tuple[Graph, ProfileVectors] | None) -> Rows:
    entities = graph.entities(ids)
    words = {key: profile.words for key, profile in read_profiles(graph, list(entities.values())).items()}
    rows = np.zeros((len(ids), meanings.dimension), dtype=np.int8)
    fresh = {key for key, told in words.items() if told}
    if old is not None:
        before = old[0].entities_by_iri(entity.iri for entity in entities.values())
        said = read_profiles(old[0], list(before.values()))
        same = {
            key: one.id for key in fresh if (one := before.get(entities[key].iri)) and said[one.id].words == words[key]
        }
        rows[[key - ids.start for key in same]] = old[1].stored(list(same.values()))
        fresh -= same.keys()
    chosen = sorted(fresh)
    vectors = meanings.texts([words[key] for key in chosen])
    most = np.abs(vectors).max(axis=1, keepdims=True, initial=1e-9)
    rows[[key - ids.start for key in chosen]] = np.round(vectors * (_MOST / most))
    return rows
