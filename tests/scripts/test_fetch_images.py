"""build-kg-index --fetch-images: from a dump that names pictures by addresses to an index that holds them."""

import shutil
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from picture_server import Answer, FakeTime, PictureServer, picture_server, png, without_length

from kg import IMAGE_WIDTHS, Outside
from linker import open_index, read_manifest

CONTACT = ("--fetch-images", "--contact", "me@example.org")


@pytest.fixture
def server() -> Iterator[PictureServer]:
    with picture_server() as running:
        yield running


@pytest.fixture
def dump(tmp_path: Path, server: PictureServer) -> Path:
    """Three entities: a picture, one that the server does not have, and one that is elsewhere."""
    sources = [server.source("A b.png"), server.source("Gone.png"), "http://evil.example/x.png"]
    lines = [
        f'<urn:e{n}> <http://www.w3.org/2000/01/rdf-schema#label> "E{n}" .\n'
        f"<urn:e{n}> <http://xmlns.com/foaf/0.1/depiction> <{source}> .\n"
        for n, source in enumerate(sources)
    ]
    path = tmp_path / "images.nt"
    path.write_text("".join(lines), "utf-8")
    server.answers["A_b.png"] = [Answer(png())]
    return path


@pytest.fixture
def fetch(run, tmp_path: Path, dump: Path, server: PictureServer):
    """Run the command with the server's host allowed."""
    return partial(
        run, "build-kg-index", tmp_path / "index", "--dump", dump, *CONTACT, "--image-host", server.host,
        "--image-rate", 1000,
    )  # fmt: skip


@pytest.fixture
def no_waiting(monkeypatch) -> FakeTime:
    """Pauses cost nothing."""
    time = FakeTime()
    monkeypatch.setattr(
        "kg.pictures.fetch_images.Outside", lambda: Outside(clock=time.clock, sleep=time.sleep, now=time.now)
    )
    return time


def statuses(index: Path) -> list[str]:
    with open_index(index) as opened:
        return [image.status for image in opened.graph.images()]


def test_the_pictures_are_in_the_index_and_the_summary_says_what_became_of_the_others(
    run, fetch, tmp_path: Path, server: PictureServer
) -> None:
    result = fetch()
    assert result.exit_code == 0, result.output
    assert "web pictures: 1 fetched (0.0 MB), 0 there before, 1 missing on the server, 1 refused\n" in result.stdout
    assert "kg-cache" in result.stderr
    [agent] = server.agents
    assert agent.startswith("kgmner/")
    assert agent.endswith(" (me@example.org)")
    index = tmp_path / "index"
    assert statuses(index) == ["embedded", "missing", "missing"]
    assert read_manifest(index).images == {"embedded": 1, "missing": 2}
    assert [path.name for path in (index / "pictures").iterdir()] == ["A_b.png"]
    shown = run("kg-cache", index, "stats").stdout
    assert "downloads" in shown
    assert "bytes fetched" in shown


def test_the_same_command_again_asks_nothing_and_builds_nothing(fetch, tmp_path: Path, server: PictureServer) -> None:
    index = tmp_path / "index"
    assert fetch().exit_code == 0
    before = {path.name: path.read_bytes() for path in index.glob("[ik]*")}
    server.asked.clear()
    result = fetch()
    assert "0 fetched (0.0 MB), 1 there before" in result.stdout
    assert server.asked == []
    assert {path.name: path.read_bytes() for path in index.glob("[ik]*")} == before


def test_it_goes_on_with_what_is_missing_only(fetch, no_waiting, tmp_path: Path, server: PictureServer) -> None:
    index = tmp_path / "index"
    server.answers["A_b.png"] = [Answer(status=500)]
    assert "1 failed; the same command asks" in fetch().stdout
    assert statuses(index) == ["missing", "missing", "missing"]
    server.answers["A_b.png"] = [Answer(png())]
    server.asked.clear()
    assert "1 fetched" in fetch().stdout
    assert server.asked == ["A_b.png"]
    assert statuses(index) == ["embedded", "missing", "missing"]
    assert read_manifest(index).images == {"embedded": 1, "missing": 2}
    with open_index(index) as opened:
        assert len(opened.images) == 1


def test_an_index_in_pieces_is_the_index_in_one(fetch, no_waiting, tmp_path: Path, server: PictureServer) -> None:
    server.answers["A_b.png"] = [Answer(status=500)]
    fetch()
    server.answers["A_b.png"] = [Answer(png())]
    fetch()
    pieces = (tmp_path / "index").rename(tmp_path / "pieces")
    fetch()
    for name in ("index.json", "images.faiss"):
        assert (tmp_path / "index" / name).read_bytes() == (pieces / name).read_bytes()


def test_missing_ones_are_asked_for_again_on_demand(fetch, tmp_path: Path, server: PictureServer) -> None:
    fetch()
    server.answers["Gone.png"] = [Answer(png(7))]
    assert "1 missing on the server" in fetch().stdout
    assert "1 fetched" in fetch("--retry-missing").stdout
    assert statuses(tmp_path / "index") == ["embedded", "embedded", "missing"]


def test_a_folder_of_the_user_s_is_looked_into_and_filled(fetch, tmp_path: Path, server: PictureServer) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "Gone.png").write_bytes(png(5))
    result = fetch("--images", mine)
    assert "1 fetched (0.0 MB), 1 there before, 1 refused" in result.stdout
    assert sorted(path.name for path in mine.iterdir()) == ["A_b.png", "Gone.png"]
    assert server.asked == ["A_b.png"]
    (mine / "another.png").write_bytes(b"")
    assert "0 fetched (0.0 MB), 2 there before" in fetch("--images", mine).stdout


def test_an_index_of_the_user_s_folder_gains_the_others_by_an_update(run, fetch, tmp_path: Path, dump: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "Gone.png").write_bytes(png(5))
    assert run("build-kg-index", tmp_path / "index", "--dump", dump, "--images", mine).exit_code == 0
    refused = fetch("--images", mine)
    assert refused.exit_code == 1
    assert "--update" in refused.stderr
    result = fetch("--images", mine, "--update")
    assert "1 fetched (0.0 MB), 1 there before, 1 refused" in result.stdout
    assert "pictures: 1 embedded anew, 1 taken over, 0 dropped" in result.stdout
    assert statuses(tmp_path / "index") == ["embedded", "embedded", "missing"]


def test_an_index_without_pictures_gains_them(run, fetch, tmp_path: Path, dump: Path) -> None:
    assert run("build-kg-index", tmp_path / "index", "--dump", dump).exit_code == 0
    assert statuses(tmp_path / "index") == ["missing"] * 3
    assert fetch().exit_code == 0
    assert statuses(tmp_path / "index") == ["embedded", "missing", "missing"]


def test_a_whole_index_that_is_stopped_while_it_gains_pictures_goes_on(
    run, fetch, no_waiting, monkeypatch, tmp_path: Path, server: PictureServer
) -> None:
    """Stopped before every change of a name on the disk, until none is left."""
    index = tmp_path / "index"
    server.answers["A_b.png"] = [Answer(status=500)]
    assert fetch().exit_code == 0
    shutil.copytree(index, tmp_path / "old")
    server.answers["A_b.png"] = [Answer(png())]
    seen = set()
    for number in range(1, 50):
        shutil.rmtree(index)
        shutil.copytree(tmp_path / "old", index)
        with monkeypatch.context() as stopped:
            stop_before_change(stopped, number)
            code = fetch().exit_code
        if code == 0:
            break
        assert code == 130
        if (index / "index.json").exists():
            seen.add(tuple(statuses(index)))
        assert fetch().exit_code == 0
        assert statuses(index) == ["embedded", "missing", "missing"]
        assert not (index / "update").exists()
    assert seen == {("missing",) * 3}, "the old index, until the new one takes its place"


def stop_before_change(patch: pytest.MonkeyPatch, number: int) -> None:
    """Press Ctrl-C before the change with a number to a name in an update's folder, or to an index's index.json."""
    left = number
    for name in ("replace", "unlink", "mkdir"):
        original = getattr(Path, name)

        def counted(self: Path, *args: object, original=original, **options: object) -> object:
            nonlocal left
            left -= "update" in self.parts or self.name == "index.json"
            if left == 0:
                left = -1
                raise KeyboardInterrupt
            return original(self, *args, **options)

        patch.setattr(Path, name, counted)


def test_an_update_asks_for_what_is_new_only(fetch, tmp_path: Path, dump: Path, server: PictureServer) -> None:
    assert fetch().exit_code == 0
    server.answers["New.png"] = [Answer(png(9))]
    with dump.open("a") as file:
        file.write(f"<urn:new> <http://xmlns.com/foaf/0.1/depiction> <{server.source('New.png')}> .\n")
    server.asked.clear()
    assert fetch().exit_code == 1  # other sources, and no --update
    result = fetch("--update")
    assert result.exit_code == 0, result.output
    assert "1 fetched (0.0 MB), 1 there before, 1 missing on the server" in result.stdout
    assert "pictures: 1 embedded anew, 1 taken over, 0 dropped" in result.stdout
    assert server.asked == ["New.png"]
    again = fetch("--update")
    assert "0 fetched (0.0 MB), 2 there before" in again.stdout
    assert "nothing has changed" in again.stdout
    server.answers["Gone.png"] = [Answer(png(7))]
    assert "pictures: 1 embedded anew, 2 taken over" in fetch("--update", "--retry-missing").stdout
    names = {path.name for path in (tmp_path / "index").iterdir()}
    assert names == {"index.json", "kg.sqlite", "images.faiss", "initials.npy", "downloads.sqlite", "pictures"}


def test_without_a_network_it_ends_in_one_line_and_the_index_can_be_finished_without(
    run, no_waiting, tmp_path: Path
) -> None:
    dump, index = tmp_path / "images.nt", tmp_path / "index"
    dump.write_text("".join(
        f"<urn:e{n}> <http://xmlns.com/foaf/0.1/depiction> <http://127.0.0.1:9/{n}.png> .\n" for n in range(100)
    ))  # fmt: skip
    command = ("build-kg-index", index, "--dump", dump)
    result = run(*command, *CONTACT, "--image-host", "127.0.0.1:9")
    assert result.exit_code == 1
    line = result.stderr.splitlines()[-1]  # after a line of progress or two where the machine is busy
    assert line.startswith("error: fetching pictures stopped after 5 failures in a row")
    assert "connection refused" in line
    assert "100 are left" in line
    assert run(*command).exit_code == 0
    before = (index / "index.json").read_bytes()
    assert run(*command, *CONTACT, "--image-host", "127.0.0.1:9").exit_code == 1
    assert (index / "index.json").read_bytes() == before  # a whole index stays whole


def test_an_interruption_is_one_line_and_nothing_is_lost(start, tmp_path: Path, server: PictureServer) -> None:
    names = [f"P{n}.png" for n in range(10)]
    slow = threading.Event()
    trickle = without_length([b"x"] * 99, wait_s=1).send
    assert trickle is not None
    server.answers |= {name: [Answer(png(n))] for n, name in enumerate(names)}
    server.answers["P5.png"] = [Answer(send=lambda handler: (slow.set(), trickle(handler))[1])]
    dump = tmp_path / "images.nt"
    dump.write_text("".join(
        f"<urn:e{n}> <http://xmlns.com/foaf/0.1/depiction> <{server.source(name)}> .\n" for n, name in enumerate(names)
    ))  # fmt: skip
    rate = ("--image-rate", 99)
    command = ("build-kg-index", tmp_path / "index", "--dump", dump, *CONTACT, "--image-host", server.host, *rate)
    process = start(*command)
    assert slow.wait(60)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.decode().splitlines()[-1] == "stopped; the same command goes on where it was"
    assert "Traceback" not in errors.decode()
    assert all(path.name.startswith("P") for path in (tmp_path / "index" / "pictures").iterdir())
    server.answers["P5.png"] = [Answer(png(5))]
    again = start(*command)
    output, errors = again.communicate(timeout=60)
    assert b"10 of 10 embedded" in output, errors
    assert len(server.asked) <= len(names) + 2  # what was under way is asked for again


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--fetch-images"], 2, "needs --contact"),
        (["--retry-missing"], 2, "go with --fetch-images"),
        ([*CONTACT, "--image-width", "400"], 2, "'330', '500'"),
        ([*CONTACT, "--image-rate", "0"], 2, "--image-rate"),
        ([*CONTACT, "--max-picture-bytes", "0"], 2, "--max-picture-bytes"),
        (["--fetch-images", "--contact", "me"], 1, "contact 'me'"),
        ([*CONTACT, "--image-host", "http://x.example/"], 1, "--image-host 'http://x.example/'"),
        ([*CONTACT, "--images", "/dev/null"], 1, "/dev/null"),
        ([*CONTACT, "--images", "/proc/pictures"], 1, "/proc/pictures"),
    ],
)
def test_mistakes(run, tmp_path: Path, dump: Path, arguments: list[str], code: int, words: str) -> None:
    result = run("build-kg-index", tmp_path / "index", "--dump", dump, *arguments)
    assert result.exit_code == code
    assert words in result.stderr
    assert code == 2 or result.stderr.splitlines()[-1].startswith("error: ")


def test_the_widths_on_offer_are_those_of_the_graph(run) -> None:
    assert f"--image-width [{'|'.join(map(str, IMAGE_WIDTHS))}]" in run("build-kg-index", "--help").stdout
