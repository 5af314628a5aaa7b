"""Candidates: the entities that a mention may mean, and what the tagger is told of them."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from kg import AliasIndex, AliasMatch, Graph
from linker.mentions import Place, mention_form, mention_words
from linker.offsets import join_tokens
from linker.results import Mention
from linker.short_forms import InitialsIndex, widen

if TYPE_CHECKING:
    from ner import KnownName

_REMEMBERED_MENTIONS = 20_000
_MOST_COUNTED = 20
_NEARNESS = (1.0, 0.5, 0.25)
"""By hops from the pictured entity."""


class CandidateFinder:
    """Proposes entities for mentions, and remembers what it proposed.

    Args:
        graph: The graph.
        aliases: Its names.
        limit: Candidates for a mention by its names, at most.
        initials: The graph's initials, where they are known.
    """

    def __init__(
        self, graph: Graph, aliases: AliasIndex, *, limit: int = 50, initials: InitialsIndex | None = None
    ) -> None:
        self._graph = graph
        self._aliases = aliases
        self._initials = initials
        self._has_counts = graph.has_name_counts()
        self._counts_of = lru_cache(maxsize=_REMEMBERED_MENTIONS)(
            lambda form: graph.name_counts([form]).get(form, {}) if form else {}
        )
        self._find = lru_cache(maxsize=_REMEMBERED_MENTIONS)(
            lambda words: tuple(aliases.candidates(words, limit=limit)) if words else ()
        )

    def find(self, mentions: Iterable[Mention]) -> list[tuple[AliasMatch, ...]]:
        """Propose entities for each mention by its names, best first."""
        return [self._find(mention_words(mention.text)) for mention in mentions]

    def find_in_post(
        self, tokens: Sequence[str], mentions: Sequence[Mention], types: Mapping[Place, str]
    ) -> list[tuple[AliasMatch, ...]]:
        """Propose entities for the mentions of one post: by their names, then those that short forms stand for.

        Args:
            tokens: The post's tokens.
            mentions: Its mentions.
            types: Types that are known beforehand, by place; entities of another type are not proposed.
        """
        known = [
            self._with_counted(mention, found) for mention, found in zip(mentions, self.find(mentions), strict=True)
        ]
        every = widen(tokens, mentions, known, self._aliases, self._initials)
        return [
            tuple(match for match in found if _agree(match, types.get((mention.start, mention.end))))
            for mention, found in zip(mentions, every, strict=True)
        ]

    def counts(self, mentions: Sequence[Mention]) -> tuple[Mapping[int, float], ...]:
        """How often the name of each mention was seen to mean which entity; empty where nobody counted."""
        return tuple(self._counts_of(mention_form(mention.text)) for mention in mentions) if self._has_counts else ()

    def _with_counted(self, mention: Mention, found: tuple[AliasMatch, ...]) -> tuple[AliasMatch, ...]:
        """Add the entities that the name was seen to mean most, where the graph's own names do not lead to them."""
        counts = self._counts_of(mention_form(mention.text)) if self._has_counts else {}
        known = {match.entity.id for match in found if match.fuzzy >= 1.0}
        further = sorted(counts.keys() - known, key=lambda entity: (-counts[entity], entity))[:_MOST_COUNTED]
        if not further:
            return found
        name, total = mention_words(mention.text), sum(counts.values())
        entities = self._graph.entities(further)
        added = tuple(AliasMatch(entities[key], name, "counted", counts[key] / total, 1.0) for key in further)
        return (*added, *(match for match in found if match.entity.id not in entities))


def known_names(
    tokens: Sequence[str], matched: Mapping[Place, Sequence[AliasMatch]], hops: Mapping[int, int]
) -> "tuple[KnownName, ...]":
    """Say what the graph's names in a post may be.

    Args:
        tokens: The post's tokens.
        matched: What each matched span may mean, as `match_aliases` found.
        hops: Hops from the pictured entity to entities in its reach.

    Returns:
        A known name for each match, by its place; overlaps of the match were settled before.
    """
    from ner import KnownName

    names = []
    for (start, end), matches in sorted(matched.items()):
        text = join_tokens(tokens[start:end]).lstrip("#@")
        reach = [hops[match.entity.id] for match in matches if match.entity.id in hops]
        names.append(
            KnownName(
                start,
                end,
                types=_type_shares(matches),
                weight=max(match.weight for match in matches),
                prior=max(match.entity.prior for match in matches),
                nearness=_NEARNESS[min(reach)] if reach and min(reach) < len(_NEARNESS) else 0.0,
                same_case=any(match.alias == text for match in matches),
            )
        )
    return tuple(names)


def _agree(match: AliasMatch, type_: str | None) -> bool:
    return type_ is None or match.entity.type in (None, type_)


def _type_shares(matches: Sequence[AliasMatch]) -> tuple[tuple[str, float], ...]:
    """The share of each type among the matches: a name's weight times how often its entity is meant."""
    shares: dict[str, float] = {}
    total = 0.0
    for match in matches:
        share = match.weight * (1.0 + match.entity.prior)
        total += share
        if match.entity.type is not None:
            shares[match.entity.type] = shares.get(match.entity.type, 0.0) + share
    return tuple((kind, round(share / total, 6)) for kind, share in sorted(shares.items())) if total else ()
