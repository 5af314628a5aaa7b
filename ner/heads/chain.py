"""The linear chain over BIO tags: the best tag sequence, and how probable a span is.

Symbols: ``T`` tokens, ``K`` tags of ``N`` types; ``emissions`` float (T, K), ``transitions`` float (K, K) from row to
column, ``start`` and ``end`` float (K,). A sequence's score is the sum of its parts; its probability, that score's
softmax over all sequences that BIO allows, or over all where the chain is not held to BIO. Everything is float64 here,
and sums are logarithms of sums of exponentials, so that no product can fall under the least float. A score of -inf
forbids.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ner.spans import TAGS, Span, split_tag

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """The learned scores of a chain, without what BIO forbids."""

    start: Array  # (K,) score of opening with a tag
    end: Array  # (K,) score of closing with a tag
    transitions: Array  # (K, K) score of a tag (row) followed by a tag (column)
    # whether tags are held to BIO; where not, an ``I-X`` may open an entity, as the lenient reading has it
    # (:func:`ner.spans.spans_from_tags`)
    constrained: bool = True
    tags: tuple[str, ...] = TAGS  # the ``K`` tags: ``O``, then ``B-X`` and ``I-X`` of each type

    @property
    def types(self) -> tuple[str, ...]:
        """The ``N`` types, in the order of the tags."""
        return tuple(tag[2:] for tag in self.tags if tag.startswith("B-"))

    @cached_property
    def opening(self) -> NDArray[np.int64]:
        """(N,) the number of each type's ``B-X``."""
        return np.array([self.tags.index(f"B-{kind}") for kind in self.types])

    @cached_property
    def inside(self) -> NDArray[np.int64]:
        """(N,) the number of each type's ``I-X``."""
        return np.array([self.tags.index(f"I-{kind}") for kind in self.types])

    @cached_property
    def allowed_start(self) -> Array:
        """(K,) :attr:`start`, -inf where an ``I-`` would open a post that is held to BIO."""
        return np.where([self.constrained and tag.startswith("I-") for tag in self.tags], -np.inf, self.start)

    @cached_property
    def allowed_transitions(self) -> Array:
        """(K, K) :attr:`transitions`, -inf where BIO forbids that an ``I-X`` follows neither ``B-X`` nor ``I-X``."""
        tags = self.tags
        forbidden = [[self.constrained and not follows(before, after) for after in tags] for before in tags]
        return np.where(forbidden, -np.inf, self.transitions)

    @cached_property
    def both_ways(self) -> tuple[Array, Array]:
        """Where sums begin, (2, K), and how they go on, (2, K, K): from the first token on, and from the last back."""
        steps = self.allowed_transitions
        return np.stack([self.allowed_start, self.end]), np.stack([steps, steps.T])


def follows(before: str, after: str) -> bool:
    """Whether BIO allows a tag after another."""
    prefix, kind = split_tag(after)
    return prefix != "I" or split_tag(before)[1] == kind


def best_tags(chain: Chain, emissions: ArrayLike) -> tuple[str, ...]:
    """The most probable sequence (Viterbi); of equal ones, the one with the lower tag numbers, from the last on."""
    emissions = np.asarray(emissions, np.float64)
    if not len(emissions):
        return ()
    steps = chain.allowed_transitions
    scores = [chain.allowed_start + emissions[0]]  # of the best beginning that reaches each tag
    for own in emissions[1:]:
        scores.append((scores[-1][:, None] + steps).max(axis=0) + own)
    numbers = [int((scores[-1] + chain.end).argmax())]
    for before in scores[-2::-1]:
        numbers.append(int((before + steps[:, numbers[-1]]).argmax()))
    return tuple([chain.tags[number] for number in reversed(numbers)])


@dataclass(frozen=True)
class Lattice:
    """Forward and backward scores of one post."""

    chain: Chain
    emissions: Array
    forward: Array  # (T, K) log-sum over all beginnings that reach a tag, its emission included
    backward: Array  # (T, K) log-sum over all ends that go on from a tag, its emission included too
    log_z: float  # log-sum over all sequences

    def span_log_probabilities(self, start: int, end: int) -> Array:
        """(N,) log-probability that exactly ``start:end`` is an entity of each type.

        It opens with ``B-X``, or with an ``I-X`` before which no tag of its type stands: BIO forbids that, a chain may
        allow it.
        """
        steps, emissions = self.chain.allowed_transitions, self.emissions
        opening, inside = self.chain.opening, self.chain.inside
        opened = self.forward[start, opening]  # (N,), as all that follows
        orphan = self.chain.allowed_start[inside]
        if start > 0:
            before = self.forward[start - 1][:, None] + steps[:, inside]  # (K, N)
            kinds = np.arange(len(inside))
            before[opening, kinds] = before[inside, kinds] = -np.inf
            orphan = np.logaddexp.reduce(before, axis=0)
        orphan = orphan + emissions[start, inside]
        within = self._onward(end, inside)
        if end - start == 1:
            alone: Array = np.logaddexp(opened + self._onward(end, opening), orphan + within)
            return alone - self.log_z
        stays = steps[inside, inside]
        entered = np.logaddexp(opened + steps[opening, inside], orphan + stays)
        rest = emissions[start + 1 : end, inside].sum(axis=0) + (end - start - 2) * stays
        found: Array = entered + rest + within - self.log_z
        return found

    def _onward(self, after: int, last: NDArray[np.int64]) -> Array:
        """(N,) log-sum over all ends behind the tags ``last`` that do not go on with the span's type."""
        if after == len(self.emissions):
            return self.chain.end[last]
        ends = self.chain.allowed_transitions[last] + self.backward[after]
        ends[np.arange(len(last)), self.chain.inside] = -np.inf  # the span would be longer
        sums: Array = np.logaddexp.reduce(ends, axis=1)
        return sums


def lattice(chain: Chain, emissions: ArrayLike) -> Lattice:
    """The forward-backward scores of a post with at least one token."""
    emissions = np.asarray(emissions, np.float64)
    begin, steps = chain.both_ways
    either = np.stack([emissions, emissions[::-1]], axis=1)  # (T, 2, K)
    reached = np.empty_like(either)
    reached[0] = begin + either[0]
    for at in range(1, len(either)):
        reached[at] = np.logaddexp.reduce(reached[at - 1][:, :, None] + steps, axis=1) + either[at]
    log_z = float(np.logaddexp.reduce(reached[-1, 0] + chain.end))
    return Lattice(chain, emissions, reached[:, 0], reached[::-1, 1], log_z)


def score_span(scores: Lattice, span: Span) -> tuple[float, tuple[float, ...]]:
    """A span's probability, and each type's given that the span is an entity."""
    logs = scores.span_log_probabilities(span.start, span.end)
    weights = np.exp(logs - logs.max())
    given = weights / weights.sum()
    probability = float(np.exp(min(logs[scores.chain.types.index(span.type)], 0.0)))
    return probability, tuple(float(value) for value in given)
