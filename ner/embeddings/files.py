"""A table of word vectors on the disk: ``words.json`` and ``words.safetensors``, no pickles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from ner.embeddings.compact import CompactRows
from ner.embeddings.grams import GramTable
from ner.embeddings.records import GramHashing
from ner.embeddings.tabledata import TableData
from ner.errors import CheckpointError

FORMAT_VERSION = 1
TEXT_FILE = "words.json"
NUMBERS_FILE = "words.safetensors"


def write_table(folder: Path, data: TableData) -> None:
    """Write a table's two files, each beside and renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {"steps": data.rows.steps, "scales": data.rows.scales}
    text: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "source": data.source,
        "unknown": data.unknown,
        "spread": data.spread,
        "words": list(data.words),
        "numbered": list(data.numbered),
        "grams": None,
    }
    if data.grams is not None:
        hashing, rows = data.grams.hashing, data.grams.rows
        numbers |= {"buckets": data.grams.buckets, "gram_steps": rows.steps, "gram_scales": rows.scales}
        text["grams"] = [hashing.shortest, hashing.longest, hashing.buckets]
    part = folder / (NUMBERS_FILE + ".part")
    part.write_bytes(save({name: np.ascontiguousarray(value) for name, value in numbers.items()}))
    part.replace(folder / NUMBERS_FILE)
    part = folder / (TEXT_FILE + ".part")
    part.write_text(json.dumps(text, ensure_ascii=True, separators=(",", ":")) + "\n", encoding="utf-8")
    part.replace(folder / TEXT_FILE)


def read_table(folder: Path) -> TableData:
    """What :func:`write_table` wrote.

    Raises:
        CheckpointError: It is missing, damaged, or of another version.
    """
    path = folder / TEXT_FILE
    try:
        text = json.loads(path.read_text(encoding="utf-8"))
        version = text["format_version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: cannot be read ({error}): train the tagger again") from error
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: has format version {version}, expected {FORMAT_VERSION}: train the tagger again"
        )
    path = folder / NUMBERS_FILE
    try:
        return _table(text, load_file(path))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: is damaged ({error}): train the tagger again") from error


def _table(text: dict[str, Any], numbers: dict[str, NDArray[Any]]) -> TableData:
    rows = _rows(numbers["steps"], numbers["scales"], len(text["words"]))
    grams = None
    if text["grams"] is not None:
        buckets = numbers["buckets"]
        grams = GramTable(
            GramHashing(*map(int, text["grams"])),
            buckets,
            _rows(numbers["gram_steps"], numbers["gram_scales"], len(buckets)),
        )
    words, numbered = tuple(map(str, text["words"])), tuple(map(str, text["numbered"]))
    return TableData(str(text["source"]), str(text["unknown"]), words, rows, numbered, float(text["spread"]), grams)


def _rows(steps: NDArray[Any], scales: NDArray[Any], count: int) -> CompactRows:
    if steps.ndim != 2 or steps.dtype != np.int8 or len(steps) != count or scales.shape != (count,):
        raise ValueError(f"{count} rows of bytes with a scale each expected, found {steps.shape} and {scales.shape}")
    return CompactRows(steps, scales)
