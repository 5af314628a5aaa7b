"""Weights files: found, downloaded, read and checked, each failure as one line that says what to do."""

import hashlib
import pickle
import socket
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from .errors import WeightsError, shown

_TIMEOUT_S = 15.0


def read_weights(path: Path) -> tuple[dict[str, torch.Tensor], str]:
    """Read a ``.pth`` or ``.safetensors`` file.

    Args:
        path: The file. A ``.pth`` may hold nothing but tensors: no code of it is run.

    Returns:
        Tensors by name, on the CPU, and the SHA-256 of the file in hexadecimal.

    Raises:
        WeightsError: It is missing or cannot be read.
    """
    if not path.is_file():
        raise WeightsError(f"no weights file {shown(path)}; expected a .pth or .safetensors file")
    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, pickle.UnpicklingError, SafetensorError) as error:
        raise WeightsError(
            f"{shown(path)} cannot be read as weights; expected a .pth file of tensors or a .safetensors file"
        ) from error
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise WeightsError(f"{shown(path)} does not hold a table of tensors; expected a network's state_dict")
    return dict(state), digest


def fit_weights(network: nn.Module, state: Mapping[str, torch.Tensor], *, path: Path, name: str) -> None:
    """Put weights into a network.

    Raises:
        WeightsError: A tensor is missing, or has another shape; the message names the first.
    """
    for key, own in network.state_dict().items():
        if key not in state:
            if key.endswith("num_batches_tracked"):
                continue
            raise WeightsError(f"{shown(path)} has no tensor {key!r}; expected the weights of {name}")
        if state[key].shape != own.shape:
            found, expected = tuple(state[key].shape), tuple(own.shape)
            raise WeightsError(f"{shown(path)}: {key!r} has shape {found}, expected {expected} for {name}")
    network.load_state_dict({key: state[key] for key in network.state_dict() if key in state}, strict=False)


def download_weights(url: str, path: Path) -> None:
    """Download weights to a file, which appears only when it is whole and its digest fits its name.

    Args:
        url: The address; its name ends in ``-XXXXXXXX.pth``, the first digits of the SHA-256.
        path: Where to put it.

    Raises:
        OSError: There is no network, no answer within some seconds, no room, or another file came than expected.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT_S)  # torch.hub itself would wait for ever
    try:
        torch.hub.download_url_to_file(url, str(path), Path(url).stem.rpartition("-")[2], progress=False)
    except (RuntimeError, HTTPException) as error:
        raise OSError(f"the downloaded file is not the expected one: {error}") from error
    finally:
        socket.setdefaulttimeout(before)
