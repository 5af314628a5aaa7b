"""Posts a second of a shipped tagger alone, beside a plain loop of the same network, by turns in one run.

    python -m benchmarks.tagging [NAME_OR_DIR]

The posts are those of kg-sample, with the text alone and with all that can stand beside it: what the graph knows about
the pictured entity, the graph's names in the text, and the picture's regions (encoded before). The plain loop is what
one would write first: the network as it was trained, a post at a time on all of PyTorch's threads, pytorch-crf's
decode. It gives tags only; the tagger gives every entity's probability too, and holds its tags to BIO.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import torch

from benchmarks.sample import SAMPLE, SHARED, TRAIN, WORK
from benchmarks.train_default_tagger import SampleNames, pictured_knowledge
from ner.checkpoints import load_checkpoint, load_state, read_design, tagger_folder
from ner.formats import TaggedPost
from ner.networks.building import build_network
from ner.spans import TAGS
from ner.taggers import TaggerInput
from scripts._picture_features import PictureFeatures

_TURNS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tagger", nargs="?", default="default", help="a tagger's name or folder, with a CRF")
    folder = tagger_folder(parser.parse_args().tagger)
    tagger = load_checkpoint(folder, device="cpu")
    design = read_design(folder)
    network, inputs = build_network(design, seed=0)
    load_state(network, folder)
    module = cast(Any, network)
    module.eval()

    def plain_loop(posts: Sequence[TaggerInput]) -> list[tuple[str, ...]]:
        found = []
        with torch.inference_mode():
            for post in posts:
                batch = inputs.collate(inputs.windows(post))
                [best] = module.head.crf.decode(module.emissions(batch), mask=batch.mask)
                found.append(tuple(TAGS[number] for number in best))
        return found

    def ours(posts: Sequence[TaggerInput]) -> list[tuple[str, ...]]:
        return [output.tags for output in tagger.tag(posts)]

    print(f"{TRAIN} posts of kg-sample, {torch.get_num_threads()} threads, median of {_TURNS} turns")
    for title, posts in _inputs().items():
        posts = [post for post in posts if len(inputs.windows(post)) == 1]  # what the plain loop can do
        same = sum(a == b for a, b in zip(ours(posts), plain_loop(posts), strict=True))
        turns = [(_seconds(ours, posts), _seconds(plain_loop, posts)) for _ in range(_TURNS)]
        rates = [len(posts) / statistics.median(seconds) for seconds in zip(*turns, strict=True)]
        ratio = statistics.median(theirs / own for own, theirs in turns)
        print(
            f"{title:30} {rates[0]:6.1f} posts/s, plain loop {rates[1]:6.1f}: {ratio:.2f} times as fast; "
            f"the same tags in {same} of {len(posts)} posts",
            flush=True,
        )


def _inputs() -> dict[str, list[TaggerInput]]:
    """The posts, with their text alone and with context."""
    sample = pictured_knowledge(SHARED / "data")[:TRAIN]
    names = SampleNames(SHARED / "data", WORK / "kg-sample-index")
    pictures = PictureFeatures(SAMPLE / "posts", WORK / "features.sqlite", device="cpu")
    posts = [
        replace(
            names.of(TaggedPost(row["id"], tuple(row["tokens"]), tuple(row["tags"]), knowledge=facts)),
            image=row["image"],
        )
        for row, facts in sample
    ]
    pictures.prepare(posts)
    with_context = [
        TaggerInput(post.tokens, knowledge=post.knowledge, known_names=post.known_names, regions=pictures.regions(post))
        for post in posts
    ]
    return {"text alone": [TaggerInput(post.tokens) for post in posts], "with facts, names, pictures": with_context}


def _seconds(tag: Callable[[Sequence[TaggerInput]], object], posts: Sequence[TaggerInput]) -> float:
    start = time.perf_counter()
    tag(posts)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
