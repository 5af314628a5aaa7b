"""The decision: one entity or NIL for each mention, its type, and which spans are mentions at all.

A candidate's score is the probability, by logistic regression over a few plain features, that the mention means it.
The weights are in ``linker/data/decision.json``, with the data and the command that made them
(`benchmarks/tune_decision.py`).
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from kg import AliasMatch
from linker.mentions import mention_form
from linker.results import Candidate, LinkedMention, Mention

FEATURES = (
    "exact",
    "fuzzy",
    "alias_weight",
    "log_prior",
    "prior_share",
    "fuzzy_margin",
    "type_probability",
    "tagged",
    "tagger_score",
    "is_pictured",
    "pictured_at_hop_1",
    "pictured_at_hop_2",
    "capitals_agree",
    "short",
    "bias",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The numbers behind the decision.

    Attributes:
        weights: One for each of `FEATURES`.
        nil_below: A best score under this is NIL.
        picture_type_weight: How much the pictured entity's type counts against the tagger's, in nats.
        untagged_above: From this score on, an alias match that the tagger did not tag becomes a mention, where the
            picture shows the entity itself, or where the match is a joined name (``#LosAngelesLakers``).
    """

    weights: tuple[float, ...]
    nil_below: float
    picture_type_weight: float
    untagged_above: float


@cache
def load_decision() -> Decision:
    """The decision that comes with the package."""
    data = json.loads(files("linker").joinpath("data/decision.json").read_text("utf-8"))
    return Decision(
        weights=tuple(data["weights"][name] for name in FEATURES),
        nil_below=data["nil_below"],
        picture_type_weight=data["picture_type_weight"],
        untagged_above=data["untagged_above"],
    )


def describe(mention: Mention, matches: Sequence[AliasMatch], hops: Mapping[int, int]) -> list[tuple[float, ...]]:
    """The features of each candidate of a mention.

    Args:
        mention: The mention.
        matches: Its candidates.
        hops: Hops from the pictured entity to each entity in its reach; empty where no entity is pictured.

    Returns:
        For each candidate one value for each of `FEATURES`.
    """
    top = max((match.fuzzy for match in matches), default=0.0)
    rivals = sum(match.entity.prior + 1.0 for match in matches if match.fuzzy >= top - 0.02)
    types = dict(mention.type_scores)
    rows: list[tuple[float, ...]] = []
    for place, match in enumerate(matches):
        others = max((other.fuzzy for i, other in enumerate(matches) if i != place), default=0.0)
        hop = hops.get(match.entity.id)
        rows.append(
            (
                float(match.fuzzy >= 1.0),
                (match.fuzzy - 0.8) / 0.2,
                match.weight,
                math.log1p(match.entity.prior),
                (match.entity.prior + 1.0) / rivals if match.fuzzy >= top - 0.02 else 0.0,
                match.fuzzy - others,
                types.get(match.entity.type or "", 0.25) if types else 0.25,
                float(mention.score > 0),
                mention.score,
                float(hop == 0),
                float(hop == 1),
                float(hop == 2),
                float(match.alias[:1].isupper() == mention.text.lstrip("#@ ")[:1].isupper()),
                float(len(mention.text) <= 3),
                1.0,
            )
        )
    return rows


def score_candidates(
    mention: Mention, matches: Sequence[AliasMatch], hops: Mapping[int, int], decision: Decision
) -> tuple[Candidate, ...]:
    """Score the candidates of a mention, best first; ties break by entity id."""
    scored = [
        Candidate(match, hops.get(match.entity.id), _logistic(row, decision.weights))
        for match, row in zip(matches, describe(mention, matches, hops), strict=True)
    ]
    return tuple(sorted(scored, key=lambda candidate: (-candidate.score, candidate.entity.id)))


def decide(
    mentions: Sequence[Mention],
    matches: Sequence[Sequence[AliasMatch]],
    hops: Mapping[int, int],
    *,
    decision: Decision | None = None,
    keep_all: bool = False,
    types: Mapping[tuple[int, int], str] | None = None,
) -> tuple[LinkedMention, ...]:
    """Decide which spans are mentions, of which type, and what they mean.

    Args:
        mentions: The spans, with what the tagger thinks of them.
        matches: The candidates of each.
        hops: Hops from the pictured entity to each entity in its reach; empty where no entity is pictured.
        decision: The numbers (default: those of the package).
        keep_all: Keep every mention, also overlapping ones (for mentions that came with the post).
        types: Types that are known beforehand, by (start, end).

    Returns:
        The mentions of the result, in the order of the text, not overlapping unless all are kept.
    """
    decision = decision or load_decision()
    linked = []
    for mention, proposed in zip(mentions, matches, strict=True):
        candidates = score_candidates(mention, proposed, hops, decision)
        best = candidates[0] if candidates and candidates[0].score >= decision.nil_below else None
        if keep_all or mention.score > 0 or _stands_untagged(mention, best, decision):
            known = (types or {}).get((mention.start, mention.end))
            type_ = known or _choose_type(mention, best, decision)
            place = mention.start, mention.end, mention.text
            linked.append(LinkedMention(*place, type_, mention.score, best, candidates))
    return tuple(linked) if keep_all else without_overlaps(linked)


def without_overlaps(linked: Sequence[LinkedMention]) -> tuple[LinkedMention, ...]:
    """Where mentions overlap, keep the one that the tagger is surer of, then the longer one, then the first."""
    kept: list[LinkedMention] = []
    for mention in sorted(linked, key=lambda m: (-m.score, m.start - m.end, m.start)):
        if all(mention.end <= other.start or other.end <= mention.start for other in kept):
            kept.append(mention)
    return tuple(sorted(kept, key=lambda m: m.start))


def _stands_untagged(mention: Mention, best: Candidate | None, decision: Decision) -> bool:
    """Whether an alias match is a mention without the tagger: the picture shows it, or it is a joined name."""
    if not mention.exact or best is None or best.entity.type is None or best.score < decision.untagged_above:
        return False
    return best.hop == 0 or (mention.text[0] in "#@" and " " in mention_form(mention.text))


def _choose_type(mention: Mention, best: Candidate | None, decision: Decision) -> str:
    known = best.entity.type if best else None
    if not mention.type_scores:
        return known or "OTHER"
    weight = decision.picture_type_weight if best and best.hop == 0 else 0.0
    return max(
        mention.type_scores, key=lambda item: math.log(max(item[1], 1e-9)) + (weight if item[0] == known else 0.0)
    )[0]


def _logistic(row: Sequence[float], weights: Sequence[float]) -> float:
    value = math.fsum(x * w for x, w in zip(row, weights, strict=True))
    return 1.0 / (1.0 + math.exp(-value)) if value > -700 else 0.0
