"""What coherence is worth: kg-sample's gold mentions with their names cut to parts, so that they are ambiguous.

    python -m benchmarks.coherence

Each gold mention of several words whose entity is in the graph is cut to its last word, or to its first where the last
leads to no more than one entity. Only posts with two mentions or more are counted, and of these the mentions that were
cut and have two candidates or more. No picture is looked at.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.linking_sets import CANDIDATES
from benchmarks.options import take_no_options
from benchmarks.sample import TRAIN, GoldPost, read_sample, sample_index
from kg import AliasIndex, AliasMatch, Graph
from linker import Mention
from linker.ranker import PAIR_CLUES, load_ranker
from linker.ranking import LinkRanker, PostToLink


def cut(aliases: AliasIndex, words: Sequence[str]) -> tuple[str, tuple[AliasMatch, ...]]:
    """A mention's name, cut, with its candidates; the whole name where a part leads to no more than one entity."""
    for part in (words[-1], words[0]) if len(words) > 1 else ():
        found = aliases.candidates(part, limit=CANDIDATES)
        if len(found) > 1:
            return part, found
    whole = " ".join(words)
    return whole, aliases.candidates(whole, limit=CANDIDATES)


def cut_post(item: GoldPost, aliases: AliasIndex) -> tuple[PostToLink, tuple[bool, ...]]:
    """A post with its mentions cut, and which of them were."""
    mentions, matches, were_cut = [], [], []
    tokens = list(item.post.tokens)
    for start, end, _, _ in item.links:
        name, found = cut(aliases, item.post.tokens[start:end])
        mentions.append(Mention(start, end, name))
        matches.append(found)
        were_cut.append(name != " ".join(item.post.tokens[start:end]))
        tokens[start:end] = [name, *[""] * (end - start - 1)]
    return PostToLink(tuple(tokens), tuple(mentions), tuple(matches)), tuple(were_cut)


def measure(graph: Graph, gold: Sequence[GoldPost]) -> list[tuple[int, int]]:
    """Mentions right and counted, without coherence and with it."""
    aliases, ranker = AliasIndex(graph), load_ranker()
    figures = []
    for one in (replace(ranker, pairs=np.zeros(len(PAIR_CLUES))), ranker):
        linker, right, count = LinkRanker(graph, ranker=one), 0, 0
        for item in gold:
            if len(item.links) < 2:
                continue
            post, were_cut = cut_post(item, aliases)
            for ranking, matches, link, counted in zip(
                linker.rank(post), post.matches, item.links, were_cut, strict=True
            ):
                if counted and link[3] in {match.entity.iri for match in matches}:
                    count += 1
                    right += ranking.candidates[0].match.entity.iri == link[3]
        figures.append((right, count))
    return figures


def main() -> None:
    """Print the figures."""
    gold = read_sample()
    with Graph.open(sample_index() / "kg.sqlite") as graph:
        for name, part in (("first 400", gold[:TRAIN]), ("last 200", gold[TRAIN:])):
            (alone, count), (together, _) = measure(graph, part)
            print(f"{name}: best candidate right {alone} of {count} without coherence, {together} with it")


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
