"""Weights files: found, downloaded, read and checked, each failure as one line that says what to do."""

import hashlib
import pickle
import socket
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from .errors import WeightsError, shown

_TIMEOUT_S = 15.0
_SHA256_DIGITS = 64


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


def cached_or_downloaded(url: str, name: str) -> Path:
    """The file of published weights: in PyTorch's own cache, or downloaded to it.

    Args:
        url: Its address; see `download_weights`.
        name: The encoder's, for messages.

    Raises:
        WeightsError: It is not there and cannot be downloaded, or another file is there.
    """
    path = Path(torch.hub.get_dir(), "checkpoints", Path(url).name)
    try:
        if not path.is_file():
            download_weights(url, path)
    except OSError as error:
        raise WeightsError(
            f"no weights for {name}: give a .pth or .safetensors file (--weights FILE), or put {path.name} into "
            f"{path.parent}, or allow its download ({' '.join(str(error).split())}); or use efficientnet-lite0"
        ) from error
    _check_digest(path, _promised(path))
    return path


def on_the_hub(repository: str, *, name: str, files: tuple[str, ...]) -> Path:
    """The folder of a model of the Hugging Face hub: from the hub's own cache, or downloaded to it.

    Args:
        repository: Its name there, ``OWNER/MODEL``.
        name: The encoder's, for messages.
        files: The files that are needed, as patterns; no other is downloaded.

    Raises:
        WeightsError: It is not in the cache and cannot be downloaded.
    """
    from huggingface_hub import snapshot_download

    for only_cached in (True, False):  # first without the network, which may be slow to say that it is not there
        try:
            folder = Path(
                snapshot_download(
                    repository, allow_patterns=list(files), local_files_only=only_cached, etag_timeout=_TIMEOUT_S
                )
            )
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:120]
            continue
        found = [path for pattern in files for path in sorted(folder.glob(pattern))]
        reason = f"{repository} lacks {' or '.join(files)}"
        if all(any(folder.glob(pattern)) for pattern in files):
            for path in found:  # what is large is called by its SHA-256 in the hub's cache
                if len(path.resolve().name) == _SHA256_DIGITS:
                    _check_digest(path, path.resolve().name)
            return folder
    raise WeightsError(
        f"no weights for {name}: give them by --weights, or put {repository} into the cache of the Hugging Face hub, "
        f"or allow its download ({reason}); or use efficientnet-lite0"
    )


def digest_of_files(paths: Iterable[Path]) -> str:
    """One digest of the contents of some files, in the order of their names; in hexadecimal."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def digest_with(digest: str, settings: object) -> str:
    """The digest of weights and of what else makes other numbers of them, such as a transform; in hexadecimal."""
    return hashlib.sha256(f"{digest} {settings!r}".encode()).hexdigest()


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
        torch.hub.download_url_to_file(url, str(path), _promised(Path(url)), progress=False)
    except (RuntimeError, HTTPException) as error:
        raise OSError(f"the downloaded file is not the expected one: {error}") from error
    finally:
        socket.setdefaulttimeout(before)


def _check_digest(path: Path, start: str) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not digest.startswith(start):
        raise WeightsError(
            f"{shown(path)} is not the file that was published (its SHA-256 starts with {digest[:8]}): remove it, so "
            "that it is downloaded again, or give a file by --weights"
        )


def _promised(path: Path) -> str:
    """The first digits of the digest, as the names of PyTorch's files end."""
    return path.stem.rpartition("-")[2]
