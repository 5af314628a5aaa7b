"""One reader for many: threads, a web service, and processes that are forked or started afresh."""

import json
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from reading import Read

import kgmner

_inherited: list[kgmner.Reader] = []


def read_with_inherited(post: dict[str, Any]) -> dict[str, Any]:
    return _inherited[0](post).to_dict()


@pytest.fixture(scope="module")
def posts(images: Path) -> list[dict[str, Any]]:
    """Some example posts, with and without pictures."""
    lines = (images.parent / "posts.jsonl").read_text("utf-8").splitlines()[:12]
    found = [json.loads(line) for line in lines]
    return [post | {"image": str(images.parent / post["image"])} if "image" in post else post for post in found]


@pytest.fixture(scope="module")
def expected(reader: kgmner.Reader, posts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What one thread reads."""
    return [reader(post).to_dict() for post in posts]


def test_four_threads_share_a_reader_and_its_cache(
    index: Path, tmp_path: Path, posts: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> None:
    with ThreadPoolExecutor(4) as threads:
        reader = kgmner.load(index, cache=tmp_path / "cache.sqlite")
        found = [list(threads.map(Read(reader), posts)) for _ in range(2)]
        reader.close()
    assert found == [expected, expected]


def test_a_web_service_with_four_threads(
    reader: kgmner.Reader, posts: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> None:
    fastapi = pytest.importorskip("fastapi", reason="needs FastAPI: pip install fastapi")
    from starlette.testclient import TestClient

    app = fastapi.FastAPI()

    @app.post("/read")
    def read(post: dict[str, Any]) -> dict[str, Any]:  # not async: FastAPI gives it a thread
        return reader(post).to_dict()

    with TestClient(app) as client, ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda post: client.post("/read", json=post).json(), posts))
    assert answers == json.loads(json.dumps(expected))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_pool_of_forked_processes(
    reader: kgmner.Reader, posts: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> None:
    """They inherit the reader with all that it has opened, and must not use that."""
    _inherited.append(reader)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(read_with_inherited, posts, chunksize=6).get(timeout=300) == expected


def test_a_pool_of_processes_that_are_started_afresh(
    reader: kgmner.Reader, posts: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map_async(Read(reader), posts, chunksize=6).get(timeout=300) == expected
