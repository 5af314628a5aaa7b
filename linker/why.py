"""Why a mention means what it means, in words."""

from collections.abc import Iterator

from linker.context_clues import CONTEXT_CLUES
from linker.name_clues import NAME_CLUES
from linker.results import Candidate, LinkedMention

_PARTS = {
    "name": NAME_CLUES,
    "context": CONTEXT_CLUES,
    "prior": ("prior_below_best", "prior_below_best_alone", "prior_below_rivals", "prior_share", "has_prior"),
    "count": ("counted", "log_count_share", "is_most_counted"),
    "type": ("type_agreement", "has_type"),
    "picture": ("is_pictured", "pictured_by_name", "pictured_at_hop_1", "pictured_at_hop_2"),
}
_IN_WORDS = {
    "name": "its name",
    "context": "the words around it",
    "prior": "how often it is meant",
    "count": "how often the name means it",
    "type": "its type",
    "picture": "the picture",
}
SCORE_PARTS = (*_PARTS, "coherence")
"""What `score_parts` adds up, in its order."""
_FORMS = {
    "exact": "the name is {name}, to the letter",
    "acronym": "the name is an acronym of {name}",
    "near": "the name is nearly {name}",
    "part": "the name is a part of {name}",
}
_SAID_FROM = 0.05  # nats


def why(mention: LinkedMention, *, parts: bool = True) -> tuple[str, ...]:
    """Say in words why a mention means what it means: a line for each part of the score, and for what comes next.

    Of a result that was read back, only what was written with ``--explain`` is known. Without `parts` there are no
    lines for the parts of the score: `score_parts` has them as numbers.
    """
    return tuple(_why_entity(mention, mention.entity, parts=parts) if mention.entity else _why_nil(mention))


def score_parts(candidate: Candidate) -> dict[str, float] | None:
    """What each of `SCORE_PARTS` says for a candidate, in nats.

    Returns:
        None where the clues are not known: of a result that was written without ``--explain``.
    """
    if not candidate.clues:
        return None
    clues = dict(candidate.clues)
    return {
        part: sum(clues.get(name, 0.0) for name in _PARTS[part]) if part in _PARTS else candidate.coherence
        for part in SCORE_PARTS
    }


def _why_entity(mention: LinkedMention, chosen: Candidate, *, parts: bool) -> Iterator[str]:
    clues = dict(chosen.clues)
    for form, words in _FORMS.items():
        if form in clues:
            yield words.format(name=chosen.match.alias or chosen.entity.label)
            break
    if chosen.hop is not None:
        yield f"the picture shows {('it', 'a neighbour of it', 'what is two hops from it')[min(chosen.hop, 2)]}"
    if chosen.count:
        yield f"the name was seen {chosen.count:,.0f} times for it"
    rival = next((other for other in mention.candidates if other.entity.iri != chosen.entity.iri), None)
    if parts:
        yield from _why_not(chosen, rival)
    if mention.ambiguous and rival:
        yield f"{rival.entity.label} ({rival.entity.iri}) is as probable: the first by id is taken"
    elif rival:
        yield f"next is {rival.entity.label} with {rival.score:.2f}"


def _why_not(chosen: Candidate, rival: Candidate | None) -> Iterator[str]:
    """What each part of the score says for one candidate and not for another."""
    ours, theirs = score_parts(chosen) or {}, (score_parts(rival) if rival else None) or {}
    for part, words in _IN_WORDS.items():
        said = ours.get(part, 0.0) - theirs.get(part, 0.0)
        if rival and abs(said) >= _SAID_FROM:
            yield f"{words}: {_side(said)} it and not {rival.entity.label} ({said:+.2f})"
    more = chosen.coherence - (rival.coherence if rival else 0.0)
    if abs(more) >= _SAID_FROM:
        yield f"the other names of the post: {_side(more)} it ({more:+.2f})"


def _why_nil(mention: LinkedMention) -> Iterator[str]:
    if not mention.candidates:
        yield "no name of the graph is like it"
        return
    best = mention.candidates[0]
    yield f"no entity of the graph: {mention.nil_score:.2f}; one with another name: {mention.other_score:.2f}"
    yield f"best of its candidates is {best.entity.label} with {best.score:.2f}"


def _side(nats: float) -> str:
    return "for" if nats > 0 else "against"
