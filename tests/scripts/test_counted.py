"""One thing is not called by the word for many."""

from pathlib import Path

from tests.scripts.conftest import Run


def test_one_of_each_is_said_so(run: Run, index: Path, tmp_path: Path) -> None:
    (tmp_path / "entities.csv").write_text("iri,label\nhttp://e/a,Anna\n", "utf-8")
    (tmp_path / "triples.csv").write_text("subject,predicate,object\nhttp://e/a,likes,http://e/a\n", "utf-8")
    built = run("build-kg-index", tmp_path / "index", "--dump", tmp_path)
    assert "index: 1 entity, 1 name, 1 triple" in built.stdout
    assert "1 object taken for an entity, 0 for texts" in built.stderr
    posts, tagged = tmp_path / "posts.jsonl", tmp_path / "tagged.conll"
    posts.write_text('{"id": "a", "text": "Anna", "gold": [{"start": 0, "end": 4, "iri": "http://e/a"}]}\n', "utf-8")
    linked = run("link-and-tag", tmp_path / "index", posts, "-o", tmp_path / "results.jsonl")
    assert linked.exit_code == 0, linked.output
    assert run("evaluate-links", tmp_path / "results.jsonl", posts).stdout.startswith("1 post, 1 gold mention; ")
    assert "1 line is a post" in run("link-and-tag", index, "-", "--cache", "none", stdin=b"{}\n").stderr
    tagged.write_text("Anna B-PER\n", "utf-8")
    assert run("evaluate-tagger", "default", tagged).stdout.startswith("1 post, 1 token; ")
