"""The curves of a run: numbers that are read back as they were, and a picture."""

import csv
import sys

import pytest
from PIL import Image

from ner.errors import NerError
from ner.training.epoch_reports import EpochReport, best_epoch, draw_curves, epoch_line, write_curves

EPOCHS = [
    EpochReport(1, 3.25, {"a/valid.txt": 0.1, "a/valid.txt + captions": 0.3}),
    EpochReport(2, 1 / 3, {"a/valid.txt": 0.5, "a/valid.txt + captions": 0.75}),
    EpochReport(3, 0.25, {"a/valid.txt": 0.375, "a/valid.txt + captions": 0.875}),
]


def test_the_numbers_are_read_back_as_they_were(tmp_path):
    write_curves(tmp_path, EPOCHS)
    with (tmp_path / "curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["epoch", "loss", "a/valid.txt", "a/valid.txt + captions", "mean F1"]
    assert [(int(row[0]), float(row[1]), float(row[4])) for row in rows[1:]] == [
        (epoch.epoch, epoch.loss, epoch.mean_f1) for epoch in EPOCHS
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["curves.csv"]


def test_the_curves_are_a_picture(tmp_path):
    draw_curves(tmp_path, EPOCHS)
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.format == "PNG"
        assert len(set(picture.convert("L").resize((64, 32)).tobytes())) > 5
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]


def test_without_matplotlib_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.backend_bases", None)
    with pytest.raises(NerError, match=r"pip install 'kgmner\[plots\]'"):
        draw_curves(tmp_path, EPOCHS)
    assert list(tmp_path.iterdir()) == []


def test_of_equal_epochs_the_first_is_best():
    assert best_epoch(EPOCHS).epoch == 2


def test_a_line_says_what_is_best_and_how_long_it_will_take():
    assert epoch_line(EPOCHS[:2], 5, 200.0) == (
        "epoch 2 of 5: loss 0.3333; F1 a/valid.txt 0.5000, a/valid.txt + captions 0.7500; mean 0.6250, "
        "the best so far; at most 10 min left"
    )
    assert epoch_line(EPOCHS, 3, 200.0).endswith("mean 0.6250, epoch 2 stays the best with 0.6250")
    assert epoch_line(EPOCHS[:1], 2, 7.0).endswith("at most 7 s left")
    assert epoch_line(EPOCHS[:1], 9, 3600.0).endswith("at most 8.0 h left")
