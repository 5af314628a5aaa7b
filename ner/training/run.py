"""One training run: its network, its steps, and the epochs behind it.

A run is a folder: the best tagger so far (``config.json``, ``model.safetensors``, a word network's vectors), the
resolved ``recipe.json``, the course of the run in ``training.json`` and as curves, and until it ends
``resume.safetensors``. Killed at any moment, the same call goes on from the last whole epoch and ends with the same
weights: every random number comes from the seed and the epoch.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from ner.checkpoints import WEIGHTS_FILE, read_tensors_and_metadata, save_checkpoint, write_json, write_tensors
from ner.errors import NerError, TrainingError
from ner.evaluation.scores import score_tags
from ner.evaluation.unfamiliar import unfamiliar
from ner.heads.chain import best_tags
from ner.network_tagger import batched_emissions
from ner.networks.building import Design, build_network
from ner.training.epoch_batches import Example, epoch_batches
from ner.training.epoch_reports import EpochReport, TrainingReport, best_epoch, draw_curves, epoch_line, write_curves
from ner.training.optimizer import Steps, total_steps
from ner.training.recipes import Recipe, recipe_to_dict
from ner.training.starting import fitting_design, start_from
from ner.training.training_posts import Corpus, RegionsOf, Validation, word_table

RECIPE_FILE = "recipe.json"
REPORT_FILE = "training.json"
RESUME_FILE = "resume.safetensors"

Progress = Callable[[str, int, int], None]
Tell = Callable[[str], None]

_VALIDATED_AT_ONCE = 1024  # posts whose windows, and the regions in them, are in memory together


@dataclass(frozen=True, slots=True)
class Pictures:
    """Where the regions of posts' pictures come from."""

    regions: RegionsOf  # gives a post its regions, float32 (R, C), or None
    encoder: str  # which encoder they are from
    region_width: int  # C


class Run:
    """The moving parts of a run: network, steps, and the epochs behind it."""

    def __init__(
        self,
        recipe: Recipe,
        corpora: Sequence[Corpus],
        validations: Sequence[Validation],
        *,
        output: Path,
        init: Path | None,
        pictures: Pictures | None,
        device: torch.device,
        progress: Progress | None,
        tell: Tell | None,
    ) -> None:
        self.recipe, self.corpora, self.output, self.device = recipe, corpora, output, device
        self.progress, self.tell = progress or (lambda _what, _done, _total: None), tell or (lambda _line: None)
        self.design = fitting_design(_design(recipe, pictures, styles=len(corpora)), init)
        for line in unfamiliar(corpora[0].posts, recipe.encoder or recipe.vectors, recipe.types):
            self.tell(line)
        self.table = word_table(recipe, corpora, validations)
        if self.table is not None:
            self.tell(f"{recipe.vectors}: {self.table.report}")
        self.network, self.inputs = build_network(self.design, seed=recipe.seed, table=self.table)
        if not self.network.takes_regions:
            if pictures is not None:
                self.tell(f"{recipe.tagger} looks at no regions of pictures by this recipe")
            # the width stays: a network that looks at none may have a part for blank ones
            self.design, pictures = replace(self.design, picture_encoder=None), None
        self.regions = None if pictures is None else pictures.regions
        self.validations = [one for one in validations if self.regions is not None or not one.with_pictures]
        if init is not None:
            for line in start_from(init, self.network, self.design, self.table):
                self.tell(line)
        self.module = cast(nn.Module, self.network).to(device)
        auxiliary = sum(len(corpus.posts) for corpus in corpora[1:])
        self.steps = Steps(self.network, recipe, total_steps(len(corpora[0].posts), auxiliary, recipe))
        self.epochs: list[EpochReport] = []
        self.identity = run_identity(recipe, self.design, corpora, self.validations, init)

    def finish(self) -> TrainingReport:
        """Go on to the end."""
        self.output.mkdir(parents=True, exist_ok=True)
        if not self._resume():
            write_json(self.output / RECIPE_FILE, recipe_to_dict(self.recipe))
        elif not self._is_over():
            self.tell(f"{self.output}: goes on after epoch {len(self.epochs)}")
        while not self._is_over():
            started_s = time.monotonic()
            self._run_epoch(len(self.epochs) + 1)
            self.tell(epoch_line(self.epochs, self.recipe.schedule.epochs, time.monotonic() - started_s))
        if (self.output / RESUME_FILE).is_file():
            self._draw()
            (self.output / RESUME_FILE).unlink()
        return TrainingReport(self.output, tuple(self.epochs), best_epoch(self.epochs), len(self.corpora[0].posts))

    def _is_over(self) -> bool:
        if not self.epochs:
            return False
        schedule, done = self.recipe.schedule, len(self.epochs)
        return done >= schedule.epochs or done - best_epoch(self.epochs).epoch >= schedule.patience

    def _run_epoch(self, number: int) -> None:
        loss = self._train_epoch(number)
        report = EpochReport(number, loss, self._validate())
        self.epochs.append(report)
        if best_epoch(self.epochs) is report:
            save_checkpoint(self.output, self.steps.average.values, self.design, self.table)
        write_curves(self.output, self.epochs)
        self._remember()

    def _train_epoch(self, number: int) -> float:
        torch.manual_seed(self.recipe.seed * 1_000_003 + number)
        with_pictures = self.regions is not None
        batches = epoch_batches(self.corpora, self.recipe, number, self.inputs, with_pictures=with_pictures)
        losses, most = 0.0, self.recipe.schedule.accumulate
        self.module.train()
        for index, examples in enumerate(batches):
            loss = self._loss(examples)
            value = float(loss.detach())
            parts = min(most, len(batches) - index // most * most)
            if math.isfinite(value):
                self.steps.gather(loss, parts)
                if index % most == parts - 1 and not self.steps.take():
                    value = math.nan
            if not math.isfinite(value):
                raise TrainingError(
                    f"loss is {value} at epoch {number}, batch {index + 1} of {len(batches)} "
                    f"(posts {', '.join(example.post_id for example in examples[:4])}): "
                    f"lower the learning rates or look at these posts; {self._kept()}"
                )
            losses += value
            self.progress(f"epoch {number}", index + 1, len(batches))
        return losses / len(batches)

    def _loss(self, examples: Sequence[Example]) -> Tensor:
        batch = self.inputs.collate([self._window(example) for example in examples]).to(self.device)
        tags = torch.zeros(batch.mask.shape, dtype=torch.int64)
        numbers = {tag: number for number, tag in enumerate(self.network.head.tags)}
        for row, example in enumerate(examples):
            tags[row, : len(example.tags)] = torch.tensor([numbers[tag] for tag in example.tags])
        style = torch.tensor([example.style for example in examples])
        weight = torch.tensor([1.0 if e.style == 0 else self.recipe.schedule.auxiliary_weight for e in examples])
        is_mixed = self.recipe.schedule.precision == "bf16" and _has_bf16(self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=is_mixed):
            return self.network.loss(batch, tags.to(self.device), style.to(self.device), weight.to(self.device))

    def _window(self, example: Example) -> object:
        if self.regions is None or example.pictured is None:
            return example.window
        return replace(example.window, regions=self.regions(example.pictured))

    def _validate(self) -> dict[str, float]:
        self.module.eval()
        with self.steps.average.applied(self.network.own_state()), torch.inference_mode():
            return {one.name: self._score(one) for one in self.validations}

    def _score(self, validation: Validation) -> float:
        chain, found = self.network.chain(), list[tuple[str, ...]]()
        for start in range(0, len(validation.posts), _VALIDATED_AT_ONCE):
            inputs = validation.inputs(validation.posts[start : start + _VALIDATED_AT_ONCE], self.regions)
            emissions = batched_emissions(self.network, self.inputs, inputs, self.device)
            found += [best_tags(chain, scores) for scores in emissions]
            self.progress(f"valid {validation.name}", len(found), len(validation.posts))
        return score_tags([post.tags for post in validation.posts], found).f1

    def _draw(self) -> None:
        try:
            draw_curves(self.output, self.epochs)
        except NerError as error:
            self.tell(f"the curves were not drawn: {error}")

    def _remember(self) -> None:
        """Keep all that the next epoch depends on, in one file that is whole or not there."""
        tensors, texts = self.steps.state()
        epochs = [asdict(epoch) for epoch in self.epochs]
        texts |= {"identity": self.identity, "epochs": json.dumps(epochs)}
        write_tensors(self.output / RESUME_FILE, tensors, texts)
        write_json(self.output / REPORT_FILE, {"identity": self.identity, "epochs": epochs})

    def _resume(self) -> bool:
        """Go on from what was kept, if anything was; of a finished run the report is read back."""
        path, report = self.output / RESUME_FILE, self.output / REPORT_FILE
        if path.is_file():
            tensors, texts = read_tensors_and_metadata(path)
            self._take_up(texts.get("identity"), json.loads(texts.get("epochs", "[]")))
            self.steps.restore(tensors, texts)
        elif report.is_file():
            try:
                kept = json.loads(report.read_text(encoding="utf-8"))
                self._take_up(kept["identity"], kept["epochs"])
            except (ValueError, KeyError, TypeError) as error:
                raise TrainingError(f"{report}: is damaged ({error}): choose another folder, or remove it") from error
            if not (self.output / WEIGHTS_FILE).is_file():
                raise TrainingError(f"{self.output}: the run is over, but {WEIGHTS_FILE} is gone: remove the folder")
        return bool(self.epochs)

    def _take_up(self, identity: str | None, epochs: Sequence[Mapping[str, Any]]) -> None:
        if identity != self.identity:
            raise TrainingError(
                f"{self.output} holds a run with {self._difference()}: choose another folder, or remove it"
            )
        self.epochs = [EpochReport(**epoch) for epoch in epochs]

    def _difference(self) -> str:
        """In what the run of the folder is another one, as far as its recipe tells."""
        here = _flat(recipe_to_dict(self.recipe))
        try:
            there = _flat(json.loads((self.output / RECIPE_FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return "another recipe or other data"
        names = [name for name in here | there if there.get(name) != here.get(name)]
        changed = [f"{name} {there.get(name)!r}, not {here.get(name)!r}" for name in names]
        return ", ".join(changed) or "other data, pictures or --init"

    def _kept(self) -> str:
        if not self.epochs:
            return "no checkpoint was written yet"
        return f"the checkpoint of epoch {best_epoch(self.epochs).epoch} is kept in {self.output}"


def run_identity(
    recipe: Recipe, design: Design, corpora: Sequence[Corpus], validations: Sequence[Validation], init: Path | None
) -> str:
    """A digest of all that a run depends on."""
    given = [recipe_to_dict(recipe), design.picture_encoder, design.region_width, str(init)]
    digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode())
    for part in (*corpora, *validations):
        digest.update(repr(part).encode())
    return digest.hexdigest()


def _flat(values: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """The values of a recipe by their names in messages: ``schedule.epochs``."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{place}{name}.") if isinstance(value, dict) else {f"{place}{name}": value}
    return flat


def _design(recipe: Recipe, pictures: Pictures | None, *, styles: int) -> Design:
    return Design(
        tagger=recipe.tagger,
        options=recipe.network,
        encoder=recipe.encoder,
        vectors=recipe.vectors,
        picture_encoder=None if pictures is None else pictures.encoder,
        region_width=0 if pictures is None else pictures.region_width,
        styles=styles,
        types=tuple(recipe.types),
    )


def _has_bf16(device: torch.device) -> bool:
    """Whether a device computes with bf16 itself; one that has to imitate it is slower than with float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # oneDNN alone says so of every processor with AVX-512, where it computes with bf16 at a fifth of the speed
    has_own = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)() or platform.machine() in ("aarch64", "arm64")
    return has_own and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
