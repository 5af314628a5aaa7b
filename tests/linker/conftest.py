"""The small world of `small_world.py`, as an index."""

from pathlib import Path

import pytest
from colour_encoder import ColourEncoder
from small_world import write_graph

import vision
from linker import BuildSettings, build_index


@pytest.fixture(scope="session")
def graph_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph as tables."""
    return write_graph(tmp_path_factory.mktemp("graph"))


@pytest.fixture(scope="session")
def index_dir(tmp_path_factory: pytest.TempPathFactory, graph_folder: Path) -> Path:
    """The index of the graph."""
    path = tmp_path_factory.mktemp("index") / "index"
    build_index(path, BuildSettings(sources=[graph_folder]))
    return path


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> ColourEncoder:
    """What every build embeds by."""
    encoder = ColourEncoder()
    monkeypatch.setattr(vision, "load_encoder", lambda *_, **__: encoder)
    return encoder
