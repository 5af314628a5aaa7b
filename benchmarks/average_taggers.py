"""The mean of several taggers' weights: better than each, and no larger (Wortsman et al. 2022, model soups).

It works for taggers that went on from one and the same: their weights lie close together.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from ner.checkpoints import read_design, read_weights, save_checkpoint
from ner.errors import CheckpointError
from ner.networks.registry import REGISTRY


def average_taggers(folders: Sequence[Path], output: Path) -> None:
    """Write the tagger whose every weight is the mean of some taggers' weights.

    Args:
        folders: The taggers' folders; all of one design.
        output: The folder to write.

    Raises:
        CheckpointError: A folder cannot be read, or their designs differ, or they read words: those have word numbers
            of their own, so that equal places need not mean equal words.
        ValueError: There are no folders.
    """
    if not folders:
        raise ValueError("no taggers to average: give at least one folder")
    designs = [read_design(folder) for folder in folders]
    if REGISTRY[designs[0].tagger].family == "words":
        raise CheckpointError(f"{folders[0]}: {designs[0].tagger!r} reads words: average taggers that read sub-tokens")
    for folder, design in zip(folders, designs, strict=True):
        if design != designs[0]:
            raise CheckpointError(f"{folder}: has another design than {folders[0]}: average taggers of one recipe")
    total: dict[str, torch.Tensor] = {}
    for folder in folders:
        for name, value in read_weights(folder, REGISTRY[designs[0].tagger].network_class()).items():
            total[name] = total.get(name, torch.zeros(())) + value.float()
    save_checkpoint(output, {name: value / len(folders) for name, value in total.items()}, designs[0])
