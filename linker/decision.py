"""The decision: which spans are mentions, of which type, and what each means, from what the ranker says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from linker.mentions import Place, in_other_script, mention_form
from linker.offsets import place_tokens
from linker.ranking import Ranking, agreed_type
from linker.results import Candidate, LinkedMention, Mention, Post

UNTAGGED_ABOVE = 0.5
"""From this probability on, an alias match that the tagger did not tag becomes a mention, where the picture shows the
entity itself, or where the match is a joined name (``#LosAngelesLakers``) or in a script other than Latin."""

SAID_ABOVE = 0.25
"""From this probability on, an entity is said of a span that was found: the tagger's for the span by the ranker's for
the entity. The folds of `python -m benchmarks.tweeki_folds` choose it; what the picture shows needs none."""

_CANDIDATES = 10  # that a result names


def decide(
    post: Post,
    mentions: Sequence[Mention],
    rankings: Sequence[Ranking],
    *,
    min_score: float | None = None,
    said_above: float = SAID_ABOVE,
) -> tuple[LinkedMention, ...]:
    """Decide which spans are mentions, of which type, and what they mean.

    Args:
        post: The post. Mentions that came with it are all kept, also overlapping ones, with their types.
        mentions: The spans, with what the tagger thinks of them.
        rankings: What each may mean.
        min_score: An entity whose probability is less is not said. None: one of a span that was found has to be as
            probable, together with the span, as said_above.
        said_above: See there; what the picture shows, and what came with the post, is always said.

    Returns:
        The mentions of the result, in the order of the text, not overlapping unless they were given.
    """
    types = given_types(post)
    text, places = place_tokens(post.text, post.tokens)
    linked = []
    for mention, ranking in zip(mentions, rankings, strict=True):
        sure, best = ranking, ranking.chosen
        if best and best.score < (_least(post, mention, best, said_above) if min_score is None else min_score):
            sure = replace(ranking, chosen=None, ambiguous=False)
        if post.mentions is None and mention.score == 0 and not _stands_untagged(mention, sure.chosen):
            continue
        start, end = places[mention.start][0], places[mention.end - 1][1]
        shown, rest = ranking.candidates[:_CANDIDATES], ranking.candidates[_CANDIDATES:]
        linked.append(
            LinkedMention(
                mention.start,
                mention.end,
                text[start:end],
                types.get((mention.start, mention.end)) or agreed_type(mention, sure) or "OTHER",
                mention.score,
                sure.chosen,
                shown,
                nil_score=ranking.nil,
                other_score=ranking.other + sum(candidate.score for candidate in rest),
                ambiguous=sure.ambiguous,
                start_char=start,
                end_char=end,
            )
        )
    return tuple(linked) if post.mentions is not None else without_overlaps(linked)


def given_types(post: Post) -> Mapping[Place, str]:
    """The types of those mentions that came with a post and have one, by their places."""
    return {(mention.start, mention.end): mention.type for mention in post.mentions or () if mention.type}


def is_joined_name(text: str) -> bool:
    """Whether a mention is several words in one: ``#LosAngelesLakers``."""
    return text[:1] in ("#", "@") and " " in mention_form(text)


def speaks_for_itself(text: str) -> bool:
    """Whether an alias needs no tagger to be a mention: a joined name, or one that the tagger cannot read."""
    return is_joined_name(text) or in_other_script(text)


def without_overlaps(linked: Sequence[LinkedMention]) -> tuple[LinkedMention, ...]:
    """Where mentions overlap, keep the one that the tagger is surer of, then the longer one, then the first."""
    kept: list[LinkedMention] = []
    for mention in sorted(linked, key=lambda m: (-m.score, m.start - m.end, m.start)):
        if all(mention.end <= other.start or other.end <= mention.start for other in kept):
            kept.append(mention)
    return tuple(sorted(kept, key=lambda m: m.start))


def _least(post: Post, mention: Mention, chosen: Candidate, said_above: float) -> float:
    """How probable an entity of a span has to be; the less, the surer the tagger is of the span."""
    if post.mentions is not None or chosen.hop == 0 or not mention.score:
        return 0.0
    return said_above / mention.score


def _stands_untagged(mention: Mention, best: Candidate | None) -> bool:
    """Whether an alias match is a mention without the tagger: the picture shows it, or `speaks_for_itself`."""
    if not mention.exact or best is None or best.entity.type is None or best.score < UNTAGGED_ABOVE:
        return False
    return best.hop == 0 or speaks_for_itself(mention.text)
