"""A graph whose pictures stand on a server of this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from picture_server import FakeTime, PictureServer, picture_server

from kg import FetchReport, FetchSettings, FetchStoppedError, Graph, Outside, attach_images, build_graph, fetch_images
from kg.pictures.addresses import look_up
from kg.pictures.downloads import Download, Downloads
from linker.web_pictures import check_picture


class World:
    """A graph, a folder of pictures, a table of downloads, and the server."""

    def __init__(self, folder: Path, server: PictureServer) -> None:
        self.server = server
        self.folder = folder
        self.graph = folder / "kg.sqlite"
        self.pictures = folder / "pictures"
        self.downloads = folder / "downloads.sqlite"
        self.time = FakeTime()
        self.resolve = look_up

    def build(self, *sources: str) -> None:
        """Build a graph: an entity `e0`, `e1`, ... for each image source."""
        depiction = "<http://xmlns.com/foaf/0.1/depiction>"
        lines = [f"<http://dbpedia.org/resource/e{n:03}> {depiction} <{iri}> .\n" for n, iri in enumerate(sources)]
        dump = self.folder / "images.nt"
        dump.write_text("".join(lines), "utf-8")
        build_graph(self.graph, sources=[dump])

    def settings(self, **changes: object) -> FetchSettings:
        given = {"hosts": (self.server.host, self.server.other_host), "contact": "me@example.org", **changes}
        return FetchSettings(**given)  # type: ignore[arg-type]

    def fetch(self, **changes: object) -> FetchReport:
        """Fetch, with time that costs nothing, and mark the rows; also where fetching had to stop."""
        time = self.time
        try:
            report = fetch_images(
                self.graph,
                images_dir=self.pictures,
                downloads=self.downloads,
                settings=self.settings(**changes),
                check=check_picture,
                outside=Outside(clock=time.clock, sleep=time.sleep, now=time.now, resolve=self.resolve),
            )
        except FetchStoppedError:
            self.attach()
            raise
        self.attach()
        return report

    def attach(self) -> None:
        """Mark the rows."""
        attach_images(self.graph, images_dir=self.pictures, downloads=self.downloads)

    def rows(self) -> list[tuple[str, str | None, str | None]]:
        """Status, the file's name and the reason of each row."""
        with Graph.open(self.graph) as graph:
            return [(r.status, Path(r.file).name if r.file else None, r.reason) for r in graph.images()]

    def row(self) -> tuple[str, str | None, str | None]:
        """The one row."""
        [row] = self.rows()
        return row

    def known(self, name: str) -> Download:
        """What the table says of a picture."""
        with Downloads(self.downloads) as table:
            found = table.get(name)
        assert found is not None
        return found

    def files(self) -> list[str]:
        """What lies in the folder of pictures."""
        return sorted(path.name for path in self.pictures.iterdir())


@pytest.fixture
def server() -> Iterator[PictureServer]:
    """A server with no picture."""
    with picture_server() as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, server: PictureServer) -> World:
    """A world without a graph."""
    return World(tmp_path, server)


@pytest.fixture
def one(world: World) -> World:
    """A world with one entity, whose picture is `A.png`."""
    world.build(world.server.source("A.png"))
    return world
