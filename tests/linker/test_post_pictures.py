"""A post's picture as people say where it is."""

import base64
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from colour_encoder import ColourEncoder
from PIL import Image

from kg import CacheEntry
from linker import Memory, Post, find_picture, post_from_json, read_pictures
from vision import load_picture

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
) + bytes(200)


def read(image: object, folder: Path) -> Post:
    return post_from_json({"text": "x", "image": image}, folder=folder)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for name in (
        "a.jpg",
        "a b.jpg",
        unicodedata.normalize("NFD", "café.png"),
        "101.JPG",
        "Foto.Jpeg",
        "103.jpg",
        "100%.jpg",
    ):
        (tmp_path / "images" / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("images/a.jpg", "a.jpg"),
        (r"images\a.jpg", "a.jpg"),
        (r".\images\a.jpg", "a.jpg"),
        ("./images/a.jpg ", "a.jpg"),
        ("images/a%20b.jpg", "a b.jpg"),
        (r"images\a%20b.jpg", "a b.jpg"),
        ("images/a b.jpg", "a b.jpg"),
        ("images/100%.jpg", "100%.jpg"),
        ("images/" + unicodedata.normalize("NFC", "café.png"), unicodedata.normalize("NFD", "café.png")),
        ("images/caf%C3%A9.png", unicodedata.normalize("NFD", "café.png")),
        ("images/101", "101.JPG"),
        ("images/101.jpg", "101.JPG"),
        ("images/FOTO.JPG", "Foto.Jpeg"),
        ("images/103.png", "103.jpg"),
    ],
)
def test_a_path_in_any_spelling(pictures: Path, said: str, name: str) -> None:
    post = read(said, pictures)
    assert isinstance(post.image, Path)
    assert post.image.resolve() == pictures / "images" / name
    assert find_picture(pictures / "images", Path(said.strip()).name).name == name


def test_addresses_of_files(pictures: Path) -> None:
    for said in (f"file://{pictures}/images/a%20b.jpg", f"file://localhost{pictures}/images/a%20b.jpg"):
        assert read(said, Path()).image == pictures / "images" / "a b.jpg"
    assert read(r"C:\Users\me\a.jpg", pictures / "images").image == pictures / "images" / "a.jpg"
    assert read("file:///C:/Users/me/a.jpg", pictures / "images").image == pictures / "images" / "a.jpg"


@pytest.mark.parametrize(
    "image", [["a.jpg", "b.jpg"], float("nan"), 101, 1.5, True, {"a": 1}, "a\0b", "data:image/png;base64,??"]
)
def test_what_is_no_picture_is_said_and_the_post_is_kept(image: object, tmp_path: Path) -> None:
    post = read(image, tmp_path)
    assert (post.image, post.tokens) == (None, ("x",))
    assert post.image_error.startswith("image ")


@pytest.mark.parametrize("image", [None, "", "  ", {}])
def test_no_picture_is_no_mistake(image: object, tmp_path: Path) -> None:
    assert (read(image, tmp_path).image, read(image, tmp_path).image_error) == (None, "")


def test_of_a_list_the_only_picture_is_the_post_s(pictures: Path) -> None:
    assert read(["images/a.jpg"], pictures).image == pictures / "images" / "a.jpg"
    assert (read([], pictures).image, read([], pictures).image_error) == (None, "")
    two = read(["images/a.jpg", "images/a b.jpg"], pictures)
    assert (two.image, "a list of 2 (give a post for each)" in two.image_error) == (None, True)


def test_bytes_and_base64(tmp_path: Path) -> None:
    text = base64.b64encode(PNG).decode()
    lines = "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    said = (
        text,
        lines,
        f"data:image/png;base64,{text}",
        PNG,
        {"bytes": PNG, "path": "a.png"},
        {"bytes": None, "url": text},
    )
    for image in said:
        assert read(image, tmp_path).image == PNG
    assert post_from_json({"text": "x", "image_base64": text}, folder=tmp_path).image == PNG


def test_a_web_address_is_named_and_not_asked(tmp_path: Path) -> None:
    post = read("https://example.org/a.jpg", tmp_path)
    assert (post.image, post.image_url) == (None, "https://example.org/a.jpg")
    assert "--fetch-images" in post.image_error


def test_a_picture_that_its_own_folder_lacks_is_not_taken_from_another(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    assert find_picture(tmp_path, "nike/logo.png") == tmp_path / "logo.png"
    (tmp_path / "nike").mkdir()
    assert find_picture(tmp_path, "nike/logo.png") == tmp_path / "nike" / "logo.png"
    assert find_picture(tmp_path, r"nike\logo.png") == tmp_path / "nike" / "logo.png"


def test_where_there_is_none_the_first_place_is_named(tmp_path: Path) -> None:
    assert find_picture(tmp_path, "7") == tmp_path / "7.jpg"
    assert find_picture(tmp_path, "x/7.png") == tmp_path / "x" / "7.png"
    assert find_picture(tmp_path, "a" * 5000).name == "a" * 5000


@pytest.mark.parametrize("said", ["ftp://x.org/a.jpg", "s3://bucket/images/a.jpg", "www.x.org/a.jpg", "ipfs://a.jpg"])
def test_an_address_that_is_not_of_the_web_is_no_file_that_has_its_name(pictures: Path, said: str) -> None:
    post = read(said, pictures / "images")
    assert (post.image, said in post.image_error, "http://" in post.image_error) == (None, True, True)


@pytest.mark.parametrize("start", [b"\xff\xd8\xff", b"II*\0", b"\0\0\0\x20ftypavif"])
def test_base64_as_it_is_spelled_elsewhere(tmp_path: Path, start: bytes) -> None:
    content = start + bytes(range(256)) * 9
    plain, url_safe = base64.b64encode(content), base64.urlsafe_b64encode(content)
    for spelled in (plain, url_safe, plain.rstrip(b"=")):
        for folder in (tmp_path, None):
            post = post_from_json({"text": "x", "image": spelled.decode()}, folder=folder)
            assert (post.image, post.image_error) == (content, "")


def test_a_list_with_one_picture_and_nothing(pictures: Path) -> None:
    assert read(["", "images/a.jpg", None], pictures).image == pictures / "images" / "a.jpg"


class WhileAsked(Memory):
    """A memory that knows nothing; a file becomes another while it is asked."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file, self.kept = file, list[CacheEntry]()

    def recall(self, question: object) -> dict[str, Any]:
        Image.new("RGB", (9, 9), "navy").save(self.file)
        return {}

    def keep(self, entry: CacheEntry) -> None:
        self.kept.append(entry)


def test_a_picture_that_changes_meanwhile_is_kept_as_what_was_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "latest.png"
    Image.new("RGB", (9, 9), "gold").save(file)
    memory = WhileAsked(file)
    [picture] = read_pictures([file], ColourEncoder(), memory, with_regions=True)
    assert picture.sha256 == load_picture(file).sha256
    assert {getattr(entry, "sha256", None) for entry in memory.kept} == {picture.sha256}
