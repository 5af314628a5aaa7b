"""``evaluate-tagger`` on small files, with taggers whose answers are known."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from kg import KnowledgeCache
from ner import ScoredSpan, TaggerInput, TaggerOutput


class LookingTagger:
    """Every word with a capital is a person; with a flag beside it, or with regions, it is a place."""

    name = "looking"

    def __init__(self, *, needs_regions: bool = False) -> None:
        self.needs_regions = needs_regions
        self.picture_encoder = "efficientnet-lite0" if needs_regions else None

    def tag(self, posts: Sequence[TaggerInput]) -> list[TaggerOutput]:
        return [self._tag(post, "LOC" if self._sees_a_flag(post) else "PER") for post in posts]

    def _sees_a_flag(self, post: TaggerInput) -> bool:
        return "flag" in post.caption or (self.needs_regions and post.regions is not None)

    def _tag(self, post: TaggerInput, kind: str) -> TaggerOutput:
        tags = tuple(f"B-{kind}" if token[:1].isupper() else "O" for token in post.tokens)
        spans = tuple(ScoredSpan(n, n + 1, kind, 0.75, ()) for n, tag in enumerate(tags) if tag != "O")
        return TaggerOutput(tags, spans)


class SilentTagger:
    """Finds nothing."""

    name, needs_regions = "silent", False

    def tag(self, posts: Sequence[TaggerInput]) -> list[TaggerOutput]:
        return [TaggerOutput(("O",) * len(post.tokens), ()) for post in posts]


TAGGERS = {"looking": LookingTagger(), "visual": LookingTagger(needs_regions=True), "silent": SilentTagger()}


@pytest.fixture
def posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("ner.load_tagger", lambda name, **_: TAGGERS[name])
    path = tmp_path / "posts.txt"
    path.write_text("IMGID:1\nChad\tB-LOC\nis\tO\n\nIMGID:2\nSmith\tB-PER\n", encoding="utf-8")
    return path


@pytest.fixture
def captions(tmp_path: Path) -> Path:
    path = tmp_path / "captions.tsv"
    path.write_text("1\ta flag\n2\ta face\n", encoding="utf-8")
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (30, 30), "red").save(folder / "1.png")
    (folder / "2.jpg").write_text("not found")
    return folder


def values(result: Result) -> dict:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_scores_as_json(run, posts: Path) -> None:
    found = values(run("evaluate-tagger", "looking", posts, "--json"))
    assert (found["tagger"], found["posts"], found["tokens"]) == ("looking", 2, 3)
    assert found["lenient"]["overall"]["correct"] == 1
    assert found["lenient"]["spans_only"]["correct"] == 2
    assert found["strict"]["intervals"]["span only"] == {"low": 1.0, "high": 1.0}
    assert found["confusion"]["exact"]["LOC"]["PER"] == 1
    assert list(found["pictures"]) == ["right"]
    assert "against" not in found


def test_captions_stand_beside_the_posts(run, posts: Path, captions: Path) -> None:
    found = values(run("evaluate-tagger", "looking", posts, "--captions", captions, "--json"))
    assert found["lenient"]["overall"]["f1"] == 1.0


def test_with_the_right_caption_with_none_and_with_a_wrong_one(run, posts: Path, captions: Path) -> None:
    given = ("evaluate-tagger", "looking", posts, "--captions", captions, "--pictures")
    found = values(run(*given, "all", "--json"))
    f1 = {name: scores["lenient"]["overall"]["f1"] for name, scores in found["pictures"].items()}
    assert f1 == {"right": 1.0, "none": 0.5, "wrong": 0.0}
    assert found["pictures"]["wrong"]["against_none"]["difference"] == -0.5
    assert found["pictures"]["none"]["against_none"] is None
    assert found["lenient"]["overall"]["f1"] == 1.0
    assert values(run(*given, "wrong", "--json"))["lenient"]["overall"]["f1"] == 0.0


def test_pictures_are_looked_at_and_kept(run, posts: Path, images: Path, tmp_path: Path) -> None:
    given = ("--images", images, "--picture-cache", tmp_path / "seen.sqlite", "--device", "cpu", "--json")
    result = run("evaluate-tagger", "visual", posts, *given)
    assert values(result)["lenient"]["overall"]["f1"] == 1.0
    assert "1 of 2 pictures can be used; not used: 1 unreadable (2: is a text, not a picture" in result.stderr
    with KnowledgeCache.open(tmp_path / "seen.sqlite", read_only=True) as kept:
        assert kept.stats()["regions"] == 1
    assert values(run("evaluate-tagger", "looking", posts, *given))["lenient"]["overall"]["f1"] == 0.5


def test_a_tagger_that_looks_at_pictures_asks_for_them(run, posts: Path) -> None:
    result = run("evaluate-tagger", "visual", posts, "--json")
    assert result.stderr == "note: looking looks at pictures; --images DIR lets it see them\n"


def test_another_tagger_on_the_same_posts(run, posts: Path) -> None:
    found = values(run("evaluate-tagger", "looking", posts, "--against", "silent", "--json"))["against"]
    assert (found["tagger"], found["lenient"]["overall"]["f1"]) == ("silent", 0.0)
    assert found["comparison"]["all"]["difference"] == 0.5
    assert found["comparison"]["all"]["p_value"] == 1.0


def test_the_worst_posts(run, posts: Path) -> None:
    found = values(run("evaluate-tagger", "looking", posts, "--worst", 5, "--json"))["worst"]
    assert [(post["id"], post["weight"], post["predicted"][0]["text"]) for post in found] == [("1", 0.75, "Chad")]


def test_tables_for_people(run, posts: Path, captions: Path) -> None:
    given = ("--captions", captions, "--pictures", "all", "--against", "silent", "--worst", 3)
    text = run("evaluate-tagger", "looking", posts, *given).stdout
    lines = [" ".join(line.replace("│", " ").split()) for line in text.splitlines()]
    assert lines[0].startswith("2 posts, 3 tokens; F1 1.0000 (1.0000 to 1.0000 with 95 % probability; lenient")
    for start in ("strict all 1.0000", "LOC 0 1 0 0 0 0", "its own 1.0000", "none 0.5000", "all 1.0000 0.0000 +1.0000"):
        assert any(line.startswith(start) for line in lines), (start, text)
    text = run("evaluate-tagger", "looking", posts, "--worst", 3).stdout
    assert text.endswith("1. 1 (0.75 wrong): Chad is\n   gold   LOC Chad\n   found  PER Chad (0.75)\n")


def test_pictures_by_another_encoder_are_refused(run, posts: Path, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    arguments = ["--images", tmp_path / "images", "--picture-encoder", "vgg16"]
    result = run("evaluate-tagger", "visual", posts, *arguments)
    assert result.exit_code == 1
    assert "picture encoder 'vgg16': expected 'efficientnet-lite0', of a tagger: leave out --images" in result.stderr


def test_a_plot(run, posts: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    values(run("evaluate-tagger", "looking", posts, "--plot", tmp_path / "scores.png", "--json"))
    with Image.open(tmp_path / "scores.png") as picture:
        assert picture.format == "PNG"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--pictures", "all"], ["--pictures all", "--images DIR", "--captions TSV"]),
        (["--images", "nowhere"], ["nowhere", "folder"]),
        (["--images", ".", "--picture-encoder", "lite7"], ["lite7", "efficientnet-lite0"]),
        (["--captions", "nowhere.tsv"], ["nowhere.tsv"]),
        (["--plot", "scores.docx"], ["docx", ".png"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_a_mistake_is_one_line(run, posts: Path, arguments: list[str], words: list[str]) -> None:
    result = run("evaluate-tagger", "looking", posts, *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
    assert all(word in result.stderr for word in words), result.stderr


def test_a_file_without_posts(run, posts: Path) -> None:
    posts.write_text("\n\n")
    assert "no posts" in run("evaluate-tagger", "looking", posts).stderr


def test_a_plot_without_the_library_fails_before_the_work(run, posts: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backend_bases", None)
    monkeypatch.setattr("ner.load_tagger", lambda *_, **__: pytest.fail("it was loaded"))
    result = run("evaluate-tagger", "looking", posts, "--plot", "scores.png")
    assert "pip install 'kgmner[plots]'" in result.stderr
