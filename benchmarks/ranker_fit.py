"""Fitting the ranker's weights: a conditional logit over candidates and NIL, with knowledge left out at random."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.ranker_data import Case
from linker.context_clues import CONTEXT_CLUES
from linker.knowledge_clues import KNOWLEDGE_CLUES
from linker.ranker import CLUES, NIL_CLUES, PAIR_CLUES, Ranker, scores, softmax

Floats = npt.NDArray[np.float64]

L2 = 1e-3
"""Penalty on the square of each weight, its clue scaled to a spread of 1."""

PICTURE = {"is_pictured": 4.5, "pictured_by_name": 1.5, "pictured_at_hop_1": 1.5, "pictured_at_hop_2": 0.75}
SET = {
    **PICTURE,
    "neighbours_named": 1.0,
    "full_form_before": 2.0,
    "full_form_after": 0.5,
    "log_count_share": 0.7,
}
"""Set, not fitted: hardly any name of kg-sample is ambiguous, so that a fit would learn that pictures and neighbours do
not matter; full forms are too rare in the training sets, and none has counts."""

PAIRS = {"same_entity": 1.0, "linked": 2.0, "shared_neighbour": 2.0}
"""Set: no training set has both triples and names that are ambiguous. See the coherence table of the report."""

KNOWLEDGE = {
    "profiles": ({*CONTEXT_CLUES}, {"some_described"}),
    "priors": (
        {"prior_below_best", "prior_below_best_alone", "prior_below_rivals", "prior_share", "has_prior"},
        {"some_prior"},
    ),
    "types": ({"type_agreement", "has_type"}, set[str]()),
    "pictures": ({*PICTURE}, {"something_pictured"}),
    "counts": ({"counted", "log_count_share", "is_most_counted"}, set[str]()),
    "tagger": ({"type_agreement"}, {"tagged", "tagger_score"}),
}
"""Kinds of knowledge that a graph or a post may lack: the clues, and NIL's, that then say nothing."""

assert {clue for clues, _ in KNOWLEDGE.values() for clue in clues} <= {*CONTEXT_CLUES, *KNOWLEDGE_CLUES}


@dataclass(frozen=True, slots=True)
class Weighted:
    """Cases with the weight of each one of them."""

    cases: Sequence[Case]
    weight: float


def without(case: Case, kinds: Sequence[str]) -> Case:
    """The case with some kinds of knowledge missing."""
    clues, nil = case.clues.copy(), case.nil.copy()
    if "profiles" in kinds:
        clues[:, CLUES.index("prior_below_best_alone")] = clues[:, CLUES.index("prior_below_best")]
    for kind in kinds:
        here, there = KNOWLEDGE[kind]
        clues[:, [CLUES.index(name) for name in here]] = 0.0
        nil[[NIL_CLUES.index(name) for name in there]] = 0.0
    return replace(case, clues=clues, nil=nil)


def answer_of(case: Case) -> int:
    """Which of the scores is the right answer's: a candidate's, NIL's behind them, or another entity's behind it."""
    return len(case.clues) if case.is_nil else len(case.clues) + 1 if case.right < 0 else case.right


@dataclass(frozen=True, slots=True)
class Design:
    """What a fit is done on: (M,) rows of all candidates, NIL and another entity; N mentions.

    Attributes:
        rows: (M, F) clues, each divided by its spread.
        spread: (F,).
        owner: (M,) the mention of each row.
        right: (N,) the row of each mention's right answer.
        share: (N,) what each mention weighs, summing to 1.
    """

    rows: torch.Tensor
    spread: Floats
    owner: torch.Tensor
    right: torch.Tensor
    share: torch.Tensor


def design(parts: Sequence[Weighted]) -> Design:
    """The cases as rows."""
    cases = [(case, part.weight) for part in parts for case in part.cases]
    rows = np.concatenate([np.append(case.clues, np.zeros((2, len(CLUES))), axis=0) for case, _ in cases])
    sizes = np.array([len(case.clues) + 2 for case, _ in cases])
    ends = np.cumsum(sizes)
    extra = np.zeros((len(rows), 2 * len(NIL_CLUES)))
    extra[ends - 2, : len(NIL_CLUES)] = extra[ends - 1, len(NIL_CLUES) :] = [case.nil for case, _ in cases]
    x = np.concatenate([rows, extra], axis=1)
    spread = x.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    weight = np.array([weight for _, weight in cases])
    return Design(
        torch.from_numpy(x / spread),
        spread,
        torch.from_numpy(np.repeat(np.arange(len(cases)), sizes)),
        torch.from_numpy(ends - sizes + np.array([answer_of(case) for case, _ in cases])),
        torch.from_numpy(weight / weight.sum()),
    )


def fit(on: Design, *, left_out: Sequence[str] = (), start: Ranker | None = None, l2: float = L2) -> Ranker:
    """The ranker of least penalised log loss.

    Args:
        on: The cases, by weight.
        left_out: Clues that count nothing.
        start: A ranker that is near it.
        l2: See `L2`.
    """
    names = (*CLUES, *NIL_CLUES, *NIL_CLUES)
    fixed = np.array([0.0 if name in left_out else SET.get(name, 0.0) for name in names])
    free = np.array([name not in SET and name not in left_out for name in names])
    first = np.concatenate([start.weights, start.nil, start.other]) if start else np.zeros(len(names))
    found = _minimise(on, fixed * on.spread, free, first * on.spread * free, l2) / on.spread
    pairs = np.array([PAIRS[name] for name in PAIR_CLUES])
    return Ranker(found[: len(CLUES)], *np.split(found[len(CLUES) :], 2), pairs)


def _minimise(on: Design, fixed: Floats, free: npt.NDArray[np.bool_], first: Floats, l2: float) -> Floats:
    held, mask = torch.from_numpy(fixed), torch.from_numpy(free)
    weights = torch.tensor(first, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=400, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        values = on.rows @ torch.where(mask, weights, held)
        most = torch.full((len(on.share),), -torch.inf, dtype=torch.float64)
        most = most.scatter_reduce(0, on.owner, values, "amax").detach()
        powers = torch.exp(values - most[on.owner])
        total = torch.zeros(len(on.share), dtype=torch.float64).index_add(0, on.owner, powers)
        loss = (on.share * (torch.log(total) + most - values[on.right])).sum() + l2 * weights.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return np.array(torch.where(mask, weights, held).detach().numpy())


def calibrate(answers: Sequence[tuple[Ranker, Case]]) -> float:
    """The temperature of least log loss on cases, each with a ranker that was not fitted on it."""
    values = [
        (scores(replace(ranker, temperature=1.0), case.clues, case.nil), answer_of(case)) for ranker, case in answers
    ]

    def loss(temperature: float) -> float:
        return -sum(float(np.log(max(softmax(row / temperature)[right], 1e-12))) for row, right in values)

    return float(min(np.round(np.arange(0.7, 1.61, 0.05), 2).tolist(), key=loss))
