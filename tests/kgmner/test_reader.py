"""kgmner.load and what it gives: a text with its picture in any form, a document with entities out."""

import io
import pickle
from pathlib import Path

import pytest
from PIL import Image

import kgmner
from kgmner.pictures import as_picture
from linker import PostError, SettingsError
from ner import TaggerInput
from vision import load_picture

TEXT = "Chad looks great"
SMITH = "http://dbpedia.org/resource/Chad_Smith"


def test_a_text_and_its_picture(reader: kgmner.Reader, images: Path) -> None:
    doc = reader(TEXT, image=images / "chad-drummer.jpg")
    [entity] = doc.entities
    assert doc.text == TEXT
    assert (entity.text, entity.type, entity.start_char, entity.end_char) == ("Chad", "PER", 0, 4)
    assert (entity.label, entity.iri) == ("Chad Smith", SMITH)
    assert 0.5 < entity.score <= 1
    assert doc.pictured is not None
    assert doc.pictured.entity.iri == SMITH


def test_a_picture_may_be_a_path_bytes_or_an_image(reader: kgmner.Reader, images: Path) -> None:
    file = images / "chad-drummer.jpg"
    with Image.open(file) as opened:
        opened.load()
    given = [str(file), file.read_bytes(), bytearray(file.read_bytes()), opened, opened.convert("CMYK")]
    docs = list(reader.pipe((TEXT, image) for image in given))
    assert [doc.entities[0].iri for doc in docs] == [SMITH] * len(given)
    assert docs[0].to_dict() | {"id": 1, "image": None} == docs[1].to_dict()


def test_an_image_is_what_it_shows(images: Path) -> None:
    with Image.open(images / "chad-drummer.jpg") as opened:
        upright = opened.convert("RGB")
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    turned.getexif()[0x0112] = 6
    shades = upright.convert("L")
    for image, shown in ((turned, upright), (shades.convert("F"), shades), (shades.convert("I"), None)):
        picture = load_picture(as_picture(image)).image  # type: ignore[arg-type]
        assert picture.size == upright.size
        assert shown is None or picture.tobytes() == shown.convert("RGB").tobytes()
    assert load_picture(as_picture(Image.new("PA", (9, 8)))).width == 9  # type: ignore[arg-type]


def test_an_image_whose_file_is_cut_is_said_and_the_others_go_on(reader: kgmner.Reader, images: Path) -> None:
    for name in ("chad-drummer.jpg", "chad-drummer.png"):
        whole = io.BytesIO()
        Image.open(images / "chad-drummer.jpg").save(whole, name[-3:].replace("jpg", "jpeg"))
        cut = Image.open(io.BytesIO(whole.getvalue()[:3000]))
        docs = list(reader.pipe([(TEXT, cut), TEXT]))
        assert (docs[0].image_error or "").startswith("damaged picture: ")
        assert [len(doc.entities) for doc in docs] == [1, 1]


def test_a_picture_that_cannot_be_used_is_said(reader: kgmner.Reader) -> None:
    assert [
        reader(TEXT, image=image).image_error for image in ("nowhere.jpg", b"", b"not a picture", b"\0\1" * 9, None)
    ] == [
        "no such file",
        "is an empty file",
        "is a text, not a picture: 'not a picture'",
        "is not a picture that can be read; expected one of " + _formats(reader),
        None,
    ]


def _formats(reader: kgmner.Reader) -> str:
    return str(reader(TEXT, image=b"\0\1").image_error).split("one of ")[1]


def test_a_name_that_the_graph_does_not_know_is_nil(reader: kgmner.Reader) -> None:
    doc = reader({"text": "Zxqv Brrmk spoke", "mentions": [{"start": 0, "end": 10, "type": "PER"}]})
    [entity] = doc.entities
    assert (entity.label, entity.iri) == (None, None)
    assert entity.score > 0.5


def test_many_texts_as_they_come(reader: kgmner.Reader, images: Path) -> None:
    given = [TEXT, (TEXT, images / "chad-drummer.jpg"), {"status_id": "x", "tokens": ["Chad", "!"], "by": "me"}]
    docs = list(reader.pipe(given, batch_size=2))
    assert [[entity.label for entity in doc.entities] for doc in docs] == [["Chad"], ["Chad Smith"], ["Chad"]]
    assert [(doc.result.id, doc.text) for doc in docs] == [(0, TEXT), (1, TEXT), ("x", "Chad !")]
    assert docs[2].to_dict()["by"] == "me"
    assert list(reader.pipe([])) == []


def test_no_text_is_read_as_letters(reader: kgmner.Reader) -> None:
    with pytest.raises(TypeError, match=r"texts is 'Chad looks great': expected several"):
        reader.pipe(TEXT)
    with pytest.raises(TypeError, match="expected a list of texts"):
        reader.frame(TEXT)
    with pytest.raises(TypeError, match="tokens is 'Chad looks great': expected a tuple of words"):
        TaggerInput(TEXT)  # type: ignore[arg-type]
    from linker import Post

    with pytest.raises(TypeError, match="tokens is 'Chad looks great': expected a tuple of words"):
        Post("1", TEXT)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [7, None, ["Chad"], b"Chad"])
def test_what_is_no_text_is_refused(reader: kgmner.Reader, wrong: object) -> None:
    with pytest.raises(TypeError, match="expected a text or a post"):
        reader(wrong)  # type: ignore[arg-type]


def test_what_is_no_picture_or_no_post_is_refused(reader: kgmner.Reader) -> None:
    with pytest.raises(TypeError, match="image is int: expected a path, the bytes of a file, a PIL image or None"):
        reader(TEXT, image=3)  # type: ignore[arg-type]
    with pytest.raises(PostError, match=r'^has neither "text" nor "tokens"'):
        reader({"id": 1})


def test_settings_are_called_as_the_options(index: Path, reader: kgmner.Reader, images: Path) -> None:
    with pytest.raises(SettingsError, match="threshold is 7"):
        kgmner.load(index, threshold=7)
    with pytest.raises(TypeError, match="theta"):
        kgmner.load(index, theta=0.9)
    strict = pickle.loads(pickle.dumps(reader))
    assert (strict.index_dir, strict.settings) == (reader.index_dir, reader.settings)


def test_short_to_print_and_marked_in_a_notebook(reader: kgmner.Reader, images: Path) -> None:
    doc = reader("Chad <b> looks great " + "again " * 20, image=images / "chad-drummer.jpg")
    shown, html = repr(doc), doc._repr_html_()
    assert shown.startswith("<Doc 'Chad <b> looks great again")
    assert shown.endswith("...': Chad → Chad Smith>")
    assert len(shown) < 120
    assert repr(doc.entities[0]).startswith("<Entity Chad PER → Chad Smith 0.")
    assert repr(reader) == f"<Reader {reader.index_dir}>"
    assert "<mark" in html
    assert f'href="{SMITH}"' in html
    assert "&lt;b&gt; looks" in html
    assert "picture: Chad Smith" in html


def test_the_package_knows_its_version() -> None:
    assert kgmner.__version__.split(".")[0].isdigit()
