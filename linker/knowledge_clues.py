"""Knowledge clues: prior, P(entity | name), type and picture for each candidate; and what speaks for NIL."""

import math
from collections.abc import Mapping, Sequence

from kg import AliasMatch
from linker.mentions import mention_words
from linker.name_clues import form_of, is_acronym_of, words_in
from linker.results import Mention

KNOWLEDGE_CLUES = (
    "prior_below_best",
    "prior_below_best_alone",
    "prior_below_rivals",
    "prior_share",
    "has_prior",
    "counted",
    "log_count_share",
    "is_most_counted",
    "type_agreement",
    "has_type",
    "is_pictured",
    "pictured_by_name",
    "pictured_at_hop_1",
    "pictured_at_hop_2",
)
NIL_CLUES = (
    "bias",
    "several_words",
    "short",
    "capitalised",
    "tagged",
    "tagger_score",
    "log_candidates",
    "log_graph",
    "best_is_exact",
    "best_is_near",
    "best_is_part",
    "some_described",
    "some_prior",
    "something_pictured",
    "tagged_part",
    "exact_words",
    "acronym_fits",
)

_UNKNOWN_TYPE = 0.25
_LEAST_TYPE = 0.01
_LEAST_SHARE = 0.001


def knowledge_clues(
    mention: Mention,
    matches: Sequence[AliasMatch],
    hops: Mapping[int, int],
    counts: Mapping[int, float] | None = None,
    *,
    described: bool = False,
) -> list[tuple[float, ...]]:
    """The clues of each candidate of a mention, one value for each of `KNOWLEDGE_CLUES`.

    Args:
        mention: The mention, with what the tagger thinks of its type.
        matches: Its candidates.
        hops: Hops from the pictured entity to each entity in its reach; empty where no entity is pictured.
        counts: How often the mention's name was seen to mean each entity; empty or None where nobody counted.
        described: Whether anything is known of a candidate but its name; where nothing is, the prior tells more.
    """
    text = mention_words(mention.text)
    forms = [form_of(text, match) for match in matches]
    most = max((match.entity.prior for match in matches), default=0.0)
    counted = sum((counts or {}).values())
    most_counted = max((counts or {}).values(), default=0.0)
    types = _graph_types(mention)
    rows: list[tuple[float, ...]] = []
    for match, form in zip(matches, forms, strict=True):
        entity, hop = match.entity, hops.get(match.entity.id)
        rivals = [other.entity.prior + 1.0 for other, its in zip(matches, forms, strict=True) if its >= form]
        count = (counts or {}).get(entity.id, 0.0)
        share = max(count / counted, _LEAST_SHARE) if counted else 1.0
        below = max(math.log((entity.prior + 1.0) / (most + 1.0)), -10.0) / 5
        known = entity.type in types
        rows.append(
            (
                below,
                0.0 if described else below,
                max(math.log((entity.prior + 1.0) / max(rivals)), -10.0) / 5,
                (entity.prior + 1.0) / sum(rivals) if most else 0.0,
                float(entity.prior > 0),
                float(count > 0),
                math.log(share),
                float(counted > 0 and count == most_counted),
                math.log(max(types.get(entity.type or "", 0.0), _LEAST_TYPE) / _UNKNOWN_TYPE) if known else 0.0,
                float(entity.type is not None),
                float(hop == 0),
                float(hop == 0 and form == 3),
                float(hop == 1),
                float(hop == 2),
            )
        )
    return rows


def _graph_types(mention: Mention) -> Mapping[str, float]:
    """How probable the tagger holds each type, by the graph's names; one that the graph has not says nothing of it."""
    from ner import coarse_type

    types: dict[str, float] = {}
    for kind, share in mention.type_scores:
        types[coarse_type(kind)] = types.get(coarse_type(kind), 0.0) + share
    return types


def nil_clues(
    mention: Mention, matches: Sequence[AliasMatch], hops: Mapping[int, int], *, described: bool, entities: int
) -> tuple[float, ...]:
    """What speaks for and against NIL, one value for each of `NIL_CLUES`.

    Args:
        mention: The mention.
        matches: Its candidates.
        hops: As for `knowledge_clues`.
        described: Whether anything is known of a candidate but its name.
        entities: How many the graph has: of a large one, some have any name by chance.
    """
    text = mention_words(mention.text)
    words = words_in(text)
    best = max((form_of(text, match) for match in matches), default=0)
    return (
        1.0,
        float(len(words) > 1),
        float(sum(map(len, words)) <= 3),
        float(mention.text.lstrip("#@ ")[:1].isupper()),
        float(mention.score > 0),
        mention.score,
        math.log1p(len(matches)) / 4,
        math.log1p(entities) / 16,
        float(best == 3),
        float(best == 2),
        float(best == 1),
        float(described),
        float(any(match.entity.prior > 0 for match in matches)),
        float(any(hops.get(match.entity.id) == 0 for match in matches)),
        float(mention.score > 0 and best == 1),
        float(best == 3 and len(words) > 1),
        float(any(is_acronym_of(text, match) for match in matches)),
    )
