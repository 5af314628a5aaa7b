"""Profiles that were embedded ahead: the same as worked out, gone on with after a stop, and never used when stale."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kg import Graph, build_graph
from linker import BuildSettings, ProfilesError, build_index, open_index, read_manifest, update_index
from linker.context_clues import KnownProfiles
from linker.manifest import GRAPH, PROFILES, ProfilesRecord
from linker.profile_vectors import ProfileVectors, write_profile_vectors
from linker.word_meanings import Vector, WordMeanings, load_pieces, load_word_meanings

MANY = 2_500


class Counting(WordMeanings):
    """Vectors of three numbers, and a count of the texts that were asked for."""

    dimension, identity, name = 3, "counting-1", "counting"

    def __init__(self) -> None:
        super().__init__(load_pieces(), np.zeros((1, 3), np.float32))
        self.asked = 0

    def texts(self, texts: Sequence[Sequence[str]]) -> Vector:
        self.asked += sum(map(bool, texts))
        rows = [[len(words), sum(map(len, words)), 1.0] if words else [0.0] * 3 for words in texts]
        return np.array(rows, np.float32).reshape(-1, 3)


def write_graph(folder: Path, descriptions: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / "entities.csv").open("w", newline="") as file:
        rows = [(f"urn:{name}", name, text) for name, text in descriptions.items()]
        csv.writer(file).writerows([("iri", "label", "description"), *rows])
    build_graph(folder / GRAPH, sources=[folder / "entities.csv"])
    return folder


def quiet(_step: str, _done: int, _total: int) -> None:
    pass


def write(folder: Path, known: tuple[Path, ProfileVectors] | None = None) -> tuple[ProfilesRecord, int]:
    """Write the vectors of a graph; also how many texts were embedded for it."""
    meanings = Counting()
    return write_profile_vectors(folder, meanings, known=known, progress=quiet), meanings.asked


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = {f"e{number:05}": "so " * (number % 7) for number in range(MANY)}
    return write_graph(tmp_path_factory.mktemp("many"), texts)


def test_vectors_of_the_file_are_those_that_are_worked_out(tmp_path: Path) -> None:
    folder = write_graph(
        tmp_path, {"Columbus": "A city in Georgia.", "Ohio": "A state; its capital is large", "Bare": ""}
    )
    meanings = load_word_meanings()
    record = write_profile_vectors(folder, meanings, known=None, progress=quiet)
    with Graph.open(folder / GRAPH) as graph:
        entities = [graph.find(name) for name in ("Columbus", "Ohio", "Bare")]
        read = KnownProfiles(graph, meanings, vectors=ProfileVectors.open(folder, record)).read(entities)
        made = KnownProfiles(graph, meanings).read(entities)
    columbus, ohio, bare = ((read[entity.id].vector, made[entity.id].vector) for entity in entities)
    assert columbus[0] @ columbus[1] > 0.999
    assert ohio[0] @ ohio[1] > 0.999
    assert not bare[0].any()
    assert not bare[1].any()
    assert all(np.linalg.norm(vector) == pytest.approx(1) for vector in (*columbus, *ohio))


def test_what_was_stopped_goes_on_and_ends_the_same(many: Path, tmp_path: Path) -> None:
    whole, asked = write(many)
    content = (many / PROFILES).read_bytes()
    (many / PROFILES).unlink()
    meanings = Counting()

    def stop(_step: str, done: int, total: int) -> None:
        assert total == MANY + 1
        if done < total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_profile_vectors(many, meanings, known=None, progress=stop)
    [part] = many.glob(f"{PROFILES}.*")
    with part.open("ab") as file:
        file.write(b"x")  # half a row
    before = meanings.asked
    record = write_profile_vectors(many, meanings, known=None, progress=quiet)
    assert record == whole
    assert (many / PROFILES).read_bytes() == content
    assert 0 < before < asked
    assert meanings.asked == asked
    assert not list(many.glob(f"{PROFILES}.*"))


def test_what_another_graph_or_encoder_has_begun_is_not_gone_on_with(many: Path) -> None:
    (many / f"{PROFILES}.0123456789abcdef.part").write_bytes(b"something else")
    _, asked = write(many)
    assert asked == sum(number % 7 > 0 for number in range(MANY))
    assert not list(many.glob(f"{PROFILES}.*"))


def test_profiles_that_have_not_changed_are_kept(tmp_path: Path) -> None:
    texts = {name: f"What {name} is" for name in "abcdef"}
    old = write_graph(tmp_path / "old", texts)
    record, _ = write(old)
    new = write_graph(tmp_path / "new", {"aa": "New", **texts, "c": "Something else", "d": ""})
    written, asked = write(new, (old, ProfileVectors.open(old, record)))
    assert asked == 2
    kept = (new / PROFILES).read_bytes()
    assert write(new)[0] == written
    assert (new / PROFILES).read_bytes() == kept
    same = write_graph(tmp_path / "old", texts)
    assert write(same, (old, ProfileVectors.open(old, record)))[1] == 0


def test_an_index_gains_profiles_and_keeps_them(tmp_path: Path) -> None:
    sources, index = write_graph(tmp_path / "tables", {"a": "One", "b": "Two"}) / "entities.csv", tmp_path / "index"
    assert build_index(index, BuildSettings(sources=[sources])).manifest.profiles is None
    with open_index(index) as opened:
        assert opened.profiles is None
    made = build_index(index, BuildSettings(sources=[sources], profiles="words")).manifest.profiles
    assert made is not None
    assert made.name == "words"
    assert build_index(index, BuildSettings(sources=[sources])).manifest.profiles == made
    write_graph(tmp_path / "tables", {"a": "One", "b": "Three", "c": "Four"})
    updated = update_index(index, BuildSettings(sources=[sources])).manifest.profiles
    assert updated is not None
    assert updated.size_bytes == made.size_bytes + updated.dimension
    fresh = build_index(tmp_path / "fresh", BuildSettings(sources=[sources], profiles="words")).manifest
    assert fresh == read_manifest(index)
    with open_index(index) as opened:
        assert opened.profiles is not None
        assert opened.profiles.vectors([3]).any()


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_damaged_profiles_are_said_and_made_anew(tmp_path: Path, damage: str) -> None:
    sources, index = write_graph(tmp_path / "tables", {"a": "One", "b": "Two"}) / "entities.csv", tmp_path / "index"
    settings = BuildSettings(sources=[sources], profiles="words")
    build_index(index, settings)
    content = (index / PROFILES).read_bytes()
    (index / PROFILES).unlink() if damage == "gone" else (index / PROFILES).write_bytes(content[:-1])
    with pytest.raises(ProfilesError, match="--profiles words"):
        open_index(index)
    build_index(index, settings)
    assert (index / PROFILES).read_bytes() == content
    (index / PROFILES).write_bytes(bytes(len(content)))
    build_index(index, settings)
    assert (index / PROFILES).read_bytes() == content
