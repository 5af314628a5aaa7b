"""The second look: changed pictures are recognised, others are not, and what came nearest is said."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pictures_with_points import draw_flag, draw_poster
from PIL import Image, ImageOps
from small_world import CapitalsTagger

import ner
from linker import (
    BuildSettings,
    Pipeline,
    Post,
    Result,
    build_index,
    make_local_features_ahead,
    result_from_json,
    result_to_json,
)

Open = Callable[..., Pipeline]
NAMES = ("Aria", "Boris", "Celia", "Dagny")
FLAG = draw_flag(("navy", "white", "firebrick"))


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of posters and a flag, a name each; Aria knows Boris, and nobody knows the others."""
    folder = tmp_path_factory.mktemp("gallery")
    for seed, name in enumerate(NAMES):
        draw_poster(seed).save(folder / f"{name}.png")
    FLAG.save(folder / "Florin.png")
    rows = [(f"urn:{name}", name, "PER", f"{name}.png") for name in (*NAMES, "Florin")]
    with (folder / "entities.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("iri", "label", "type", "image"), *rows])
    with (folder / "triples.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("subject", "predicate", "object"), ("urn:Aria", "urn:knows", "urn:Boris")])
    index = tmp_path_factory.mktemp("index") / "index"
    build_index(index, BuildSettings(sources=[folder]))
    return index


@pytest.fixture
def open_pipeline(gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    opened: list[Pipeline] = []
    monkeypatch.setattr(ner, "load_tagger", lambda name, device: CapitalsTagger(), raising=False)

    def open_pipeline(**options: object) -> Pipeline:
        opened.append(Pipeline.open(gallery, **({"cache": tmp_path / "cache.sqlite"} | options)))
        return opened[-1]

    yield open_pipeline
    for pipeline in opened:
        pipeline.close()


def cut(name: str, folder: Path) -> Path:
    """The middle of a poster: no copy by its cosine."""
    path = folder / f"{name}-cut.jpg"
    draw_poster(NAMES.index(name)).crop((50, 30, 220, 180)).save(path, quality=90)
    return path


def read(pipeline: Pipeline, name: str, image: Path) -> Result:
    [result] = pipeline.process([Post("1", ("see", name, "there"), image)])
    return result


@pytest.mark.parametrize(("named", "shown", "hop"), [("Aria", "Aria", 0), ("Aria", "Boris", 1)])
def test_a_changed_picture_is_recognised(open_pipeline: Open, tmp_path: Path, named: str, shown: str, hop: int) -> None:
    result = read(open_pipeline(), named, cut(shown, tmp_path))
    assert result.pictured is not None
    assert (result.pictured.entity.iri, result.pictured.hop) == (f"urn:{shown}", hop)
    assert result.pictured.how == "geometry"
    assert 0.5 < result.pictured.score <= 1
    assert result.pictured.cosine < 0.9
    assert result.nearest is None
    assert result_from_json(result_to_json(result)).pictured is not None


def test_a_copy_is_recognised_by_the_rule(open_pipeline: Open, tmp_path: Path) -> None:
    draw_poster(0).save(tmp_path / "copy.png")
    pictured = read(open_pipeline(), "Aria", tmp_path / "copy.png").pictured
    assert pictured is not None
    assert (pictured.how, pictured.score) == ("copy", 1.0)


def test_without_it_the_rule_alone_answers(open_pipeline: Open, tmp_path: Path) -> None:
    result = read(open_pipeline(second_look=False), "Aria", cut("Aria", tmp_path))
    assert (result.pictured, result.nearest) == (None, None)


def test_what_is_out_of_reach_is_not_recognised_and_the_nearest_is_said(open_pipeline: Open, tmp_path: Path) -> None:
    result = read(open_pipeline(), "Aria", cut("Dagny", tmp_path))
    assert result.pictured is None
    assert result.nearest is not None
    assert result.nearest.entity.iri in {"urn:Aria", "urn:Boris"}
    said = result_to_json(result)["nearest"]
    assert said == {
        "iri": result.nearest.entity.iri,
        "label": result.nearest.entity.label,
        "cosine": pytest.approx(result.nearest.cosine, abs=1e-4),
    }
    back = result_from_json(result_to_json(result)).nearest
    assert back is not None
    assert back.entity.iri == result.nearest.entity.iri


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("corners", [3, 4, 6])
@pytest.mark.parametrize(
    "stripes", [("firebrick", "white", "navy"), ("navy", "gold", "firebrick"), ("black", "white", "seagreen")]
)
def test_a_flag_of_the_same_layout_is_another_one(
    open_pipeline: Open, tmp_path: Path, stripes: tuple[str, str, str], corners: int, mirrored: bool
) -> None:
    other = draw_flag(stripes, corners)
    (ImageOps.mirror(other) if mirrored else other).save(tmp_path / "other.png")
    result = read(open_pipeline(), "Florin", tmp_path / "other.png")
    assert result.pictured is None
    assert result.nearest is not None


def test_a_changed_flag_is_the_same_one(open_pipeline: Open, tmp_path: Path) -> None:
    FLAG.rotate(12, expand=True, fillcolor="grey").save(tmp_path / "turned.png")
    page = draw_poster(7, (640, 480))
    page.paste(FLAG, (200, 150))
    page.save(tmp_path / "pasted.png")
    for name in ("turned.png", "pasted.png"):
        pictured = read(open_pipeline(), "Florin", tmp_path / name).pictured
        assert pictured is not None
        assert (pictured.entity.iri, pictured.how) == ("urn:Florin", "geometry")


def test_what_is_remembered_gives_the_same_answers(open_pipeline: Open, tmp_path: Path) -> None:
    images = [cut(name, tmp_path) for name in NAMES]
    answers = []
    for options in ({}, {}, {"keep_cache": False}):
        with open_pipeline(**options) as pipeline:
            answers.append([result_to_json(read(pipeline, "Aria", image)) for image in images])
    assert answers[0] == answers[1] == answers[2]


def test_what_was_said_without_an_entitys_picture_is_not_remembered(
    open_pipeline: Open, gallery: Path, tmp_path: Path
) -> None:
    image = cut("Celia", tmp_path)
    for file in gallery.glob("local_features.sqlite*"):
        file.unlink()
    with open_pipeline() as pipeline:
        files = [Path(record.file or "") for record in pipeline.index.graph.images()]
        for file in files:
            file.rename(file.with_suffix(".away"))
        before = read(pipeline, "Celia", image).pictured
        for file in files:
            file.with_suffix(".away").rename(file)
        assert before is None
        assert read(pipeline, "Celia", image).pictured is not None
    assert read(open_pipeline(), "Celia", image).pictured is not None


def test_a_second_look_is_not_answered_with_what_the_rule_remembered(open_pipeline: Open, tmp_path: Path) -> None:
    image = cut("Aria", tmp_path)
    with open_pipeline(second_look=False) as pipeline:
        assert read(pipeline, "Aria", image).pictured is None
    assert read(open_pipeline(), "Aria", image).pictured is not None


def test_features_made_ahead_give_the_same_answers(open_pipeline: Open, gallery: Path, tmp_path: Path) -> None:
    images = [cut(name, tmp_path) for name in NAMES]
    with open_pipeline(keep_cache=False) as pipeline:
        before = [result_to_json(read(pipeline, "Aria", image)) for image in images]
    told: list[tuple[int, int]] = []
    make_local_features_ahead(gallery, lambda done, total: told.append((done, total)))
    assert told[-1] == (5, 5)
    with open_pipeline(keep_cache=False) as pipeline:
        for image in pipeline.index.graph.images():
            Path(image.file or "").rename(Path(image.file or "").with_suffix(".away"))
        after = [result_to_json(read(pipeline, "Aria", image)) for image in images]
        for image in pipeline.index.graph.images():
            Path(image.file or "").with_suffix(".away").rename(Path(image.file or ""))
    assert after == before


def test_a_picture_without_points_is_no_trouble(open_pipeline: Open, tmp_path: Path) -> None:
    Image.new("RGB", (300, 2), "teal").save(tmp_path / "plain.png")
    result = read(open_pipeline(), "Aria", tmp_path / "plain.png")
    assert result.pictured is None
    assert result.image_error is None
