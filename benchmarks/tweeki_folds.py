"""Tweeki on DBpedia's 5.9 million names by five folds of posts: links end to end and with mentions given.

    python -m benchmarks.tweeki_folds

The posts of a fold are linked by a ranker that saw the mentions of the other four (and mel-context's and kg-sample's),
and by a least probability of a link (`linker.decision`) that is the best on the other four, by rankers that saw neither
the fold nor the posts that they answer for. The best on all, which the package has, is printed too.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.link_figures import contradictions
from benchmarks.linking_sets import FOLDS, GoldLinks
from benchmarks.options import take_no_options
from benchmarks.ranker_data import collect, gather
from benchmarks.sample import WORK
from benchmarks.train_ranker import TRAINED, cross_validate, inner_rankers, temperatures_of
from benchmarks.tweeki import read_tweeki, tweeki_index
from kg import Graph
from linker import Evidence, GivenMention, Pipeline, Post, Result, decide, evaluate_links, result_to_json
from linker.pipeline import post_to_link
from linker.ranker import Ranker
from linker.ranking import LinkRanker

LEAST = (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
FIGURES = ("exact/InKB", "overlap/InKB", "given/accuracy", "given/InKB", "given/NIL", "given/recall@10")

Gathered = Sequence[tuple[GoldLinks, Post, Evidence]]


def link(graph: Graph, ranker: Ranker, posts: Gathered, least: Sequence[float]) -> dict[float, list[Result]]:
    """The posts with their links, by the least probability of a link."""
    linker = LinkRanker(graph, ranker=ranker)
    found: dict[float, list[Result]] = {value: [] for value in least}
    for _, post, evidence in posts:
        rankings = linker.rank(post_to_link(post, evidence))
        for value in least:
            linked = decide(post, evidence.mentions, rankings, said_above=value)
            found[value].append(Result(post.id, post.tokens, (), linked, text=" ".join(post.tokens)))
    return found


def counts(gold: Sequence[GoldLinks], results: Sequence[Result]) -> tuple[int, int, int]:
    """Right links, links, and gold links; a right one has the gold span and entity."""
    right = links = there = 0
    for item, result in zip(gold, results, strict=True):
        known = dict(zip(item.spans, item.gold, strict=True))
        said = [mention for mention in result.mentions if mention.entity is not None]
        right += sum(m.entity is not None and known.get((m.start, m.end)) == m.entity.entity.iri for m in said)
        links, there = links + len(said), there + sum(iri is not None for iri in item.gold)
    return right, links, there


def best(parts: Iterable[Mapping[float, tuple[int, int, int]]]) -> float:
    """The least probability of a link with the best F1 over some parts; of equal ones the lowest."""
    every = list(parts)

    def f1(value: float) -> float:
        right, links, there = (sum(column) for column in zip(*(part[value] for part in every), strict=True))
        return 2 * right / (links + there)

    return max(LEAST, key=lambda value: (f1(value), -value))


def main() -> None:
    """Print the figures."""
    sets = {name: collect(name) for name in TRAINED}
    inner = inner_rankers(sets)
    rankers = cross_validate(sets, temperatures_of(inner))
    folder = WORK / "linking" / "tweeki-results"
    folder.mkdir(parents=True, exist_ok=True)
    with Pipeline.open(tweeki_index(), keep_cache=False) as pipeline:
        graph, gold = pipeline.index.graph, read_tweeki(pipeline.index.graph)
        (folder / "gold.jsonl").write_text("".join(map(_gold_line, gold)), "utf-8")
        for title, posts in (
            ("end to end", [Post(item.id, item.tokens) for item in gold]),
            ("given", [Post(g.id, g.tokens, mentions=tuple(GivenMention(*s) for s in g.spans)) for g in gold]),
        ):
            gathered = list(zip(gold, posts, gather(pipeline, posts), strict=True))
            folds = [gathered[fold::FOLDS] for fold in range(FOLDS)]
            told = [link(graph, ranker, fold, LEAST) for ranker, fold in zip(rankers, folds, strict=True)]
            least = [0.0] * FOLDS
            if title == "end to end":
                least = [best(_inner_counts(graph, inner[fold], folds)) for fold in range(FOLDS)]
                whole = best(_counts(fold, one) for fold, one in zip(folds, told, strict=True))
                print(f"least probability of a link, by fold: {least}; on all: {whole}")
            results = [result for value, one in zip(least, told, strict=True) for result in one[value]]
            out = folder / f"{title.replace(' ', '-')}.jsonl"
            out.write_text("".join(json.dumps(result_to_json(result)) + "\n" for result in results), "utf-8")
            report = evaluate_links(out, folder / "gold.jsonl")
            for name in FIGURES:
                if name.startswith("given") == (title == "given"):
                    score = report.scores[name]
                    value = score.recall if score.f1 is None else score.f1
                    print(f"{title:<12}{name:<18}{value:>8.4f}  {score.interval}  of {score.gold}")
            for kind, error in report.calibration.items():
                print(f"{title:<12}calibration error, {kind}: {error.error}")
            print(f"{title:<12}links that contradict their type: %d of %d" % contradictions(results))


def _inner_counts(
    graph: Graph, rankers: Mapping[int, Ranker], folds: Sequence[Gathered]
) -> list[dict[float, tuple[int, int, int]]]:
    return [_counts(folds[fold], link(graph, ranker, folds[fold], LEAST)) for fold, ranker in rankers.items()]


def _counts(posts: Gathered, told: Mapping[float, Sequence[Result]]) -> dict[float, tuple[int, int, int]]:
    return {value: counts([item for item, _, _ in posts], results) for value, results in told.items()}


def _gold_line(item: GoldLinks) -> str:
    gold = [{"start": s, "end": e, "iri": iri} for (s, e), iri in zip(item.spans, item.gold, strict=True)]
    return json.dumps({"id": item.id, "tokens": item.tokens, "gold": gold}) + "\n"


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
