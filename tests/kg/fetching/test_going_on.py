"""A run that was stopped goes on, and many runs leave what one leaves."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from picture_server import Answer, png

from kg import FetchError, ImageMark, count_downloads, mark_images
from kg.pictures.fetch_images import part_name

ROOT = Path(__file__).parents[3]
NUMBER = 24

PROGRAM = """
import sys
from pathlib import Path
from kg import FetchSettings, fetch_images
from linker.web_pictures import check_picture

folder, host = Path(sys.argv[1]), sys.argv[2]
fetch_images(
    folder / "kg.sqlite", images_dir=folder / "pictures", downloads=folder / "downloads.sqlite", check=check_picture,
    settings=FetchSettings("me@example.org", hosts=(host,), requests_per_s=1000.0),
    progress=lambda *step: print(*step, flush=True),
)
"""


@pytest.fixture
def many(world):
    """A world with pictures that come, that are missing, and that are none."""
    names = [f"P{n:02}.png" for n in range(NUMBER)]
    world.build(*map(world.server.source, names))
    kinds = [Answer(png()), Answer(png(9)), Answer(b"", 404), Answer(b"<svg/>")]
    world.server.answers |= {name: [kinds[n % 4]] for n, name in enumerate(names)}
    return world


def stop_at(world, wanted: str, with_signal: int) -> tuple[int, str]:
    """Start a run as a process of its own, and stop it when it says so."""
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(world.folder), world.server.host]
    with subprocess.Popen(command, cwd=ROOT, stdout=-1, stderr=-1, text=True) as process:
        for line in process.stdout:
            if line.startswith(wanted):
                process.send_signal(with_signal)
                break
        errors = process.communicate()[1]
    return process.returncode, errors


def test_a_run_that_is_killed_goes_on_to_the_same_rows(many) -> None:
    for wanted in ("fetch pictures 3", "fetch pictures 9", "fetch pictures 17"):
        assert stop_at(many, wanted, signal.SIGKILL)[0] == -signal.SIGKILL
        assert {row[0] for row in many.rows()} == {"missing"}
    many.fetch()
    pieces, files = many.rows(), many.files()
    assert files == [f"P{n:02}.png" for n in range(NUMBER) if n % 4 < 2]
    assert len(many.server.asked) <= NUMBER + 3 * 2  # what was under way when it was killed is asked for again
    for path in (many.downloads, *many.pictures.iterdir()):
        path.unlink()
    many.build(*(many.server.source(f"P{n:02}.png") for n in range(NUMBER)))
    mark_images(many.graph, [ImageMark(n + 1, status="missing") for n in range(NUMBER)])
    many.fetch()
    assert (many.rows(), many.files()) == (pieces, files)


def test_an_interruption_leaves_nothing_half(many) -> None:
    code, errors = stop_at(many, "fetch pictures 5", signal.SIGINT)
    assert code != 0
    assert errors.strip().splitlines()[-1] == "KeyboardInterrupt"
    assert all(name.startswith("P") for name in many.files())
    assert many.fetch().failed == 0


def test_nothing_is_asked_twice(many) -> None:
    first = many.fetch()
    assert (first.fetched, first.missing, first.unusable) == (12, 6, 6)
    many.server.asked.clear()
    rows = many.rows()
    second = many.fetch()
    assert (second.present, second.fetched, second.missing, second.unusable) == (12, 0, 6, 6)
    assert (many.server.asked, many.rows()) == ([], rows)


def test_a_file_that_was_taken_away_is_fetched_again(one) -> None:
    one.server.answers["A.png"] = [Answer(png())]
    one.fetch()
    (one.pictures / "A.png").unlink()
    mark_images(one.graph, [ImageMark(1, status="missing", reason="no such file")])
    assert one.fetch().fetched == 1


def test_rows_that_do_not_change_are_counted_as_such(many) -> None:
    assert many.fetch().changes == NUMBER
    assert many.fetch().changes == 0
    (many.pictures / "P00.png").unlink()
    assert many.fetch().changes == 0  # an embedded picture is the build's affair
    (many.pictures / "P02.png").write_bytes(png())
    assert many.fetch().changes == 1


def test_leftovers_of_a_killed_run_are_cleared_and_those_of_others_kept(one) -> None:
    one.server.answers["A.png"] = [Answer(b"", 404)]
    one.fetch()
    one.pictures.joinpath(part_name(one.graph, 0)).write_bytes(b"half")
    one.pictures.joinpath(".download-000000000000-0.part").write_bytes(b"another's")
    one.fetch()
    assert one.files() == [".download-000000000000-0.part"]


def test_the_table_counts(many) -> None:
    assert count_downloads(many.downloads) == {}
    many.fetch()
    counted = count_downloads(many.downloads)
    assert {name: counted[name] for name in ("fetched", "missing", "unreadable")} == {
        "fetched": 12, "missing": 6, "unreadable": 6,
    }  # fmt: skip
    assert counted["bytes fetched"] == sum(path.stat().st_size for path in many.pictures.iterdir())


@pytest.mark.parametrize("damage", ["text", "version", "other"])
def test_a_file_that_is_not_a_table_of_downloads_is_one_line(one, damage: str) -> None:
    if damage == "text":
        one.downloads.write_bytes(b"no table" * 1000)
    else:
        with sqlite3.connect(one.downloads) as connection:
            connection.execute("PRAGMA user_version = 7" if damage == "version" else "CREATE TABLE download (x)")
        connection.close()
    with pytest.raises(FetchError, match="table of downloads") as caught:
        one.fetch()
    assert "\n" not in str(caught.value)
    assert one.server.asked == []


@pytest.mark.parametrize("how", ["file", "gone"])
def test_a_folder_that_cannot_be_written_is_an_error_before_anything_is_asked(one, how: str, monkeypatch) -> None:
    if how == "file":
        one.pictures.write_text("a file")
        expected = FileExistsError
    else:
        monkeypatch.setattr(Path, "touch", lambda self: (_ for _ in ()).throw(PermissionError(13, "denied", str(self))))
        expected = PermissionError
    with pytest.raises(expected):
        one.fetch()
    assert one.server.asked == []


def test_a_full_disk_ends_the_run_and_names_the_file(one, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    one.server.answers["A.png"] = [Answer(png())]
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        one.fetch()
    assert str(one.pictures) in caught.value.filename
    monkeypatch.undo()
    assert one.fetch().fetched == 1


def test_it_runs_where_a_loop_runs_already(one) -> None:
    """As in a notebook."""
    one.server.answers["A.png"] = [Answer(png())]

    async def cell() -> int:
        return one.fetch().fetched

    assert asyncio.run(cell()) == 1
