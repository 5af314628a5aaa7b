"""Steps of training: the optimizer, the course of its learning rates, and the running average of the weights.

Gradients are gathered, clipped and taken; all that the next step depends on can be kept.
"""

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
_WEIGHT, _AVERAGE, _OPTIMIZER = "weight", "average", "optimizer"


class Steps:
    """The optimizer of a run, the average of its weights, and how many steps are behind it.

    Args:
        network: What is trained.
        recipe: How.
        total: How many steps the whole run may take; the rates' course is stretched over them.
    """

    def __init__(self, network: Network, recipe: Recipe, total: int) -> None:
        self.average = WeightAverage(network.own_state(), recipe.schedule.average)
        self._network, self._schedule, self._total = network, recipe.schedule, total
        self._optimizer = make_optimizer(network, recipe)
        self._done = 0
        self._optimizer.zero_grad(set_to_none=True)

    def gather(self, loss: Tensor, parts: int) -> None:
        """Add a batch's gradient to the step that is prepared, of which it is one of ``parts``."""
        (loss / parts).backward()  # type: ignore[no-untyped-call]

    def take(self) -> bool:
        """Take the step that was gathered for; where its gradient is not a number, change no weight and say False."""
        for group in self._optimizer.param_groups:
            group["lr"] = group["peak"] * rate_factor(self._done, self._total, self._schedule)
        own = self._network.own_state()
        norm = torch.nn.utils.clip_grad_norm_(list(own.values()), self._schedule.clip)
        is_finite = bool(torch.isfinite(norm))
        if is_finite:
            self._optimizer.step()
            self.average.update(own)
            self._done += 1
        self._optimizer.zero_grad(set_to_none=True)
        return is_finite

    def state(self) -> tuple[dict[str, Tensor], dict[str, str]]:
        """Tensors and texts that :meth:`restore` goes on from."""
        own = self._network.own_state()
        tensors = {f"{_WEIGHT}/{name}": value.detach() for name, value in own.items()}
        tensors |= {f"{_AVERAGE}/{name}": value for name, value in self.average.values.items()}
        for name, parameter in own.items():
            for key, value in self._optimizer.state[parameter].items():
                tensors[f"{_OPTIMIZER}/{key}/{name}"] = value
        copies = {name: value.cpu().contiguous() for name, value in tensors.items()}
        return copies, {"step": str(self._done), "updates": str(self.average.updates)}

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> None:
        """Go on from what :meth:`state` gave."""
        own = self._network.own_state()
        kept: dict[str, dict[str, Tensor]] = {name: {} for name in own}
        for place, value in tensors.items():
            if place.startswith(f"{_OPTIMIZER}/"):
                _, key, name = place.split("/", 2)
                kept[name][key] = value.to(own[name].device) if value.dim() else value
        for name, parameter in own.items():
            parameter.copy_(tensors[f"{_WEIGHT}/{name}"])
            self._optimizer.state[parameter] = kept[name]
            self.average.values[name].copy_(tensors[f"{_AVERAGE}/{name}"])
        self._done, self.average.updates = int(texts["step"]), int(texts["updates"])


def total_steps(posts: int, auxiliary_posts: int, recipe: Recipe) -> int:
    """Steps of a whole run, near enough for the rates' course: it must not depend on where a run was cut."""
    schedule = recipe.schedule
    shown = posts * schedule.epochs
    shown += int(auxiliary_posts * schedule.auxiliary_share) * min(schedule.auxiliary_epochs, schedule.epochs)
    return max(1, shown // (schedule.batch_size * schedule.accumulate))


def make_optimizer(network: Network, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer, with a peak rate for the encoder, the head and the CRF, and weight decay for matrices."""
    schedule = recipe.schedule
    rates = {part: getattr(schedule, f"{part}_learning_rate") for part in ("encoder", "head", "crf")}
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

    Attributes:
        values: The average by name.
        updates: How many steps are in it.
    """

    def __init__(self, state: Mapping[str, Tensor], keep: float) -> None:
        self.keep = keep
        self.updates = 0
        self.values = {name: value.detach().clone() for name, value in state.items()}

    @torch.no_grad()
    def update(self, state: Mapping[str, Tensor]) -> None:
        """Take in a step's weights; the first steps count more, or the start would be remembered for long."""
        self.updates += 1
        keep = min(self.keep, self.updates / (self.updates + 10))
        for name, value in state.items():
            self.values[name].lerp_(value.detach(), 1 - keep)

    @contextmanager
    def applied(self, state: Mapping[str, Tensor]) -> Iterator[None]:
        """Put the average in the place of the weights, for as long as the context is open."""
        weights = {name: value.detach().clone() for name, value in state.items()}
        _copy(self.values, state)
        try:
            yield
        finally:
            _copy(weights, state)


@torch.no_grad()
def _copy(values: Mapping[str, Tensor], into: Mapping[str, Tensor]) -> None:
    for name, place in into.items():
        place.copy_(values[name])
