"""``evaluate-tagger`` on small files, with taggers whose answers are known."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ner import TaggerInput, TaggerOutput


class LookingTagger:
    """Every word with a capital is a person; with a flag in the caption it is a place."""

    name = "looking"
    needs_regions = False

    def tag(self, posts: Sequence[TaggerInput]) -> list[TaggerOutput]:
        kinds = ["LOC" if "flag" in post.caption else "PER" for post in posts]
        rows = [[f"B-{k}" if t[:1].isupper() else "O" for t in p.tokens] for p, k in zip(posts, kinds, strict=True)]
        return [TaggerOutput(tuple(row), ()) for row in rows]


@pytest.fixture
def posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("ner.evaluation.evaluate.load_tagger", lambda *_, **__: LookingTagger())
    path = tmp_path / "posts.txt"
    path.write_text("IMGID:1\nChad\tB-LOC\nis\tO\n\nIMGID:2\nSmith\tB-PER\n", encoding="utf-8")
    return path


def test_scores_as_json(run, posts: Path) -> None:
    found = json.loads(run("evaluate-tagger", "any", posts, "--json").stdout)
    assert (found["posts"], found["tokens"]) == (2, 3)
    assert found["lenient"]["overall"]["correct"] == 1
    assert found["lenient"]["spans_only"]["correct"] == 2


def test_captions_stand_beside_the_posts(run, posts: Path, tmp_path: Path) -> None:
    captions = tmp_path / "captions.tsv"
    captions.write_text("1\ta flag\n", encoding="utf-8")
    found = json.loads(run("evaluate-tagger", "any", posts, "--captions", captions, "--json").stdout)
    assert found["lenient"]["overall"]["f1"] == 1.0


def test_a_table_for_people(run, posts: Path) -> None:
    lines = run("evaluate-tagger", "any", posts).stdout.splitlines()
    assert lines[0] == "2 posts, 3 tokens; F1 0.5000 (lenient, all types)"
    assert any(line.split()[:2] == ["strict", "│"] for line in lines)
