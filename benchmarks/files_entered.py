"""How many of our files one triple enters on its way into the graph, and one post on its way through an open pipeline.

A file counts when one of its Python functions is called (what runs once at import does not count, compiled code is not
seen). Each way is gone once before it is traced, so that loading and imports do not count either.

python -m benchmarks.files_entered
"""

import contextlib
import sys
import tempfile
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import FrameType

from benchmarks.options import take_no_options
from kg import build_graph
from linker import BuildSettings, Pipeline, build_index, read_posts

_ROOT = Path(__file__).parents[1]
_ROOMS = ("kg", "vision", "ner", "linker", "scripts")
_TRIPLE = " ".join(
    f"<http://dbpedia.org/{name}>" for name in ("resource/Alan_Example", "ontology/birthPlace", "resource/Samplegrad")
)
_EXAMPLES = _ROOT / "examples"


def main() -> None:
    """Print both lists of files."""
    with tempfile.TemporaryDirectory() as folder:
        _print("one triple through build_graph", _files_of_a_triple(Path(folder)))
        _print("one post with a picture through an open pipeline", _files_of_a_post(Path(folder)))


def _files_of_a_triple(folder: Path) -> set[str]:
    dump = folder / "one.nt"
    dump.write_text(f"{_TRIPLE} .\n", "utf-8")
    build_graph(folder / "first.sqlite", sources=[dump])
    with _traced() as files:
        build_graph(folder / "second.sqlite", sources=[dump])
    return files


def _files_of_a_post(folder: Path) -> set[str]:
    graph = _EXAMPLES / "graph"
    build_index(folder / "index", BuildSettings(sources=[graph], images_dir=graph))
    posts = list(islice(read_posts(_EXAMPLES / "posts" / "posts.jsonl"), 2))
    with Pipeline.open(folder / "index") as pipeline:
        pipeline.process(posts[1:])
        with _traced() as files:
            [result] = pipeline.process(posts[:1])
    assert result.pictured is not None
    return files


@contextlib.contextmanager
def _traced() -> Iterator[set[str]]:
    files: set[str] = set()
    prefixes = tuple(f"{_ROOT / room}/" for room in _ROOMS)

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_name != "<module>" and code.co_filename.startswith(prefixes):
            files.add(Path(code.co_filename).relative_to(_ROOT).as_posix())

    threading.setprofile_all_threads(note) if sys.version_info >= (3, 12) else threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(None)
        threading.setprofile_all_threads(None) if sys.version_info >= (3, 12) else threading.setprofile(None)  # type: ignore[arg-type]


def _print(way: str, files: set[str]) -> None:
    print(f"{way}: {len(files)} files")
    for file in sorted(files):
        print(f"    {file}")


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
