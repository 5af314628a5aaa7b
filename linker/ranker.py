"""The ranker: probabilities over the candidates of a mention, NIL and any other entity, from named clues.

A conditional logit: the score of a candidate is the sum of its clues by their weights, those of NIL and of another
entity, which the names did not lead to, likewise, and the softmax of the scores over a temperature are the
probabilities. The weights are in ``linker/data/ranker.json``, with the command that made them and the data it used
(`benchmarks/train_ranker.py`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from linker.context_clues import CONTEXT_CLUES
from linker.knowledge_clues import KNOWLEDGE_CLUES, NIL_CLUES
from linker.name_clues import NAME_CLUES

CLUES = NAME_CLUES + CONTEXT_CLUES + KNOWLEDGE_CLUES
PAIR_CLUES = ("same_entity", "linked", "shared_neighbour")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranker:
    """The numbers behind a link.

    Attributes:
        weights: One for each of `CLUES`.
        nil: One for each of `NIL_CLUES`: that the mention means no entity of the graph.
        other: The same for an entity of the graph that is not among the candidates.
        pairs: One for each of `PAIR_CLUES`: what two candidates of a post count for each other.
        temperature: What scores are divided by, so that the probabilities mean what they say.
        tie_within: Candidates whose probability is within this factor of the best one's are as good as it.
    """

    weights: Floats
    nil: Floats
    other: Floats
    pairs: Floats
    temperature: float = 1.0
    tie_within: float = 0.98


def ranker_from_json(data: Mapping[str, object]) -> Ranker:
    """The ranker that a JSON object holds; a clue without a weight counts nothing."""

    def row(key: str, names: tuple[str, ...]) -> Floats:
        weights = data[key]
        assert isinstance(weights, dict)
        return np.array([float(weights.get(name, 0.0)) for name in names])

    numbers = {key: float(str(data[key])) for key in ("temperature", "tie_within") if key in data}
    return Ranker(
        row("weights", CLUES), row("nil", NIL_CLUES), row("other", NIL_CLUES), row("pairs", PAIR_CLUES), **numbers
    )


@cache
def load_ranker() -> Ranker:
    """The ranker that comes with the package."""
    return ranker_from_json(json.loads(files("linker").joinpath("data/ranker.json").read_text("utf-8")))


def scores(ranker: Ranker, clues: Floats, nil: Floats) -> Floats:
    """The scores of a mention's candidates, and behind them those of NIL and of another entity.

    Args:
        ranker: The numbers.
        clues: (N, len(CLUES)), a row for each candidate.
        nil: (len(NIL_CLUES),).

    Returns:
        (N + 2,) float64, in nats.
    """
    together: Floats = np.append(clues @ ranker.weights, [nil @ ranker.nil, nil @ ranker.other])
    return together / ranker.temperature


def softmax(values: Floats) -> Floats:
    """Probabilities that sum to 1, over the last axis."""
    powers: Floats = np.exp(values - values.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares
