"""What is remembered, by whom, and on which disks."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kg import (
    CachedDecision,
    CachedLocalFeatures,
    CachedPicture,
    CachedPost,
    CachedRegions,
    CacheError,
    KnowledgeCache,
    PicturedRecord,
    PostOfEntity,
)

_PICTURE = CachedPicture("ab" * 32, "encoder", 4, 3, b"\0\1\2\3", (("flagpole", 0.41), ("café", 0.2)))
_REGIONS = CachedRegions("ab" * 32, "encoder", b"\0" * 8, (1, 2))
_ANSWER = PicturedRecord(
    *("key", "ab" * 32, ("urn:a", "urn:b"), 0.9, 2, "index", "urn:a", 1, 0.97, "a.png"),
    *((("Chad", "capital", "N'Djamena"),), (("Chad", "is a", "country"),)),
)
_NOTHING = PicturedRecord("other", "cd" * 32, (), 0.9, 2, "index", None, None, None, None, (), ())


def post(id_: str, text: str = "", *, file: str = "a.jsonl", key: str | None = None) -> CachedPost:
    return CachedPost(file, id_, text, key)


def test_what_is_put_comes_back(tmp_path: Path) -> None:
    with KnowledgeCache.open(tmp_path / "cache.sqlite") as cache:
        cache.put([_PICTURE, _REGIONS, _ANSWER, _NOTHING])
        cache.put(post(str(n), f"text {n}") for n in range(1200))
        cache.put([post("7", "again", key="key")])
    with KnowledgeCache.open(tmp_path / "cache.sqlite", read_only=True) as cache:
        assert cache.pictures([_PICTURE.sha256, "ef" * 32], "encoder") == {_PICTURE.sha256: _PICTURE}
        assert cache.pictures([_PICTURE.sha256], "another") == {}
        assert cache.regions([_PICTURE.sha256], "encoder") == {_PICTURE.sha256: _REGIONS}
        assert cache.pictured(["key", "other", "none"]) == {"key": _ANSWER, "other": _NOTHING}
        assert cache.posts("7") == [post("7", "again", key="key")]
        assert len(cache.posts()) == cache.stats()["post"] == 1200
        assert [found.id for found in cache.posts(limit=3)] == ["0", "1", "10"]
        with pytest.raises(CacheError, match="readonly"):
            cache.put([_PICTURE])


def test_posts_of_two_files_may_have_the_same_ids(tmp_path: Path) -> None:
    posts = [post(id_, file=file) for file in ("a.jsonl", "b.jsonl") for id_ in "12"]
    with KnowledgeCache.open(tmp_path / "cache.sqlite") as cache:
        cache.put(reversed(posts))
        assert cache.posts() == posts
        assert cache.posts("2") == posts[1::2]


def test_decisions_lead_from_an_entity_to_its_posts_until_they_are_forgotten(tmp_path: Path) -> None:
    entity = {"iri": "urn:a", "label": "A", "score": 0.9}
    mention = {"start_char": 0, "end_char": 1, "text": "a", "type": "LOC", "entity": entity}
    result = json.dumps({"mentions": [mention, mention | {"entity": None}]})
    with KnowledgeCache.open(tmp_path / "cache.sqlite") as cache:
        cache.put([post("1", "a b", key="key"), CachedDecision("a.jsonl", "1", result), _ANSWER])
        found = [
            PostOfEntity("a.jsonl", "1", "mentions", "a", 0.9, "a b"),
            PostOfEntity("a.jsonl", "1", "shows", None, 1.0, "a b"),
        ]
        assert cache.decisions("1") == {"a.jsonl": result}
        assert cache.posts_of_entity("urn:a") == found
        assert cache.posts_of_entity("urn:a", limit=1, offset=1) == found[1:]
        cache.put([CachedDecision("a.jsonl", "1", '{"mentions": []}')])
        assert cache.posts_of_entity("urn:a") == found[1:]
        cache.put([CachedDecision("a.jsonl", "1", result)])
        assert cache.prune() == 3
        assert cache.posts_of_entity("urn:a") == []


def test_entries_are_kept_all_or_none(tmp_path: Path) -> None:
    unfit = CachedPicture("cd" * 32, "encoder", 4, 3, object(), ())  # type: ignore[arg-type]
    with KnowledgeCache.open(tmp_path / "cache.sqlite") as cache:
        with pytest.raises(CacheError, match="cannot be used"):
            cache.put([post("1"), _PICTURE, unfit])
        assert cache.stats()["post"] == cache.stats()["picture"] == 0
        cache.put([_PICTURE])
        assert cache.stats()["picture"] == 1


def test_pruning_by_age_and_altogether(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    with KnowledgeCache.open(path) as cache:
        cache.put([post("old"), post("new")])
        with sqlite3.connect(path) as other:
            other.execute("UPDATE post SET created = '2001-01-01' WHERE id = 'old'")
        other.close()
        assert cache.prune(older_than_days=1e12) == 0
        assert cache.prune(older_than_days=30) == 1
        assert [found.id for found in cache.posts()] == ["new"]
        cache.put([_PICTURE])
        assert cache.prune() == 2
        assert cache.stats()["post"] == cache.stats()["picture"] == 0


@pytest.mark.parametrize("found", [None, b"this is no database" * 300])
def test_many_processes_write_at_once(tmp_path: Path, found: bytes | None) -> None:
    path = tmp_path / "cache.sqlite"
    if found is not None:
        path.write_bytes(found)
    code = (
        "import sys, pathlib, kg\n"
        "with kg.KnowledgeCache.open(pathlib.Path(sys.argv[1])) as cache:\n"
        "    for n in range(60):\n"
        "        posts = [('f', f'{sys.argv[2]}-{n}', 'text', None), ('f', 'all', sys.argv[2], None)]\n"
        "        cache.put([kg.CachedPost(*post) for post in posts])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), name], env=environment) for name in "abcd"]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    with KnowledgeCache.open(path) as cache:
        assert cache.stats()["post"] == 241
    assert [file.read_bytes() for file in tmp_path.glob("*.aside-*")] == ([] if found is None else [found])


@pytest.mark.parametrize("rubbish", [b"this is no database" * 300, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_cache_is_set_aside(tmp_path: Path, rubbish: bytes) -> None:
    path = tmp_path / "cache.sqlite"
    path.write_bytes(rubbish)
    with pytest.raises(CacheError, match="cannot be used"):
        KnowledgeCache.open(path, read_only=True)
    with KnowledgeCache.open(path) as cache:
        cache.put([_PICTURE])
        [aside] = tmp_path.glob("cache.sqlite.aside-*")
        assert aside.read_bytes() == rubbish
        assert cache.notice is not None
        assert f"it was moved to {aside}" in cache.notice
    with KnowledgeCache.open(path) as cache:
        assert cache.notice is None


def test_damage_is_set_aside_where_opening_finds_it_and_else_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    with KnowledgeCache.open(path) as cache:
        cache.put(post(str(number), "text" * 100) for number in range(1000))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + b"\xff" * (len(content) // 2))
    with KnowledgeCache.open(path) as cache, pytest.raises(CacheError, match="malformed; remove it, or give another"):
        cache.posts()
    path.write_bytes(content[: len(content) // 2])
    with KnowledgeCache.open(path) as cache:
        assert "malformed): it was moved to" in (cache.notice or "")


def test_a_users_own_file_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    path.write_text("Chad\tB-LOC\n")
    with pytest.raises(CacheError, match=r"train\.conll is not a knowledge cache: give another place"):
        KnowledgeCache.open(path)
    assert path.read_text() == "Chad\tB-LOC\n"
    assert not list(tmp_path.glob("*.aside-*"))


def test_a_cache_of_another_version_is_refused_or_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE pictured (key); CREATE TABLE picture (sha256); PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(CacheError, match="it has cache version 1, expected 4; remove it, or give another place"):
        KnowledgeCache.open(path, read_only=True)
    with KnowledgeCache.open(path) as cache:
        assert cache.notice is not None
        assert "it has cache version 1, expected 4" in cache.notice
        assert cache.stats()["picture"] == 0


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE entity (id); PRAGMA user_version = 3")
    connection.close()
    for read_only in (True, False):
        with pytest.raises(CacheError, match="is not a knowledge cache"):
            KnowledgeCache.open(path, read_only=read_only)
    assert path.is_file()


def test_a_place_that_cannot_be_written_is_an_error_to_go_on_from(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for place in ("file/cache.sqlite", "folder", "none/cache.sqlite"):
        with pytest.raises(CacheError, match="give another place"):
            KnowledgeCache.open(tmp_path / place)
    with pytest.raises(CacheError, match="does not exist: expected a knowledge cache"):
        KnowledgeCache.open(tmp_path / "none.sqlite", read_only=True)
    assert not (tmp_path / "none").exists()


def test_a_read_only_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cache.sqlite"
    with KnowledgeCache.open(path) as cache:
        cache.put([_PICTURE])
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        # Root may write anywhere: what the system would say is said for it.
        monkeypatch.setattr(os, "access", lambda *_: False)
        with pytest.raises(CacheError, match="may not be written"):
            KnowledgeCache.open(path)
        with KnowledgeCache.open(path, read_only=True) as cache:
            assert cache.pictures([_PICTURE.sha256], "encoder") != {}
    finally:
        tmp_path.chmod(0o755)


def test_local_features_are_kept_by_content_and_kind_the_newest_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KnowledgeCache, "MOST_LOCAL_FEATURES", 3)
    features = [CachedLocalFeatures(f"{number:064}", "sift-1", b"points") for number in range(5)]
    with KnowledgeCache.open(tmp_path / "cache.sqlite") as cache:
        for one in features:
            cache.put([one])
        digests = [one.sha256 for one in features]
        assert list(cache.local_features(digests, "sift-1").values()) == features[2:]
        assert cache.local_features(digests, "sift-0") == {}
        assert cache.stats()["local_features"] == 3
