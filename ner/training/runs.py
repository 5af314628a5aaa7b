"""One training run: its network, its optimizer, and the epochs behind it.

A run is a folder: the best tagger so far (``config.json``, ``model.safetensors``), the resolved ``recipe.json``, the
course of the run in ``training.json``, and until it ends ``resume.safetensors``. Killed at any moment, the same call
goes on from the last whole epoch and ends with the same weights: every random number comes from the seed and the epoch.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from ner.checkpoints import (
    load_state,
    read_tensors_and_metadata,
    save_checkpoint,
    write_json,
    write_tensors,
)
from ner.errors import TrainingError
from ner.evaluation.scores import score_tags
from ner.formats import TaggedPost, tagger_input
from ner.heads.chain import best_tags
from ner.network_tagger import batched_emissions
from ner.networks.building import Design, build_network
from ner.spans import TAGS
from ner.training.batches import Corpus, Example, epoch_batches
from ner.training.optimisation import WeightAverage, make_optimizer, rate_factor
from ner.training.recipes import Recipe, recipe_to_dict

RECIPE_FILE = "recipe.json"
REPORT_FILE = "training.json"
RESUME_FILE = "resume.safetensors"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One epoch: its mean training loss and the lenient F1 of each validation, by ``file`` or ``file + captions``."""

    epoch: int
    loss: float
    f1: dict[str, float]

    @property
    def mean_f1(self) -> float:
        """What epochs are compared by."""
        return sum(self.f1.values()) / len(self.f1)


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """A finished run.

    Attributes:
        output: The tagger's folder.
        epochs: Every epoch, in order.
        best: The epoch whose weights were kept.
        train_posts: How many posts there were to train on, auxiliary ones not counted.
    """

    output: Path
    epochs: tuple[EpochReport, ...]
    best: EpochReport
    train_posts: int


class Run:
    """The moving parts of a run: network, optimizer, average, and the epochs behind it."""

    def __init__(
        self,
        recipe: Recipe,
        corpora: Sequence[Corpus],
        validations: dict[str, list[TaggedPost]],
        *,
        output: Path,
        init: Path | None,
        device: torch.device,
        progress: Progress | None,
    ) -> None:
        self.recipe, self.corpora, self.validations = recipe, corpora, validations
        self.output, self.device, self.progress = output, device, progress or (lambda _what, _done, _total: None)
        self.design = Design(
            tagger=recipe.tagger, options=recipe.network, encoder=str(recipe.encoder), styles=len(corpora)
        )
        self.network, self.inputs = build_network(self.design, seed=recipe.seed)
        self.module = cast(nn.Module, self.network)
        if init is not None:
            load_state(self.network, init)
        self.module.to(device)
        self.optimizer = make_optimizer(self.module, recipe.schedule)
        self.average = WeightAverage(self.network.own_state(), recipe.schedule.average)
        self.epochs: list[EpochReport] = []
        self.step = 0
        self.identity = run_identity(recipe, corpora, validations, init)

    def finish(self) -> TrainingReport:
        """Go on to the end."""
        self.output.mkdir(parents=True, exist_ok=True)
        if not self._resume():
            write_json(self.output / RECIPE_FILE, recipe_to_dict(self.recipe))
        while not self._is_over():
            number = len(self.epochs) + 1
            loss = self._train_epoch(number)
            report = EpochReport(number, loss, self._validate())
            is_best = not self.epochs or report.mean_f1 > self._best().mean_f1
            self.epochs.append(report)
            if is_best:
                save_checkpoint(self.output, self.average.values(), self.design)
            self._remember()
        (self.output / RESUME_FILE).unlink(missing_ok=True)
        return TrainingReport(self.output, tuple(self.epochs), self._best(), len(self.corpora[0].posts))

    def _is_over(self) -> bool:
        if not self.epochs:
            return False
        schedule = self.recipe.schedule
        return len(self.epochs) >= schedule.epochs or len(self.epochs) - self._best().epoch >= schedule.patience

    def _best(self) -> EpochReport:
        return max(self.epochs, key=lambda epoch: (epoch.mean_f1, -epoch.epoch))

    def _train_epoch(self, number: int) -> float:
        torch.manual_seed(self.recipe.seed * 1_000_003 + number)
        batches = self._batches(number)
        losses = 0.0
        self.module.train()
        for index, examples in enumerate(batches, 1):
            loss = self._step(examples, self._total_steps())
            if not math.isfinite(loss):
                ids = ", ".join(example.post_id for example in examples[:4])
                raise TrainingError(
                    f"loss is {loss} at epoch {number}, batch {index} of {len(batches)} (posts {ids}): "
                    f"lower the learning rates or look at these posts; {self._kept()}"
                )
            losses += loss
            self.progress(f"epoch {number}", index, len(batches))
        return losses / len(batches)

    def _step(self, examples: Sequence[Example], total: int) -> float:
        """One step and its loss; where the loss or its gradient is not finite, no weight is changed and it says so."""
        schedule = self.recipe.schedule
        factor = rate_factor(self.step, total, schedule.warm_up)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        loss = self._loss(examples)
        value = float(loss.detach())
        if not math.isfinite(value):
            return value
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(list(self.network.own_state().values()), schedule.clip)
        if not torch.isfinite(norm):
            return math.nan
        self.optimizer.step()
        self.average.update(self.network.own_state())
        self.step += 1
        return value

    def _loss(self, examples: Sequence[Example]) -> Tensor:
        batch = self.inputs.collate([example.window for example in examples]).to(self.device)
        tags = torch.zeros(batch.mask.shape, dtype=torch.int64)
        for row, example in enumerate(examples):
            tags[row, : len(example.tags)] = torch.tensor([TAGS.index(tag) for tag in example.tags])
        style = torch.tensor([example.style for example in examples])
        weight = torch.tensor([1.0 if e.style == 0 else self.recipe.schedule.auxiliary_weight for e in examples])
        return self.network.loss(batch, tags.to(self.device), style.to(self.device), weight.to(self.device))

    def _batches(self, number: int) -> list[list[Example]]:
        return epoch_batches(self.corpora, self.recipe, number, self.inputs)

    def _total_steps(self) -> int:
        """Steps of the whole run, near enough for the rates' course: it must not depend on where a run was cut."""
        schedule = self.recipe.schedule
        own, others = len(self.corpora[0].posts), sum(len(c.posts) for c in self.corpora[1:])
        shown = own * schedule.epochs
        shown += int(others * schedule.auxiliary_share) * min(schedule.auxiliary_epochs, schedule.epochs)
        return max(1, shown // schedule.batch_size)

    def _validate(self) -> dict[str, float]:
        self.module.eval()
        with self.average.applied(self.network.own_state()), torch.inference_mode():
            return {name: self._score(name, posts) for name, posts in self.validations.items()}

    def _score(self, name: str, posts: Sequence[TaggedPost]) -> float:
        chain = self.network.chain()
        emissions = batched_emissions(self.network, self.inputs, [tagger_input(post) for post in posts], self.device)
        found: list[tuple[str, ...]] = []
        for number, scores in enumerate(emissions, 1):
            found.append(best_tags(chain, scores))
            self.progress(f"valid {name}", number, len(posts))
        return score_tags([post.tags for post in posts], found).f1

    def _remember(self) -> None:
        """Keep all that the next epoch depends on, in one file that is whole or not there."""
        own = self.network.own_state()
        tensors = {f"weight/{name}": value.detach() for name, value in own.items()}
        tensors |= {f"average/{name}": value for name, value in self.average.values().items()}
        for name, parameter in own.items():
            for key, value in self.optimizer.state[parameter].items():
                tensors[f"optimizer/{key}/{name}"] = value
        metadata = {
            "identity": self.identity,
            "step": str(self.step),
            "updates": str(self.average.updates),
            "epochs": json.dumps([asdict(epoch) for epoch in self.epochs]),
        }
        copies = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
        write_tensors(self.output / RESUME_FILE, copies, metadata)
        write_json(self.output / REPORT_FILE, {"identity": self.identity, "epochs": json.loads(metadata["epochs"])})

    def _resume(self) -> bool:
        path = self.output / RESUME_FILE
        if not path.is_file():
            return self._resume_finished()
        tensors, metadata = read_tensors_and_metadata(path)
        self._check_same_run(metadata.get("identity"))
        own = self.network.own_state()
        with torch.no_grad():
            for name, parameter in own.items():
                parameter.copy_(tensors[f"weight/{name}"])
                prefix = "optimizer/"
                self.optimizer.state[parameter] = {
                    key.split("/")[1]: value.to(parameter.device) if value.dim() else value
                    for key, value in tensors.items()
                    if key.startswith(prefix) and key.split("/", 2)[2] == name
                }
        self.average.restore({name: tensors[f"average/{name}"] for name in own}, int(metadata["updates"]))
        self.step = int(metadata["step"])
        self.epochs = [EpochReport(**epoch) for epoch in json.loads(metadata["epochs"])]
        return True

    def _resume_finished(self) -> bool:
        """A finished run is not begun again: its report is read back."""
        path = self.output / REPORT_FILE
        if not path.is_file():
            return False
        report = json.loads(path.read_text(encoding="utf-8"))
        self._check_same_run(report.get("identity"))
        self.epochs = [EpochReport(**epoch) for epoch in report["epochs"]]
        return True

    def _check_same_run(self, identity: str | None) -> None:
        if identity != self.identity:
            raise TrainingError(
                f"{self.output} holds a run with another recipe or other data: choose another folder, or remove it"
            )

    def _kept(self) -> str:
        if not self.epochs:
            return "no checkpoint was written yet"
        return f"the checkpoint of epoch {self._best().epoch} is kept in {self.output}"


def run_identity(
    recipe: Recipe, corpora: Sequence[Corpus], validations: dict[str, list[TaggedPost]], init: Path | None
) -> str:
    """A digest of all that a run depends on."""
    digest = hashlib.sha256(json.dumps([recipe_to_dict(recipe), str(init)], sort_keys=True).encode())
    for corpus in corpora:
        digest.update(repr(corpus).encode())
    digest.update(repr(validations).encode())
    return digest.hexdigest()
