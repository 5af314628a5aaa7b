"""What is kept of endpoints' answers: for good, compressed, by endpoint, and until it is pruned."""

import sqlite3
from pathlib import Path

import pytest

from kg import CacheError, ResponseCache

ENDPOINT, OTHER = "http://a.example/sparql", "http://b.example/sparql"


def age(path: Path, query: str, days: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE response SET created = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', ?) WHERE query = ?",
            (f"-{days} days", query),
        )
    connection.close()


def test_an_answer_is_found_again_by_endpoint_and_query(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with ResponseCache.open(path) as cache:
        cache.keep(ENDPOINT, "SELECT 1", b"answer" * 1000, rows=3, note="cut")
        cache.keep(ENDPOINT, "SELECT 2", b"", note="too much", state="split")
    with ResponseCache.open(path) as cache:
        found = cache.find(ENDPOINT, "SELECT 1")
        assert found is not None
        record, body = found
        assert (record.state, record.note, record.rows, record.size_bytes) == ("answered", "cut", 3, 6000)
        assert body == b"answer" * 1000
        split = cache.find(ENDPOINT, "SELECT 2")
        assert split is not None
        assert (split[0].state, split[0].note, split[1]) == ("split", "too much", b"")
        assert cache.find(OTHER, "SELECT 1") is None
        assert cache.find(ENDPOINT, "select 1") is None
        stats = cache.stats()
        assert (stats["responses"], stats["answer_bytes"], stats["endpoints"]) == (2, 6000, [ENDPOINT])
        assert stats["oldest"] <= stats["newest"]
    assert path.stat().st_size < 60_000
    with ResponseCache.open(path, read_only=True) as cache:
        assert [r.query for r in cache.responses(ENDPOINT)] in (["SELECT 2", "SELECT 1"], ["SELECT 1", "SELECT 2"])
        assert not list(cache.responses(OTHER))
        with pytest.raises(CacheError, match="readonly"):
            cache.keep(ENDPOINT, "SELECT 3", b"", rows=0)


def test_what_is_old_can_be_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with ResponseCache.open(path) as cache:
        for query in ("new", "old", "older"):
            cache.keep(ENDPOINT, query, b"x" * 50_000, rows=1)
    age(path, "old", 20)
    age(path, "older", 40)
    with ResponseCache.open(path) as cache:
        assert cache.prune(older_than_days=30) == 1
        assert sorted(r.query for r in cache.responses()) == ["new", "old"]
        assert cache.prune(older_than_days=1e12) == 0
        assert cache.prune() == 2
        assert cache.stats()["responses"] == 0


def test_a_refresh_hides_what_is_old_until_it_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with ResponseCache.open(path) as cache:
        for endpoint in (ENDPOINT, OTHER):
            for query in ("kept", "asked again", "given up"):
                cache.keep(endpoint, query, b"old", rows=1)
    for query in ("kept", "asked again", "given up"):
        age(path, query, 1)
    with ResponseCache.open(path) as cache:
        cache.begin_refresh(ENDPOINT)
        assert cache.find(ENDPOINT, "kept") is None
        assert cache.find(OTHER, "kept") is not None
        cache.keep(ENDPOINT, "kept", b"new", rows=1)
    with ResponseCache.open(path) as cache:  # it was stopped, and goes on
        cache.begin_refresh(ENDPOINT)
        found = cache.find(ENDPOINT, "kept")
        assert found is not None
        assert found[1] == b"new"
        cache.keep(ENDPOINT, "asked again", b"new", rows=1)
        cache.end_refresh(ENDPOINT)
        assert sorted(r.query for r in cache.responses(ENDPOINT)) == ["asked again", "kept"]
        assert len(list(cache.responses(OTHER))) == 3
        cache.end_refresh(ENDPOINT)
        assert len(list(cache.responses(ENDPOINT))) == 2, "without a refresh nothing goes"


def test_files_that_are_not_ours(tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="does not exist"):
        ResponseCache.open(tmp_path / "none.sqlite", read_only=True)
    rubbish = tmp_path / "rubbish.sqlite"
    rubbish.write_bytes(b"rubbish" * 1000)
    with pytest.raises(CacheError, match="remove it"):
        ResponseCache.open(rubbish)
    with pytest.raises(CacheError, match=r"version 0, expected 1"):
        (tmp_path / "empty.sqlite").touch()
        ResponseCache.open(tmp_path / "empty.sqlite", read_only=True)
    with pytest.raises(CacheError, match="cannot be used"):
        ResponseCache.open(tmp_path / "no such folder" / "r.sqlite")


def test_a_damaged_answer_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with ResponseCache.open(path) as cache:
        cache.keep(ENDPOINT, "SELECT 1", b"answer", rows=1)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE response SET body = ?", (b"no zlib",))
    connection.close()
    with ResponseCache.open(path) as cache:
        assert cache.find(ENDPOINT, "SELECT 1") is None
