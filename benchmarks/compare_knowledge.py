"""What knowledge and pictures are worth to a tagger, on the last 200 posts of kg-sample.

    python -m benchmarks.compare_knowledge                          train knowledge-attention, then compare
    python -m benchmarks.compare_knowledge --recipe kg-transformer  another tagger
    python -m benchmarks.compare_knowledge --tagger default         one that is trained already

It is trained on Twitter-2015's ``train`` without the texts of the last 200 posts, and on the first 400 posts of the
sample, each with what the graph knows about the entity in its picture, with the picture's attributes, and with its
regions. The best epoch is chosen on Twitter-2015's ``valid`` without the texts of the sample. Then one and the same
tagger reads the last 200 posts with all of this, with the knowledge left out, with the text alone, and with another
post's picture (its knowledge, attributes and regions), and the answers are compared by paired tests.

The pictured entity is the gold one, so this says what knowledge is worth when the right picture was recognised.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.sample import SAMPLE, SHARED, WORK
from benchmarks.tagger_runs import TEXT, RunSpec, resolved_recipe
from benchmarks.tagger_table import worth
from benchmarks.train_default_tagger import MEASURED_POSTS, pictured_knowledge, text_key
from ner.checkpoints import load_tagger
from ner.errors import NerError
from ner.evaluation.evaluate import tag_in_steps
from ner.evaluation.picture_swaps import with_wrong_pictures, without_picture
from ner.evaluation.scores import ALL, PostCounts, count_posts
from ner.evaluation.significance import compare_counts, f1_intervals
from ner.formats import TaggedPost, read_posts, tagger_input
from ner.spans import TYPES
from ner.taggers import Tagger
from scripts._picture_features import DEFAULT_ENCODER, PictureFeatures

if TYPE_CHECKING:
    from ner.taggers import TaggerInput

FOLDER = WORK / "compare-knowledge"
RIGHT, NO_KNOWLEDGE, ALONE, WRONG = "picture and knowledge", "picture alone", "text alone", "another's picture"


@dataclass(frozen=True, slots=True)
class Data:
    """What is trained on, what the best epoch is chosen by, and what is reported on."""

    train: tuple[TaggedPost, ...]
    valid: tuple[TaggedPost, ...]
    measured: tuple[TaggedPost, ...]


def read_data(features: PictureFeatures) -> Data:
    """The posts, those of the sample with what the graph and the picture encoder know."""
    sample = [_sample_post(row, facts) for row, facts in pictured_knowledge(SHARED / "data")]
    print(features.prepare(sample), file=sys.stderr)
    sample = [replace(post, attributes=features.attributes(post)) for post in sample]
    first, measured = sample[:-MEASURED_POSTS], sample[-MEASURED_POSTS:]
    twitter = SHARED / "data" / "twitter2015"
    train = [*read_posts(twitter / "train.txt"), *first]
    return Data(
        tuple(_pictured_only(_without_texts_of(train, measured))),
        tuple(_pictured_only(_without_texts_of(read_posts(twitter / "valid.txt"), sample))),
        tuple(measured),
    )


def train(recipe: str, data: Data, features: PictureFeatures, *, seed: int, epochs: int | None) -> Path:
    """Train a tagger on the posts, their knowledge and their pictures, or go on with it; returns its folder.

    Raises:
        NerError: The recipe, or the training, will not do.
    """
    from ner.training.recipes import recipe_from_dict
    from ner.training.train import train_tagger

    name, _, changes = recipe.partition(":")
    spec = RunSpec(name, changes, 2015, TEXT, seed, epochs)
    report = train_tagger(
        recipe_from_dict(resolved_recipe(spec)),
        train=[_write(FOLDER / "train.jsonl", data.train)],
        valid=[_write(FOLDER / "valid.jsonl", data.valid)],
        output=FOLDER / f"{Path(name).stem}-{seed}-{spec.key}",
        regions=features.regions,
        picture_encoder=features.encoder_name,
        region_width=features.region_width,
        tell=lambda line: print(line, file=sys.stderr, flush=True),
    )
    print(f"{report.train_posts} posts; epoch {report.best.epoch} of {len(report.epochs)} was best", file=sys.stderr)
    return report.output


def settings_of(posts: Sequence[TaggedPost], features: PictureFeatures, *, seed: int) -> dict[str, list[TaggerInput]]:
    """The posts as the tagger reads them in each setting."""
    right = [replace(tagger_input(post), regions=features.regions(post)) for post in posts]
    return {
        RIGHT: right,
        NO_KNOWLEDGE: [replace(post, knowledge=()) for post in right],
        ALONE: [without_picture(post) for post in right],
        WRONG: with_wrong_pictures(right, [post.image for post in posts], seed=seed),
    }


def report(tagger: Tagger, posts: Sequence[TaggedPost], settings: Mapping[str, list[TaggerInput]]) -> None:
    """Print the scores in each setting, over all posts and over those with knowledge."""
    found = {name: [out.tags for out in tag_in_steps(tagger, inputs)] for name, inputs in settings.items()}
    known = [number for number, post in enumerate(posts) if post.knowledge]
    for title, chosen in (("all posts", range(len(posts))), ("those whose picture the graph knows", known)):
        gold = [posts[number].tags for number in chosen]
        counts = {name: count_posts(gold, [tags[number] for number in chosen]) for name, tags in found.items()}
        print(f"\n{title}: {len(chosen)}\n")
        print("\n".join(table_of(counts)))


def table_of(counts: Mapping[str, PostCounts]) -> Iterable[str]:
    """The scores in each setting as Markdown, each beside those without knowledge and with the text alone."""
    columns = ("beside the text", "F1", "95 %", *TYPES, f"against {NO_KNOWLEDGE}", f"against {ALONE}")
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for name, own in counts.items():
        f1, interval = _f1_by_group(own), f1_intervals(own)[ALL]
        against = [worth(compare_counts(own, counts[other])[ALL]) for other in (NO_KNOWLEDGE, ALONE)]
        cells = [name, f"{f1[ALL]:.2f}", f"{100 * interval.low:.1f} to {100 * interval.high:.1f}"]
        cells += [f"{f1[kind]:.1f}" for kind in TYPES]
        yield f"| {' | '.join([*cells, *against])} |"


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="knowledge-attention", help="the tagger to train: RECIPE[:FIELD=VALUE,...]")
    parser.add_argument("--tagger", help="a trained tagger's name or folder; nothing is trained then")
    parser.add_argument("--picture-encoder", default=DEFAULT_ENCODER, help="what looks at the pictures")
    parser.add_argument("--seed", type=int, default=1, help="of the training, and of the pictures that are swapped")
    parser.add_argument("--epochs", type=int, help="at most so many, in place of the recipe's")
    chosen = parser.parse_args(arguments)
    WORK.mkdir(parents=True, exist_ok=True)
    features = PictureFeatures(SAMPLE / "posts", WORK / "features.sqlite", chosen.picture_encoder)
    data = read_data(features)
    try:
        name = chosen.tagger or train(chosen.recipe, data, features, seed=chosen.seed, epochs=chosen.epochs)
        tagger = load_tagger(name)
    except NerError as error:
        sys.exit(f"error: {error}")
    print(f"{tagger.name} on the last {len(data.measured)} posts of kg-sample")
    report(tagger, data.measured, settings_of(data.measured, features, seed=chosen.seed))


def _sample_post(row: Mapping[str, object], facts: tuple[tuple[str, str, str], ...]) -> TaggedPost:
    tokens, tags = row["tokens"], row["tags"]
    assert isinstance(tokens, list)
    assert isinstance(tags, list)
    return TaggedPost(str(row["id"]), tuple(tokens), tuple(tags), image=str(row["image"]), knowledge=facts)


def _without_texts_of(posts: Iterable[TaggedPost], others: Iterable[TaggedPost]) -> list[TaggedPost]:
    kept_back = {text_key(post.tokens) for post in others}
    return [post for post in posts if text_key(post.tokens) not in kept_back]


def _pictured_only(posts: Iterable[TaggedPost]) -> list[TaggedPost]:
    """The posts; those of Twitter, whose pictures are not here, name none."""
    folder = SAMPLE / "posts"
    return [post if post.image and (folder / post.image).is_file() else replace(post, image=None) for post in posts]


def _write(path: Path, posts: Iterable[TaggedPost]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ({name: value for name, value in asdict(post).items() if value} for post in posts)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def _f1_by_group(counts: PostCounts) -> dict[str, float]:
    """F1 of each group in percent."""
    return {group: 200 * c / ((g + p) or 1) for group, (g, p, c) in counts.totals().items()}


if __name__ == "__main__":
    main(sys.argv[1:])
