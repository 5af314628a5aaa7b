"""The pictured entity and the links on kg-sample/posts, with gold mentions and with our own.

python -m benchmarks.linking
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.link_figures import contradictions
from benchmarks.options import take_no_options
from benchmarks.sample import TRAIN, WORK, GoldPost, read_sample, sample_index
from linker import Pipeline, Result
from ner import spans_from_tags

PARTS: tuple[tuple[str, slice], ...] = (
    ("first 400", slice(0, TRAIN)),
    ("last 200", slice(TRAIN, None)),
    ("all 600", slice(None)),
)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share, with what it is a share of."""

    hits: int
    total: int

    def __str__(self) -> str:
        share = self.hits / self.total if self.total else float("nan")
        return f"{share:.4f} ({self.hits}/{self.total})"


def pictured_precision(gold: Sequence[GoldPost], results: Sequence[Result]) -> Rate:
    """Of the pictured entities that were found, those that are the gold ones."""
    found = [(g, r) for g, r in zip(gold, results, strict=True) if r.pictured]
    return Rate(sum(r.pictured is not None and r.pictured.entity.iri == g.image_entity for g, r in found), len(found))


def pictured_recall(gold: Sequence[GoldPost], results: Sequence[Result]) -> Rate:
    """Of the gold pictured entities, those that were found."""
    there = [(g, r) for g, r in zip(gold, results, strict=True) if g.image_entity]
    return Rate(sum(r.pictured is not None and r.pictured.entity.iri == g.image_entity for g, r in there), len(there))


def linked_right(gold: Sequence[GoldPost], results: Sequence[Result]) -> Rate:
    """Of the gold mentions with an entity, those linked to it; NIL counts as wrong."""
    pairs = [(link, r) for g, r in zip(gold, results, strict=True) for link in g.links if link[3]]
    return Rate(sum(_entity(r, link[0], link[1]) == link[3] for link, r in pairs), len(pairs))


def nil_linked(gold: Sequence[GoldPost], results: Sequence[Result]) -> Rate:
    """Of the gold mentions without an entity, those that were given one."""
    pairs = [(link, r) for g, r in zip(gold, results, strict=True) for link in g.links if not link[3]]
    return Rate(sum(_entity(r, link[0], link[1]) is not None for link, r in pairs), len(pairs))


def mention_f1(gold: Sequence[GoldPost], results: Sequence[Result]) -> str:
    """F1 of exact span and type, lenient chunking."""
    hits = predicted = there = 0
    for g, r in zip(gold, results, strict=True):
        a, b = set(spans_from_tags(g.tags)), set(spans_from_tags(r.tags))
        hits, predicted, there = hits + len(a & b), predicted + len(b), there + len(a)
    return f"{2 * hits / (predicted + there):.4f}" if predicted + there else "-"


def _entity(result: Result, start: int, end: int) -> str | None:
    for mention in result.mentions:
        if (mention.start, mention.end) == (start, end):
            return mention.entity.entity.iri if mention.entity else None
    return None


def main() -> None:
    """Print every figure with its target."""
    gold = read_sample()
    with Pipeline.open(sample_index()) as pipeline:
        given = list(pipeline.run(g.with_gold_mentions for g in gold))
        own = list(pipeline.run(g.post for g in gold))
    figures: list[tuple[str, str, Callable[[Sequence[GoldPost], Sequence[Result]], object], list[Result]]] = [
        ("pictured, gold mentions: precision", ">= 0.99", pictured_precision, given),
        ("pictured, gold mentions: recall", ">= 0.86", pictured_recall, given),
        ("pictured, our mentions: precision", ">= 0.97", pictured_precision, own),
        ("pictured, our mentions: recall", ">= 0.80", pictured_recall, own),
        ("gold mentions linked to the gold entity", ">= 0.99", linked_right, given),
        ("gold-null mentions given an entity", "<= 0.06", nil_linked, given),
        ("our mentions: linked to the gold entity", "", linked_right, own),
        ("our mentions: span and type F1 (the tagger saw some of these posts)", "", mention_f1, own),
    ]
    print(f"{'figure':<70}{'target':>9}" + "".join(f"{name:>20}" for name, _ in PARTS))
    for name, target, measure, results in figures:
        cells = "".join(f"{measure(gold[part], results[part])!s:>20}" for _, part in PARTS)
        print(f"{name:<70}{target:>9}{cells}")
    for name, results in (("gold", given), ("our", own)):
        wrong, typed = contradictions(results)
        print(f"links that contradict their type, {name} mentions: {wrong} of {typed}")
    print(f"{'both ways name the same pictured entity, gold and own mentions':<70}{'all':>9}   {compare_ways(gold)}")


def compare_ways(gold: Sequence[GoldPost]) -> str:
    """Find the pictured entities again, without a cache, in either way; say for how many posts all is the same."""
    posts = [g.with_gold_mentions for g in gold] + [g.post for g in gold]
    answers = []
    for way in ("candidates-first", "image-first"):
        with Pipeline.open(sample_index(), way=way, cache=WORK / f"{way}.sqlite") as pipeline:
            answers.append([result.pictured for result in pipeline.run(posts)])
    return f"{sum(one == other for one, other in zip(*answers, strict=True))} of {len(posts)}"


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
