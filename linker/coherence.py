"""Coherence: the mentions of a post decided together, by what their candidates are to each other in the graph.

Each choice of one candidate (or none) for every mention has a score: the sum of the candidates' own scores, and of what
each pair of them counts. Mentions that no pair ties together are independent. For a few tied mentions every choice is
counted, so that the probabilities are exact; for many, each mention is told in turn what the others expect, in the
order of the text, until nothing changes (mean field), which always ends the same way.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product

import numpy as np

from linker.ranker import Floats, softmax

_MOST_CHOICES = 50_000
_SWEEPS = 30

Around = Mapping[int, frozenset[int]]
"""The ids of an entity's neighbours, or of some of them, by the entity's id."""

Pairs = Mapping[tuple[int, int], Floats]
"""For two mentions i < j, (N_i, N_j): what each candidate of one counts for each of the other; none is the last."""


def relate(candidates: Sequence[Sequence[int]], around: Around, degree: Callable[[int], int], weights: Floats) -> Pairs:
    """What the candidates of each two mentions count for each other.

    Two entities are the same, or one hop apart, or share neighbours; what of these comes first counts, by its weight. A
    neighbour that both have counts the more the fewer triples lie around it, and only the one that counts most.

    Args:
        candidates: The entities proposed for each mention.
        around: The neighbours of each.
        degree: Says how many triples lie around a neighbour that two of them share.
        weights: One for each of `PAIR_CLUES`.

    Returns:
        A table for each pair of mentions that counts anything; none of them, the last, counts nothing.
    """
    tables: dict[tuple[int, int], Floats] = {}

    def table(one: int, other: int) -> Floats:
        if (one, other) not in tables:
            tables[one, other] = np.zeros((len(candidates[one]) + 1, len(candidates[other]) + 1))
        return tables[one, other]

    where: dict[int, list[tuple[int, int]]] = {}
    holders: dict[int, dict[int, list[int]]] = {}
    for mention, row in enumerate(candidates):
        for place, entity in enumerate(row):
            where.setdefault(entity, []).append((mention, place))
            for node in around[entity]:
                holders.setdefault(node, {}).setdefault(mention, []).append(place)
    for node in sorted(node for node, held in holders.items() if len(held) > 1):
        rarity = 1 / math.log2(2 + degree(node))
        for (one, left), (other, right) in combinations(sorted(holders[node].items()), 2):
            block = np.ix_(left, right)
            table(one, other)[block] = np.maximum(table(one, other)[block], weights[2] * rarity)
    linked = [(one, near) for one in sorted(where) for near in sorted(around[one] & where.keys())]
    for weight, ends in ((weights[1], linked), (weights[0], [(one, one) for one in sorted(where)])):
        for entity, near in ends:
            for (one, place), (other, column) in product(where[entity], where[near]):
                if one < other:
                    table(one, other)[place, column] = weight
                elif other < one:
                    table(other, one)[column, place] = weight
    return tables


def decide_together(own: Sequence[Floats], pairs: Pairs) -> list[Floats]:
    """The probabilities of each mention's candidates and of none of them, all mentions considered.

    Args:
        own: For each mention the scores of its candidates, and that of none of them behind.
        pairs: What the choices of two mentions count for each other; pairs of no account are left out.

    Returns:
        For each mention probabilities that sum to 1.
    """
    results = [softmax(scores) for scores in own]
    for group in _groups(len(own), pairs):
        scores = [own[place] for place in group]
        within = {
            (group.index(one), group.index(other)): table for (one, other), table in pairs.items() if one in group
        }
        exact = math.prod(map(len, scores)) <= _MOST_CHOICES
        for place, found in zip(group, (_count_all if exact else _mean_field)(scores, within), strict=True):
            results[place] = found
    return results


def _groups(count: int, pairs: Pairs) -> list[list[int]]:
    """Mentions that are tied together, by one pair or by many."""
    group = list(range(count))
    for one, other in sorted(pairs):
        kept, dropped = sorted((group[one], group[other]))
        group = [kept if number == dropped else number for number in group]
    members: dict[int, list[int]] = {}
    for place, number in enumerate(group):
        members.setdefault(number, []).append(place)
    return [places for places in members.values() if len(places) > 1]


def _count_all(own: Sequence[Floats], pairs: Pairs) -> list[Floats]:
    total = np.zeros([len(scores) for scores in own])
    for axis, scores in enumerate(own):
        total += scores.reshape([-1 if place == axis else 1 for place in range(len(own))])
    for (one, other), table in pairs.items():
        total += table.reshape([total.shape[place] if place in (one, other) else 1 for place in range(len(own))])
    powers = np.exp(total - total.max())
    powers /= powers.sum()
    axes = range(len(own))
    return [powers.sum(axis=tuple(axis for axis in axes if axis != place)) for place in axes]


def _mean_field(own: Sequence[Floats], pairs: Pairs) -> list[Floats]:
    beliefs = [softmax(scores) for scores in own]
    for _ in range(_SWEEPS):
        change = 0.0
        for place, scores in enumerate(own):
            total = scores.copy()
            for (one, other), table in pairs.items():
                if place == one:
                    total += table @ beliefs[other]
                elif place == other:
                    total += beliefs[one] @ table
            fresh = softmax(total)
            change = max(change, float(np.abs(fresh - beliefs[place]).max()))
            beliefs[place] = fresh
        if change < 1e-6:
            break
    return beliefs
