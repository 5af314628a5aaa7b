"""The linear chain over BIO tags: the best tag sequence, and how probable a span is.

Symbols: ``T`` tokens, ``K`` tags; ``emissions`` float (T, K), ``transitions`` float (K, K) from row to column, and
``start`` and ``end`` float (K,). A sequence's score is the sum of its parts; its probability, that score's softmax over
all sequences that BIO allows, or over all where the chain is not held to BIO. Everything is float64 here; the loops are
in :mod:`ner.heads.kernels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ner.heads import kernels
from ner.spans import TAGS, TYPES, Span, split_tag

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """The learned scores of a chain, without what BIO forbids.

    Attributes:
        start: (K,) score of opening with a tag.
        end: (K,) score of closing with a tag.
        transitions: (K, K) score of a tag (row) followed by a tag (column).
        constrained: Whether tags are held to BIO; where not, an ``I-X`` may open an entity, as the lenient reading has
            it (:func:`ner.spans.spans_from_tags`).
    """

    start: Array
    end: Array
    transitions: Array
    constrained: bool = True

    @cached_property
    def allowed_start(self) -> Array:
        """(K,) :attr:`start`, -inf where an ``I-`` would open a post that is held to BIO."""
        return np.where([self.constrained and tag.startswith("I-") for tag in TAGS], -np.inf, self.start)

    @cached_property
    def allowed_transitions(self) -> Array:
        """(K, K) :attr:`transitions`, -inf where BIO forbids that an ``I-X`` follows neither ``B-X`` nor ``I-X``."""
        forbidden = [[self.constrained and not follows(before, after) for after in TAGS] for before in TAGS]
        return np.where(forbidden, -np.inf, self.transitions)


def follows(before: str, after: str) -> bool:
    """Whether BIO allows a tag after another."""
    prefix, kind = split_tag(after)
    return prefix != "I" or split_tag(before)[1] == kind


def best_tags(chain: Chain, emissions: Array) -> tuple[str, ...]:
    """The most probable sequence (Viterbi); of equal ones, the one with the lower tag numbers, from the last on."""
    length = len(emissions)
    if not length:
        return ()
    paths = np.empty((1, length), np.int64)
    kernels.best_paths(
        np.ascontiguousarray(emissions, np.float64)[None],
        np.array([length]),
        chain.allowed_start,
        chain.end,
        chain.allowed_transitions,
        paths,
    )
    return tuple([TAGS[number] for number in paths[0].tolist()])


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

    def span_log_probabilities(self, start: int, end: int) -> Array:
        """(len(TYPES),) log-probability that exactly ``start:end`` is an entity of each type."""
        chain, found = self.chain, np.empty(len(TYPES))
        kernels.span_log_probabilities(
            self.emissions,
            chain.allowed_start,
            chain.end,
            chain.allowed_transitions,
            self.forward,
            self.backward,
            self.log_z,
            start,
            end,
            found,
        )
        return found


def lattice(chain: Chain, emissions: Array) -> Lattice:
    """The forward-backward scores of a post with at least one token."""
    emissions = np.ascontiguousarray(emissions, np.float64)
    forward, backward = np.empty_like(emissions), np.empty_like(emissions)
    log_z = kernels.forward_backward(
        emissions, chain.allowed_start, chain.end, chain.allowed_transitions, forward, backward
    )
    return Lattice(chain, emissions, forward, backward, log_z)


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
