"""What was to be linked, what was linked and what of it is right, in each post, as GERBIL counts it.

Röder, Usbeck and Ngonga Ngomo 2018, "GERBIL – Benchmarking Named Entity Recognition and Linking Consistently", section
3; docs/evaluating-links.md says what each group counts.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from linker.evaluation.annotations import AnnotatedPost, Annotation, Place
from linker.evaluation.mention_forms import FORMS, entity_name, mention_form

if TYPE_CHECKING:
    from ner import PostCounts

Counts = tuple[int, int, int]
"""Gold, found and right."""

RANKS = (1, 5, 10)
SHARES = ("given/accuracy", *(f"given/recall@{rank}" for rank in RANKS))
"""Groups that are a share of the gold mentions: a mention without an answer is a wrong one."""

_READINGS = ("all", "InKB", "NIL", "spans only")
GROUPS = (*SHARES, "given/InKB", "given/NIL", *(f"{s}/{r}" for s in ("exact", "overlap") for r in _READINGS))

Pair = tuple[Annotation, Annotation | None]
"""A gold mention and the answer to it, or None where the results have no mention in its place."""


def pair_mentions(gold: AnnotatedPost, result: AnnotatedPost | None) -> list[Pair]:
    """Put beside each gold mention the answer that stands in exactly its place."""
    answers: dict[object, list[Annotation]] = defaultdict(list)
    for answer in reversed(result.annotations if result else ()):
        answers[answer.place].append(answer)
    return [(one, answers[one.place].pop() if one.place and answers[one.place] else None) for one in gold.annotations]


def is_right(pair: Pair) -> bool:
    """Whether the answer is the gold entity, or NIL where that is NIL."""
    wanted, answer = pair
    return answer is not None and answer.iri == wanted.iri


def mention_kinds(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    """The groups of each gold mention by its form and by its type: the gold one's, or the answer's where that has none.

    A mention of no entity is of the form ``NIL``.
    """
    return [
        (
            f"form/{mention_form(wanted.text, entity_name(wanted, answer)) if wanted.iri else 'NIL'}",
            f"type/{wanted.type or (answer.type if answer else '') or 'unknown'}",
        )
        for wanted, answer in pairs
    ]


def count_links(
    gold: Mapping[str, AnnotatedPost],
    results: Mapping[str, AnnotatedPost],
    kinds: Mapping[str, list[tuple[str, str]]],
) -> "PostCounts":
    """Count each gold post's mentions and links, in every group.

    Args:
        gold: The posts with their gold annotations, by id.
        results: The results, by id; a post without any has no answers.
        kinds: Groups of the gold mentions of each post (`mention_kinds`).

    Returns:
        The counts by group: ``given/…`` at the places of the gold mentions, ``exact/…`` and ``overlap/…`` end to end,
        ``form/…``, ``type/…`` and ``pictured/…``.
    """
    import numpy as np

    from ner import PostCounts

    rows = [_count_post(post, results.get(key, AnnotatedPost(key, "", ())), kinds[key]) for key, post in gold.items()]
    seen = {group for row in rows for group in row}
    forms = [f"form/{form}" for form in (*FORMS, "NIL")]
    known = [group for group in (*GROUPS, *forms, "pictured/all") if group in seen]
    groups = (*known, *sorted(seen - set(known)))
    values = [[row.get(group, (0, 0, 0)) for group in groups] for row in rows]
    return PostCounts(groups, np.array(values, dtype=np.int64).reshape(len(rows), len(groups), 3))


def is_share(group: str) -> bool:
    """Whether a group is a share of the gold mentions, without a precision of its own."""
    return group in SHARES or group.startswith(("form/", "type/", "pictured/hop"))


def _count_post(post: AnnotatedPost, result: AnnotatedPost, kinds: list[tuple[str, str]]) -> dict[str, Counts]:
    gold, found, pairs = post.annotations, result.annotations, pair_mentions(post, result)
    shares: dict[str, list[bool]] = {group: [] for group in SHARES}
    for pair, groups in zip(pairs, kinds, strict=True):
        for group in ("given/accuracy", *groups):
            shares.setdefault(group, []).append(is_right(pair))
        wanted, answer = pair
        if wanted.iri is not None:
            proposed = [iri for iri, _ in answer.candidates] if answer else []
            for rank in RANKS:
                shares[f"given/recall@{rank}"].append(wanted.iri in proposed[:rank])
    shown_right = bool(post.pictured) and result.pictured == post.pictured
    if post.tells_pictured and post.hop is not None:
        shares[f"pictured/hop {post.hop}"] = [shown_right]
    counts = {group: (len(hits), len(hits), sum(hits)) for group, hits in shares.items()}
    answers = [answer for _, answer in pairs if answer is not None]
    for name, is_nil in (("InKB", False), ("NIL", True)):
        right = sum(is_right(pair) and (pair[0].iri is None) == is_nil for pair in pairs)
        of_kind = [sum((a.iri is None) == is_nil for a in annotations) for annotations in (gold, answers)]
        counts[f"given/{name}"] = of_kind[0], of_kind[1], right
    for overlap in (False, True):
        counts |= _count_end_to_end(gold, found, overlap=overlap)
    if post.tells_pictured:
        shown, found_one = post.pictured is not None, result.pictured is not None
        counts["pictured/all"] = int(shown), int(found_one), int(shown_right)
    return counts


def _count_end_to_end(gold: Sequence[Annotation], found: Sequence[Annotation], *, overlap: bool) -> dict[str, Counts]:
    section = "overlap" if overlap else "exact"
    (linked, nil), (linked_found, nil_found) = (
        ([a for a in annotations if a.iri is not None], [a for a in annotations if a.iri is None])
        for annotations in (gold, found)
    )
    in_kb = len(linked), len(linked_found), _count_matches(linked, linked_found, overlap=overlap)
    not_in_kb = len(nil), len(nil_found), _count_matches(nil, nil_found, overlap=overlap)
    spans = len(gold), len(found), _count_matches(gold, found, overlap=overlap, by_entity=False)
    both = in_kb[0] + not_in_kb[0], in_kb[1] + not_in_kb[1], in_kb[2] + not_in_kb[2]
    return dict(zip((f"{section}/{reading}" for reading in _READINGS), (both, in_kb, not_in_kb, spans), strict=True))


def _count_matches(
    gold: Sequence[Annotation], found: Sequence[Annotation], *, overlap: bool, by_entity: bool = True
) -> int:
    """Count as GERBIL does: each gold mention in turn takes the first fitting answer that none before it took."""

    def kind(annotation: Annotation) -> tuple[object, object]:
        return annotation.iri if by_entity else None, None if overlap else annotation.place

    free: dict[tuple[object, object], list[Place]] = defaultdict(list)
    for annotation in found:
        if annotation.place is not None:
            free[kind(annotation)].append(annotation.place)
    right = 0
    for wanted in gold:
        if wanted.place is None:
            continue
        first, last = wanted.place
        places = free[kind(wanted)]
        while places and places[0][1] <= first:  # both are in the order of the text: it is of no use to later ones
            del places[0]
        for number, (start, end) in enumerate(places):
            if start < last and first < end:
                del places[number]
                right += 1
                break
    return right
