"""The index of the example graph, and a reader of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import kgmner
from linker import BuildSettings, build_index

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the example graph."""
    path = tmp_path_factory.mktemp("example") / "index"
    build_index(path, BuildSettings(sources=[EXAMPLES / "graph"]))
    return path


@pytest.fixture(scope="session")
def reader(index: Path) -> Iterator[kgmner.Reader]:
    """A reader of it that remembers nothing."""
    reader = kgmner.load(index, cache="none")
    yield reader
    reader.close()


@pytest.fixture(scope="session")
def images() -> Path:
    """The pictures of the example posts."""
    return EXAMPLES / "posts" / "images"
