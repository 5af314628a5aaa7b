"""Train the tagger that ships as ``ner/weights/default``.

    python -m benchmarks.train_default_tagger --shared ../shared/data --work bench-data/default-tagger

It first writes what is trained on to ``WORK/data``: the two Twitter sets' train files, and as auxiliary sets WNUT-17,
the Broad Twitter Corpus and Wikigold. Left out of all of them: each text that stands in a valid file of either Twitter
set, and each text of the last 200 posts of ``kg-sample/posts``, on which the whole system is measured. The first 400 of
those posts lend the training posts with the same text their picture, and what the graph knows about the entity in it.

Then it trains by the recipe, goes on from there once more with each of some seeds, takes the mean of the weights, and
sets how far names near what the picture shows are trusted.
"""

from __future__ import annotations

import argparse
import bz2
import json
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.average_taggers import average_taggers
from kg import canonical_iri
from linker import BuildSettings, build_index, open_index
from linker.candidates import known_names
from linker.mentions import match_aliases
from ner.checkpoints import WEIGHTS_FILE, read_design, read_tensors, save_checkpoint
from ner.formats import TaggedPost, read_captions, read_posts, with_captions
from ner.training.recipes import Recipe, load_recipe
from ner.training.train import train_tagger
from scripts._picture_features import PictureFeatures

MEASURED_POSTS = 200
"""How many of the last posts of ``kg-sample`` nothing is trained on."""

TRUST = 7.0
"""In names near what the picture shows: 6 to 8 did best on the first posts of the sample (benchmarks.tune_trust)."""

AGAIN = (21,)
"""The seeds of the taggers that go on from the first; what ships is the mean of all."""

Facts = tuple[tuple[str, str, str], ...]

_MAX_FACTS = 5
_LEFT_OUT_PREDICATES = frozenset({"label"})
_TRIPLE = re.compile(r'^<([^>]*)> <([^>]*)> (?:<([^>]*)>|"(.*)"\S*) \.$')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"), help="the folder of real data")
    parser.add_argument("--work", type=Path, default=Path("bench-data/default-tagger"), help="where data and run go")
    parser.add_argument("--recipe", default="default", help="a recipe's name or file")
    parser.add_argument("--again", type=int, nargs="*", default=AGAIN, help="seeds of the taggers that go on from it")
    parser.add_argument("--prepare-only", action="store_true", help="write the training data, do not train")
    arguments = parser.parse_args()
    train, auxiliary = prepare(arguments.shared, arguments.work / "data")
    if arguments.prepare_only:
        return
    features = arguments.work / "features.sqlite"
    pictures = PictureFeatures(arguments.shared / "kg-sample" / "posts", features, device="cpu")
    pictures.prepare(post for path in train for post in read_posts(path))
    recipe = load_recipe(arguments.recipe)
    run = Runs(arguments.shared, arguments.work, train, auxiliary, pictures)
    first = run.train(recipe, "run")
    again = [run.train(_once_more(recipe, seed), f"again-{seed}", init=first) for seed in arguments.again]
    tagger = arguments.work / "tagger"
    average_taggers([first, *again], tagger)
    trust_near_names(tagger, TRUST)
    for name in ("recipe.json", "training.json"):
        shutil.copyfile(first / name, tagger / name)
    for folder in again:
        shutil.copyfile(folder / "training.json", tagger / f"training-{folder.name}.json")
    print(f"the mean of {1 + len(again)} taggers is in {tagger}")


def trust_near_names(folder: Path, trust: float) -> None:
    """Change how far a tagger trusts names near what the picture shows; its weights stay."""
    design = read_design(folder)
    changed = replace(design, options=replace(design.options, trust=trust))
    save_checkpoint(folder, read_tensors(folder / WEIGHTS_FILE), changed)


class Runs:
    """Training runs on the same data, side by side in one folder."""

    def __init__(
        self, shared: Path, work: Path, train: Sequence[Path], auxiliary: Sequence[Path], pictures: PictureFeatures
    ) -> None:
        self._shared, self._work, self._pictures = shared, work, pictures
        self._train, self._auxiliary = train, auxiliary

    def train(self, recipe: Recipe, name: str, *, init: Path | None = None) -> Path:
        """Train by a recipe, or find it trained; returns the tagger's folder."""
        report = train_tagger(
            recipe,
            train=self._train,
            auxiliary=self._auxiliary,
            valid=[self._shared / f"twitter{year}" / "valid.txt" for year in (2015, 2017)],
            captions=[self._shared / "captions" / f"twitter{year}.tsv" for year in (2015, 2017)],
            output=self._work / name,
            init=init,
            regions=self._pictures.regions,
            picture_encoder=self._pictures.encoder_name,
            region_width=self._pictures.region_width,
            progress=_log(),
        )
        for epoch in report.epochs:
            print(json.dumps(asdict(epoch)), flush=True)
        print(f"{name}: best was epoch {report.best.epoch}, {report.best.f1}", flush=True)
        return report.output


def _once_more(recipe: Recipe, seed: int) -> Recipe:
    """One more epoch over the posts of the first style, at a third of the rates."""
    schedule = replace(
        recipe.schedule,
        epochs=1,
        auxiliary_epochs=0,
        encoder_learning_rate=recipe.schedule.encoder_learning_rate / 3,
        head_learning_rate=recipe.schedule.head_learning_rate / 3,
        crf_learning_rate=recipe.schedule.crf_learning_rate / 3,
    )
    return replace(recipe, seed=seed, schedule=schedule)


def prepare(shared: Path, folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the training files; returns the main ones and the auxiliary ones.

    The tweets' own pictures cannot be had: only posts whose text is one of the first of ``kg-sample`` have one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept_back = _kept_back(shared)
    knowledge, pictures = _knowledge_by_text(shared), _pictures_by_text(shared)
    names = SampleNames(shared, folder / "kg-sample-index")
    main_files, auxiliary_files = [], []
    for year in (2015, 2017):
        posts = with_captions(
            read_posts(shared / f"twitter{year}" / "train.txt"),
            read_captions(shared / "captions" / f"twitter{year}.tsv"),
        )
        keys = [text_key(post.tokens) for post in posts]
        posts = [
            replace(names.of(post), knowledge=knowledge.get(key, ()), image=pictures.get(key))
            for key, post in zip(keys, posts, strict=True)
        ]
        main_files.append(_write(folder / f"twitter{year}.jsonl", posts, kept_back))
    others = shared / "ner-text"
    for name, paths in (
        ("wnut17", [others / "wnut17" / "wnut17train.conll"]),
        ("btc", sorted((others / "btc").glob("*.conll"))),
        ("wikigold", [others / "wikigold" / "wikigold.conll.txt"]),
    ):
        posts = [names.of(post) for path in paths for post in read_posts(path)]
        auxiliary_files.append(_write(folder / f"{name}.jsonl", posts, kept_back))
    return main_files, auxiliary_files


class SampleNames:
    """The names that the graph of ``kg-sample`` knows in posts, as the pipeline would tell the tagger of them.

    Args:
        shared: The folder of real data.
        index: Where the graph's index is built, or was.
    """

    def __init__(self, shared: Path, index: Path) -> None:
        sample = shared / "kg-sample"
        build_index(index, BuildSettings(sources=[sample / "kg" / "dumps"], images_dir=sample / "kg" / "images"))
        self._index = open_index(index, device="cpu")
        pictured = {text_key(post["tokens"]): post["image_entity"] for post in sample_posts(shared)[:-MEASURED_POSTS]}
        find = self._index.graph.entity_by_iri
        self._pictured = {key: find(canonical_iri(iri)) for key, iri in pictured.items() if iri}

    def of(self, post: TaggedPost) -> TaggedPost:
        """The post with its known names; near ones where it is one of the first posts, whose picture is known."""
        matched = match_aliases(post.tokens, self._index.aliases)
        shown = self._pictured.get(text_key(post.tokens))
        proposed = {match.entity.id for matches in matched.values() for match in matches}
        hops = self._index.graph.hop_distances([shown.id], sorted(proposed)) if shown else {}
        return replace(post, known_names=known_names(post.tokens, matched, hops))


def text_key(tokens: Sequence[str]) -> str:
    """What two writings of one text share: its letters and digits, without case, addresses, tokens' bounds."""
    words = [token.casefold() for token in tokens if not re.match(r"https?:|t\.co/|www\.", token, re.IGNORECASE)]
    return re.sub(r"[\W_]+", "", "".join(words))


def _kept_back(shared: Path) -> set[str]:
    keys = {text_key(p.tokens) for year in (2015, 2017) for p in read_posts(shared / f"twitter{year}" / "valid.txt")}
    measured = sample_posts(shared)[-MEASURED_POSTS:]
    return keys | {text_key(post["tokens"]) for post in measured}


def sample_posts(shared: Path) -> list[dict[str, Any]]:
    text = (shared / "kg-sample" / "posts" / "posts.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def pictured_knowledge(shared: Path) -> list[tuple[dict[str, Any], Facts]]:
    """The posts of ``kg-sample``, each with what the graph says about the entity in its picture."""
    dumps = shared / "kg-sample" / "kg" / "dumps"
    labels = {subject: value for subject, _, value in _triples(dumps / "labels_en.ttl.bz2")}
    facts: dict[str, list[tuple[str, str, str]]] = {}
    for subject, _, value in _triples(dumps / "instance_types_en.ttl.bz2"):
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", value.rsplit("/", 1)[-1]).lower()
        facts.setdefault(subject, []).append((labels.get(subject, ""), "is a", kind))
    for subject, predicate, value in _triples(dumps / "mappingbased_objects_en.ttl.bz2"):
        name = predicate.rsplit("/", 1)[-1]
        if value in labels and name not in _LEFT_OUT_PREDICATES:
            facts.setdefault(subject, []).append((labels.get(subject, ""), name, labels[value]))
    return [(post, tuple(facts.get(str(post["image_entity"]), ())[:_MAX_FACTS])) for post in sample_posts(shared)]


def _knowledge_by_text(shared: Path) -> dict[str, Facts]:
    """The knowledge of the first posts, by their text."""
    posts = pictured_knowledge(shared)[:-MEASURED_POSTS]
    return {text_key(post["tokens"]): facts for post, facts in posts if facts}


def _pictures_by_text(shared: Path) -> dict[str, str]:
    """The pictures of the first posts, by their text."""
    return {text_key(post["tokens"]): post["image"] for post in sample_posts(shared)[:-MEASURED_POSTS]}


def _triples(path: Path) -> Iterator[tuple[str, str, str]]:
    with bz2.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            match = _TRIPLE.match(line.strip())
            if match:
                subject, predicate, iri, literal = match.groups()
                yield subject, predicate, iri or literal


def _write(path: Path, posts: Iterable[TaggedPost], kept_back: set[str]) -> Path:
    rows, left_out, known = [], 0, 0
    for post in posts:
        if text_key(post.tokens) in kept_back:
            left_out += 1
            continue
        known += bool(post.knowledge)
        row = {name: value for name, value in asdict(post).items() if value}
        rows.append(json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    print(f"{path}: {len(rows)} posts, {left_out} left out, {known} with knowledge", file=sys.stderr)
    return path


class _log:  # noqa: N801
    """Progress as a line every hundred steps."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            print(f"{time.monotonic() - self._started:7.0f} s  {what}: {done} of {total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
