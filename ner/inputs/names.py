"""What a graph's names say of each word of a post, as numbers.

A list of names is right about some and wrong about others: ``Heat`` is a team and a word. So each match comes with what
tells the two apart: how long it is, how surely the name means its entity, whether others link to that, how near it is
to what the picture shows, and whether the graph writes it in the same case.
"""

from __future__ import annotations

import math

from ner.spans import TYPES
from ner.taggers import TaggerInput

NAME_FEATURES = 2 * (len(TYPES) + 1) + 6
"""How many numbers say what the graph's names tell of a word."""

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
