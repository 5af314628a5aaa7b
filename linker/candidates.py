"""Candidates: at most K entities for a mention, from the graph's alias index."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from kg import AliasMatch
from linker.mentions import mention_words
from linker.records import Mention

DEFAULT_LIMIT = 10
_REMEMBERED_MENTIONS = 20_000


class FuzzyAliases(Protocol):
    """What is asked of the alias index."""

    def candidates(self, mention: str, *, limit: int = 10) -> Sequence[AliasMatch]:
        """Entities whose aliases are like the mention, best first."""


class CandidateFinder:
    """Proposes entities for mentions, and remembers what it proposed.

    Args:
        aliases: The graph's alias index.
        limit: Candidates for a mention, at most.
    """

    def __init__(self, aliases: FuzzyAliases, *, limit: int = DEFAULT_LIMIT) -> None:
        self.limit = limit
        self._find = lru_cache(maxsize=_REMEMBERED_MENTIONS)(
            lambda words: tuple(aliases.candidates(words, limit=limit)) if words else ()
        )

    def find(self, mentions: Iterable[Mention]) -> list[tuple[AliasMatch, ...]]:
        """Propose entities for each mention, best first."""
        return [self._find(mention_words(mention.text)) for mention in mentions]
