"""``evaluate-links`` on small files whose scores are worked out by hand."""

import bz2
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

WIKIDATA, DBPEDIA = "http://www.wikidata.org/entity/", "http://dbpedia.org/resource/"

TEXTS = {"a": "Paris met Angela Merkel in New York", "b": "Bob is in Rome", "c": "nothing here", "d": "Look at X"}
GOLD = {"a": [("Paris", "Q1"), ("Angela Merkel", "Q2"), ("New York", "Q3")], "b": [("Bob", None), ("Rome", "Q4")]}
FOUND = {
    "a": [("Paris", "Q1", 0.95), ("Merkel", "Q2", 0.8), ("New York", "Q9", 0.9)],
    "b": [("Bob", None, 0.7), ("Rome", None, 0.6)],
    "d": [("X", "Q8", 0.55)],
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write objects, or lines as they stand, into a file."""

    def write(name: str, *lines: object) -> Path:
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
        (tmp_path / name).write_text(text, "utf-8")
        return tmp_path / name

    return write


@pytest.fixture
def gold(write: Write) -> Path:
    return write("gold.jsonl", *gold_posts())


@pytest.fixture
def results(write: Write) -> Path:
    return write("results.jsonl", *(result_post(key) for key in TEXTS))


@pytest.fixture
def scores(run, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Run the command, and return what it wrote as JSON."""

    def scores(results: Path, gold: Path, *arguments: object) -> dict[str, Any]:
        result = run("evaluate-links", results, gold, "--json", tmp_path / "scores.json", *arguments)
        assert result.exit_code == 0, result.output
        return json.loads((tmp_path / "scores.json").read_text("utf-8"))

    return scores


def offsets(text: str, mention: str) -> dict[str, int]:
    start = text.index(mention)
    return {"start_char": start, "end_char": start + len(mention)}


def gold_posts() -> list[dict[str, Any]]:
    return [
        {
            "id": key,
            "text": text,
            "gold": [
                {**offsets(text, mention), "iri": iri and WIKIDATA + iri, "name": mention}
                for mention, iri in GOLD.get(key, [])
            ],
        }
        for key, text in TEXTS.items()
    ]


def result_post(key: str) -> dict[str, Any]:
    """As DESIGN.md has results: offsets in characters, and the probability of NIL."""
    text = TEXTS[key]
    mentions = []
    for mention, iri, score in FOUND.get(key, []):
        entity = iri and {"iri": WIKIDATA + iri, "label": mention, "score": score}
        mentions.append({**offsets(text, mention), "type": "LOC", "entity": entity, "nil_score": 0.1 if iri else score})
    return {"id": key, "text": text, "mentions": mentions, "pictured": None}


def result_with_tokens(key: str) -> dict[str, Any]:
    """As link-and-tag wrote results before: tokens and their offsets only."""
    tokens = TEXTS[key].split()
    mentions = []
    for mention, iri, score in FOUND.get(key, []):
        words = mention.split()
        start = next(n for n in range(len(tokens)) if tokens[n : n + len(words)] == words)
        entity = iri and {"iri": WIKIDATA + iri, "label": mention, "score": score}
        candidates = [{**entity}] if entity else []
        mentions.append({"start": start, "end": start + len(words), "entity": entity, "candidates": candidates})
    return {"id": key, "tokens": tokens, "mentions": mentions}


def micro(found: dict[str, Any], group: str) -> tuple[int, int | None, int]:
    score = found["scores"][group]
    return score["gold"], score["found"], score["right"]


def one_post(text: str, **more: object) -> dict[str, Any]:
    return {"id": "1", "text": text, **more}


def test_end_to_end_as_gerbil_counts(scores, results: Path, gold: Path) -> None:
    found = scores(results, gold)
    assert {group: micro(found, group) for group in found["scores"] if group.startswith(("exact", "overlap"))} == {
        "exact/all": (5, 6, 2),
        "exact/InKB": (4, 4, 1),
        "exact/NIL": (1, 2, 1),
        "exact/spans only": (5, 6, 4),
        "overlap/all": (5, 6, 3),
        "overlap/InKB": (4, 4, 2),
        "overlap/NIL": (1, 2, 1),
        "overlap/spans only": (5, 6, 5),
    }
    every = found["scores"]["exact/all"]
    assert (every["precision"], every["recall"], every["f1"]) == pytest.approx((2 / 6, 2 / 5, 4 / 11))


def test_macro_scores_are_means_over_posts_and_empty_posts_are_right(scores, results: Path, gold: Path) -> None:
    found = scores(results, gold)["scores"]
    assert found["exact/all"]["macro"] == pytest.approx([(1 / 3 + 1 / 2 + 1 + 0) / 4] * 3)
    assert found["exact/InKB"]["macro"] == pytest.approx([(1 / 3 + 0 + 1 + 0) / 4] * 3)
    assert found["exact/NIL"]["macro"] == pytest.approx([3.5 / 4, 1.0, 11 / 12])


def test_mentions_given(scores, results: Path, gold: Path) -> None:
    found = scores(results, gold)
    assert (found["posts"], found["mentions"], found["answered"]) == (4, 5, 4)
    assert micro(found, "given/accuracy") == (5, None, 2)
    assert micro(found, "given/InKB") == (4, 2, 1)
    assert micro(found, "given/NIL") == (1, 2, 1)
    assert found["scores"]["given/accuracy"]["recall"] == 0.4
    low, high = found["scores"]["given/accuracy"]["interval"]
    assert 0 <= low <= 0.4 <= high <= 1


def test_the_right_entity_among_the_candidates(scores, write: Write) -> None:
    candidates = [{"iri": f"urn:{n}", "label": str(n)} for n in range(12)]
    mentions = [
        {**offsets("A B C D", name), "entity": candidates[0], "candidates": candidates[:10]} for name in ("A", "B", "C")
    ]
    gold = [{**offsets("A B C D", n), "iri": f"urn:{i}", "name": n} for n, i in zip("ABCD", (0, 4, 9, 0), strict=True)]
    found = scores(
        write("results.jsonl", one_post("A B C D", mentions=mentions)),
        write("gold.jsonl", one_post("A B C D", gold=gold)),
    )
    assert [micro(found, f"given/recall@{rank}") for rank in (1, 5, 10)] == [(4, None, 1), (4, None, 2), (4, None, 3)]


def test_results_with_tokens_alone_score_the_same(scores, results: Path, gold: Path, write: Write) -> None:
    of_tokens = write("tokens.jsonl", *(result_with_tokens(key) for key in TEXTS))
    ours, theirs = (
        {group: score for group, score in scores(path, gold)["scores"].items() if not group.startswith("type/")}
        for path in (results, of_tokens)
    )
    assert ours == theirs


def test_tokens_that_are_cut_in_other_places_have_the_same_characters(scores, write: Write) -> None:
    gold = {"id": "1", "tokens": ["Chad", "'s", "flag"], "links": [{"start": 0, "end": 1, "entity": "urn:Chad"}]}
    mentions = [{"start_char": 0, "end_char": 4, "entity": {"iri": "urn:Chad"}}]
    result = {"id": "1", "text": "Chad's  flag", "mentions": mentions}
    found = scores(write("results.jsonl", result), write("gold.jsonl", gold))
    assert micro(found, "exact/all") == (1, 1, 1)
    assert found["problems"] == {}


def test_a_result_can_be_gold(scores, results: Path) -> None:
    found = scores(results, results)
    assert {score["recall"] for group, score in found["scores"].items() if score["gold"]} == {1.0}
    assert micro(found, "type/LOC") == (6, None, 6)


@pytest.mark.parametrize(
    ("mention", "iri", "name", "form"),
    [
        ("new york", "urn:1", "New York", "title"),
        ("#NewYork", "urn:1", "New York", "title"),
        ("Nirvana", DBPEDIA + "Nirvana_(band)", None, "title"),
        ("S\u00e3o Tom\u00e9", DBPEDIA + "S%C3%A3o_Tom%C3%A9", None, "title"),
        ("NBA", "urn:1", "National Basketball Association", "acronym"),
        ("U.S.A.", "urn:1", "United States of America", "acronym"),
        ("Columbus", "urn:1", "Columbus, Georgia", "part"),
        ("Jobs", "urn:1", "Steve Jobs", "part"),
        ("Big Apple", "urn:1", "New York", "alias"),
        ("Big Apple", WIKIDATA + "Q60", None, "name unknown"),
        ("New York", None, "Unknown", "NIL"),
    ],
)
def test_the_form_of_a_mention(
    scores, write: Write, mention: str, iri: str | None, name: str | None, form: str
) -> None:
    item = {"start_char": 0, "end_char": len(mention), "iri": iri, "name": name}
    gold = write("gold.jsonl", one_post(f"{mention} it is", gold=[item]))
    found = scores(write("results.jsonl", one_post(f"{mention} it is", mentions=[])), gold)
    assert [group for group in found["scores"] if group.startswith("form/")] == [f"form/{form}"]


def test_the_pictured_entity(scores, write: Write) -> None:
    shown = [("urn:A", 0, "urn:A"), ("urn:B", 1, "urn:C"), ("urn:D", 1, None), (None, None, "urn:E")]
    gold = [
        {"id": n, "tokens": ["x"], "links": [], "image_entity": iri, "hop": hop}
        for n, (iri, hop, _) in enumerate(shown)
    ]
    results = [
        {"id": n, "tokens": ["x"], "mentions": [], "pictured": iri and {"iri": iri, "hop": 2}}
        for n, (_, _, iri) in enumerate(shown)
    ]
    found = scores(write("results.jsonl", *results), write("gold.jsonl", *gold))
    assert micro(found, "pictured/all") == (3, 3, 1)
    assert micro(found, "pictured/hop 0") == (1, None, 1)
    assert micro(found, "pictured/hop 1") == (2, None, 0)


def test_calibration_in_ten_bins(scores, results: Path, gold: Path) -> None:
    found = scores(results, gold)["calibration"]
    assert found["all"]["counts"] == [0, 0, 0, 0, 0, 0, 1, 1, 0, 2]
    assert found["all"]["accuracies"][6:] == [0.0, 1.0, None, 0.5]
    # 0.6 wrong, 0.7 right, and 0.95 and 0.9 of which one is right.
    assert found["all"]["error"] == pytest.approx((0.6 + 0.3 + 2 * (0.925 - 0.5)) / 4)
    assert found["entities"]["error"] == pytest.approx(0.425)
    assert found["NIL"]["error"] == pytest.approx((0.6 + 0.3) / 2)


def test_the_links_most_surely_wrong(scores, run, results: Path, gold: Path) -> None:
    worst = scores(results, gold, "--worst", 2)["worst"]
    assert [(link["mention"], link["score"], link["is_found"]) for link in worst] == [
        ("New York", 0.9, True),
        ("Rome", 0.6, True),
    ]
    text = run("evaluate-links", results, gold, "--worst", 9).stdout
    assert f"1. a: New York [title] in: {TEXTS['a']}\n   gold   New York {WIKIDATA}Q3\n" in text
    assert text.endswith(f"gold   Angela Merkel {WIKIDATA}Q2\n   found  no mention there\n")


def test_another_result_on_the_same_posts(scores, gold: Path, results: Path, write: Write) -> None:
    before = write("before.jsonl", *(one for key in TEXTS if (one := result_post(key)) and key != "b"))
    comparison = scores(results, gold, "--against", before)["comparison"]
    assert comparison["given/accuracy"]["difference"] == pytest.approx(0.4 - 0.2)
    assert comparison["given/accuracy"]["p_value"] == 1.0  # one post alone is different
    assert comparison["exact/InKB"]["difference"] == 0.0


def test_many_posts_that_are_different_are_no_chance(scores, write: Write) -> None:
    posts = [{"id": n, "text": "A", "gold": [{"start": 0, "end": 1, "iri": "urn:A"}]} for n in range(40)]
    good, bad = (
        [{"id": n, "text": "A", "mentions": [{"start": 0, "end": 1, "entity": {"iri": iri}}]} for n in range(40)]
        for iri in ("urn:A", "urn:B")
    )
    given = write("good.jsonl", *good), write("gold.jsonl", *posts), "--against", write("bad.jsonl", *bad)
    comparison = scores(*given)["comparison"]["given/accuracy"]
    assert (comparison["f1"], comparison["other_f1"]) == (1.0, 0.0)
    assert comparison["p_value"] < 0.001
    assert scores(*given)["comparison"]["given/accuracy"] == comparison


@pytest.mark.parametrize(
    "lines",
    [
        ["wikidata,dbpedia", f"{WIKIDATA}Q1,{DBPEDIA}Paris"],
        [f"Q1\t{DBPEDIA}Paris"],
        [f"<{DBPEDIA}Paris> <http://www.w3.org/2002/07/owl#sameAs> <{WIKIDATA}Q1> ."],
        [f"{DBPEDIA}Paris,urn:x", "urn:y,urn:z", "urn:x,https://www.wikidata.org/wiki/Q1"],
    ],
    ids=["csv", "tsv", "ntriples", "through a third"],
)
def test_gold_of_another_graph(scores, write: Write, lines: list[str]) -> None:
    gold = write("gold.jsonl", one_post("Paris", gold=[{"start": 0, "end": 5, "iri": f"{WIKIDATA}Q1"}]))
    mention = {"start": 0, "end": 5, "entity": {"iri": "https://en.wikipedia.org/wiki/Paris"}}
    results = write("results.jsonl", one_post("Paris", mentions=[mention]))
    assert micro(scores(results, gold), "exact/InKB") == (1, 1, 0)
    same_as = write("same.txt", *lines)
    found = scores(results, gold, "--same-as", same_as)
    assert (micro(found, "exact/InKB"), found["problems"]) == ((1, 1, 1), {})
    packed = same_as.with_suffix(".bz2")
    packed.write_bytes(bz2.compress(same_as.read_bytes()))
    assert micro(scores(results, gold, "--same-as", packed), "given/accuracy") == (1, None, 1)


def test_graphs_that_cannot_agree_are_said(run, write: Write) -> None:
    gold = write("gold.jsonl", one_post("Paris", gold=[{"start": 0, "end": 5, "iri": f"{WIKIDATA}Q1"}]))
    mention = {"start": 0, "end": 5, "entity": {"iri": f"{DBPEDIA}Paris"}}
    said = run("evaluate-links", write("results.jsonl", one_post("Paris", mentions=[mention])), gold).stderr
    assert "another graph than GOLD's (give --same-as FILE): 1 (dbpedia.org, expected www.wikidata.org)" in said


@pytest.mark.parametrize(
    "nil", [None, "", " ", "NIL", "null", "None", "--NME--", "http://aksw.org/notInWiki/Paris", [], {"iri": None}]
)
def test_nil_in_the_forms_that_gold_has(scores, write: Write, nil: object) -> None:
    gold = write("gold.jsonl", one_post("Paris", gold=[{"start": 0, "end": 5, "iri": nil}]))
    results = write("results.jsonl", one_post("Paris", mentions=[{"start": 0, "end": 5, "entity": None}]))
    found = scores(results, gold)
    assert (micro(found, "exact/NIL"), micro(found, "exact/InKB"), found["problems"]) == ((1, 1, 1), (0, 0, 0), {})


def test_a_gold_mention_without_an_answer_beside_others_is_nil_and_said(scores, write: Write) -> None:
    items = [{"start": 0, "end": 3, "iri": "urn:A"}, {"start": 8, "end": 12, "type": "LOC"}]
    gold = write("gold.jsonl", one_post("Bob met Rome", gold=items))
    results = write("results.jsonl", one_post("Bob met Rome", mentions=[{"start": 8, "end": 12, "entity": None}]))
    found = scores(results, gold)
    assert (micro(found, "given/accuracy"), micro(found, "exact/NIL")) == ((2, None, 1), (1, 1, 1))
    assert [kind for kind in found["problems"] if "(taken as NIL)" in kind]


def test_offsets_that_stand_elsewhere_than_the_text_of_the_mention_are_said(run, write: Write) -> None:
    items = [
        {"start": 0, "end": 2, "text": "Bob", "iri": "urn:A"},
        {"start": 8, "end": 12, "text": "Rome", "iri": None},
    ]
    gold = write("gold.jsonl", one_post("Bob met Rome", gold=items))
    said = run("evaluate-links", write("results.jsonl", one_post("Bob met Rome", mentions=[])), gold).stderr
    assert "at their offsets (the offsets are used): 1 (line 1, id '1': 'Bob', not 'Bo')" in said


@pytest.mark.parametrize(
    ("iris", "right"), [(["urn:A", "dbr:Paris"], 1), (["dbr:Paris", "urn:A"], 1), (["urn:A", "urn:B"], 0)]
)
def test_any_of_several_gold_iris_is_right(scores, write: Write, iris: list[str], right: int) -> None:
    gold = write("gold.jsonl", one_post("Paris", gold=[{"start": 0, "end": 5, "iri": iris}]))
    mention = {"start": 0, "end": 5, "entity": {"iri": "https://dbpedia.org/resource/Paris"}}
    found = scores(write("results.jsonl", one_post("Paris", mentions=[mention])), gold)
    groups = ("given/accuracy", "given/recall@1", "exact/InKB", "overlap/all")
    assert [micro(found, group)[2] for group in groups] == [right] * 4


GOOD = {"start": 0, "end": 5, "iri": "urn:A"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"start": 0, "end": 9}, "start 0, end 9, expected 0 <= start < end <= 5 characters"),
        ({"start": 3, "end": 3}, "expected 0 <= start < end <= 5 characters"),
        ({"start": "0", "end": None}, "start '0', end None, expected"),
        ({"start": None, "end": None}, "expected start_char and end_char, or start and end"),
        ({"iri": 7}, "entities that are not IRIs (they match nothing): 1 (line 1, id '1': 7)"),
    ],
)
def test_a_gold_mention_that_cannot_be_used_stays_in_the_scores(
    run, scores, write: Write, changed: dict[str, object], words: str
) -> None:
    posts = [one_post("Paris", gold=[{**GOOD, **changed}]), {**one_post("Paris", gold=[GOOD]), "id": "2"}]
    mention = {"start": 0, "end": 5, "entity": {"iri": "urn:A"}}
    results = write("results.jsonl", *({**one_post("Paris", mentions=[mention]), "id": str(n)} for n in (1, 2)))
    gold = write("gold.jsonl", *posts)
    found = scores(results, gold)
    assert (micro(found, "given/accuracy"), micro(found, "exact/all")) == ((2, None, 1), (2, 2, 1))
    assert words in run("evaluate-links", results, gold).stderr


def test_offsets_in_tokens_stand_in_for_those_in_characters(run, scores, write: Write) -> None:
    item = {"start_char": 0, "end_char": 99, "start": 1, "end": 2, "iri": "urn:A"}
    gold = write("gold.jsonl", one_post("in Paris", tokens=["in", "Paris"], gold=[item]))
    mention = {"start_char": 3, "end_char": 8, "entity": {"iri": "urn:A"}}
    results = write("results.jsonl", one_post("in Paris", mentions=[mention]))
    assert micro(scores(results, gold), "exact/all") == (1, 1, 1)
    assert "end_char 99, expected 0 <= start_char < end_char <= 8" in run("evaluate-links", results, gold).stderr


def test_what_is_wrong_with_a_file_is_said_and_the_rest_is_scored(run, scores, results, gold: Path, write) -> None:
    whole = scores(results, gold)
    lines = results.read_text("utf-8").splitlines()
    for added, words in [
        ("{broken", "RESULTS: lines that are not annotated posts (not used): 1 (line 5: Expecting"),
        ('{"id": "e", "text": "x"}', "mentions is None, expected a list of objects"),
        ('{"id": "e", "text": "x", "mentions": [{"start": 0, "end": 1}]}', "this may be a file of posts"),
        ('{"id": [], "text": "x", "mentions": []}', "id is [], expected a string or a whole number"),
        ('{"id": "e", "mentions": []}', 'text is None, expected a string, or "tokens"'),
        ('{"id": "e", "text": "x", "mentions": []}', "RESULTS: posts that GOLD does not have (not scored): 1 ('e')"),
        (lines[3], "RESULTS: ids given again (the first is used): 1 (line 5: 'd')"),
    ]:
        changed = write("changed.jsonl", *lines, added)
        assert scores(changed, gold)["scores"] == whole["scores"]
        assert words in run("evaluate-links", changed, gold).stderr, added


def test_gold_mentions_without_results_count_as_not_found(run, scores, results: Path, gold: Path, write: Write) -> None:
    some = write("some.jsonl", *(result_post(key) for key in "acd"))
    assert micro(scores(some, gold), "given/accuracy") == (5, None, 1)
    assert "GOLD: posts that RESULTS does not have (their mentions count as not found): 1 ('b')" in (
        run("evaluate-links", some, gold).stderr
    )
    other = write("other.jsonl", *(result_post(key) for key in "acd"), {**result_post("b"), "text": "Bob was in Rome"})
    assert micro(scores(other, gold), "given/accuracy") == (5, None, 1)
    assert "another text than in GOLD (their gold mentions count as not found): 1 ('b': 'Bob was in Rome'" in (
        run("evaluate-links", other, gold).stderr
    )


def test_scores_that_are_no_probabilities_are_in_no_calibration(run, scores, gold: Path, write: Write) -> None:
    broken = result_post("a")
    for mention, score in zip(broken["mentions"], (float("nan"), 1.5, True), strict=True):
        mention["entity"]["score"] = score
    path = write("results.jsonl", broken, result_post("b"))
    found = scores(path, gold)
    assert (sum(found["calibration"]["all"]["counts"]), micro(found, "given/accuracy")) == (2, (5, None, 2))
    assert "scores that are not from 0 to 1 (not in the calibration): 3 (" in run("evaluate-links", path, gold).stderr


@pytest.mark.parametrize(
    ("gold_lines", "result_lines", "words"),
    [
        ([{"id": "1", "text": "x"}], [], ["gold.jsonl holds no gold answers", 'expected JSON lines with "gold"']),
        ([{"id": "1", "text": "x", "gold": []}], [], ["gold.jsonl holds no gold answers (no mentions)"]),
        ([one_post("Paris", gold=[GOOD])], [], ["results.jsonl holds no results", "no posts"]),
        ([one_post("Paris", gold=[GOOD])], ["<html>"], ["not annotated posts", "what link-and-tag writes"]),
        ([one_post("Paris", gold=[GOOD])], [{"id": 9, "text": "x", "mentions": []}], ["'9'", "GOLD such as '1'"]),
    ],
)
def test_nothing_to_score_is_one_line(run, write, gold_lines: Sequence, result_lines: Sequence, words) -> None:
    result = run("evaluate-links", write("results.jsonl", *result_lines), write("gold.jsonl", *gold_lines))
    _is_one_line(result, words)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("same.csv", b"one,two\nthree,four\n", ["same.csv holds no pair of IRIs", "owl:sameAs"]),
        ("same.bz2", b"BZh no bz2", ["same.bz2", "damaged or was cut"]),
        ("same.gz", b"\x1f\x8bno gzip", ["same.gz", "damaged or was cut"]),
        ("same.tsv", b"urn:a\turn:\xff\n", ["same.tsv", "line 1 is not UTF-8"]),
        ("none.tsv", None, ["none.tsv", "check the path"]),
    ],
)
def test_a_mapping_that_cannot_be_used(run, results, gold, tmp_path: Path, name: str, content, words) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    _is_one_line(run("evaluate-links", results, gold, "--same-as", tmp_path / name), words)


def test_lines_of_a_mapping_that_are_not_two_iris(run, results, gold, write: Write) -> None:
    same_as = write("same.nt", "<urn:a> <urn:b> <urn:c> .", "<urn:a> <broken", "x,y,z", "urn:a,urn:b")
    said = run("evaluate-links", results, gold, "--same-as", same_as).stderr
    assert "--same-as: lines that are not two IRIs (not used): 3 (line 1: '<urn:a> <urn:b>" in said
    assert "files that have no IRI of GOLD or of the results: 1" in said


def test_tables_for_people(run, results: Path, gold: Path) -> None:
    result = run("evaluate-links", results, gold, "--against", results)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [" ".join(line.replace("│", " ").split()) for line in result.stdout.splitlines()]
    assert lines[0] == "4 posts, 5 gold mentions; the results have a mention in the places of 4 of them"
    for start in ("given accuracy 0.4000", "exact all 0.3333 0.4000 0.3636", "given: accuracy 0.4000 0.4000 +0.0000"):
        assert any(line.startswith(start) for line in lines), (start, result.stdout)
    assert "all: 0.4375, 4 answers" in lines


def test_the_folder_of_the_json_is_looked_for_first(run, results: Path, gold: Path) -> None:
    result = run("evaluate-links", results, gold, "--json", "/nowhere/scores.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "--json /nowhere/scores.json: there is no folder /nowhere: make it first" in result.stderr


def _is_one_line(result: Result, words: Sequence[str]) -> None:
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1), result.stderr
    assert all(word in result.stderr for word in words), result.stderr
