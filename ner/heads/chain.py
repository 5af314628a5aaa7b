"""The linear chain over BIO tags: the best tag sequence, and how probable a span is.

Symbols: ``T`` tokens, ``K`` tags; ``emissions`` float (T, K), ``transitions`` float (K, K) from row to column, and
``start`` and ``end`` float (K,). A sequence's score is the sum of its parts; its probability, that score's softmax over
all sequences that BIO allows. Everything is float64 here, in plain numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ner.spans import TAGS, TYPES, Span, split_tag

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """The learned scores of a chain, without what BIO forbids.

    Attributes:
        start: (K,) score of opening with a tag.
        end: (K,) score of closing with a tag.
        transitions: (K, K) score of a tag (row) followed by a tag (column).
    """

    start: Array
    end: Array
    transitions: Array

    @cached_property
    def allowed_start(self) -> Array:
        """(K,) :attr:`start`, -inf where an ``I-`` would open the post."""
        return np.where([tag.startswith("I-") for tag in TAGS], -np.inf, self.start)

    @cached_property
    def allowed_transitions(self) -> Array:
        """(K, K) :attr:`transitions`, -inf where an ``I-X`` would follow neither ``B-X`` nor ``I-X``."""
        forbidden = [[not follows(before, after) for after in TAGS] for before in TAGS]
        return np.where(forbidden, -np.inf, self.transitions)


def follows(before: str, after: str) -> bool:
    """Whether BIO allows a tag after another."""
    prefix, kind = split_tag(after)
    return prefix != "I" or split_tag(before)[1] == kind


def best_tags(chain: Chain, emissions: Array) -> tuple[str, ...]:
    """The most probable sequence that BIO allows (Viterbi); of equal ones, the one with the lower tag numbers."""
    if not len(emissions):
        return ()
    score = chain.allowed_start + emissions[0]
    history: list[NDArray[np.intp]] = []
    for emission in emissions[1:]:
        paths = score[:, None] + chain.allowed_transitions  # (K, K)
        history.append(paths.argmax(axis=0))
        score = paths.max(axis=0) + emission
    best = [int((score + chain.end).argmax())]
    for pointers in reversed(history):
        best.append(int(pointers[best[-1]]))
    return tuple(TAGS[number] for number in reversed(best))


@dataclass(frozen=True)
class Lattice:
    """Forward and backward scores of one post.

    Attributes:
        forward: (T, K) log-sum over all beginnings that reach a tag, its emission included.
        backward: (T, K) log-sum over all ends that go on from a tag, its emission left out.
        log_z: log-sum over all sequences.
    """

    chain: Chain
    emissions: Array
    forward: Array
    backward: Array
    log_z: float

    def tag_probabilities(self) -> Array:
        """(T, K) how probable each tag is at each token."""
        return np.exp(self.forward + self.backward - self.log_z)

    @np.errstate(divide="ignore")
    def span_log_probabilities(self, start: int, end: int) -> Array:
        """(len(TYPES),) log-probability that exactly ``start:end`` is an entity of each type."""
        t = self.chain.allowed_transitions
        last = len(self.emissions) - 1
        scores = np.empty(len(TYPES))
        for kind in range(len(TYPES)):
            opening, inside = 1 + 2 * kind, 2 + 2 * kind
            score = self.forward[start, opening]
            if end - start > 1:
                score += t[opening, inside] + self.emissions[start + 1 : end, inside].sum()
                score += t[inside, inside] * (end - start - 2)
            tag = inside if end - start > 1 else opening
            if end - 1 == last:
                score += self.chain.end[tag]
            else:
                onward = t[tag] + self.emissions[end] + self.backward[end]
                onward[inside] = -np.inf  # the span would be longer
                score += _log_sum(onward)
            scores[kind] = score - self.log_z
        return scores


@np.errstate(divide="ignore")  # log(0) is the score of what BIO forbids
def lattice(chain: Chain, emissions: Array) -> Lattice:
    """The forward-backward scores of a post with at least one token."""
    length = len(emissions)
    forward, backward = np.empty_like(emissions), np.empty_like(emissions)
    forward[0] = chain.allowed_start + emissions[0]
    for i in range(1, length):
        forward[i] = _log_sum(forward[i - 1][:, None] + chain.allowed_transitions) + emissions[i]
    backward[-1] = chain.end
    for i in range(length - 2, -1, -1):
        backward[i] = _log_sum((chain.allowed_transitions + emissions[i + 1] + backward[i + 1]).T)
    return Lattice(chain, emissions, forward, backward, float(_log_sum(forward[-1] + chain.end)))


def score_span(scores: Lattice, span: Span) -> tuple[float, tuple[float, ...]]:
    """A span's probability, and each type's given that the span is an entity."""
    logs = scores.span_log_probabilities(span.start, span.end)
    weights = np.exp(logs - logs.max())
    given = weights / weights.sum()
    probability = float(np.exp(min(logs[TYPES.index(span.type)], 0.0)))
    return probability, tuple(float(value) for value in given)


def log_probability(chain: Chain, emissions: Array, tags: Sequence[str]) -> float:
    """How probable one whole sequence is, as a logarithm."""
    numbers = [TAGS.index(tag) for tag in tags]
    score = chain.allowed_start[numbers[0]] + chain.end[numbers[-1]] + emissions[range(len(numbers)), numbers].sum()
    score += sum(chain.allowed_transitions[a, b] for a, b in pairwise(numbers))
    return float(score - lattice(chain, emissions).log_z)


def _log_sum(values: Array) -> Array:
    """log(sum(exp)) over the first axis; -inf where all are."""
    top = values.max(axis=0)
    safe = np.where(np.isfinite(top), top, 0.0)
    return np.asarray(safe + np.log(np.exp(values - safe).sum(axis=0)))
