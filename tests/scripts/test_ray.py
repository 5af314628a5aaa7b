"""Posts over a cluster of Ray's: two nodes, a worker that is lost, and the results that there are without Ray."""

import doctest
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ray = pytest.importorskip("ray", reason="needs Ray (pip install 'kgmner[ray]')")
pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes with a processor each."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - else tests beside it on a busy machine would starve its actors
    options = {"num_cpus": 1, "object_store_memory": 100_000_000}
    cluster = Cluster(initialize_head=True, head_node_args={**options, "include_dashboard": False})
    cluster.add_node(**options)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def actors_of_ours() -> list[int]:
    """The processes in which posts are read."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if line.startswith(b"ray::") and b"MapBatches" in line:
            found.append(int(folder.name))
    return found


def test_a_lost_worker_loses_nothing(
    start: Start, cluster: Any, index: Path, posts: Path, linked: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "results.jsonl"
    process = start(
        *("link-and-tag", index, posts, "-o", out, "--batch-size", 2, "--cache", "none", "--ray", cluster.address)
    )
    lost = threading.Thread(target=lose_one, args=(process, out.with_name("results.jsonl.part")))
    lost.start()
    _, said = process.communicate(timeout=120)
    lost.join()
    assert process.returncode == 0, said.decode()
    assert out.read_bytes() == linked


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ray", "127.0.0.1:9"], "error: --ray 127.0.0.1:9: no cluster answers"),
        (["--tagger", "no/such", "--ray", "{cluster}"], "tagger 'no/such' is not there: give"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(
    options: list[str], said: str, start: Start, cluster: Any, index: Path, posts: Path
) -> None:
    options = [option.format(cluster=cluster.address) for option in options]
    out, told = start("link-and-tag", index, posts, "--cache", "none", *options).communicate(timeout=120)
    assert said in told.decode().splitlines()[-1]
    assert b"Traceback" not in out + told
    assert not out


def test_the_example_of_the_page_runs(cluster: Any, index: Path, tmp_path: Path, monkeypatch) -> None:
    import ray

    ray.init(cluster.address, ignore_reinit_error=True, log_to_driver=False)
    (tmp_path / "my-index").symlink_to(index)
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text("utf-8")
    [block] = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(block, {}, "docs/cluster.md", "docs/cluster.md", 0)
    said: list[str] = []
    runner = doctest.DocTestRunner()
    runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)


def lose_one(process: subprocess.Popen[bytes], part: Path) -> None:
    """Kill an actor when the first results are there."""
    while process.poll() is None:
        if part.exists() and part.stat().st_size and (actors := actors_of_ours()):
            os.kill(actors[0], signal.SIGKILL)
            return
        time.sleep(0.05)
    raise AssertionError("no actor was there to be killed")


def test_a_dataset_of_ray_s_gives_results_in_json(cluster: Any, index: Path, tmp_path: Path, monkeypatch) -> None:
    import ray.data

    from kgmner.ray import annotate

    ray.init(cluster.address, ignore_reinit_error=True, log_to_driver=False)
    rows = [{"id": 1, "text": "Chad looks great"}, {"id": 2, "text": None}, {"id": 3, "text": "I love Jakarta"}]
    monkeypatch.chdir(tmp_path)
    read = annotate(ray.data.from_items(rows), index=index, hops=1, cache="none")
    found = {row["id"]: row for row in read.take_all()}
    assert not list(tmp_path.iterdir())  # no cache is called "none"
    assert json.loads(found["1"]["result"])["mentions"][0]["entity"]["label"] == "Chad"
    assert json.loads(found["3"]["result"])["mentions"][0]["entity"]["label"] == "Jakarta"
