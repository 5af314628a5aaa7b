"""How far names near what the picture shows may be trusted: F1 on the first 400 posts of kg-sample.

    python -m benchmarks.tune_trust

The tagger that ships was trained on most of these posts, so another one is trained for this, by the same recipe but in
three epochs on the two Twitter sets alone, without the texts of any post of the sample. It reads the posts through the
whole pipeline, once with each trust. What comes out of this is ``TRUST`` in ``benchmarks.train_default_tagger``.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

from benchmarks.graph_worth import print_scores
from benchmarks.sample import SAMPLE, SHARED, TRAIN, WORK, read_sample, sample_index
from benchmarks.train_default_tagger import Runs, prepare, sample_posts, text_key, trust_near_names
from linker import Pipeline
from ner import TaggerInput, load_tagger
from ner.training.recipes import load_recipe
from scripts._picture_features import PictureFeatures

FOLDER = WORK / "tune-trust"
TRUSTS = (0.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0)


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    trained = _train()
    posts = read_sample()[:TRAIN]
    gold = [post.tags for post in posts]
    alone = load_tagger(trained, device="cpu").tag([TaggerInput(post.post.tokens) for post in posts])
    print_scores("text alone", gold, [output.tags for output in alone])
    for trust in TRUSTS:
        folder = FOLDER / f"trust-{trust:g}"
        shutil.copytree(trained, folder, dirs_exist_ok=True)
        trust_near_names(folder, trust)
        with Pipeline.open(sample_index(), tagger=str(folder), device="cpu", cache=FOLDER / "cache.sqlite") as pipeline:
            found = [result.tags for result in pipeline.run([post.post for post in posts])]
        print_scores(f"graph and picture, trust {trust:g}", gold, found)


def _train() -> Path:
    """A tagger that has seen no text of the sample."""
    data = SHARED / "data"
    files, _ = prepare(data, FOLDER / "data")
    sample = {text_key(post["tokens"]) for post in sample_posts(data)}
    for path in files:
        rows = path.read_text(encoding="utf-8").splitlines()
        kept = [row for row in rows if text_key(json.loads(row)["tokens"]) not in sample]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    pictures = PictureFeatures(SAMPLE / "posts", FOLDER / "features.sqlite", device="cpu")
    recipe = load_recipe("default")
    recipe = replace(recipe, schedule=replace(recipe.schedule, epochs=3, auxiliary_epochs=0))
    return Runs(data, FOLDER, files, [], pictures).train(recipe, "run")


if __name__ == "__main__":
    main()
