"""Pictures that can be had: from address to file to row, under the right name, and each once."""

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from picture_server import Answer, png, redirect

from kg.pictures.files import ImageFinder, name_problem, picture_address, picture_name

COMMONS = "commons.wikimedia.org/wiki/Special:FilePath/"


def test_a_picture_becomes_a_file_and_its_row_waits_for_embedding(one) -> None:
    one.server.answers["A.png"] = [Answer(png())]
    report = one.fetch()
    assert (report.fetched, report.fetched_bytes, report.failed) == (1, len(png()), 0)
    assert one.row() == ("pending", "A.png", None)
    assert (one.pictures / "A.png").read_bytes() == png()
    assert one.files() == ["A.png"]
    known = one.known("A.png")
    assert (known.status, known.sha256, known.size_bytes) == ("fetched", sha256(png()).hexdigest(), len(png()))


def test_the_server_is_told_who_asks_and_asked_for_a_standard_width(one) -> None:
    one.server.answers["A.png"] = [Answer(png())]
    one.fetch(contact="https://example.org/about-me", width=500)
    assert one.server.agents == {f"kgmner/{version('kgmner')} (https://example.org/about-me)"}
    assert one.server.queries == {"width=500"}


def test_a_redirect_to_another_host_is_followed(one) -> None:
    one.server.answers["A.png"] = [redirect(f"http://{one.server.other_host}/thumb/330px-A.png", 301)]
    one.server.answers["330px-A.png"] = [Answer(png())]
    assert one.fetch().fetched == 1
    assert one.server.hosts == [one.server.host, one.server.other_host]
    assert one.row()[:2] == ("pending", "A.png")


@pytest.mark.parametrize(
    "name",
    [
        "Sön Höfn.png",
        "Flag of_Chad.png",
        'He said "no".png',
        "it's 100%25.png",
        "Why?.png",
        "a#b&c=d+e.png",
        "日本 \u200d語.png",
        "e\u0301cole.png",
        "..A.png",
        "-rf.png",
        "..%2Fb.png",
    ],
)
def test_odd_names_arrive_and_are_found_again(world, name: str) -> None:
    world.build(world.server.source(name))
    kept = (name[:1].upper() + name[1:]).replace(" ", "_")
    world.server.answers[kept] = [Answer(png())]
    assert world.fetch().fetched == 1
    assert world.row()[:2] == ("pending", kept)
    assert ImageFinder(world.pictures).find(world.server.source(name), "")[1] == str(world.pictures / kept)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b.png", "../b.png", "a\\b.png", "a\0.png", "a\n.png", "x" * 256])
def test_a_name_that_cannot_be_a_file_s_is_kept_as_refused_and_never_asked(world, name: str) -> None:
    world.build(world.server.source("").removesuffix("/") + "/" + "".join(f"%{b:02X}" for b in name.encode()))
    report = world.fetch()
    assert (report.refused, world.server.asked, world.files()) == (1, [], [])
    status, file, reason = world.row()
    assert (status, file) == ("missing", None)
    assert reason


def test_a_name_of_255_bytes_is_no_trouble(world) -> None:
    name = "Ü" * 125 + "x.png"
    assert len(name.encode()) == 255
    world.build(world.server.source(name))
    world.server.answers[name] = [Answer(png())]
    assert world.fetch().fetched == 1
    assert world.files() == [name]


@given(st.text(max_size=60))
@example(".")
@example("..")
@example("...")
def test_whatever_a_file_is_called_it_is_found_again_or_refused(name: str) -> None:
    source = f"https://{COMMONS}{quote(name, safe='')}"
    kept = picture_name(source)
    assert unquote(str(picture_address(source, 330)).partition("FilePath/")[2].removesuffix("?width=330")) == kept
    if name_problem(kept) is None:
        with TemporaryDirectory() as folder:
            (Path(folder) / kept).touch()
            assert ImageFinder(Path(folder)).find(source, "")[1] == str((Path(folder) / kept).resolve())


def test_two_entities_with_one_picture_ask_once(world) -> None:
    world.build(world.server.source("A b.png"), world.server.source("A_b.png"), world.server.source("a_b.png"))
    world.server.answers["A_b.png"] = [Answer(png())]
    assert world.fetch().fetched == 3
    assert world.server.asked == ["A_b.png"]
    assert world.rows() == [("pending", "A_b.png", None)] * 3


def test_an_address_that_is_no_file_path_is_fetched_as_it_is(world) -> None:
    first, second = (f"http://{world.server.host}/{folder}/photo.png?size=9" for folder in "ab")
    world.build(first, second)
    world.server.answers["photo.png"] = [Answer(png())]
    assert world.fetch().fetched == 2
    assert world.server.queries == {"size=9"}
    assert sorted(row[1] for row in world.rows()) == sorted(map(picture_name, (first, second)))
    assert picture_name(first) != picture_name(second)


def test_what_lies_in_the_folder_is_taken_and_not_asked_for(one) -> None:
    one.pictures.mkdir()
    (one.pictures / "a.png").write_bytes(png())
    report = one.fetch()
    assert (report.present, report.fetched, one.server.asked) == (1, 0, [])
    assert one.row() == ("pending", "a.png", None)


def test_two_connections_and_no_more(world) -> None:
    names = [f"P{n:02}.png" for n in range(30)]
    world.build(*map(world.server.source, names))
    for n, name in enumerate(names):
        world.server.answers[name] = [redirect(f"http://{world.server.other_host}/thumb/{name}x")]
        world.server.answers[f"{name}x"] = [Answer(png(n))]
    assert world.fetch().fetched == 30
    assert world.server.most_at_once <= 2
    assert len(world.server.asked) == 60
    assert world.time.seconds == pytest.approx(60 / 5, abs=0.3)  # a fifth of a second a request


def test_a_jpeg_that_is_called_png_is_a_picture(one) -> None:
    one.server.answers["A.png"] = [Answer(png(form="JPEG"), headers={"Content-Type": "text/html"})]
    assert one.fetch().fetched == 1


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        (f"http://{COMMONS}A%20b.jpg?width=300", f"https://{COMMONS}A_b.jpg?width=330"),
        (f"http://{COMMONS}Sk\u00f6n.svg", f"https://{COMMONS}Sk%C3%B6n.svg?width=330"),
        (
            "http://en.wikipedia.org/wiki/File:Logo.png#x",
            "https://en.wikipedia.org/wiki/Special:FilePath/Logo.png?width=330",
        ),
        (
            "http://upload.wikimedia.org/wikipedia/commons/thumb/a/ab/A_b.jpg/200px-A_b.jpg",
            f"https://{COMMONS}A_b.jpg?width=330",
        ),
        (
            "https://upload.wikimedia.org/wikipedia/en/a/ab/Logo.png",
            "https://en.wikipedia.org/wiki/Special:FilePath/Logo.png?width=330",
        ),
        ("http://pictures.example/x.png?a=1", "http://pictures.example/x.png?a=1"),
        (f"http://{COMMONS}%3F.jpg", f"https://{COMMONS}%3F.jpg?width=330"),
    ],
)
def test_the_address_that_is_asked(source: str, asked: str) -> None:
    assert str(picture_address(source, 330)) == asked
