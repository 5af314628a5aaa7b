"""The mean of taggers: every weight, one design, nothing else."""

from pathlib import Path

import pytest
import torch

from benchmarks.average_taggers import average_taggers
from ner.checkpoints import read_design, read_tensors, save_checkpoint
from ner.errors import CheckpointError
from ner.networks.building import Design, build_network
from ner.networks.kg_transformer import KgTransformerOptions

OPTIONS = KgTransformerOptions(adapter_rank=2, letter_width=8, lstm_width=8)


def tagger(folder: Path, encoder: Path, *, seed: int, styles: int = 1) -> Path:
    design = Design(tagger="kg-transformer", options=OPTIONS, encoder=str(encoder), styles=styles)
    save_checkpoint(folder, build_network(design, seed=seed)[0].own_state(), design)
    return folder


def test_every_weight_is_the_mean_of_the_taggers(tmp_path: Path, tiny_encoder: Path) -> None:
    folders = [tagger(tmp_path / str(seed), tiny_encoder, seed=seed) for seed in (1, 2, 3)]
    average_taggers(folders, tmp_path / "mean")
    parts = [read_tensors(folder / "model.safetensors") for folder in folders]
    mean = read_tensors(tmp_path / "mean" / "model.safetensors")
    assert mean.keys() == parts[0].keys()
    for name, value in mean.items():
        expected = torch.stack([part[name].float() for part in parts]).mean(0)
        torch.testing.assert_close(value.float(), expected, atol=1e-3, rtol=1e-3)
    assert read_design(tmp_path / "mean") == read_design(folders[0])


def test_the_mean_of_one_is_itself(tmp_path: Path, tiny_encoder: Path) -> None:
    one = tagger(tmp_path / "one", tiny_encoder, seed=1)
    average_taggers([one], tmp_path / "mean")
    assert (tmp_path / "mean" / "model.safetensors").read_bytes() == (one / "model.safetensors").read_bytes()


def test_another_design_is_named(tmp_path: Path, tiny_encoder: Path) -> None:
    folders = [tagger(tmp_path / str(n), tiny_encoder, seed=1, styles=n) for n in (1, 2)]
    with pytest.raises(CheckpointError, match="another design than") as error:
        average_taggers(folders, tmp_path / "mean")
    assert str(folders[1]) in str(error.value)
    assert not (tmp_path / "mean").exists()


def test_no_taggers_have_no_mean(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        average_taggers([], tmp_path / "mean")
