"""Steps of training: gradients are gathered, clipped and taken; all that the next step depends on can be kept."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ner.networks.network import Network
from ner.training.optimisation import WeightAverage, make_optimizer, rate_factor
from ner.training.recipes import Recipe

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
        """Take the step that was gathered for; where its gradient is no number, change no weight and say False."""
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
        tensors |= {f"{_AVERAGE}/{name}": value for name, value in self.average.values().items()}
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
        self.average.restore({name: tensors[f"{_AVERAGE}/{name}"] for name in own}, int(texts["updates"]))
        self._done = int(texts["step"])


def total_steps(posts: int, auxiliary_posts: int, recipe: Recipe) -> int:
    """Steps of a whole run, near enough for the rates' course: it must not depend on where a run was cut."""
    schedule = recipe.schedule
    shown = posts * schedule.epochs
    shown += int(auxiliary_posts * schedule.auxiliary_share) * min(schedule.auxiliary_epochs, schedule.epochs)
    return max(1, shown // (schedule.batch_size * schedule.accumulate))
