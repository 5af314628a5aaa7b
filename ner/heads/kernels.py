"""The loops over the tags of a linear chain, compiled.

Symbols: ``B`` posts, ``T`` tokens, ``K`` tags; ``transitions`` (K, K) from row to column. Everything is float64, and
laid out row by row. A score of -inf forbids; what is said of sums then holds for the rest.

A step sums over the tag before, for each tag: ``log(sum_i exp(a_i + t_ij))``. Taking the greatest ``a_i`` and the
greatest ``t_ij`` of a column out of the sum leaves ``K`` exponentials and ``K`` logarithms, where the sums one by one
would take ``K * K``. Where so little is left that it could have been rounded away, that sum is made one by one.

Loops are spelt out, tag by tag: array expressions would take several times as long to compile, and no less to run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

_LEAST = 1e-250
"""A sum of products as great as this lost nothing: what falls under the least float is 1e-50 of it."""

_Loop = TypeVar("_Loop", bound=Callable[..., Any])


def compiled(function: _Loop) -> _Loop:
    """Compile at the first call; what was compiled is kept beside the module, or nowhere if no place can be written."""
    try:
        dispatcher: Any = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no place
        dispatcher = njit(nogil=True)(function)
    compiled_function: _Loop = dispatcher
    return compiled_function


@compiled
def best_paths(
    emissions: Array, lengths: Numbers, start: Array, end: Array, transitions: Array, paths: Numbers
) -> None:
    """Viterbi: fill in ``paths`` (B, T) for ``emissions`` (B, T, K), of each post its first ``lengths`` (B,) > 0.

    Of equal tags the lower one is taken.
    """
    longest, tags = emissions.shape[1:]
    scores, history = np.empty((longest, tags)), np.empty((longest, tags), np.int64)
    for post in range(len(lengths)):
        for tag in range(tags):
            scores[0, tag] = start[tag] + emissions[post, 0, tag]
        final = lengths[post] - 1
        for at in range(1, final + 1):
            for tag in range(tags):
                chosen, most = 0, scores[at - 1, 0] + transitions[0, tag]
                for before in range(1, tags):
                    score = scores[at - 1, before] + transitions[before, tag]
                    if score > most:
                        chosen, most = before, score
                history[at, tag] = chosen
                scores[at, tag] = most + emissions[post, at, tag]
        last = 0
        for tag in range(1, tags):
            if scores[final, tag] + end[tag] > scores[final, last] + end[last]:
                last = tag
        paths[post, final] = last
        for at in range(final, 0, -1):
            last = history[at, last]
            paths[post, at - 1] = last


@compiled
def forward_backward(
    emissions: Array, start: Array, end: Array, transitions: Array, forward: Array, backward: Array
) -> float:
    """Fill in both (T, K) for ``emissions`` (T, K), T > 0, and return the log-sum over all sequences."""
    length, tags = emissions.shape
    weights, sums, following = np.empty((1, tags)), np.empty((1, tags)), np.empty((1, tags))
    tops, shares = np.empty(tags), np.empty((tags, tags))
    _share(transitions, tops, shares)
    for tag in range(tags):
        forward[0, tag] = start[tag] + emissions[0, tag]
    for at in range(1, length):
        _step(forward, at - 1, transitions, tops, shares, weights, sums, 0, forward, at)
        for tag in range(tags):
            forward[at, tag] += emissions[at, tag]
    turned = np.empty((tags, tags))
    for tag in range(tags):
        backward[length - 1, tag] = end[tag]
        for before in range(tags):
            turned[tag, before] = transitions[before, tag]
    _share(turned, tops, shares)
    for at in range(length - 2, -1, -1):
        for tag in range(tags):
            following[0, tag] = emissions[at + 1, tag] + backward[at + 1, tag]
        _step(following, 0, turned, tops, shares, weights, sums, 0, backward, at)
    for tag in range(tags):
        following[0, tag] = forward[length - 1, tag] + end[tag]
    return _log_sum(following[0])


@compiled
def negative_log_likelihoods(
    emissions: Array,
    tags: Numbers,
    lengths: Numbers,
    start: Array,
    end: Array,
    transitions: Array,
    losses: Array,
    slopes: Array,
    transition_slopes: Array,
) -> None:
    """How improbable the tags of each post are, and the gradient of that.

    The gradient is what the chain expects less what is there: the probability of a tag, and of a pair of tags, less 1
    for those of ``tags``. So the rows of ``slopes`` for a post's first and last token are also the gradients of
    ``start`` and ``end``. Probabilities come backwards: that of a pair is that of its second tag, times the share that
    the first has in the sum of the forward step.

    Args:
        emissions: (B, T, K).
        tags: (B, T).
        lengths: (B,), how many tokens each post has, at least 1.
        start: (K,).
        end: (K,).
        transitions: (K, K).
        losses: (B,), filled in.
        slopes: (B, T, K) by emission, filled in; zeros must stand in it.
        transition_slopes: (B, K, K), filled in; zeros must stand in it.
    """
    longest, count = emissions.shape[1:]
    tops, shares, closed, ratios = np.empty(count), np.empty((count, count)), np.empty(count), np.empty(count)
    forward, weights, sums = np.empty((longest, count)), np.empty((longest, count)), np.empty((longest, count))
    _share(transitions, tops, shares)
    for post in range(len(lengths)):
        final = lengths[post] - 1
        for tag in range(count):
            forward[0, tag] = start[tag] + emissions[post, 0, tag]
        for at in range(1, final + 1):
            _step(forward, at - 1, transitions, tops, shares, weights, sums, at, forward, at)
            for tag in range(count):
                forward[at, tag] += emissions[post, at, tag]
        for tag in range(count):
            closed[tag] = forward[final, tag] + end[tag]
        log_z = _log_sum(closed)
        for tag in range(count):
            slopes[post, final, tag] = math.exp(closed[tag] - log_z)
        losses[post] = log_z - start[tags[post, 0]] - end[tags[post, final]]
        for at in range(final, 0, -1):
            for tag in range(count):
                expected = slopes[post, at, tag]
                ratios[tag] = 0.0
                if sums[at, tag] >= _LEAST:
                    ratios[tag] = expected / sums[at, tag]
                elif expected > 0.0:
                    reached = forward[at, tag] - emissions[post, at, tag]
                    for before in range(count):
                        pair = expected * math.exp(forward[at - 1, before] + transitions[before, tag] - reached)
                        slopes[post, at - 1, before] += pair
                        transition_slopes[post, before, tag] += pair
            for before in range(count):
                expected = 0.0
                for tag in range(count):
                    pair = weights[at, before] * shares[before, tag] * ratios[tag]
                    expected += pair
                    transition_slopes[post, before, tag] += pair
                slopes[post, at - 1, before] += expected
        for at in range(final + 1):
            tag = tags[post, at]
            losses[post] -= emissions[post, at, tag]
            slopes[post, at, tag] -= 1.0
            if at:
                losses[post] -= transitions[tags[post, at - 1], tag]
                transition_slopes[post, tags[post, at - 1], tag] -= 1.0


@compiled
def span_log_probabilities(
    emissions: Array,
    start: Array,
    end: Array,
    transitions: Array,
    forward: Array,
    backward: Array,
    log_z: float,
    first: int,
    after: int,
    found: Array,
) -> None:
    """Fill in ``found`` (kinds,): how probable it is that just ``first:after`` is an entity of a kind, as a logarithm.

    Kind ``k`` opens with tag ``1 + 2k`` and goes on with ``2 + 2k``. It opens with the latter, too, where no tag of its
    kind stands before: BIO forbids that, a chain may allow it.
    """
    tags = emissions.shape[1]
    scores = np.empty(tags)
    for kind in range(len(found)):
        opening, inside = 1 + 2 * kind, 2 + 2 * kind
        opened, orphan = forward[first, opening], start[inside]
        if first > 0:
            for tag in range(tags):
                scores[tag] = forward[first - 1, tag] + transitions[tag, inside]
            scores[opening] = scores[inside] = -np.inf
            orphan = _log_sum(scores)
        orphan += emissions[first, inside]
        within = _onward(emissions, end, transitions, backward, after, inside, inside, scores)
        if after - first == 1:
            opened += _onward(emissions, end, transitions, backward, after, opening, inside, scores)
            found[kind] = _log_add(opened, orphan + within) - log_z
            continue
        score = _log_add(opened + transitions[opening, inside], orphan + transitions[inside, inside])
        for at in range(first + 1, after):
            score += emissions[at, inside] + (transitions[inside, inside] if at > first + 1 else 0.0)
        found[kind] = score + within - log_z


@compiled
def _onward(
    emissions: Array,
    end: Array,
    transitions: Array,
    backward: Array,
    after: int,
    last: int,
    inside: int,
    scores: Array,
) -> float:
    """The log-sum over all ends from token ``after`` on, behind the tag ``last``, that do not begin with ``inside``."""
    if after == len(emissions):
        return float(end[last])
    for tag in range(len(scores)):
        scores[tag] = transitions[last, tag] + emissions[after, tag] + backward[after, tag]
    scores[inside] = -np.inf  # the span would be longer
    return _log_sum(scores)


@compiled
def _share(transitions: Array, tops: Array, shares: Array) -> None:
    """Fill in the greatest of each column, 0 where all are -inf, and exp of what the others are under it."""
    tags = len(transitions)
    for tag in range(tags):
        top = -np.inf
        for before in range(tags):
            top = max(top, transitions[before, tag])
        tops[tag] = 0.0 if top == -np.inf else top
        for before in range(tags):
            shares[before, tag] = math.exp(transitions[before, tag] - tops[tag])


@compiled
def _step(
    scores: Array,
    row: int,
    transitions: Array,
    tops: Array,
    shares: Array,
    weights: Array,
    sums: Array,
    kept: int,
    reached: Array,
    into: int,
) -> None:
    """From a row of ``scores`` to the next: fill in the row ``into`` of ``reached``, and what it was made from.

    That is exp of the scores under their greatest, in the row ``kept`` of ``weights``, and each tag's sum in ``sums``.
    """
    tags = len(transitions)
    top = -np.inf
    for tag in range(tags):
        top = max(top, scores[row, tag])
    if top == -np.inf:
        top = 0.0
    for tag in range(tags):
        weights[kept, tag] = math.exp(scores[row, tag] - top)
        sums[kept, tag] = 0.0
    for before in range(tags):
        for tag in range(tags):
            sums[kept, tag] += weights[kept, before] * shares[before, tag]
    for tag in range(tags):
        if sums[kept, tag] < _LEAST:
            one_by_one = np.empty(tags)
            for before in range(tags):
                one_by_one[before] = scores[row, before] + transitions[before, tag]
            reached[into, tag] = _log_sum(one_by_one)
        else:
            reached[into, tag] = top + tops[tag] + math.log(sums[kept, tag])


@compiled
def _log_add(one: float, other: float) -> float:
    top, less = max(one, other), min(one, other)
    return top if less == -np.inf else top + math.log1p(math.exp(less - top))


@compiled
def _log_sum(scores: Array) -> float:
    """log(sum(exp)); -inf where all are."""
    top = -np.inf
    for score in scores:
        top = max(top, score)
    if top == -np.inf:
        return -np.inf
    total = 0.0
    for score in scores:
        total += math.exp(score - top)
    return top + math.log(total)
