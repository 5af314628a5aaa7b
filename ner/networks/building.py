"""From names and sizes to a network and its input side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ner.embeddings.word_table import WordTable
from ner.encoders.hub import find_encoder, load_encoder
from ner.encoders.quick_bert import load_quick_bert
from ner.encoders.words import WordSizes
from ner.inputs.pieces import InputEncoder
from ner.inputs.words import WordInputs
from ner.networks.network import Inputs, Network
from ner.networks.registry import REGISTRY
from ner.spans import TYPES, tags_of

_SPARE_POSITIONS = 2  # RoBERTa counts its positions from 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """All that a network is built from."""

    tagger: str  # A name in :data:`ner.networks.registry.REGISTRY`
    options: Any  # the tagger's own options
    encoder: str | None = None  # A Hugging Face encoder, for networks that read sub-tokens
    # published word vectors, for networks that read words; a name only, as the table has them
    vectors: str | None = None
    picture_encoder: str | None = None  # which encoder the pictures' regions are from; None without pictures
    region_width: int = 0  # ``C``, the width of a region; 0 without pictures, and then the network has no visual part
    styles: int = 1  # how many annotation styles it is trained on; tagging is always in the first
    types: tuple[str, ...] = TYPES  # the types of entities that it tells apart


def build_network(
    design: Design, *, seed: int, table: WordTable | None = None, for_tagging: bool = False
) -> tuple[Network, Inputs]:
    """A network, its own values drawn from ``seed``, with its input side.

    Args:
        design: What to build.
        seed: Where its values come from; those of a pretrained encoder are its own.
        table: The word vectors, for a network that reads words.
        for_tagging: It is not to be trained: its encoder is a quick one, where there is one.

    Raises:
        EncoderNotFoundError: The encoder cannot be found.
        MissingExtraError: It takes parts of speech, and there are no weights for it.
    """
    spec = REGISTRY[design.tagger]
    with torch.random.fork_rng(devices=[]):
        if table is not None:
            sizes = WordSizes(vector_width=table.width, words=table.id_count, region_width=design.region_width)
            torch.manual_seed(seed)
            network: Network = spec.network_class()(design.options, sizes)
            _settle_tags(network, design)
            return network, WordInputs(table, with_speech=getattr(design.options, "speech_width", 0) > 0)
        name = str(design.encoder)
        quick = load_quick_bert(find_encoder(name)) if for_tagging else None
        encoder, tokenizer = quick or load_encoder(name)
        extra = {"styles": design.styles} if spec.styles else {}
        torch.manual_seed(seed)
        network = spec.network_class()(encoder, design.options, region_width=design.region_width, **extra)
        _settle_tags(network, design)
        return network, _pieces_inputs(encoder, tokenizer)


def _settle_tags(network: Network, design: Design) -> None:
    if design.types != TYPES:
        network.set_tags(tags_of(design.types))


def _pieces_inputs(encoder: Any, tokenizer: Any) -> InputEncoder:
    positions = int(getattr(encoder.config, "max_position_embeddings", 0) or 512) - _SPARE_POSITIONS
    segments = int(getattr(encoder.config, "type_vocab_size", 0) or 0)
    return InputEncoder(tokenizer, max_positions=positions, segment_count=2 if segments > 1 else 1)
