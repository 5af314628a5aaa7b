"""Train the tagger that ships as ``ner/weights/default``.

    python -m benchmarks.train_default_tagger --shared ../shared/data --work bench-data/default-tagger

It first writes what is trained on to ``WORK/data``: the two Twitter sets' train files, and as an auxiliary set tweets
of Tweebank-NER, WNUT-17 and the Broad Twitter Corpus with the tags that ``base`` gives them. Left out of all of them:
each text that stands in a valid file of either Twitter set, and each text of the last 200 posts of ``kg-sample/posts``,
on which the whole system is measured. The first 400 of those posts lend the training posts with the same text their
picture, and what the graph knows about the entity in it.

Then it trains by the recipe, and sets how far names near what the picture shows are trusted. What was cut short goes
on from where it was.
"""

from __future__ import annotations

import argparse
import bz2
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from kg import canonical_iri
from linker import BuildSettings, build_index, open_index
from linker.candidates import known_names
from linker.mentions import match_aliases
from ner import TaggerInput, load_tagger
from ner.checkpoints import WEIGHTS_FILE, read_design, read_tensors, save_checkpoint
from ner.formats import TaggedPost, read_captions, read_posts, with_captions
from ner.training.recipes import Recipe, load_recipe
from ner.training.train import train_tagger
from scripts._picture_features import PictureFeatures

MEASURED_POSTS = 200
"""How many of the last posts of ``kg-sample`` nothing is trained on."""

TRUST = 7.0
"""In names near what the picture shows: 6 to 8 did best on the first posts of the sample (benchmarks.tune_trust)."""

TEACHER = "base"
LEAST_SCORE = 0.4
"""Of the least certain span: below it a tweet is not taught."""

TAUGHT_OF_BTC = 3_072
"""How many of the first tweets of the Broad Twitter Corpus are taught: for time."""

Facts = tuple[tuple[str, str, str], ...]

_AT_ONCE = 100
_MAX_FACTS = 5
_LEFT_OUT_PREDICATES = frozenset({"label"})
_TRIPLE = re.compile(r'^<([^>]*)> <([^>]*)> (?:<([^>]*)>|"(.*)"\S*) \.$')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"), help="the folder of real data")
    parser.add_argument("--work", type=Path, default=Path("bench-data/default-tagger"), help="where data and run go")
    parser.add_argument("--recipe", default="default", help="a recipe's name or file")
    parser.add_argument("--seed", type=int, help="in the place of the recipe's")
    parser.add_argument("--prepare-only", action="store_true", help="write the training data, do not train")
    arguments = parser.parse_args()
    train = prepare(arguments.shared, arguments.work / "data")
    taught = teach(arguments.shared, arguments.work / "data")
    if arguments.prepare_only:
        return
    recipe = load_recipe(arguments.recipe)
    seed = recipe.seed if arguments.seed is None else arguments.seed
    tagger = run(replace(recipe, seed=seed), arguments.work / f"seed-{seed}", arguments.shared, train, [taught])
    trust_near_names(tagger, TRUST)
    print(f"the tagger is in {tagger}")


def trust_near_names(folder: Path, trust: float) -> None:
    """Change how far a tagger trusts names near what the picture shows; its weights stay."""
    design = read_design(folder)
    changed = replace(design, options=replace(design.options, trust=trust))
    save_checkpoint(folder, read_tensors(folder / WEIGHTS_FILE), changed)


def run(recipe: Recipe, output: Path, shared: Path, train: Sequence[Path], auxiliary: Sequence[Path]) -> Path:
    """Train by a recipe to the last epoch, or find it trained; returns the tagger's folder."""
    output.mkdir(parents=True, exist_ok=True)
    pictures = PictureFeatures(shared / "kg-sample" / "posts", output / "features.sqlite", device="cpu")
    pictures.prepare(post for path in train for post in read_posts(path))
    report = train_tagger(
        recipe,
        train=train,
        auxiliary=auxiliary,
        valid=[],
        output=output,
        regions=pictures.regions,
        picture_encoder=pictures.encoder_name,
        region_width=pictures.region_width,
        progress=_log(),
    )
    return report.output


def prepare(shared: Path, folder: Path) -> list[Path]:
    """Write the files of the two Twitter sets; returns them.

    The tweets' own pictures cannot be had: only posts whose text is one of the first of ``kg-sample`` have one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept_back = _kept_back(shared)
    knowledge, pictures = _knowledge_by_text(shared), _pictures_by_text(shared)
    names = SampleNames(shared, folder / "kg-sample-index")
    files = []
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
        files.append(_write(folder / f"twitter{year}.jsonl", _allowed(posts, kept_back)))
    return files


def teach(shared: Path, folder: Path) -> Path:
    """Write tweets with the tags that the teacher gives them, as far as it is certain; returns the file."""
    others, kept_back = shared / "ner-text", _kept_back(shared)
    tweets: list[TaggedPost] = []
    for files, most in (
        (sorted((others / "tweebank").glob("*.conll")), None),
        ([others / "wnut17" / "wnut17train.conll"], None),
        (sorted((others / "btc").glob("*.conll")), TAUGHT_OF_BTC),
    ):
        tweets += _allowed((post for path in files for post in read_posts(path)), kept_back)[:most]
    rows = [json.loads(line) for line in _tagged_by_teacher(tweets, folder / "tweets.jsonl")]
    certain = [TaggedPost(row["id"], row["tokens"], row["tags"]) for row in rows if row["score"] >= LEAST_SCORE]
    return _write(folder / "taught.jsonl", certain)


def _tagged_by_teacher(tweets: Sequence[TaggedPost], path: Path) -> list[str]:
    """A line for each tweet, in a file that grows; whole lines that it has already are kept."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    lines = [line for line in lines if line.endswith("\n")]
    if len(lines) == len(tweets):
        return lines
    teacher, log = load_tagger(TEACHER, device="cpu"), _log()
    with path.open("w", encoding="utf-8") as output:
        output.writelines(lines)
        for start in range(len(lines), len(tweets), _AT_ONCE):
            posts = tweets[start : start + _AT_ONCE]
            for post, found in zip(posts, teacher.tag([TaggerInput(post.tokens) for post in posts]), strict=True):
                score = min((span.score for span in found.spans), default=1.0)
                row = {"id": post.id, "tokens": post.tokens, "tags": found.tags, "score": score}
                lines.append(json.dumps(row, ensure_ascii=False) + "\n")
            output.writelines(lines[start:])
            output.flush()
            log(f"tags of {TEACHER}", len(lines), len(tweets))
    return lines


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


def _allowed(posts: Iterable[TaggedPost], kept_back: set[str]) -> list[TaggedPost]:
    return [post for post in posts if text_key(post.tokens) not in kept_back]


def _write(path: Path, posts: Sequence[TaggedPost]) -> Path:
    rows = [{name: value for name, value in asdict(post).items() if value} for post in posts]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    known = sum(bool(post.knowledge) for post in posts)
    print(f"{path}: {len(rows)} posts, {known} with knowledge", file=sys.stderr)
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
