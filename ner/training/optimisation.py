"""The optimizer's groups, the learning rates' course, and the running average of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ner.training.recipes import ScheduleRecipe


def make_optimizer(network: nn.Module, schedule: ScheduleRecipe) -> torch.optim.AdamW:
    """AdamW with a peak rate for the encoder, the head and the CRF, and weight decay for matrices alone."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        rate = schedule.head_learning_rate
        if name.startswith("encoder."):
            rate = schedule.encoder_learning_rate
        elif name.startswith("crf."):
            rate = schedule.crf_learning_rate
        decay = schedule.weight_decay if parameter.dim() > 1 and not name.startswith("crf.") else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": params, "lr": rate, "peak": rate, "weight_decay": decay}
            for (rate, decay), params in groups.items()
        ]
    )


def rate_factor(step: int, total: int, warm_up: float) -> float:
    """The share of the peak rate at a step: up linearly, then down linearly to a hundredth."""
    rising = max(1, int(total * warm_up))
    if step < rising:
        return (step + 1) / rising
    return max(0.01, (total - step) / max(1, total - rising))


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
