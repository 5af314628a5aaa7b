"""Posts over a cluster, by Ray Data: a pipeline in each of its actors, batches of posts in, batches of results out.

Ray reads, deals out, starts again what was lost, and writes; nothing here does.
"""

import json
import logging
import os
import pickle
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from linker import (
    LinkerError,
    Memory,
    Pipeline,
    Post,
    PostError,
    Result,
    Settings,
    open_index,
    post_from_json,
    result_to_json,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset


class RayError(LinkerError):
    """Ray cannot be used."""


def annotate(
    dataset: "Dataset",
    *,
    index: str | Path,
    batch_size: int = 32,
    cache: str | Path | None = None,
    **settings: Any,
) -> "Dataset":
    """Read the posts of a dataset of Ray's.

    ``annotate(ray.data.read_parquet("s3://posts/"), index="/shared/index").write_parquet("s3://results/")``

    Args:
        dataset: A row for each post, with the columns of a file of posts: ``text`` or ``tokens``, ``image``, ``id``...
        index: A folder that ``build-kg-index`` made, at the same place on every node.
        batch_size: Posts that an actor reads at once; the results do not depend on it.
        cache: File of the knowledge cache; by default, and with "none", nothing is kept.
        settings: As for `kgmner.load`.

    Returns:
        A dataset with a row for each post: ``id`` as text, ``result`` as a line of ``link-and-tag -o x.jsonl``, and
        ``error``, which says why a row is no post and is None where it is one.
    """
    chosen = Settings.called(cache, keep_cache=False, **settings)
    return _mapped(dataset, _JsonReader, Path(index), chosen, batch_size)


class OnRay:
    """Reads posts as a `linker.Pipeline` does, on the machines of a cluster; to be used with ``with``.

    Args:
        index_dir: An index that is at the same place on every node.
        settings: How to read posts.
        address: Of the cluster, as `ray.init` takes it; empty: the one that ``RAY_ADDRESS`` names, or this machine.

    Raises:
        RayError: Ray is not installed, or no cluster answers there.
        LinkerError: The index cannot be used.
    """

    def __init__(self, index_dir: Path, settings: Settings, address: str = "") -> None:
        self.index = open_index(index_dir)
        self.memory = Memory()
        self._index_dir = index_dir
        self._settings = settings if settings.cache else replace(settings, keep_cache=False)
        if find_spec("ray") is None:
            raise RayError("--ray needs Ray, which is not installed: pip install 'kgmner[ray]'")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray's makers are told nothing unasked
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what stops a run comes as an exception, too
        os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", "Traceback")
        import ray

        place = address or os.environ.get("RAY_ADDRESS", "")
        try:
            self._is_ours = not ray.is_initialized()
            _knock(place)
            ray.init(address or None, ignore_reinit_error=True, logging_level=logging.ERROR, log_to_driver=False)
        except (OSError, ValueError, RuntimeError) as error:
            raise RayError(f"--ray {place}: no cluster answers ({error}): start one with: ray start --head") from error
        machines = len(ray.nodes())  # type: ignore[no-untyped-call]
        self.told = f"reading on Ray; machines: {machines}, actors: at most {_most_actors(settings)[0]}"

    def run(self, posts: Iterable[Post], *, batch_size: int = 32) -> Iterator[Result]:
        """Read posts; the results come in their order."""
        import pyarrow as pa
        import ray.data
        import ray.exceptions

        rest, blocks = map(pickle.dumps, posts), []
        while block := list(islice(rest, batch_size)):
            blocks.append(pa.table({"post": block}))
        if not blocks:
            return
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        found = _mapped(ray.data.from_arrow(blocks), _PickleReader, self._index_dir, self._settings, batch_size)
        with redirect_stdout(sys.stderr):  # where Ray says what it does about lost machines, among our results
            try:
                for row in found.iter_rows():
                    yield pickle.loads(row["result"])  # noqa: S301 - from our own actors
            except ray.exceptions.RayError as error:
                raise RayError(f"--ray: {str(error).strip().splitlines()[-1].strip()}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        import ray

        self.index.close()
        if self._is_ours:
            ray.shutdown()


def _knock(address: str) -> None:
    """Fail at once where nobody listens at host:port; Ray itself would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=10).close()


class _PickleReader:
    """An actor that reads posts of ours."""

    def __init__(self, index: Path, settings: Settings, folder: str) -> None:
        if Path(folder).is_dir():  # where the paths of pictures start
            os.chdir(folder)
        self.pipeline = Pipeline.open(index, settings)

    def __call__(self, table: "pa.Table") -> "pa.Table":
        import pyarrow as pa

        posts = [pickle.loads(post) for post in table["post"].to_pylist()]  # noqa: S301 - from our own command
        return pa.table({"result": [pickle.dumps(result) for result in self.pipeline.process(posts)]})


class _JsonReader(_PickleReader):
    """An actor that reads rows as people have them."""

    def __call__(self, table: "pa.Table") -> "pa.Table":
        """Read a batch of rows."""
        import pyarrow as pa

        explain = self.pipeline.settings.explain
        entries = [_post(row) for row in table.to_pylist()]
        read = iter(self.pipeline.process([entry for entry in entries if isinstance(entry, Post)]))
        results = [next(read) if isinstance(entry, Post) else None for entry in entries]
        lines = [
            result and json.dumps(result_to_json(result, explain=explain), ensure_ascii=False) for result in results
        ]
        return pa.table(
            {
                "id": pa.array([result and str(result.id) for result in results], pa.string()),
                "result": pa.array(lines, pa.string()),
                "error": pa.array([str(one) if isinstance(one, PostError) else None for one in entries], pa.string()),
            }
        )


def _post(row: dict[str, Any]) -> Post | PostError:
    try:
        return post_from_json(row, folder=Path())
    except PostError as error:
        return error


def _mapped(
    dataset: "Dataset", reader: Callable[..., Any], index: Path, settings: Settings, batch_size: int
) -> "Dataset":
    """Map batches over actors, which Ray replaces where they are lost."""
    from ray.data import ActorPoolStrategy

    most, on_gpus = _most_actors(settings)
    return dataset.map_batches(
        reader,
        batch_format="pyarrow",
        batch_size=batch_size,
        compute=ActorPoolStrategy(min_size=1, max_size=most),
        num_gpus=1 if on_gpus else None,
        fn_constructor_args=(index.absolute(), settings, str(Path.cwd())),
    )


def _most_actors(settings: Settings) -> tuple[int, bool]:
    """An actor for each GPU, or, where there are none, for each CPU; and whether there are GPUs."""
    import ray

    there = ray.cluster_resources()  # type: ignore[no-untyped-call]
    gpus = int(there.get("GPU", 0)) if settings.device != "cpu" else 0
    return gpus or max(1, int(there.get("CPU", 1))), gpus > 0
