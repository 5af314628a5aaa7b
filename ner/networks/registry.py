"""The taggers by name: from which paper each is, what it reads, and where its network is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal

Family = Literal["words", "pieces"]


@dataclass(frozen=True, slots=True)
class TaggerSpec:
    """A tagger that can be trained. Its network is imported where it is asked for, not before."""

    name: str  # what recipes, reports and commands call it
    paper: str  # where it is from
    family: Family  # "words" for a network on published word vectors, "pieces" for one on a transformer's sub-tokens
    network: str  # ``module:Class`` within ``ner.networks``
    # ``module:Class`` of the network's options; left out where it is the network's name and ``Options``
    options: str = ""
    # whether the network tells annotation styles apart, and is built with ``styles=`` how many there are
    styles: bool = False

    def network_class(self) -> Any:
        """The class of the network."""
        return _imported(self.network)

    def options_class(self) -> Any:
        """The dataclass of the network's own options."""
        return _imported(self.options or f"{self.network}Options")


_SPECS = (
    TaggerSpec("kg-transformer", "this project", "pieces", "kg_transformer:KgTransformer", styles=True),
    TaggerSpec("bilstm-crf", "Huang et al. 2015", "words", "bilstm:BiLstmCrf"),
    TaggerSpec("cnn-bilstm-crf", "Ma and Hovy 2016", "words", "bilstm:BiLstmCrf", "bilstm:CnnBiLstmCrfOptions"),
    TaggerSpec("hbilstm-crf", "Lample et al. 2016", "words", "bilstm:BiLstmCrf", "bilstm:HBiLstmCrfOptions"),
    TaggerSpec("hsn", "Tian et al. 2021", "words", "hsn:Hsn"),
    TaggerSpec(
        "modality-attention",
        "Moon et al. 2018",
        "words",
        "modality_attention:ModalityAttentionNetwork",
        "modality_attention:ModalityAttentionOptions",
    ),
    TaggerSpec("gvatt", "Lu et al. 2018", "words", "bilstm:Gvatt"),
    TaggerSpec("adacan", "Zhang et al. 2018", "words", "bilstm:Adacan"),
    TaggerSpec("visual-self-attention", "Arshad et al. 2019", "words", "visual_self_attention:VisualSelfAttention"),
    TaggerSpec("knowledge-attention", "Chen et al. 2021", "words", "knowledge_attention:KnowledgeAttention"),
    TaggerSpec("bert", "Devlin et al. 2018, as in Yu et al. 2020", "pieces", "bert:Bert"),
    TaggerSpec("bert-crf", "Yu et al. 2020", "pieces", "bert:BertCrf", options="bert:BertOptions"),
    TaggerSpec("mt", "Yu et al. 2020", "pieces", "umt:Mt"),
    TaggerSpec("umt", "Yu et al. 2020", "pieces", "umt:Umt"),
    # One line a tagger; its recipe has the same name.
)

REGISTRY: Mapping[str, TaggerSpec] = MappingProxyType({spec.name: spec for spec in _SPECS})
"""Every tagger that can be trained, by its name."""


def _imported(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"ner.networks.{module}"), name)
