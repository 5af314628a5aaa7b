"""How words look at a picture: asked of whatever part of a network mixes the two, while it reads a post.

Such a part has a method ``looks`` beside ``forward``, with the same arguments, that gives its attention over regions
and the share of the picture in what goes on. What the parts' equations leave for each dimension, head or pair of words
apart is averaged. A tagger whose picture is one vector, as that of Moon et al. 2018, has no such part.

Shapes: ``B`` windows, ``T`` words, ``S`` sub-tokens, ``R`` regions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ner.networks.bert import first_pieces
from ner.networks.network import Network


@torch.inference_mode()
def looks_of(network: Network, batch: Any) -> Tensor | None:
    """How the words of a batch of one window look at its picture, by a network that reads it.

    Returns:
        float32 (T, R + 1): how much each word looks at each region, which sums to 1, and then the picture's share in
        what goes on of the word; None where no part looked.
    """
    found: list[tuple[Tensor, Tensor]] = []

    def ask(part: Any, arguments: tuple[Tensor, ...], _: object) -> None:
        found.append(part.looks(*arguments))

    hooks = [part.register_forward_hook(ask) for part in network.modules() if _looks(part)]
    try:
        network.apart([batch])
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        return None
    attention, gates = found[0]
    looks = torch.cat([attention, gates[..., None]], dim=2)  # (1, T or S, R + 1)
    if looks.shape[1] != batch.mask.shape[1]:
        looks = first_pieces(looks, batch.first)
    return looks[0]


def _looks(part: nn.Module) -> bool:
    return callable(getattr(part, "looks", None))
