"""A trained tagger as a folder: ``config.json`` and ``model.safetensors``, no pickles.

The encoder itself is not in it, unless it was trained whole: only what training changed, as fp16.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ner.encoders.hub import load_encoder
from ner.errors import CheckpointError, DeviceError
from ner.inputs.pieces import InputEncoder
from ner.networks.kg_transformer import NAME, KgTransformer, KgTransformerTagger, NetworkOptions
from ner.spans import TAGS

FORMAT_VERSION = 1
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"

_SPARE_POSITIONS = 2  # RoBERTa counts its positions from 2


def build_network(encoder_name: str, options: NetworkOptions, *, seed: int) -> tuple[KgTransformer, InputEncoder]:
    """A network whose encoder is pretrained and whose other values are drawn from ``seed``, with its input side.

    Raises:
        EncoderNotFoundError: The encoder cannot be found.
    """
    encoder, tokenizer = load_encoder(encoder_name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = KgTransformer(encoder, options, generator=torch.Generator().manual_seed(seed))
    positions = int(getattr(encoder.config, "max_position_embeddings", 0) or 512) - _SPARE_POSITIONS
    inputs = InputEncoder(tokenizer, max_positions=positions, segment_count=2 if network.takes_segments else 1)
    return network, inputs


def save_checkpoint(folder: Path, state: Mapping[str, Tensor], *, encoder: str, options: NetworkOptions) -> None:
    """Write a tagger's folder; each file is written beside and renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "format_version": FORMAT_VERSION,
        "tagger": NAME,
        "encoder": encoder,
        "tags": list(TAGS),
        "network": dataclasses.asdict(options),
    }
    halves = {name: value.detach().cpu().to(torch.float16).contiguous() for name, value in state.items()}
    write_tensors(folder / WEIGHTS_FILE, halves)
    write_json(folder / CONFIG_FILE, config)


def load_checkpoint(folder: Path, *, device: str = "auto") -> KgTransformerTagger:
    """The tagger of a folder, ready to tag.

    Raises:
        CheckpointError: The folder is missing, damaged, or of another version.
        EncoderNotFoundError: Its encoder cannot be found.
    """
    config = _read_config(folder)
    try:
        options = NetworkOptions(**config["network"])
        encoder = str(config["encoder"])
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{folder / CONFIG_FILE}: is damaged ({error}): train the tagger again") from error
    network, inputs = build_network(encoder, options, seed=0)
    load_state(network, folder)
    return KgTransformerTagger(network, inputs, device=pick_device(device))


def load_state(network: KgTransformer, folder: Path) -> None:
    """Put a folder's weights into a network.

    Raises:
        CheckpointError: They are missing, damaged, or another network's.
    """
    saved = read_tensors(folder / WEIGHTS_FILE)
    own = network.own_state()
    if {name: value.shape for name, value in saved.items()} != {name: value.shape for name, value in own.items()}:
        odd = sorted(name for name in saved.keys() ^ own.keys()) or sorted(
            name for name in saved if saved[name].shape != own[name].shape
        )
        raise CheckpointError(f"{folder / WEIGHTS_FILE}: holds another network's weights ({odd[0]}): train it again")
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(saved[name])


def pick_device(name: str) -> torch.device:
    """The device of a name; "auto" is CUDA where there is one.

    Raises:
        DeviceError: The name is no device of this machine.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise DeviceError(f"device {name!r} is not there: use 'cpu' or 'auto'")
    if name.split(":")[0] not in ("cpu", "cuda"):
        raise DeviceError(f"device {name!r} is unknown: use 'auto', 'cpu' or 'cuda'")
    return torch.device(name)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors and texts as safetensors, beside and renamed."""
    part = path.with_name(path.name + ".part")
    save_file(dict(tensors), part, metadata=dict(metadata or {}))
    part.replace(path)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file.

    Raises:
        CheckpointError: It is missing or damaged.
    """
    return read_tensors_and_metadata(path)[0]


def read_tensors_and_metadata(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors and texts of a safetensors file.

    Raises:
        CheckpointError: It is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: cannot be read ({error}): train the tagger again") from error


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, beside and renamed."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG_FILE
    if not path.is_file():
        raise CheckpointError(
            f"tagger {str(folder)!r} is not there: give 'default' or a folder that train-tagger wrote"
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        version, tags, tagger = config["format_version"], config["tags"], config["tagger"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: is damaged ({error}): train the tagger again") from error
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: has format version {version}, expected {FORMAT_VERSION}: train the tagger again with this release"
        )
    if tagger != NAME or list(tags) != list(TAGS):
        raise CheckpointError(f"{path}: is a {tagger!r} with tags {tags}, expected {NAME!r} with {list(TAGS)}")
    return dict(config)
