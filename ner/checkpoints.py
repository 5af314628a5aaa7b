"""A trained tagger as a folder: ``config.json`` and ``model.safetensors``, no pickles; loaded by its name or place.

The encoder itself is not in it, unless it was trained whole: only what training changed, as fp16. Of a network that
reads words, the table of their vectors is in it too, so that it stands alone.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ner.embeddings.word_table import WordTable
from ner.errors import CheckpointError, DeviceError, RecipeError
from ner.network_tagger import NetworkTagger
from ner.networks.building import Design, build_network
from ner.networks.network import Network
from ner.networks.registry import REGISTRY
from ner.options import options_from
from ner.spans import tags_of
from ner.taggers import DEFAULT_TAGGER, Tagger

FORMAT_VERSION = 2
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"


def load_tagger(name_or_dir: str | Path = DEFAULT_TAGGER, *, device: str = "auto") -> Tagger:
    """Load a trained tagger.

    Args:
        name_or_dir: A shipped tagger's name ("default"), or the folder that a training run wrote.
        device: "cpu", "cuda", or "auto" for CUDA where there is one.

    Raises:
        CheckpointError: There is no such tagger, it has yet to be trained, or its folder is damaged or of another
            version.
        EncoderNotFoundError: The encoder it was trained on cannot be found.
    """
    folder = tagger_folder(name_or_dir)
    if str(name_or_dir) in REGISTRY and not folder.is_dir():
        raise CheckpointError(
            f"tagger {str(name_or_dir)!r} is not shipped: train it first with 'train-tagger {name_or_dir} "
            "--train FILE --valid FILE -o DIR', and give DIR"
        )
    return load_checkpoint(folder, device=device)


def tagger_folder(name_or_dir: str | Path) -> Path:
    """The folder of a tagger: a shipped one's by its name, else the folder itself."""
    shipped = Path(__file__).parent / "weights" / str(name_or_dir)
    is_name = Path(name_or_dir).name == str(name_or_dir)
    return shipped if is_name and shipped.is_dir() else Path(name_or_dir)


def save_checkpoint(folder: Path, state: Mapping[str, Tensor], design: Design, table: WordTable | None = None) -> None:
    """Write a tagger's folder; each file is written beside and renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    if table is not None:
        table.save(folder)
    halves = {name: value.detach().cpu().to(torch.float16).contiguous() for name, value in state.items()}
    write_tensors(folder / WEIGHTS_FILE, halves)
    write_json(folder / CONFIG_FILE, _config(design))


def load_checkpoint(folder: Path, *, device: str = "auto") -> NetworkTagger:
    """The tagger of a folder, ready to tag.

    Raises:
        CheckpointError: The folder is missing, damaged, of another version, or of a tagger that is unknown here.
        EncoderNotFoundError: Its encoder cannot be found.
    """
    design = read_design(folder)
    table = WordTable.load(folder) if REGISTRY[design.tagger].family == "words" else None
    network, inputs = build_network(design, seed=0, table=table, for_tagging=True)
    load_state(network, folder)
    return NetworkTagger(
        design.tagger,
        network,
        inputs,
        device=pick_device(device),
        picture_encoder=design.picture_encoder,
        region_width=design.region_width,
        reads=design.encoder or design.vectors,
    )


def read_design(folder: Path) -> Design:
    """What a folder's network is built from.

    Raises:
        CheckpointError: The folder is missing, damaged, of another version, or of a tagger that is unknown here.
    """
    path = folder / CONFIG_FILE
    config = _read_config(path)
    try:
        spec, picture_encoder = REGISTRY[config["tagger"]], config["picture_encoder"]
        return Design(
            tagger=spec.name,
            options=options_from(spec.options_class(), config["network"], "network."),
            encoder=str(config["encoder"]) if spec.family == "pieces" else None,
            vectors=str(config["vectors"]) if spec.family == "words" else None,
            picture_encoder=None if picture_encoder is None else str(picture_encoder),
            region_width=int(config["region_width"]),
            styles=int(config["styles"]),
            types=tuple(tag[2:] for tag in config["tags"][1::2]),
        )
    except (KeyError, TypeError, ValueError, RecipeError) as error:
        raise CheckpointError(f"{path}: is damaged ({error}): train the tagger again") from error


def load_state(network: Network, folder: Path) -> None:
    """Put a folder's weights into a network.

    Raises:
        CheckpointError: They are missing, damaged, or another network's.
    """
    saved, own = read_weights(folder, network), network.own_state()
    given, wanted = ({name: value.shape for name, value in state.items()} for state in (saved, own))
    different = sorted(name for name in given.keys() | wanted.keys() if given.get(name) != wanted.get(name))
    if different:
        path = folder / WEIGHTS_FILE
        raise CheckpointError(f"{path}: holds another network's weights ({different[0]}): train the tagger again")
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(saved[name])


def read_weights(folder: Path, network: Network | type[Network]) -> dict[str, Tensor]:
    """A folder's weights, by the names that they have now in networks of that class.

    Raises:
        CheckpointError: They are missing or damaged.
    """
    return {network.current_name(name): value for name, value in read_tensors(folder / WEIGHTS_FILE).items()}


def pick_device(name: str) -> torch.device:
    """The device of a name; "auto" is CUDA where there is one.

    Raises:
        DeviceError: The name is not a device of this machine.
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
    part.write_bytes(save(dict(tensors), metadata=dict(metadata or {})))  # save_file lets nobody else read it
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


def _config(design: Design) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "tagger": design.tagger,
        **({"encoder": design.encoder} if design.encoder is not None else {"vectors": design.vectors}),
        "picture_encoder": design.picture_encoder,
        "region_width": design.region_width,
        "styles": design.styles,
        "tags": list(tags_of(design.types)),
        "network": dataclasses.asdict(design.options),
    }


def _read_config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CheckpointError(
            f"tagger {str(path.parent)!r} is not there: give 'default' or a folder that train-tagger wrote"
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
    if tagger not in REGISTRY:
        raise CheckpointError(
            f"{path}: is a {tagger!r}, expected one of {', '.join(REGISTRY)}: use the release that trained it"
        )
    expected = list(tags_of(str(tag)[2:] for tag in tags[1::2]))
    if list(tags) != expected or len(tags) < 3:
        raise CheckpointError(f"{path}: has tags {tags}, expected O, then B- and I- of each type: train it again")
    return dict(config)
