"""Results against gold answers: everything that ``evaluate-links`` says."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from linker.errors import LinkerError
from linker.evaluation.annotation_files import GOLD, read_annotated_posts
from linker.evaluation.annotations import AnnotatedPost, Problems, add_problem, problem_lines
from linker.evaluation.calibration import calibrate
from linker.evaluation.link_counts import Pair, count_links, is_right, is_share, mention_kinds, pair_mentions
from linker.evaluation.link_report import LinkReport, LinkScore, WrongLink
from linker.evaluation.same_as import read_same_as

if TYPE_CHECKING:
    from ner import Comparison, PostCounts

Posts = dict[str, AnnotatedPost]

_UNSURE = 0.5  # what a wrong answer weighs that tells no score


def evaluate_links(
    results: Path,
    gold: Path,
    *,
    against: Path | None = None,
    same_as: Path | None = None,
    worst: int = 0,
    samples: int = 1000,
    seed: int = 0,
) -> LinkReport:
    """Score the links of some results.

    Args:
        results: What ``link-and-tag`` wrote.
        gold: The gold answers.
        against: Other results, compared on the same posts by a paired test.
        same_as: IRIs that mean the same entity.
        worst: How many wrong links to name.
        samples: How many times the posts are drawn again for the intervals.
        seed: Where everything drawn comes from.

    Raises:
        LinkerError: There is nothing that can be scored.
        FormatError: A file cannot be read.
    """
    from ner import compare_counts

    problems: Problems = {}
    wanted = _read_gold(gold, problems)
    found = _read_results(results, "RESULTS", wanted, problems)
    files = [wanted, found] if against is None else [wanted, found, _read_results(against, "AGAINST", wanted, problems)]
    if same_as is not None:
        files = _with_one_name(files, same_as, problems)
    wanted, *of_results = files
    found, *others = ({key: post.as_gold_names(wanted[key]) for key, post in posts.items()} for posts in of_results)
    _compare_hosts(wanted, found, problems)
    pairs = {key: pair_mentions(post, found.get(key)) for key, post in wanted.items()}
    kinds = {key: mention_kinds(of_post) for key, of_post in pairs.items()}
    counts = count_links(wanted, found, kinds)
    comparison: dict[str, Comparison] = {}
    for other in others:
        comparison = compare_counts(counts, count_links(wanted, other, kinds), samples=samples, seed=seed)
    every_pair = [(key, *both) for key, of_post in pairs.items() for both in zip(of_post, kinds[key], strict=True)]
    wrong = [_wrong_link(wanted[key], pair, form) for key, pair, (form, _) in every_pair if not is_right(pair)]
    answers = [(answer, is_right(pair)) for _, pair, _ in every_pair if (answer := pair[1])]
    return LinkReport(
        posts=len(wanted),
        mentions=len(every_pair),
        answered=len(answers),
        scores=_scores(counts, samples=samples, seed=seed),
        calibration={
            "all": calibrate([(a.score, right) for a, right in answers]),
            "entities": calibrate([(a.score, right) for a, right in answers if a.iri is not None]),
            "NIL": calibrate([(a.score, right) for a, right in answers if a.iri is None]),
        },
        worst=sorted(wrong, key=lambda link: -(_UNSURE if link.score is None else link.score))[:worst],
        comparison=comparison,
        problems=problems,
    )


def _read_gold(path: Path, problems: Problems) -> Posts:
    posts = read_annotated_posts(path, GOLD, problems)
    if not any(post.annotations or post.tells_pictured for post in posts.values()):
        said = "; ".join(problem_lines(problems)) or "no mentions"
        expected = 'JSON lines with "gold", "links", or "mentions" with "entity"'
        raise LinkerError(f"{path} holds no gold answers ({said}): expected {expected}")
    return posts


def _read_results(path: Path, name: str, gold: Posts, problems: Problems) -> Posts:
    """The results for the gold posts; what is of other posts or of other texts is said and left out."""
    results = read_annotated_posts(path, name, problems)
    known = {key: post for key, post in results.items() if key in gold}
    if not known:
        said = "; ".join(problem_lines(problems)) or "no posts"
        if results:
            said = f"its ids are such as {next(iter(results))!r}, those of GOLD such as {next(iter(gold))!r}"
        expected = "what link-and-tag writes for the same posts, as JSON lines"
        raise LinkerError(f"{path} holds no results for the posts of GOLD ({said}): expected {expected}")
    for key in results:
        if key not in gold:
            add_problem(problems, f"{name}: posts that GOLD does not have (not scored)", repr(key))
    for key, post in gold.items():
        if key not in known:
            kind = f"{GOLD}: posts that {name} does not have (their mentions count as not found)"
            add_problem(problems, kind, repr(key))
        elif "".join(post.text.split()) != "".join(known[key].text.split()):
            kind = f"{name}: posts with another text than in GOLD (their gold mentions count as not found)"
            add_problem(problems, kind, f"{key!r}: {known.pop(key).text[:30]!r}, expected {post.text[:30]!r}")
    return known


def _with_one_name(files: Sequence[Posts], same_as: Path, problems: Problems) -> list[Posts]:
    """The posts with one IRI for each entity, by a file that says which IRIs mean the same."""
    wanted = {iri for posts in files for post in posts.values() for iri in post.iris()}
    names = read_same_as(same_as, wanted, problems)
    if not wanted & names.keys():
        add_problem(problems, "--same-as: files that have no IRI of GOLD or of the results", str(same_as))
    return [{key: post.renamed(names) for key, post in posts.items()} for posts in files]


def _compare_hosts(gold: Posts, found: Posts, problems: Problems) -> None:
    """Say so where gold and results cannot agree, because their entities are of different graphs."""
    theirs, ours = (
        {urlsplit(a.iri).netloc or "no address" for post in posts.values() for a in post.annotations if a.iri}
        for posts in (gold, found)
    )
    if ours and theirs and not ours & theirs:
        kind = "RESULTS: entities of another graph than GOLD's (give --same-as FILE)"
        add_problem(problems, kind, f"{', '.join(sorted(ours)[:3])}, expected {', '.join(sorted(theirs)[:3])}")


def _scores(counts: "PostCounts", *, samples: int, seed: int) -> dict[str, LinkScore]:
    from ner import Score, f1_intervals

    intervals = f1_intervals(counts, samples=samples, seed=seed)
    scores = {}
    for place, (group, totals) in enumerate(counts.totals().items()):
        score, interval = Score(*totals), intervals[group]
        has_precision = not is_share(group)
        scores[group] = LinkScore(
            gold=score.gold,
            found=score.predicted if has_precision else None,
            right=score.correct,
            precision=score.precision if has_precision else None,
            recall=score.recall,
            f1=score.f1 if has_precision else None,
            interval=(interval.low, interval.high),
            macro=_macro(counts, place),
        )
    return scores


def _macro(counts: "PostCounts", place: int) -> tuple[float, float, float] | None:
    """Precision, recall and F1 as GERBIL's macro measures; a post with nothing to find and nothing found counts 1."""
    if counts.groups[place].partition("/")[0] not in ("given", "exact", "overlap"):
        return None
    gold, found, right = counts.values[:, place].T.astype(float)
    right = right + ((gold == 0) & (found == 0))
    precision, recall, f1 = (float((right / (of + (of == 0))).mean()) for of in (found, gold, (gold + found) / 2))
    return precision, recall, f1


def _wrong_link(post: AnnotatedPost, pair: Pair, form: str) -> WrongLink:
    wanted, answer = pair
    proposed = [iri for iri, _ in answer.candidates] if answer else []
    return WrongLink(
        post=post.id,
        text=post.text,
        mention=wanted.text,
        form=form.removeprefix("form/"),
        gold=None if wanted.iri is None else (wanted.iri, wanted.name),
        found=None if answer is None or answer.iri is None else (answer.iri, answer.name),
        is_found=answer is not None,
        score=None if answer is None else answer.score,
        rank=proposed.index(wanted.iri) + 1 if wanted.iri in proposed else None,
    )
