"""What is different between two graphs."""

from collections.abc import Callable

import pytest

from kg import Graph, GraphDifferences, ImageMark, compare_graphs, mark_images

Build = Callable[..., Graph]
Line = Callable[[str, str, str], str]


def _differences(build: Build, before: str, after: str) -> GraphDifferences:
    old, new = build({"d": before}, name="old.sqlite"), build({"d": after}, name="new.sqlite")
    return compare_graphs(old.sqlite_path, new.sqlite_path)


def test_a_graph_is_as_it_is(build: Build, line: Line) -> None:
    text = line("A", "near", "B") + line("B", "label", '"Bee"@en') + line("A", "height", '"3"')
    assert _differences(build, text, text) == GraphDifferences()


def test_entities_come_and_go_and_shift_the_ids_of_others(build: Build, line: Line) -> None:
    common = line("M", "near", "N") + line("N", "near", "M")
    found = _differences(
        build, common + line("A", "near", "B"), common + line("Z", "near", "É") + line("L", "near", "L2")
    )
    assert found == GraphDifferences(entities_added=4, entities_removed=2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("M", "label", '"One"@en'), ("M", "label", '"Other"@en')),
        (("M", "nick", '"One"'), ("M", "nick", '"Other"')),
        (("M", "type", "Person"), ("M", "type", "Place")),
        (("M", "height", '"1"'), ("M", "height", '"2"')),
        (("M", "near", "N"), ("M", "far", "N")),
        (("M", "near", "N"), ("M", "near", "O")),
        (("M", "picture", "A.png"), ("M", "picture", "B.png")),
    ],
)
def test_whatever_is_said_about_an_entity_can_change(
    build: Build, line: Line, before: tuple[str, str, str], after: tuple[str, str, str]
) -> None:
    common = line("M", "near", "L") + line("N", "near", "O")
    assert _differences(build, common + line(*before), common + line(*after)).entities_changed == 1


def test_what_points_at_an_entity_is_a_change_of_the_other(build: Build, line: Line) -> None:
    common = line("M", "near", "N") + line("N", "near", "M")
    assert _differences(build, common, common + line("N", "of", "M")).entities_changed == 1


def test_pictures_are_compared_by_content(build: Build, line: Line) -> None:
    text = "".join(line("M", "picture", f"{n}.png") for n in "ABC") + line("M", "near", "N")
    old, new = build({"d": text}, name="old.sqlite"), build({"d": text}, name="new.sqlite")
    for graph, contents in ((old, "xyz"), (new, "yyn")):
        marks = [ImageMark(n + 1, "embedded", sha256=content) for n, content in enumerate(contents)]
        mark_images(graph.sqlite_path, marks)
    found = compare_graphs(old.sqlite_path, new.sqlite_path)
    assert (found.pictures_added, found.pictures_kept, found.pictures_dropped) == (1, 2, 2)
    assert found.entities_changed == 1
