"""A newer dump of Wikidata, a changed table, other pictures: what an update does again, and what it says."""

from pathlib import Path

import pytest
from colour_encoder import ColourEncoder
from index_content import content_of
from PIL import Image
from wikidata_items import claim, dump, item, world

from linker import BuildSettings, IndexConflictError, build_index, update_index


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A dump, a table beside it, and pictures; the flag is there, the view of the city is not."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "sources").mkdir()
    Image.new("RGB", (30, 20), (200, 0, 0)).save(tmp_path / "pictures" / "Flag of S'land (2).svg", "PNG")
    city = item("Q11", "Samplegrad", claims=[claim("P31", "Q515"), claim("P17", "Q10"), claim("P18", "City.png")])
    write(tmp_path, [city, *(one for one in world() if one.get("id") != "Q11")])
    (tmp_path / "sources" / "own.csv").write_text(
        "iri,label,aliases\nhttp://www.wikidata.org/entity/Q11,Samplegrad,Grad\n"
    )
    return tmp_path


def write(folder: Path, items: list[dict[str, object]]) -> None:
    (folder / "sources" / "items.json").write_text(dump(*items))


def settings(folder: Path, **others: object) -> BuildSettings:
    return BuildSettings(sources=[folder / "sources"], images_dir=folder / "pictures", **others)  # type: ignore[arg-type]


def test_a_newer_dump_says_what_has_changed(sources: Path, encoder: ColourEncoder) -> None:
    index = sources / "index"
    build_index(index, settings(sources))
    encoder.asked = 0
    write(sources, [*world(), item("Q17", "New in the dump", claims=[claim("P31", "Q5")])])
    found = update_index(index, settings(sources)).differences
    assert found is not None
    assert (found.entities_added, found.entities_removed, found.entities_changed) == (1, 0, 1)
    assert ([iri[-3:] for iri in found.added], [iri[-3:] for iri in found.changed]) == (["Q17"], ["Q11"])
    assert (found.pictures_kept, encoder.asked) == (1, 0)
    build_index(sources / "fresh", settings(sources))
    assert content_of(index) == content_of(sources / "fresh")


def test_a_changed_table_is_taken_in(sources: Path, encoder: ColourEncoder) -> None:
    build_index(sources / "index", settings(sources))
    table = sources / "sources" / "own.csv"
    table.write_text(table.read_text().replace("Grad\n", "The Grad\n"))
    found = update_index(sources / "index", settings(sources)).differences
    assert found is not None
    assert (found.changed, found.entities_changed) == (("http://www.wikidata.org/entity/Q11",), 1)


def test_where_only_pictures_have_changed_the_graph_is_not_built_again(sources: Path, encoder: ColourEncoder) -> None:
    index, steps = sources / "index", set[str]()
    build_index(index, settings(sources))
    Image.new("RGB", (30, 20), (0, 0, 200)).save(sources / "pictures" / "City.png")
    encoder.asked = 0
    found = update_index(index, settings(sources), progress=lambda step, *_: steps.add(step)).differences
    assert found is not None
    assert (found.pictures_added, found.pictures_kept, found.entities_changed, encoder.asked) == (1, 1, 1, 1)
    assert not {step for step in steps if step.startswith("load ") or step == "entities"}
    build_index(sources / "fresh", settings(sources))
    assert content_of(index) == content_of(sources / "fresh")


def test_another_part_is_another_index(sources: Path, encoder: ColourEncoder) -> None:
    index = sources / "index"
    build_index(index, settings(sources))
    with pytest.raises(IndexConflictError, match="its --keep was another"):
        build_index(index, settings(sources, keep=["LOC"]))
    update = update_index(index, settings(sources, keep=["LOC"]))
    assert update.manifest.counts["entity"] == 2
    assert any("left out by --keep" in remark for remark in update.remarks)
    build_index(index, settings(sources, keep=[" LOC"]))
