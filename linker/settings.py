"""How posts are read: the settings of a pipeline."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

from linker.errors import SettingsError

Way = Literal["auto", "candidates-first", "image-first"]
Iris = Literal["own", "dbpedia", "wikidata"]
_SWITCHES = ("second_look", "keep_cache", "explain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How posts are read.

    Attributes:
        tagger: A tagger's name, or the folder of a trained one.
        threshold: Least cosine between the post's picture and that of the pictured entity.
        hops: How far from the candidates the pictured entity may be: 0, 1 or 2.
        second_look: Whether to look again where that rule recognises nothing (`linker.second_look`).
        way: Which of the two ways finds it (`linker.pictured`); the answer is the same.
        limit: Candidates for a mention by its names, at most.
        min_link_score: Entities whose probability is less are not said; None: see `linker.decision.decide`.
        iris: Whose IRIs the results have: the graph's own, or another graph's, where it is known (`linker.other_iris`).
        device: ``auto``, ``cpu`` or ``cuda``.
        weights: The encoder's weights, where they do not come with it.
        cache: File of the knowledge cache; None is the one in the index.
        keep_cache: Whether to use a knowledge cache at all.
        explain: Whether to keep how words look at the picture, which costs another reading of each post with one.

    Raises:
        SettingsError: If a value is not one of these.
    """

    tagger: str = "default"
    threshold: float = 0.9
    hops: int = 2
    second_look: bool = True
    way: Way = "auto"
    limit: int = 50
    min_link_score: float | None = None
    iris: Iris = "own"
    device: str = "auto"
    weights: Path | None = None
    cache: Path | None = None
    keep_cache: bool = True
    explain: bool = False

    def __post_init__(self) -> None:
        for name, is_right, expected in (
            ("threshold", -1 <= self.threshold <= 1, "a cosine, from -1 to 1"),
            ("hops", self.hops in (0, 1, 2), "0, 1 or 2"),
            ("way", self.way in get_args(Way), f"one of {', '.join(get_args(Way))}"),
            ("iris", self.iris in get_args(Iris), f"one of {', '.join(get_args(Iris))}"),
            ("limit", self.limit >= 1, "1 or more"),
            ("min_link_score", 0 <= (self.min_link_score or 0) <= 1, "a probability, from 0 to 1"),
            *((name, isinstance(getattr(self, name), bool), "True or False") for name in _SWITCHES),
        ):
            if not is_right:
                raise SettingsError(name, getattr(self, name), expected)

    @classmethod
    def called(cls, cache: str | os.PathLike[str] | None, *, keep_cache: bool = True, **settings: Any) -> Self:
        """Settings called as the options of ``link-and-tag``: a file as `cache`, or "none".

        Where it is None, `keep_cache` says whether there is one, in the index.
        """
        if cache is None or str(cache) == "none":
            return cls(keep_cache=keep_cache and cache is None, **settings)
        return cls(cache=Path(cache).absolute(), **settings)
