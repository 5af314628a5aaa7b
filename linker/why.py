"""Why a mention means what it means, in words."""

from collections.abc import Iterator

from linker.context_clues import CONTEXT_CLUES
from linker.name_clues import NAME_CLUES
from linker.results import Candidate, LinkedMention

_PARTS = {
    "its name": NAME_CLUES,
    "the words around it": CONTEXT_CLUES,
    "how often it is meant": (
        "prior_below_best",
        "prior_below_best_alone",
        "prior_below_rivals",
        "prior_share",
        "has_prior",
    ),
    "how often the name means it": ("counted", "log_count_share", "is_most_counted"),
    "its type": ("type_agreement", "has_type"),
    "the picture": ("is_pictured", "pictured_by_name", "pictured_at_hop_1", "pictured_at_hop_2"),
}
_FORMS = {
    "exact": "the name is {name}, to the letter",
    "acronym": "the name is an acronym of {name}",
    "near": "the name is nearly {name}",
    "part": "the name is a part of {name}",
}
_SAID_FROM = 0.05  # nats


def why(mention: LinkedMention) -> tuple[str, ...]:
    """Say in words why a mention means what it means: a line for each part of the score, and for what comes next.

    Of a result that was read back, only what was written with ``--explain`` is known.
    """
    return tuple(_why_entity(mention, mention.entity) if mention.entity else _why_nil(mention))


def _why_entity(mention: LinkedMention, chosen: Candidate) -> Iterator[str]:
    clues = dict(chosen.clues)
    for form, words in _FORMS.items():
        if form in clues:
            yield words.format(name=chosen.match.alias or chosen.entity.label)
            break
    if chosen.hop is not None:
        yield (
            ("the picture shows it", "the picture shows a neighbour of it")[chosen.hop]
            if chosen.hop < 2
            else ("the picture shows what is two hops from it")
        )
    if chosen.count:
        yield f"the name was seen {chosen.count:,.0f} times for it"
    rival = next((other for other in mention.candidates if other.entity.iri != chosen.entity.iri), None)
    theirs = dict(rival.clues) if rival else {}
    for part, names in _PARTS.items():
        said = sum(clues.get(name, 0.0) - theirs.get(name, 0.0) for name in names)
        if rival and abs(said) >= _SAID_FROM:
            yield f"{part}: {_side(said)} it and not {rival.entity.label} ({said:+.2f})"
    more = chosen.coherence - (rival.coherence if rival else 0.0)
    if abs(more) >= _SAID_FROM:
        yield f"the other names of the post: {_side(more)} it ({more:+.2f})"
    if mention.ambiguous and rival:
        yield f"{rival.entity.label} ({rival.entity.iri}) is as probable: the first by id is taken"
    elif rival:
        yield f"next is {rival.entity.label} with {rival.score:.2f}"


def _why_nil(mention: LinkedMention) -> Iterator[str]:
    if not mention.candidates:
        yield "no name of the graph is like it"
        return
    best = mention.candidates[0]
    yield f"no entity of the graph: {mention.nil_score:.2f}; one with another name: {mention.other_score:.2f}"
    yield f"best of its candidates is {best.entity.label} with {best.score:.2f}"


def _side(nats: float) -> str:
    return "for" if nats > 0 else "against"
