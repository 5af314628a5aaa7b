"""The plot is a picture file, or one clear error."""

import sys

import pytest
from made_up_tags import made_up
from PIL import Image

from ner.errors import NerError
from ner.evaluation.mistakes import confusion_of_tags
from ner.evaluation.plots import plot_evaluation
from ner.evaluation.scores import count_posts, score_counts
from ner.evaluation.significance import f1_intervals


@pytest.fixture
def drawn():
    gold, predicted = made_up(20, 1)
    counts = count_posts(gold, predicted)
    return score_counts(counts), f1_intervals(counts, samples=20), confusion_of_tags(gold, predicted)


def test_a_plot_is_drawn(tmp_path, drawn):
    pytest.importorskip("matplotlib")
    for name in ("scores.png", "scores"):
        plot_evaluation(tmp_path / name, *drawn, title="a tagger on some posts")
        with Image.open(tmp_path / name) as picture:
            assert (picture.format, picture.size) == ("PNG", (1500, 630))
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 50
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scores", "scores.png"]


def test_another_format_is_refused(tmp_path, drawn):
    pytest.importorskip("matplotlib")
    with pytest.raises(NerError, match=r"'docx' is not a format of plots: use \.png"):
        plot_evaluation(tmp_path / "scores.docx", *drawn)
    assert list(tmp_path.iterdir()) == []


def test_without_the_library_the_extra_is_named(tmp_path, drawn, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.backend_bases", None)
    with pytest.raises(NerError, match=r"pip install 'kgmner\[plots\]'"):
        plot_evaluation(tmp_path / "scores.png", *drawn)
