"""BERT for tagging alone: opened without transformers, whose start-up takes longer than all the rest, and in 8 bits.

It is BERT of Devlin et al. 2018 as transformers has it, with the same names of weights, so that a tagger's adapters fit
both; what is no BERT in a folder with its tokenizer is left to transformers.

Shapes: ``B`` windows, ``S`` sub-tokens, ``H`` width, ``N`` heads.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ner.encoders.eight_bit import EightBitLinear, eight_bit_is_fast

_FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
_LANES = 32  # numbers that a processor takes at once; what is left over of a row may come out different in a last bit
_SPECIAL = ("cls_token", "sep_token", "unk_token")


class QuickBert(nn.Module):
    """The encoder, to be called as that of transformers; it knows no dropout.

    Args:
        config: What ``config.json`` says.
    """

    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        self.config = config
        width = config.hidden_size
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": _Embedding(config.vocab_size, width),
                "position_embeddings": _Embedding(config.max_position_embeddings, width),
                "token_type_embeddings": _Embedding(config.type_vocab_size, width),
                "LayerNorm": _norm(config),
            }
        )
        layers = nn.ModuleList(_Layer(config) for _ in range(config.num_hidden_layers))
        self.encoder = nn.ModuleDict({"layer": layers})

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        output_hidden_states: bool = True,  # noqa: ARG002
    ) -> SimpleNamespace:
        """Sub-tokens, int64 (B, S) each, to ``hidden_states``, each float32 (B, S, H), and ``last_hidden_state``."""
        segments = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
        seen = None if bool(attention_mask.all()) else attention_mask[:, None, None, :] > 0
        sizes = [input_ids.shape[1]]
        states = self._states(self._embedded(input_ids, segments), seen, sizes, sizes)
        return SimpleNamespace(hidden_states=tuple(states), last_hidden_state=states[-1])

    def apart(self, windows: Sequence[tuple[Tensor, Tensor]]) -> list[tuple[Tensor, ...]]:
        """Windows, ids and segments int64 (1, S) of each, to the ``hidden_states`` of the first segment, alone.

        In 8 bits they go through the layers as one, for a row's result depends on no other; only attention is apart.
        What only the second segment would have of the last layer is not computed.
        """
        widths = (self.config.hidden_size, self.config.intermediate_size)
        may_join = not any(width % _LANES for width in widths) and all(one.joined is not None for one in self._layers())
        packs = [windows] if may_join and windows else [[one] for one in windows]
        return [layers for pack in packs for layers in self._pack(pack)]

    def _pack(self, windows: Sequence[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, ...]]:
        sizes = [ids.shape[1] for ids, _ in windows]
        kept = [int((segments == 0).sum()) for _, segments in windows]
        *states, last = self._states(torch.cat([self._embedded(*one) for one in windows], dim=1), None, sizes, kept)
        parts = [_first(torch.split(state, sizes, dim=1), kept) for state in states]
        return zip(*parts, torch.split(last, kept, dim=1), strict=True)

    def _embedded(self, ids: Tensor, segments: Tensor) -> Tensor:
        parts: Any = self.embeddings
        places = parts["position_embeddings"].weight[: ids.shape[1]]
        embedded: Tensor = parts["word_embeddings"](ids) + places + parts["token_type_embeddings"](segments)
        return embedded

    def _states(self, x: Tensor, seen: Tensor | None, sizes: list[int], kept: list[int]) -> list[Tensor]:
        norm: Any = self.embeddings["LayerNorm"]
        states = [norm(x)]
        *layers, last = self._layers()
        for layer in layers:
            states.append(layer(states[-1], seen, sizes, sizes))
        return [*states, last(states[-1], seen, sizes, kept)]

    def _layers(self) -> list[_Layer]:
        layers: Any = self.encoder["layer"]
        return list(layers)


class Pieces:
    """A folder's tokenizer, to be called as that of transformers."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        special = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        names = [special.get(name) for name in _SPECIAL]
        ids = [self._tokenizer.token_to_id(name["content"] if isinstance(name, dict) else str(name)) for name in names]
        self.cls_token_id, self.sep_token_id, self.unk_token_id = ids
        self.bos_token_id = self.eos_token_id = None

    def __call__(self, texts: str | Sequence[str], **_: object) -> dict[str, Any]:
        """Sub-tokens of a text, or of each of some, without special ones, as ``input_ids``."""
        if isinstance(texts, str):
            return {"input_ids": self._tokenizer.encode(texts, add_special_tokens=False).ids}
        found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return {"input_ids": [one.ids for one in found]}


def load_quick_bert(place: str) -> tuple[QuickBert, Pieces] | None:
    """The encoder of a folder and its tokenizer; None where it is another, or more than this knows is in it."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = Path(place)
    if not all((folder / name).is_file() for name in _FILES):
        return None
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        is_plain = config.get("position_embedding_type", "absolute") == "absolute" and not config.get("is_decoder")
        if (config["model_type"], config["hidden_act"]) != ("bert", "gelu") or not is_plain:
            return None
        encoder = QuickBert(SimpleNamespace(**config))
        saved = load_file(folder / "model.safetensors")
        wanted = encoder.state_dict()
        encoder.load_state_dict({name: saved[name].float() for name in wanted}, assign=True)
        pieces = Pieces(folder)
    except (OSError, KeyError, ValueError, AttributeError, RuntimeError, SafetensorError):
        return None
    return (encoder.eval(), pieces) if pieces.cls_token_id is not None and pieces.sep_token_id is not None else None


def quicken(network: nn.Module) -> None:
    """Bring what a network has of these encoders to 8 bits, where the processor is fast at that; for tagging only."""
    if not eight_bit_is_fast():
        return
    for layer in [module for module in network.modules() if isinstance(module, _Layer)]:
        try:
            layer.quicken()
        except (RuntimeError, AttributeError, TypeError):  # another PyTorch: it stays as it is, which is right too
            return


class _Layer(nn.Module):
    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.heads = config.num_attention_heads
        asked = {name: _Linear(width, width) for name in ("query", "key", "value")}
        output = {"dense": _Linear(width, width), "LayerNorm": _norm(config)}
        self.attention = nn.ModuleDict({"self": nn.ModuleDict(asked), "output": nn.ModuleDict(output)})
        self.intermediate = nn.ModuleDict({"dense": _Linear(width, inner)})
        self.output = nn.ModuleDict({"dense": _Linear(inner, width), "LayerNorm": _norm(config)})
        self.joined: EightBitLinear | None = None  # query, key and value in one, where they are in 8 bits

    def forward(self, x: Tensor, seen: Tensor | None, sizes: list[int], kept: list[int]) -> Tensor:
        """``x`` float32 (B, S, H), where each of ``sizes`` sub-tokens in a row sees only itself, to the first of each.

        ``kept`` says how many these are.
        """
        own: Any = self.attention
        if self.joined is not None:
            asked = self.joined(x)  # (B, S, 3H)
        else:
            asked = torch.cat([own["self"][name](x) for name in ("query", "key", "value")], dim=-1)
        parts = zip(torch.split(asked, sizes, dim=1), kept, strict=True)
        mixed = torch.cat([self._attend(part, seen, count) for part, count in parts], dim=1)
        if kept != sizes:
            x = torch.cat(_first(torch.split(x, sizes, dim=1), kept), dim=1)
        x = own["output"]["LayerNorm"](own["output"]["dense"](mixed) + x)
        inner = functional.gelu(self.intermediate["dense"](x))
        found: Tensor = self.output["LayerNorm"](self.output["dense"](inner) + x)
        return found

    def _attend(self, asked: Tensor, seen: Tensor | None, count: int) -> Tensor:
        apart = torch.unflatten(asked, -1, (3, self.heads, -1))
        q, k, v = apart.permute(2, 0, 3, 1, 4)  # (B, N, S, H/N) each
        return functional.scaled_dot_product_attention(q[:, :, :count], k, v, attn_mask=seen).transpose(1, 2).flatten(2)

    def quicken(self) -> None:
        """Bring the layer to 8 bits."""
        own: Any = self.attention
        linears = own["self"]
        joined = EightBitLinear(linears["query"], linears["key"], linears["value"])
        out = EightBitLinear(own["output"]["dense"], coarse=True)
        middle: Any = self.intermediate
        end: Any = self.output
        inner = EightBitLinear(middle["dense"], coarse=True, after=own["output"]["LayerNorm"])
        last = EightBitLinear(end["dense"])
        own["output"]["dense"], self.intermediate["dense"], self.output["dense"] = out, inner, last
        self.joined = joined
        del own["self"]


def _first(parts: Sequence[Tensor], counts: list[int]) -> list[Tensor]:
    return [part[:, :count] for part, count in zip(parts, counts, strict=True)]


class _Linear(nn.Linear):
    def reset_parameters(self) -> None:
        """Draw nothing: the values come from a file."""


class _Embedding(nn.Embedding):
    def reset_parameters(self) -> None:
        """Draw nothing: the values come from a file."""


def _norm(config: SimpleNamespace) -> nn.LayerNorm:
    return nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
