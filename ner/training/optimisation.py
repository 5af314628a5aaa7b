"""The optimizer's groups, the learning rates' course, and the running average of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor

from ner.networks.network import Network
from ner.networks.registry import REGISTRY, Family
from ner.training.recipes import Recipe, ScheduleRecipe

_ADAGRAD_EPS = 1e-8  # Moon et al. 2018, section 4.3
_LEAST_RATE = 0.01


def make_optimizer(network: Network, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer, with a peak rate for the encoder, the head and the CRF, and weight decay for matrices."""
    schedule = recipe.schedule
    rates = {
        "encoder": schedule.encoder_learning_rate,
        "head": schedule.head_learning_rate,
        "crf": schedule.crf_learning_rate,
    }
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for name, parameter in network.own_state().items():
        part = parameter_part(name, REGISTRY[recipe.tagger].family)
        decay = schedule.weight_decay if parameter.dim() > 1 and part != "crf" else 0.0
        groups.setdefault((rates[part], decay), []).append(parameter)
    given: Any = [
        {"params": params, "lr": rate, "peak": rate, "weight_decay": decay} for (rate, decay), params in groups.items()
    ]
    if schedule.optimizer == "adagrad":
        return torch.optim.Adagrad(given, eps=_ADAGRAD_EPS)
    return torch.optim.Adam(given) if schedule.optimizer == "adam" else torch.optim.AdamW(given)


def parameter_part(name: str, family: Family) -> Literal["encoder", "head", "crf"]:
    """Whose learning rate a parameter has: the CRF's transitions, the pretrained encoder or vectors, or the rest's.

    Of a network that reads words, what is pretrained are the vectors; their parameter is the ``change`` to them.
    """
    parts = name.split(".")
    if "crf" in parts:
        return "crf"
    is_pretrained = parts[0] == "encoder" if family == "pieces" else "change" in parts
    return "encoder" if is_pretrained else "head"


def rate_factor(step: int, total: int, schedule: ScheduleRecipe) -> float:
    """The share of the peak rate at a step: up linearly, then as the schedule's course says."""
    rising = int(total * schedule.warm_up)
    if schedule.course == "linear":
        rising = max(1, rising)
    if step < rising:
        return (step + 1) / rising
    if schedule.course == "constant":
        return 1.0
    return max(_LEAST_RATE, (total - step) / max(1, total - rising))


class WeightAverage:
    """An exponential average of the weights: what is validated and kept (Polyak and Juditsky 1992).

    Args:
        state: The weights by name.
        keep: How much of the average a step keeps; 0 follows the weights.
    """

    def __init__(self, state: Mapping[str, Tensor], keep: float) -> None:
        self.keep = keep
        self.updates = 0
        self._average = {name: value.detach().clone() for name, value in state.items()}

    def values(self) -> dict[str, Tensor]:
        """The average by name."""
        return self._average

    @torch.no_grad()
    def update(self, state: Mapping[str, Tensor]) -> None:
        """Take in a step's weights; the first steps count more, or the start would be remembered for long."""
        self.updates += 1
        keep = min(self.keep, self.updates / (self.updates + 10))
        for name, value in state.items():
            self._average[name].lerp_(value.detach(), 1 - keep)

    @contextmanager
    def applied(self, state: Mapping[str, Tensor]) -> Iterator[None]:
        """Put the average in the place of the weights, for as long as the context is open."""
        weights = {name: value.detach().clone() for name, value in state.items()}
        with torch.no_grad():
            for name, value in state.items():
                value.copy_(self._average[name])
        try:
            yield
        finally:
            with torch.no_grad():
                for name, value in state.items():
                    value.copy_(weights[name])

    def restore(self, average: Mapping[str, Tensor], updates: int) -> None:
        """Go on from a kept average."""
        for name, value in average.items():
            self._average[name].copy_(value)
        self.updates = updates
