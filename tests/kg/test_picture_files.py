"""Which files a table or a dump can name as pictures: those in its own folder or in the folder of pictures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kg import Graph

Build = Callable[..., Graph]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A picture beside the tables, one in the folder of pictures, one elsewhere, and links to that one."""
    beside, pictures, elsewhere = (tmp_path / name for name in ("sources of kg.sqlite", "pictures", "elsewhere"))
    for folder in (beside, pictures, elsewhere):
        folder.mkdir()
        (folder / f"{folder.name[:4]}.png").write_bytes(b"")
    for folder in (beside, pictures):
        (folder / "Link.png").symlink_to(elsewhere / "else.png")
        (folder / "Out").symlink_to(elsewhere)
        (folder / "Inner.png").symlink_to(folder / f"{folder.name[:4]}.png")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("sour.png", "sour.png"),
        ("../pictures/pict.png", "pict.png"),
        ("pict.png", "pict.png"),
        ("../sources of kg.sqlite/sour.png", "sour.png"),
    ],
)
def test_a_table_names_what_lies_in_its_folder_or_in_that_of_pictures(
    build: Build, folders: Path, source: str, file: str
) -> None:
    graph = build({"e.csv": f"iri,label,type,image\nurn:a,A,LOC,{source}\n"}, images_dir=folders / "pictures")
    [image] = graph.images()
    assert (Path(image.file or "").name, image.status) == (file, "pending")


@pytest.mark.parametrize("source", ["../elsewhere/else.png", "Link.png", "Out/else.png", "ABSOLUTE"])
def test_a_table_does_not_lead_out_of_them(build: Build, folders: Path, source: str) -> None:
    named = str(folders / "elsewhere" / "else.png") if source == "ABSOLUTE" else source
    graph = build({"e.csv": f"iri,label,type,image\nurn:a,A,LOC,{named}\n"}, images_dir=folders / "pictures")
    [image] = graph.images()
    assert (image.file, image.status) == (None, "missing")
    assert f"{named!r} leads elsewhere by '..', a link or an absolute path" in (image.reason or "")
    assert graph.find("A").label == "A"


def test_a_dump_does_not_lead_out_of_the_folder_of_pictures(
    build: Build, folders: Path, line: Callable[[str, str, str], str]
) -> None:
    names = ("Link.png", "Inner.png", "Pict.png")
    (folders / "through a link").symlink_to(folders / "pictures")
    dump = "".join(line(f"E{number}", "picture", name) for number, name in enumerate(names))
    dump += "".join(line(f"E{number}", "label", f'"E{number}"@en') for number in range(3))
    graph = build({"pictures.ttl": dump}, images_dir=folders / "through a link")
    images = {image.source.rsplit("/")[-1]: image for image in graph.images()}
    assert images["Link.png"].file is None
    assert "'Link.png' is a link that leads out of the image folder" in (images["Link.png"].reason or "")
    assert [Path(images[name].file or "").name for name in names[1:]] == ["pict.png", "pict.png"]
