"""What a graph's names say of each word of a post, as numbers.

A list of names is right about some words and wrong about some: ``Heat`` is a team and a word. So each match comes with
what tells the two apart: how long it is, how surely the name means its entity, whether anything links to that, how near
it is to what the picture shows, and whether the graph writes it in the same case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ner.spans import TAGS, TYPES, split_tag
from ner.taggers import TaggerInput

NAME_FEATURES = 2 * (len(TYPES) + 1) + 6
"""How many numbers say what the graph's names tell of a word."""

_WEIGHT, _NEARNESS = (2 * (len(TYPES) + 1) + place for place in (1, 4))

_MUCH_MEANT = math.log1p(1e6)


def name_features(post: TaggerInput) -> list[list[float]]:
    """:data:`NAME_FEATURES` numbers in 0..1 for each token; all 0 where no known name stands.

    First the shares of the types and 1 for a token that opens a name, then the same for one inside it; then whether
    the name is a single token, its weight, whether it is meant at all and how often (a logarithm), nearness, and case.
    """
    rows = [[0.0] * NAME_FEATURES for _ in post.tokens]
    half = len(TYPES) + 1
    for name in post.known_names:
        shares = dict(name.types)
        types = [*(shares.get(kind, 0.0) for kind in TYPES), 1.0]
        often = min(1.0, math.log1p(max(name.prior, 0.0)) / _MUCH_MEANT)
        about = [
            float(name.end - name.start == 1),
            name.weight,
            float(name.prior > 0),
            often,
            name.nearness,
            float(name.same_case),
        ]
        for position in range(name.start, min(name.end, len(rows))):
            opens = position == name.start
            rows[position] = [*(types if opens else [0.0] * half), *([0.0] * half if opens else types), *about]
    return rows


def near_name_scores(features: Tensor, tags: Sequence[str] = TAGS) -> Tensor:
    """How near the names in a post are to what its picture shows, as scores of their tags.

    Args:
        features: float (..., :data:`NAME_FEATURES`), as :func:`name_features` gives them.
        tags: The ``K`` tags; a graph's names say nothing for a type that is not one of :data:`ner.spans.TYPES`.

    Returns:
        float (..., K): for ``B-`` of a type at a name's first token, for ``I-`` at the others, the type's share times
        the name's weight and nearness; 0 elsewhere.
    """
    near = features[..., _WEIGHT] * features[..., _NEARNESS]
    half = len(TYPES) + 1
    columns = [
        near * features[..., half * (prefix == "I") + TYPES.index(kind)] if kind in TYPES else torch.zeros_like(near)
        for prefix, kind in map(split_tag, tags)
    ]
    return torch.stack(columns, dim=-1)
