"""What a graph is worth to a tagger: the same posts with and without it.

    python -m benchmarks.graph_worth [NAME_OR_DIR]

On ordinary tweets (``valid`` of Twitter-2015 and 2017), whose pictures are not here: the names that a graph of 200,000
typed entities and kg-sample's knows in them, with and without captions, and what they could bring at most. On the last
200 posts of kg-sample, through the whole pipeline: text alone, with graph and picture, with another post's picture, and
with the graph alone.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmarks.sample import SAMPLE, SHARED, TRAIN, WORK, read_sample, sample_index
from kg import AliasMatch
from linker import BuildSettings, Pipeline, Post, match_aliases, open_index, update_index
from linker.candidates import known_names
from ner import Tagger, TaggerInput, load_tagger, read_captions, read_posts, score_tags, spans_from_tags, with_captions
from ner.formats import tagger_input

YEARS = (2015, 2017)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tagger", nargs="?", default="default", help="a tagger's name or folder")
    name = parser.parse_args().tagger
    tagger = load_tagger(name, device="cpu")
    on_ordinary_tweets(tagger)
    on_the_sample(tagger, name)


def on_ordinary_tweets(tagger: Tagger) -> None:
    """Print the scores on both valid sets, with and without the graph's names."""
    index = WORK / "gazetteer-index"
    dumps = [SHARED / "data" / "gazetteer" / "entities.csv.gz", SAMPLE / "kg" / "dumps"]
    update_index(index, BuildSettings(sources=dumps, images_dir=SAMPLE / "kg" / "images"))
    with open_index(index, device="cpu") as opened:
        for year in YEARS:
            posts = read_posts(SHARED / "data" / f"twitter{year}" / "valid.txt")
            captions = read_captions(SHARED / "data" / "captions" / f"twitter{year}.tsv")
            gold = [post.tags for post in posts]
            matches = [match_aliases(p.tokens, opened.aliases) for p in posts]
            names = [known_names(p.tokens, found, {}) for p, found in zip(posts, matches, strict=True)]
            _print_most(f"twitter{year}/valid", gold, _tags(tagger, [tagger_input(post) for post in posts]), matches)
            for context, those in (("text", posts), ("captions", with_captions(posts, captions))):
                alone = [tagger_input(post) for post in those]
                told = [replace(one, known_names=known) for one, known in zip(alone, names, strict=True)]
                print_scores(f"twitter{year}/valid, {context}", gold, _tags(tagger, alone))
                print_scores(f"twitter{year}/valid, {context}, graph's names", gold, _tags(tagger, told))


def _print_most(
    name: str,
    gold: Sequence[tuple[str, ...]],
    found: Sequence[tuple[str, ...]],
    matches: Sequence[Mapping[tuple[int, int], Sequence[AliasMatch]]],
) -> None:
    """Print what names could bring at most, and how often they are right where they say other than the tagger."""
    named = right_type = missed = mistyped = disagreeing = right = 0
    for true_tags, tags, names in zip(gold, found, matches, strict=True):
        true, ours = ({(s.start, s.end): s.type for s in spans_from_tags(some)} for some in (true_tags, tags))
        for place, alias_matches in names.items():
            types = {match.entity.type for match in alias_matches}
            named += place in true
            disagreeing += ours.get(place) not in types
            right += ours.get(place) not in types and true.get(place) in types
            if true.get(place) in types:
                right_type += 1
                missed += place not in ours
                mistyped += place in ours and ours[place] != true[place]
    print(f"{name}: {named} of {sum(len(spans_from_tags(tags)) for tags in gold)} gold names stand in the graph,")
    print(f"  {right_type} with their type, of which the tagger misses {missed} and mistypes {mistyped};")
    print(f"  of {disagreeing} places where the graph says other than the tagger, it is right in {right}", flush=True)


def on_the_sample(tagger: Tagger, name: str) -> None:
    """Print the scores on the last posts of the sample: text alone, and through the pipeline with what it is given."""
    measured = read_sample()[TRAIN:]
    gold, posts = [post.tags for post in measured], [post.post for post in measured]
    print_scores("last of kg-sample, text alone", gold, _tags(tagger, [TaggerInput(post.tokens) for post in posts]))
    with Pipeline.open(sample_index(), tagger=name, device="cpu", cache=WORK / "graph-worth.sqlite") as pipeline:
        for what, those in (
            ("graph and picture", posts),
            ("graph and another post's picture", _swapped(posts, random.Random(1))),
            ("graph, no picture", [replace(post, image=None) for post in posts]),
        ):
            print_scores(f"last of kg-sample, {what}", gold, [result.tags for result in pipeline.run(those)])


def _swapped(posts: Sequence[Post], source: random.Random) -> list[Post]:
    """Each post with another one's picture."""
    order = list(range(len(posts)))
    while any(place == other for place, other in enumerate(order)):
        source.shuffle(order)
    return [replace(post, image=posts[other].image) for post, other in zip(posts, order, strict=True)]


def _tags(tagger: Tagger, posts: Sequence[TaggerInput]) -> list[tuple[str, ...]]:
    return [output.tags for output in tagger.tag(posts)]


def print_scores(name: str, gold: Sequence[tuple[str, ...]], found: Sequence[tuple[str, ...]]) -> None:
    """Print F1, and that of each type, behind a name."""
    scores = score_tags(gold, found).lenient
    types = " ".join(f"{kind} {score.f1:.4f}" for kind, score in scores.by_type.items())
    print(f"{name:50s} F1 {scores.overall.f1:.4f}  {types}", flush=True)


if __name__ == "__main__":
    main()
