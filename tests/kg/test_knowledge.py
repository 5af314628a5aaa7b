"""What the graph says about an entity, and how it is found."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kg import EntityNotFoundError, Fact, Graph, GraphSources, StoreError, build_graph

Build = Callable[..., Graph]
Line = Callable[[str, str, str], str]


@pytest.fixture
def graph(build: Build, line: Line) -> Graph:
    lines = [
        line("Kobe_Bryant", "label", '"Kobe Bryant"@en'),
        line("Kobe_Bryant", "label", '"コービー・ブライアント"@ja'),
        line("Kobe_Bryant", "type", "Athlete"),
        line("Kobe_Bryant", "type", "BasketballPlayer"),
        line("Kobe_Bryant", "team", "Los_Angeles_Lakers"),
        line("Kobe_Bryant", "birthPlace", "Philadelphia"),
        line("Kobe_Bryant", "height", '"1.98"'),
        line("Los_Angeles_Lakers", "label", '"Los Angeles Lakers"@en'),
    ]
    return build({"everything": "".join(lines)})


def test_conceptual_knowledge_says_what_it_is_and_then_a_few_facts(graph: Graph) -> None:
    assert graph.conceptual(graph.find("Kobe Bryant").id) == (
        Fact("Kobe Bryant", "is a", "basketball player"),
        Fact("Kobe Bryant", "is a", "athlete"),
        Fact("Kobe Bryant", "team", "Los Angeles Lakers"),
        Fact("Kobe Bryant", "birth place", "Philadelphia"),
    )


def test_facts_follow_the_asked_predicates(graph: Graph) -> None:
    kobe = graph.find("Kobe Bryant").id
    iri = "http://dbpedia.org/ontology/birthPlace"
    assert graph.facts(kobe, predicates=["height", iri, "none"], limit=5) == (
        Fact("Kobe Bryant", "height", "1.98"),
        Fact("Kobe Bryant", "birth place", "Philadelphia"),
    )
    assert graph.facts(kobe, predicates=["birth place", "height"], limit=1) == (
        Fact("Kobe Bryant", "birth place", "Philadelphia"),
    )
    assert graph.facts(kobe, predicates=[], limit=5) == ()


def test_an_entity_is_found_by_iri_label_alias_and_not_by_a_typo(graph: Graph) -> None:
    kobe = graph.entity_by_iri("http://dbpedia.org/resource/Kobe_Bryant")
    assert kobe is not None
    for text in (kobe.iri, "Kobe Bryant", "kobe bryant ", "コービー・ブライアント"):
        assert graph.find(text) == kobe
    with pytest.raises(EntityNotFoundError, match=r"did you mean Kobe Bryant\?") as caught:
        graph.find("Kobe Briant")
    assert caught.value.suggestions == ("Kobe Bryant",)
    with pytest.raises(EntityNotFoundError):
        graph.entity(10**9)
    assert graph.entity_by_iri("urn:none") is None


def test_threads_share_a_graph(graph: Graph) -> None:
    with ThreadPoolExecutor(4) as pool:
        labels = list(pool.map(lambda _: graph.find("Kobe Bryant").label, range(40)))
    assert set(labels) == {"Kobe Bryant"}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="which files are open is not said here")
def test_a_graph_that_was_updated_is_told_to_new_threads_and_not_left_open(build: Callable[..., Graph]) -> None:
    graph = build({"e.csv": "iri,label\nurn:a,A\n"})
    path = graph.sqlite_path
    shutil.copy(path, path.with_name("new")).replace(path)
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool, pytest.raises(StoreError, match="was updated while it was in use"):
            pool.submit(graph.find, "A").result()
    assert graph.find("A").iri == "urn:a"
    assert str(path) not in [os.path.realpath(file) for file in Path("/proc/self/fd").iterdir()]


def test_a_graph_without_pictures(graph: Graph) -> None:
    assert list(graph.images()) == []
    assert graph.entity_images([1, 2]) == {}
    assert graph.image_entities([1]) == {}
    assert graph.image(1) is None


def test_the_real_graph_is_whole(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "kg-sample" / "kg"
    report = build_graph(tmp_path / "kg.sqlite", sources=GraphSources([folder / "dumps"], images_dir=folder / "images"))
    assert report.counts["entity"] == 1775
    assert report.counts["image pending"] == report.counts["image"] == 1307
    assert report.counts["rejected"] == 2
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        assert {(row.line, row.text.split("\n")[0]) for row in graph.rejected()} == {
            (39, "<http://dbpedia.org/resource/Broken")
        }
        assert graph.connection.execute("SELECT count(*) FROM entity WHERE type IS NULL").fetchone() == (0,)
        assert graph.find("Georgia").label == "Georgia (country)"
        assert graph.find("#warriors").label == "Golden State Warriors"
