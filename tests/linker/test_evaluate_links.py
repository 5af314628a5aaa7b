"""The counts of `evaluate_links` against GERBIL's, written down as plainly as can be."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linker import LinkerError, LinkReport, evaluate_links

LENGTH = 12
ENTITIES = ("urn:A", "urn:B", None)

Annotated = tuple[int, int, str | None]

annotations = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 4), st.sampled_from(ENTITIES)).map(
        lambda one: (one[0], min(one[0] + one[1], LENGTH), one[2])
    ),
    max_size=5,
).map(lambda found: sorted(found, key=lambda one: one[:2]))
posts = st.lists(st.tuples(annotations, annotations), min_size=1, max_size=4).filter(
    lambda made: any(gold for gold, _ in made)
)


def measures(gold: list[Annotated], found: list[Annotated], *, weak: bool, linked: bool) -> tuple[int, int, int]:
    """True positives, false positives and false negatives of a post: every gold mention takes the first that fits."""
    used: set[int] = set()
    hits = 0
    for start, end, entity in gold:
        for number, (other_start, other_end, other_entity) in enumerate(found):
            characters, others = set(range(start, end)), set(range(other_start, other_end))
            fits = bool(characters & others) if weak else characters == others
            if number not in used and fits and (entity == other_entity or not linked):
                used.add(number)
                hits += 1
                break
    return hits, len(found) - hits, len(gold) - hits


def shares(hits: int, wrong: int, missed: int) -> tuple[float, float, float]:
    if hits == 0:
        return (1.0, 1.0, 1.0) if wrong == missed == 0 else (0.0, 0.0, 0.0)
    precision, recall = hits / (hits + wrong), hits / (hits + missed)
    return precision, recall, 2 * precision * recall / (precision + recall)


def evaluated(made: list[tuple[list[Annotated], list[Annotated]]]) -> LinkReport:
    with tempfile.TemporaryDirectory() as folder:
        gold, results = Path(folder, "gold.jsonl"), Path(folder, "results.jsonl")
        gold.write_text("".join(line({"gold": items(g, "iri")}, n) for n, (g, _) in enumerate(made)))
        results.write_text("".join(line({"mentions": items(f, "entity")}, n) for n, (_, f) in enumerate(made)))
        return evaluate_links(results, gold, samples=10)


def line(value: dict[str, Any], number: int) -> str:
    return json.dumps({"id": number, "text": "x" * LENGTH, **value}) + "\n"


def items(annotated: list[Annotated], key: str) -> list[dict[str, Any]]:
    return [{"start_char": start, "end_char": end, key: entity} for start, end, entity in annotated]


@settings(max_examples=150, deadline=None)
@given(posts)
def test_counts_are_those_of_gerbil(made: list[tuple[list[Annotated], list[Annotated]]]) -> None:
    report = evaluated(made)
    keeps = {"all": lambda e: True, "InKB": lambda e: e is not None, "NIL": lambda e: e is None}
    for section, weak in (("exact", False), ("overlap", True)):
        for reading, keep in {**keeps, "spans only": keeps["all"]}.items():
            counts = [
                measures(
                    [one for one in gold if keep(one[2])],
                    [one for one in found if keep(one[2])],
                    weak=weak,
                    linked=reading != "spans only",
                )
                for gold, found in made
            ]
            hits, wrong, missed = map(sum, zip(*counts, strict=True))
            score = report.scores[f"{section}/{reading}"]
            assert (score.gold, score.found, score.right) == (hits + missed, hits + wrong, hits)
            if hits:
                assert (score.precision, score.recall, score.f1) == pytest.approx(shares(hits, wrong, missed))
            macro = [sum(column) / len(made) for column in zip(*(shares(*count) for count in counts), strict=True)]
            assert score.macro == pytest.approx(macro)


odd_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["iri", "score", "label"]), inner),
    max_leaves=4,
)
KEYS = ("id", "text", "tokens", "mentions", "gold", "links", "image_entity", "pictured", "hop")
ITEM_KEYS = ("start", "end", "start_char", "end_char", "iri", "entity", "name", "type", "candidates", "nil_score")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["gold.jsonl", "results.jsonl"]),
    st.dictionaries(st.sampled_from(KEYS), odd_values),
    st.dictionaries(st.sampled_from(ITEM_KEYS), odd_values),
)
def test_whatever_stands_in_a_line_the_others_are_scored(name: str, odd: dict, odd_item: dict) -> None:
    item = {"start": 0, "end": 1, "entity": "urn:A"}
    plain = {"id": 1, "text": "x y", "mentions": [item]}
    broken = {"id": 2, "text": "x y", "mentions": [item | odd_item]} | odd
    with tempfile.TemporaryDirectory() as folder:
        for file in ("gold.jsonl", "results.jsonl"):
            lines = [plain, broken] if file == name else [plain, plain | {"id": 2}]
            Path(folder, file).write_text("".join(json.dumps(one) + os.linesep for one in lines))
        report = evaluate_links(Path(folder, "results.jsonl"), Path(folder, "gold.jsonl"), samples=2, worst=9)
    json.dumps(report.to_dict(), ensure_ascii=False).encode()
    assert report.scores["given/accuracy"].right >= 1


def report_of(gold: dict[str, Any], found: list[Annotated], tmp_path: Path) -> LinkReport:
    (tmp_path / "gold.jsonl").write_text(line(gold, 1))
    (tmp_path / "results.jsonl").write_text(line({"mentions": items(found, "entity")}, 1))
    return evaluate_links(tmp_path / "results.jsonl", tmp_path / "gold.jsonl", samples=2)


def test_any_of_the_iris_that_gold_gives_for_a_mention_is_right_there_and_nowhere_else(tmp_path: Path) -> None:
    gold: list[Any] = [(0, 2, ["urn:A", "urn:B"]), (3, 5, "urn:B"), (6, 8, ["urn:B", "urn:C"]), (9, 11, "urn:A")]
    found = [(0, 2, "urn:B"), (3, 5, "urn:B"), (6, 8, "urn:C"), (9, 11, "urn:B")]
    report = report_of({"gold": items(gold, "iri")}, found, tmp_path)
    assert [report.scores[name].right for name in ("given/accuracy", "exact/InKB")] == [3, 3]
    nested: list[Any] = [(0, 5, "urn:D"), (3, 5, ["urn:A", "urn:B"])]  # the longer one has no other IRI
    inner = report_of({"gold": items(nested, "iri")}, [(3, 5, "urn:B")], tmp_path)
    assert inner.scores["given/accuracy"].right == 1
    crossed = [(0, 2, "urn:C"), (3, 5, "urn:A"), (6, 8, "urn:A"), (9, 11, "urn:C")]
    assert report_of({"gold": items(gold, "iri")}, crossed, tmp_path).scores["given/accuracy"].right == 0


def test_empty_links_are_gold_only_where_there_are_no_mentions(tmp_path: Path) -> None:
    answer = [(0, 2, "urn:A")]
    for gold, right in (({"links": [], "mentions": items(answer, "entity")}, 1), ({"gold": items(answer, "iri")}, 1)):
        assert report_of(gold, answer, tmp_path).scores["exact/all"].right == right
    with pytest.raises(LinkerError, match="no gold answers"):
        report_of({"links": []}, answer, tmp_path)


@settings(max_examples=50, deadline=None)
@given(posts)
def test_accuracy_is_what_exact_spans_and_entities_share(made: list[tuple[list[Annotated], list[Annotated]]]) -> None:
    """Where no two mentions of a post have one place, and none is found that is not gold."""
    made = [(list(one_a_place(gold)), found) for gold, found in made]
    made = [(gold, [one for one in one_a_place(found) if one[:2] in {g[:2] for g in gold}]) for gold, found in made]
    report = evaluated(made)
    accuracy, exact = report.scores["given/accuracy"], report.scores["exact/all"]
    assert (accuracy.right, accuracy.gold) == (exact.right, exact.gold)
    assert report.scores["given/InKB"].found == report.scores["exact/InKB"].found
    assert report.answered == exact.found


def one_a_place(annotated: list[Annotated]) -> Iterator[Annotated]:
    yield from {one[:2]: one for one in annotated}.values()


def test_the_sample_as_its_own_result_is_right(shared_data: Path, tmp_path: Path) -> None:
    """The gold links of kg-sample, written as results, once whole and once with every fifth link made NIL."""
    gold = shared_data / "kg-sample" / "posts" / "posts.jsonl"
    made = [json.loads(text) for text in gold.read_text("utf-8").splitlines()]
    links = linked = kept = 0
    for post in made:
        post["mentions"] = [dict(link) for link in post.pop("links")]
        post["pictured"] = post["image_entity"] and {"iri": post["image_entity"], "hop": post["hop"]}
    whole = tmp_path / "whole.jsonl"
    whole.write_text("".join(json.dumps(post) + os.linesep for post in made), "utf-8")
    for mention in (mention for post in made for mention in post["mentions"]):
        links += 1
        linked += mention["entity"] is not None
        mention["entity"] = None if links % 5 == 0 else mention["entity"]
        kept += mention["entity"] is not None
    cut = tmp_path / "cut.jsonl"
    cut.write_text("".join(json.dumps(post) + os.linesep for post in made), "utf-8")
    report = evaluate_links(whole, gold, samples=10, against=cut)
    assert report.problems == {}
    assert {score.right == score.gold for score in report.scores.values()} == {True}
    assert (report.mentions, report.scores["given/InKB"].gold) == (links, linked)
    assert report.comparison["given/InKB"].other_f1 == pytest.approx(2 * kept / (kept + linked))
    assert report.comparison["given/InKB"].p_value < 0.001


@pytest.mark.parametrize("name", ["elevant-kb/kore50", "elevant-kb/rss-500", "mel-context/posts", "tweeki/posts"])
def test_offsets_of_the_linking_sets_can_all_be_used(shared_data: Path, tmp_path: Path, name: str) -> None:
    """Results in tokens, as link-and-tag writes them, meet gold in characters."""
    gold = shared_data / "linking" / f"{name}.jsonl"
    made = [json.loads(text) for text in gold.read_text("utf-8").splitlines()]
    for post in made:
        post["mentions"] = [
            {"start": one["start"], "end": one["end"], "entity": one["iri"] and {"iri": one["iri"]}}
            for one in post.pop("gold")
        ]
        del post["text"]
    results = tmp_path / "results.jsonl"
    results.write_text("".join(json.dumps(post) + os.linesep for post in made), "utf-8")
    report = evaluate_links(results, gold, samples=10)
    assert report.problems == {}
    assert {score.right == score.gold for score in report.scores.values()} == {True}
