"""Updating an index: it ends as one that is built afresh, embeds only what is new, and is never half old, half new."""

import csv
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from colour_encoder import ColourEncoder
from index_content import content_of, tables_of
from PIL import Image

from kg import BuildLockedError, Graph, StoreError, build_lock
from linker import (
    BuildSettings,
    BuiltIndex,
    IndexChangedError,
    IndexConflictError,
    IndexIncompleteError,
    build_index,
    open_index,
    read_manifest,
    update_index,
)
from linker.manifest import MANIFEST

ROOT = Path(__file__).parents[2]


def draw(path: Path, colour: tuple[int, int, int]) -> None:
    Image.new("RGB", (30 + colour[0] % 7, 20), colour).save(path)


def write_world(folder: Path, entities: dict[str, tuple[str, str]], triples: Sequence[tuple[str, str, str]]) -> None:
    """Entities by name, with label and picture."""
    folder.mkdir(exist_ok=True)
    with (folder / "entities.csv").open("w", newline="") as file:
        rows = [(f"urn:{name}", label, "LOC", image) for name, (label, image) in entities.items()]
        csv.writer(file).writerows([("iri", "label", "type", "image"), *rows])
    with (folder / "triples.csv").open("w", newline="") as file:
        rows = [(f"urn:{s}", f"urn:{p}", f"urn:{o}") for s, p, o in triples]
        csv.writer(file).writerows([("subject", "predicate", "object"), *rows])


@pytest.fixture
def world(tmp_path: Path) -> Path:
    folder = tmp_path / "world"
    folder.mkdir()
    for number, name in enumerate("abcde"):
        draw(folder / f"{name}.png", (40 * number, 200 - 30 * number, 90))
    (folder / "broken.png").write_bytes(b"no picture")
    entities = {name: (f"Label {name}", f"{name}.png") for name in "abcde"}
    write_world(folder, {**entities, "f": ("F", "broken.png"), "g": ("G", "later.png")}, [("a", "near", "b")])
    return folder


def change(world: Path) -> None:
    """One entity gone, one new, two others than before; one picture new, one replaced, one renamed, one gone."""
    draw(world / "new.png", (1, 2, 3))
    draw(world / "b.png", (250, 250, 0))
    (world / "c.png").rename(world / "C.png")
    write_world(
        world,
        {
            "a": ("Label a", "a.png"),
            "b": ("Label b", "b.png"),
            "c": ("Label c", "C.png"),
            "d": ("Another label", "d.png"),
            "f": ("F", "broken.png"),
            "g": ("G", "later.png"),
            "aa": ("New", "new.png"),
        },
        [("a", "near", "b"), ("a", "near", "aa")],
    )


def differences(update: BuiltIndex) -> tuple[int, ...]:
    found = update.differences
    assert found is not None
    return (
        found.entities_added,
        found.entities_removed,
        found.entities_changed,
        found.pictures_added,
        found.pictures_kept,
        found.pictures_dropped,
    )


def test_an_update_equals_a_build_from_the_new_sources(world: Path, tmp_path: Path, encoder: ColourEncoder) -> None:
    build_index(tmp_path / "index", BuildSettings(sources=[world]))
    encoder.asked = 0
    change(world)
    update = update_index(tmp_path / "index", BuildSettings(sources=[world]))
    assert encoder.asked == 2, "the new picture and the one with another content"
    # b has another picture, c another name for its own, d another label, a another triple.
    assert differences(update) == (1, 1, 4, 2, 3, 2)
    build_index(tmp_path / "fresh", BuildSettings(sources=[world]))
    assert content_of(tmp_path / "index") == content_of(tmp_path / "fresh")
    assert update.manifest == read_manifest(tmp_path / "index")


def test_nothing_changed_is_nothing_done(world: Path, tmp_path: Path, encoder: ColourEncoder) -> None:
    index = tmp_path / "index"
    manifest = build_index(index, BuildSettings(sources=[world])).manifest
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in index.iterdir()}
    encoder.asked = 0
    update = update_index(index, BuildSettings(sources=[world]))
    assert (update.manifest, differences(update)) == (manifest, (0, 0, 0, 0, 5, 0))
    assert encoder.asked == 0
    assert before == {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in index.iterdir()}


@pytest.mark.parametrize("what", ["replaced", "come", "gone", "mended"])
def test_a_change_in_the_pictures_alone_is_seen(world: Path, tmp_path: Path, encoder: ColourEncoder, what: str) -> None:
    """The tables are as they were. The answers that are remembered for the old index are not those of the new one."""
    index = tmp_path / "index"
    before = build_index(index, BuildSettings(sources=[world])).manifest
    if what == "replaced":
        draw(world / "a.png", (9, 9, 200))
    elif what == "come":
        draw(world / "later.png", (9, 9, 200))
    elif what == "gone":
        (world / "a.png").unlink()
    else:
        draw(world / "broken.png", (9, 9, 200))
    encoder.asked = 0
    update = update_index(index, BuildSettings(sources=[world]))
    assert encoder.asked == (what != "gone")
    assert update.manifest.identity != before.identity
    build_index(tmp_path / "fresh", BuildSettings(sources=[world]))
    assert content_of(index) == content_of(tmp_path / "fresh")
    assert differences(update_index(index, BuildSettings(sources=[world])))[:4] == (0, 0, 0, 0)


def test_an_index_is_taken_over_only_where_that_is_asked(world: Path, tmp_path: Path, encoder: ColourEncoder) -> None:
    index = tmp_path / "index"
    build_index(index, BuildSettings(sources=[world]))
    expected = content_of(index)
    change(world)
    with pytest.raises(IndexConflictError, match="--update"):
        build_index(index, BuildSettings(sources=[world]))
    assert content_of(index) == expected


def test_another_encoder_embeds_everything_anew(world: Path, tmp_path: Path, encoder: ColourEncoder) -> None:
    index = tmp_path / "index"
    build_index(index, BuildSettings(sources=[world]))
    encoder.identity, encoder.asked = "colours-2", 0
    with pytest.raises(IndexConflictError, match="--update"):
        build_index(index, BuildSettings(sources=[world]))
    update = update_index(index, BuildSettings(sources=[world]))
    assert (encoder.asked, update.same_encoder) == (5, False)
    build_index(tmp_path / "fresh", BuildSettings(sources=[world]))
    assert content_of(index) == content_of(tmp_path / "fresh")


def test_an_update_of_nothing_is_a_build(world: Path, tmp_path: Path, encoder: ColourEncoder) -> None:
    update = update_index(tmp_path / "index", BuildSettings(sources=[world]))
    assert update.differences is None
    build_index(tmp_path / "fresh", BuildSettings(sources=[world]))
    assert content_of(tmp_path / "index") == content_of(tmp_path / "fresh")


@pytest.mark.parametrize("damage", ["version", "graph", "images"])
def test_an_index_that_cannot_be_read_is_built_anew(
    world: Path, tmp_path: Path, encoder: ColourEncoder, damage: str
) -> None:
    index = tmp_path / "index"
    build_index(index, BuildSettings(sources=[world]))
    name = {"version": MANIFEST, "graph": "kg.sqlite", "images": "images.faiss"}[damage]
    (index / name).write_bytes(b'{"format_version": 0}')
    change(world)
    update_index(index, BuildSettings(sources=[world]))
    build_index(tmp_path / "fresh", BuildSettings(sources=[world]))
    assert content_of(index) == content_of(tmp_path / "fresh")


class StoppedError(BaseException):
    """Stands for a kill: nothing cleans up after it but what runs anyway."""


def stops(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Have every change to a name in a folder count, and stop before the one with a number."""
    left = -1
    for owner, name in ((Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (shutil, "rmtree")):
        original = getattr(owner, name)

        def counted(self: Path, *args: Any, original: Callable[..., Any] = original, **options: Any) -> Any:
            nonlocal left
            if not self.name.endswith(".lock"):  # the system frees the lock of a process that is killed
                left -= 1
                if left == 0:
                    raise StoppedError
            return original(self, *args, **options)

        monkeypatch.setattr(owner, name, counted)

    def stop_at(number: int) -> None:
        nonlocal left
        left = number

    yield stop_at


def test_a_stop_before_any_rename_leaves_the_old_index_or_goes_on(
    world: Path, tmp_path: Path, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(tmp_path / "old", BuildSettings(sources=[world]))
    old = content_of(tmp_path / "old")
    change(world)
    build_index(tmp_path / "fresh", BuildSettings(sources=[world]))
    fresh = content_of(tmp_path / "fresh")
    [stop_at] = stops(monkeypatch)
    seen = set()
    for number in range(1, 100):
        index = tmp_path / f"index{number}"
        shutil.copytree(tmp_path / "old", index)
        stop_at(number)
        try:
            update_index(index, BuildSettings(sources=[world]))
        except StoppedError:
            pass
        else:
            break
        finally:
            stop_at(-1)
        try:
            with open_index(index) as opened:
                is_old = opened.manifest == read_manifest(tmp_path / "old")
                seen.add("old" if is_old else "new")
                here = old if is_old else fresh
                assert tables_of(index / "kg.sqlite") == here["tables"]
                assert (index / "images.faiss").read_bytes() == here["images"]
                assert len(opened.images) == opened.manifest.images["embedded"]
        except IndexIncompleteError as error:
            assert "same build-kg-index command" in str(error)
            seen.add("half")
        update_index(index, BuildSettings(sources=[world]))
        assert content_of(index) == fresh
        shutil.rmtree(index)
    else:
        raise AssertionError("the update never ends")
    assert seen == {"old", "half", "new"}


def test_a_plain_build_goes_on_with_a_switch_that_was_stopped(
    world: Path, tmp_path: Path, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    build_index(index, BuildSettings(sources=[world]))
    change(world)
    with monkeypatch.context() as patch, pytest.raises(StoppedError):
        patch.setattr(Path, "replace", _stop_at_graph(Path.replace))
        update_index(index, BuildSettings(sources=[world]))
    with pytest.raises(IndexIncompleteError, match="half-updated"):
        read_manifest(index)
    manifest = build_index(index, BuildSettings(sources=[world])).manifest
    build_index(tmp_path / "fresh", BuildSettings(sources=[world]))
    assert manifest == read_manifest(tmp_path / "fresh")
    assert content_of(index) == content_of(tmp_path / "fresh")


def _stop_at_graph(replace: Callable[..., Any]) -> Callable[..., Any]:
    def stopping(self: Path, target: Path) -> Any:
        if self.name == "kg.sqlite" and self.parent.name == "update":
            raise StoppedError
        return replace(self, target)

    return stopping


def test_a_killed_update_goes_on_and_its_old_index_answers_meanwhile(tmp_path: Path, graph_folder: Path) -> None:
    """With the real encoder, killed between pictures: behind those that are known, and amid those that are new."""
    world, index = tmp_path / "world", tmp_path / "index"
    shutil.copytree(graph_folder, world)
    build_index(index, BuildSettings(sources=[world]))
    old = read_manifest(index)
    for number in range(100):
        draw(world / f"extra{number}.png", (2 * number, 20, 90))
    with (world / "entities.csv").open("a", newline="") as file:
        csv.writer(file).writerows((f"urn:x{n}", f"X {n}", "LOC", "", "", f"extra{n}.png") for n in range(100))
    program = (
        "import linker, sys, pathlib, time\n"
        "def progress(*step):\n"
        "    if ' '.join(map(str, step)).startswith(sys.argv[3]):\n"
        "        print('there', flush=True)\n"
        "        time.sleep(600)\n"
        "settings = linker.BuildSettings(sources=[pathlib.Path(sys.argv[2])])\n"
        "linker.update_index(pathlib.Path(sys.argv[1]), settings, progress=progress)\n"
    )
    for wanted in ("pictures 5 106", "pictures 69 106"):
        command = [sys.executable, "-W", "ignore", "-c", program, str(index), str(world), wanted]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "there\n"
            with pytest.raises(BuildLockedError, match=f"process {process.pid} on"):
                update_index(index, BuildSettings(sources=[world]))
            process.kill()
        with open_index(index) as opened:
            assert opened.manifest == old
            assert len(opened.images) == 4
    update = update_index(index, BuildSettings(sources=[world]))
    assert differences(update) == (100, 0, 0, 100, 4, 0)
    build_index(tmp_path / "fresh", BuildSettings(sources=[world]))
    assert content_of(index) == content_of(tmp_path / "fresh")


def test_the_second_builder_is_told_who_updates(world: Path, tmp_path: Path, encoder: ColourEncoder) -> None:
    index = tmp_path / "index"
    build_index(index, BuildSettings(sources=[world]))
    with build_lock(index / MANIFEST), pytest.raises(BuildLockedError, match="is being written by process"):
        update_index(index, BuildSettings(sources=[world]))


def test_a_reader_never_has_an_old_graph_and_new_pictures(world: Path, tmp_path: Path, encoder: ColourEncoder) -> None:
    index = tmp_path / "index"
    build_index(index, BuildSettings(sources=[world]))
    with open_index(index) as early, open_index(index) as late:
        assert len(early.images) == 5
        change(world)
        update_index(index, BuildSettings(sources=[world]))
        assert early.graph.find("Label e").iri == "urn:e", "what is open stays as it is"
        assert len(early.images) == 5
        with pytest.raises(IndexChangedError, match="open it again"):
            _ = late.images
        errors: list[BaseException] = []

        def look() -> None:
            try:
                late.graph.find("Label e")
            except StoreError as error:
                errors.append(error)

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert [str(error) for error in errors] == [
            f"{index / 'kg.sqlite'} was updated while it was in use; open it again"
        ]


def test_an_index_that_is_switched_while_it_is_opened_is_opened_again(
    world: Path, tmp_path: Path, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    build_index(index, BuildSettings(sources=[world]))
    change(world)
    open_graph, once = Graph.open, [True]

    def update_and_open(path: Path) -> Graph:
        if once:
            once.clear()
            update_index(index, BuildSettings(sources=[world]))
        return open_graph(path)

    monkeypatch.setattr(Graph, "open", update_and_open)
    with open_index(index) as opened:
        assert opened.manifest == read_manifest(index)
        assert opened.graph.find("Another label").iri == "urn:d"
        assert len(opened.images) == opened.manifest.images["embedded"]


@pytest.mark.parametrize("seed", range(6))
def test_updates_of_any_kind_end_as_fresh_builds(tmp_path: Path, encoder: ColourEncoder, seed: int) -> None:
    draw_at = random.Random(seed)
    world, index = tmp_path / "world", tmp_path / "index"
    world.mkdir()
    for step in range(4):
        names = draw_at.sample("abcdefgh", draw_at.randint(1, 8))
        for name in names:
            if draw_at.random() < 0.5:
                draw(world / f"{name}.png", tuple(draw_at.choices(range(0, 250, 50), k=3)))  # type: ignore[arg-type]
            elif draw_at.random() < 0.3:
                (world / f"{name}.png").unlink(missing_ok=True)
        triples = [tuple(draw_at.choices(names, k=3)) for _ in range(draw_at.randint(0, 9))]
        pictured = {name: (f"L{draw_at.randint(0, 3)}", f"{draw_at.choice(names)}.png") for name in names}
        write_world(world, pictured, triples)  # type: ignore[arg-type]
        update_index(index, BuildSettings(sources=[world]))
        build_index(tmp_path / f"fresh{step}", BuildSettings(sources=[world]))
        assert content_of(index) == content_of(tmp_path / f"fresh{step}")
