"""Which files a table or a dump can name as pictures: those in its own folder or in the folder of pictures."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from kg import Graph, GraphSources, build_graph

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


@pytest.mark.parametrize(
    "source",
    ["in/Fähre 1.png", "in\\Fähre 1.png", "in/F%C3%A4hre%201.png", unicodedata.normalize("NFD", "in/Fähre 1.png")],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_table_names_a_file_in_any_spelling(build: Build, folders: Path, source: str, form: str) -> None:
    place = folders / "pictures" / "in"
    place.mkdir()
    (place / unicodedata.normalize(form, "Fähre 1.png")).touch()  # type: ignore[arg-type]
    graph = build({"e.csv": f"iri,label,image\nurn:a,A,{source}\n"}, images_dir=folders / "pictures")
    [image] = graph.images()
    assert (Path(image.file or "").parent.name, image.status) == ("in", "pending")


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


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("Flag_of_Chad.svg", "Flag%20of%20Chad.svg"),
        ("Flag_of_Chad.svg", "File:Flag of Chad.svg"),
        ("Flag_of_Chad.svg", "330px-Flag_of_Chad.svg.png"),
        ("Flag_of_Chad.svg", "a/ab/Flag_of_Chad.svg"),
        ("Map.tif", "deep/er/lossy-page1-1024px-Map.tif.jpg"),
        ("Chad.jpg", "Chad.JPG"),
        ("Chad.JPG", "250px-chad.jpg"),
        ("C%C3%B4te_d%27Ivoire.png", unicodedata.normalize("NFD", "sub/Côte d'Ivoire.PNG")),
        ("50%25.png", "x/50%25.png"),
    ],
)
def test_pictures_are_found_by_the_names_that_downloads_give_them(
    tmp_path: Path, line: Callable[[str, str, str], str], source: str, file: str
) -> None:
    path, dump = tmp_path / "pictures" / file, tmp_path / "images.nt"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    dump.write_text(line("Chad", "picture", source) + line("Mali", "picture", "Mali.png"), encoding="utf-8")
    report = build_graph(tmp_path / "kg.sqlite", sources=GraphSources([dump], images_dir=tmp_path / "pictures"))
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        [image, other] = graph.images()
    assert (image.file, image.status, image.reason) == (str(path), "pending", f"found as {file}")
    assert other.status == "missing"
    said = "pictures found only by the name of a download, or in a sub-folder: 1, such as"
    assert report.remarks == (f"{said} {path}",)


def test_of_several_names_the_whole_picture_holds_then_the_widest_then_the_first(
    build: Build, tmp_path: Path, line: Callable[[str, str, str], str]
) -> None:
    pictures, elsewhere = tmp_path / "pictures", tmp_path / "elsewhere.png"
    elsewhere.write_bytes(b"")
    names = ["Chad.png", "9px-Chad.png", "a/9px-Mali.png", "a/30px-Mali.png", "c/File:Togo.png", "b/Togo.PNG"]
    names += ["b/330px-Togo.png", "Niger.png", "a/Niger.png"]
    for name in names:
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        (pictures / name).write_bytes(b"")
    (pictures / "a" / "Benin.PNG").symlink_to(elsewhere)
    wanted = ["Benin", "Chad", "Mali", "Niger", "Togo"]
    graph = build({"i": "".join(line(name, "picture", f"{name}.png") for name in wanted)}, images_dir=pictures)
    found = [image.file and str(Path(image.file).relative_to(pictures)) for image in graph.images()]
    assert found == [None, "Chad.png", "a/30px-Mali.png", "Niger.png", "b/Togo.PNG"]
