"""Measure a tagger on real tweets: F1 by what stands beside the text, and posts a second.

python benchmarks/measure_tagger.py [NAME_OR_DIR] --shared ../shared/data
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.train_default_tagger import MEASURED_POSTS, pictured_knowledge
from ner.checkpoints import load_tagger, tagger_folder
from ner.evaluation.evaluate import evaluate_tagger
from ner.evaluation.scores import Evaluation, score_posts
from ner.formats import TaggedPost, read_captions, read_posts, with_captions
from ner.taggers import Tagger, TaggerInput
from ner.training.augment import Pool, training_example
from ner.training.recipes import ContextRecipe

_TIMED_POSTS = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tagger", nargs="?", default="default", help="a tagger's name or folder")
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"), help="the folder of real data")
    arguments = parser.parse_args()
    tagger = load_tagger(arguments.tagger, device="cpu")
    weights = tagger_folder(arguments.tagger) / "model.safetensors"
    print(f"weights: {weights.stat().st_size / 1e6:.2f} MB")
    for year in (2015, 2017):
        path = arguments.shared / f"twitter{year}" / "valid.txt"
        captions = arguments.shared / "captions" / f"twitter{year}.tsv"
        _print(f"twitter{year}/valid, text alone", evaluate_tagger(tagger, path))
        _print(f"twitter{year}/valid, captions", evaluate_tagger(tagger, path, captions=captions))
        for kind in ("wrong_caption", "unrelated_fact", "attributes"):
            _print(f"twitter{year}/valid, {kind} beside every post", _misled(tagger, read_posts(path), captions, kind))
    posts = pictured_knowledge(arguments.shared)[-MEASURED_POSTS:]
    gold = [TaggedPost(p["id"], tuple(p["tokens"]), tuple(p["tags"]), knowledge=facts) for p, facts in posts]
    for name, known in (("text alone", False), ("the pictured entity's facts", True)):
        inputs = [TaggerInput(post.tokens, knowledge=post.knowledge if known else ()) for post in gold]
        found = score_posts(gold, [output.tags for output in tagger.tag(inputs)])
        _print(f"last {len(gold)} of kg-sample/posts, {name}", found)
    print(json.dumps(_speed(tagger, arguments.shared / "twitter2015" / "valid.txt")))


def _misled(tagger: Tagger, posts: Sequence[TaggedPost], captions: Path, kind: str) -> Evaluation:
    """The scores with something beside every post that has nothing to do with it."""
    pool = Pool.of(with_captions(posts, read_captions(captions)))
    nothing = ContextRecipe(**{item.name: 0.0 for item in dataclasses.fields(ContextRecipe)})
    options, source = dataclasses.replace(nothing, **{kind: 1.0}), random.Random(0)
    inputs = [training_example(post, pool, options, source)[0] for post in posts]
    return score_posts(posts, [output.tags for output in tagger.tag(inputs)])


def _print(name: str, found: Evaluation) -> None:
    types = {kind: round(score.f1, 4) for kind, score in found.lenient.by_type.items()}
    spans = found.lenient.spans_only.f1
    print(f"{name}: lenient {found.f1:.4f} strict {found.strict.overall.f1:.4f} spans only {spans:.4f} {types}")


def _speed(tagger: Tagger, path: Path) -> dict[str, float]:
    """Posts a second, one post a forward, on all the threads torch uses."""
    posts: Sequence[TaggerInput] = [TaggerInput(post.tokens) for post in read_posts(path)[:_TIMED_POSTS]]
    tagger.tag(posts[:20])
    start = time.perf_counter()
    tagger.tag(posts)
    seconds = time.perf_counter() - start
    tokens = sum(len(post.tokens) for post in posts) / len(posts)
    return {"posts_per_s": round(len(posts) / seconds, 1), "tokens_per_post": round(tokens, 1)}


if __name__ == "__main__":
    main()
