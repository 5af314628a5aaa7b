"""Small graphs, built from text."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from kg import Graph, GraphSources, build_graph

# A loaded machine is no reason for a test to fail.
settings.register_profile("kg", deadline=None)
settings.load_profile("kg")

RESOURCE = "http://dbpedia.org/resource/"
ONTOLOGY = "http://dbpedia.org/ontology/"


@pytest.fixture
def line() -> Callable[[str, str, str], str]:
    """One N-Triples line from short names: resources, `dbo:` names, `label`, `type`, and texts in quotes."""
    short = {
        "label": "http://www.w3.org/2000/01/rdf-schema#label",
        "type": "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
        "redirect": ONTOLOGY + "wikiPageRedirects",
        "means": ONTOLOGY + "wikiPageDisambiguates",
        "picture": "http://xmlns.com/foaf/0.1/depiction",
        "nick": "http://xmlns.com/foaf/0.1/nick",
    }

    def make(subject: str, predicate: str, target: str) -> str:
        if target.startswith('"'):
            end = target
        elif predicate == "type":
            end = f"<{ONTOLOGY}{target}>"
        elif predicate == "picture":
            end = f"<http://commons.wikimedia.org/wiki/Special:FilePath/{target}>"
        else:
            end = f"<{RESOURCE}{target}>"
        return f"<{RESOURCE}{subject}> <{short.get(predicate, ONTOLOGY + predicate)}> {end} .\n"

    return make


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., Graph]]:
    """Build a graph from the texts of files, and open it."""
    opened: list[Graph] = []

    def make(files: Mapping[str, str | bytes], *, name: str = "kg.sqlite", **options: object) -> Graph:
        folder = tmp_path / f"sources of {name}"
        folder.mkdir(exist_ok=True)
        for file, text in files.items():
            (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
        build_graph(tmp_path / name, sources=GraphSources([folder], **options))  # type: ignore[arg-type]
        opened.append(Graph.open(tmp_path / name))
        return opened[-1]

    yield make
    for graph in opened:
        graph.close()
