"""What the ranker is trained and measured on: the clues of gold mentions, set by set.

Nearly every mention of these sets means an entity of the graph, so NIL is made: a third of the gold entities (by the
checksums of their IRIs) is taken out of the graph. A set then has each mention with the graph as it is, and once more
without those entities.
"""

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from zlib import crc32

import numpy as np
import numpy.typing as npt

from benchmarks.linking_sets import (
    FOLDS,
    LINKING,
    GoldLinks,
    elevant_graph,
    folds_of,
    initials_of_graph,
    mel_graph,
    read_gold,
    to_link,
)
from benchmarks.sample import TRAIN, WORK, read_sample, sample_index
from benchmarks.tweeki import read_tweeki, tweeki_index
from kg import AliasIndex, Graph
from linker import Evidence, GivenMention, Pipeline, Post
from linker.name_clues import words_in
from linker.pipeline import post_to_link
from linker.ranker import CLUES, NIL_CLUES
from linker.ranking import LinkRanker, PostToLink
from linker.word_meanings import WordMeanings

BATCH = 32

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A gold mention with the clues of its candidates.

    Attributes:
        clues: (N, len(CLUES)).
        nil: (len(NIL_CLUES),).
        right: The place of the gold entity among the candidates; -1 where it is NIL, or was not proposed.
        is_nil: Whether the gold entity is none of the graph's.
        fold: The fold that the mention's post is in.
        form: ``title``, ``part`` or ``other``: how the mention stands to the gold entity's name.
        removed: Whether the graph was without some entities.
        mention: The mention as it stands in the post.
        entities: The candidates' IRIs.
    """

    clues: Floats
    nil: Floats
    right: int
    is_nil: bool
    fold: int
    form: str
    removed: bool
    mention: str
    entities: tuple[str, ...]


Cases = list[Case]


def is_removed(iri: str) -> bool:
    """Whether an entity is one of the third that is taken out of the graph to make NIL."""
    return crc32(iri.encode()) % 3 == 0


def form_of(mention: str, name: str) -> str:
    """How a mention stands to the name of what it means."""
    one, other = words_in(mention), words_in(name)
    return "title" if one == other else "part" if set(one) < set(other) else "other"


def collect(name: str) -> Cases:
    """The cases of a set, made once and kept: ``mel``, ``kore50``, ``rss500``, ``oke``, ``tweeki`` or ``sample``."""
    kept = WORK / "ranker" / f"{name}.pickle"
    if not kept.exists():
        cases = list(_MAKERS[name]())
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps((CLUES, NIL_CLUES, cases)))
    clues, nil, cases = pickle.loads(kept.read_bytes())
    if (clues, nil) != (CLUES, NIL_CLUES):
        kept.unlink()
        return collect(name)
    return list(cases)


def mel_cases(*, meanings: WordMeanings | None = None) -> Iterator[Case]:
    """The gold mentions of mel-context, with the graph as it is and without a third of the gold entities.

    Args:
        meanings: What texts and entities are compared by; the package's word vectors where none are given.
    """
    return _linked(mel_graph(), read_gold(LINKING / "mel-context" / "posts.jsonl"), meanings=meanings)


def _elevant(name: str) -> Callable[[], Iterator[Case]]:
    return lambda: _linked(elevant_graph(), read_gold(LINKING / "elevant-kb" / f"{name}.jsonl"))


def _tweeki() -> Iterator[Case]:
    """With what the tagger says of the mentions. Folds are by posts, in turns."""
    with Pipeline.open(tweeki_index(), keep_cache=False) as pipeline:
        graph = pipeline.index.graph
        gold = read_tweeki(graph)
        posts = [
            Post(item.id, item.tokens, mentions=tuple(GivenMention(start, end) for start, end in item.spans))
            for item in gold
        ]
        removed = frozenset(iri for item in gold for iri in item.gold if iri and is_removed(iri))
        ranker = LinkRanker(graph)
        for place, (item, post, evidence) in enumerate(zip(gold, posts, gather(pipeline, posts), strict=True)):
            found = post_to_link(post, evidence)
            yield from _with_and_without(ranker, found, item.gold, item.names, place % FOLDS, removed)


def _linked(graph: Graph, posts: Sequence[GoldLinks], *, meanings: WordMeanings | None = None) -> Iterator[Case]:
    aliases, ranker = AliasIndex(graph), LinkRanker(graph, meanings=meanings)
    initials = initials_of_graph(graph)
    removed = frozenset(iri for post in posts for iri in post.gold if iri and is_removed(iri))
    for post, fold in zip(posts, folds_of(posts), strict=True):
        for without in (frozenset(), removed):
            found = to_link(post, aliases, without=without, initials=initials)
            yield from _cases(ranker, found, post.gold, post.names, fold, without)


def _sample() -> Iterator[Case]:
    """Folds 0 to 4 are the first 400 posts, by turns; the last 200 are in fold -1. With and without their pictures."""
    gold = read_sample()
    removed = frozenset(link[3] for item in gold for link in item.links if link[3] and is_removed(link[3]))
    with Pipeline.open(sample_index()) as pipeline:
        ranker = LinkRanker(pipeline.index.graph)
        for picture in (True, False):
            posts = [replace(item.with_gold_mentions, **({} if picture else {"image": None})) for item in gold]
            for place, (item, evidence) in enumerate(zip(gold, gather(pipeline, posts), strict=True)):
                iris = tuple(link[3] for link in item.links)
                names = tuple((iri or "").rpartition("/")[2].replace("_", " ") for iri in iris)
                fold = place % FOLDS if place < TRAIN else -1
                yield from _with_and_without(ranker, post_to_link(item.post, evidence), iris, names, fold, removed)


def gather(pipeline: Pipeline, posts: Sequence[Post]) -> Iterator[Evidence]:
    """What speaks for a reading of each post, in batches."""
    return chain.from_iterable(pipeline.gather(posts[start : start + BATCH]) for start in range(0, len(posts), BATCH))


def _with_and_without(
    ranker: LinkRanker,
    post: PostToLink,
    gold: Sequence[str | None],
    names: Sequence[str],
    fold: int,
    removed: frozenset[str],
) -> Iterator[Case]:
    """The cases of a post in the graph as it is, and without some entities."""
    for without in (frozenset[str](), removed):
        matches = (tuple(match for match in row if match.entity.iri not in without) for row in post.matches)
        yield from _cases(ranker, replace(post, matches=tuple(matches)), gold, names, fold, without)


def _cases(
    ranker: LinkRanker,
    post: PostToLink,
    gold: Sequence[str | None],
    names: Sequence[str],
    fold: int,
    without: frozenset[str],
) -> Iterator[Case]:
    for mention, matches, (clues, nil), iri, name in zip(
        post.mentions, post.matches, ranker.clues(post), gold, names, strict=True
    ):
        entities = tuple(match.entity.iri for match in matches)
        is_nil = iri is None or iri in without
        yield Case(
            clues=clues,
            nil=nil,
            right=entities.index(iri) if iri in entities else -1,
            is_nil=is_nil,
            fold=fold,
            form=form_of(mention.text, name),
            removed=bool(without),
            mention=mention.text,
            entities=entities,
        )


_MAKERS: dict[str, Callable[[], Iterator[Case]]] = {
    "mel": mel_cases,
    "kore50": _elevant("kore50"),
    "rss500": _elevant("rss-500"),
    "oke": _elevant("oke-2015-train"),
    "tweeki": _tweeki,
    "sample": _sample,
}
