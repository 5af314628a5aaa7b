"""What is remembered, by whom, and on which disks."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kg import CachedPicture, CachedPost, CachedRegions, CacheError, KnowledgeCache, PicturedRecord

_PICTURE = CachedPicture("ab" * 32, "encoder", 4, 3, b"\0\1\2\3", (("flagpole", 0.41), ("café", 0.2)))
_REGIONS = CachedRegions("ab" * 32, "encoder", b"\0" * 8, (1, 2))
_ANSWER = PicturedRecord(
    *("key", "ab" * 32, ("urn:a", "urn:b"), 0.9, 2, "index", "urn:a", 1, 0.97, "a.png"),
    *((("Chad", "capital", "N'Djamena"),), (("Chad", "is a", "country"),)),
)
_NOTHING = PicturedRecord("other", "cd" * 32, (), 0.9, 2, "index", None, None, None, None, (), ())


def test_what_is_put_comes_back(tmp_path: Path) -> None:
    with KnowledgeCache.open(tmp_path / "new" / "cache.sqlite") as cache:
        cache.put_pictures([_PICTURE])
        cache.put_regions([_REGIONS])
        cache.put_pictured([_ANSWER, _NOTHING])
        cache.put_posts([CachedPost(str(n), f"text {n}", None) for n in range(1200)])
        cache.put_posts([CachedPost("7", "again", "key")])
    with KnowledgeCache.open(tmp_path / "new" / "cache.sqlite", read_only=True) as cache:
        assert cache.pictures([_PICTURE.sha256, "ef" * 32], "encoder") == {_PICTURE.sha256: _PICTURE}
        assert cache.pictures([_PICTURE.sha256], "another") == {}
        assert cache.regions([_PICTURE.sha256], "encoder") == {_PICTURE.sha256: _REGIONS}
        assert cache.pictured(["key", "other", "none"]) == {"key": _ANSWER, "other": _NOTHING}
        assert cache.posts(["7"]) == {"7": CachedPost("7", "again", "key")}
        assert len(list(cache.all_posts())) == len(cache.posts(map(str, range(1200)))) == 1200
        assert cache.stats()["post"] == 1200
        with pytest.raises(CacheError, match="readonly"):
            cache.put_pictures([_PICTURE])


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    with KnowledgeCache.open(tmp_path / "cache.sqlite") as cache:
        with pytest.raises(KeyboardInterrupt), cache.batch():
            cache.put_pictures([_PICTURE])
            raise KeyboardInterrupt
        assert cache.stats()["picture"] == 0
        with cache.batch(), cache.batch():
            cache.put_pictures([_PICTURE])
        assert cache.stats()["picture"] == 1


def test_pruning_by_age_and_altogether(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    with KnowledgeCache.open(path) as cache:
        cache.put_posts([CachedPost("old", "", None), CachedPost("new", "", None)])
        with sqlite3.connect(path) as other:
            other.execute("UPDATE post SET created = '2001-01-01' WHERE id = 'old'")
        other.close()
        assert cache.prune(older_than_days=30) == 1
        assert [post.id for post in cache.all_posts()] == ["new"]
        cache.put_pictures([_PICTURE])
        assert cache.prune() == 2
        assert cache.stats()["post"] == cache.stats()["picture"] == 0


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    code = (
        "import sys, pathlib, kg\n"
        "with kg.KnowledgeCache.open(pathlib.Path(sys.argv[1])) as cache:\n"
        "    for n in range(60):\n"
        "        posts = [(f'{sys.argv[2]}-{n}', 'text', None), ('both', sys.argv[2], None)]\n"
        "        cache.put_posts([kg.CachedPost(*post) for post in posts])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), name], env=environment) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    with KnowledgeCache.open(path) as cache:
        assert cache.stats()["post"] == 121


@pytest.mark.parametrize("rubbish", [b"this is no database" * 300, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_cache_is_set_aside(tmp_path: Path, rubbish: bytes) -> None:
    path = tmp_path / "cache.sqlite"
    path.write_bytes(rubbish)
    with pytest.raises(CacheError, match="cannot be read"):
        KnowledgeCache.open(path, read_only=True)
    with KnowledgeCache.open(path) as cache:
        cache.put_pictures([_PICTURE])
        assert cache.set_aside is not None
        assert cache.set_aside.read_bytes() == rubbish


def test_a_cache_of_another_version_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    KnowledgeCache.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with KnowledgeCache.open(path) as cache:
        assert cache.set_aside is not None


def test_a_place_that_cannot_be_written_is_an_error_to_go_on_from(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheError, match="give another place"):
        KnowledgeCache.open(tmp_path / "file" / "cache.sqlite")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CacheError, match="give another place"):
        KnowledgeCache.open(tmp_path / "folder")
    with pytest.raises(CacheError, match="no cache to read"):
        KnowledgeCache.open(tmp_path / "none.sqlite", read_only=True)


def test_a_read_only_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cache.sqlite"
    with KnowledgeCache.open(path) as cache:
        cache.put_pictures([_PICTURE])
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        # Root may write anywhere: what the system would say is said for it.
        monkeypatch.setattr(os, "access", lambda *_: False)
        with pytest.raises(CacheError, match="readonly"):
            KnowledgeCache.open(path)
        with KnowledgeCache.open(path, read_only=True) as cache:
            assert cache.pictures([_PICTURE.sha256], "encoder") != {}
    finally:
        tmp_path.chmod(0o755)
