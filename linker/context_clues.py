"""Context clues: how well a post agrees with what is known of a candidate.

The post's words, its caption and the picture's attributes are set against the candidate's profile: as vectors, word by
word, year by year, and by the labels of its neighbours.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kg import Entity, Graph
from linker.mentions import FUNCTION_WORDS
from linker.name_clues import words_in
from linker.profile_vectors import ProfileVectors
from linker.profiles import Profile, read_profiles, words_of, years_in
from linker.recent import Recent
from linker.word_meanings import Vector, WordMeanings

CONTEXT_CLUES = (
    "described",
    "length_of_profile",
    "likeness",
    "likeness_over_mean",
    "likeness_nearby",
    "shared_words",
    "shared_over_best",
    "shared_names",
    "named_so",
    "year_agrees",
    "year_disagrees",
    "neighbours_named",
)

_NEARBY = 6  # words on either side of a mention
_ENOUGH_KNOWN = 3  # telling words of a profile


@dataclass(frozen=True, slots=True)
class KnownProfile:
    """A profile made ready for comparing.

    Attributes:
        words: Its words, in normal form, but function words and those of the label.
        text: The description in normal form, with a blank before and after it.
        vector: What its words mean, (D,) float32, of length 1 or 0.
        years: The years that it speaks of.
        neighbours: The labels of its neighbours in normal form.
        around: The neighbours' ids.
    """

    words: frozenset[str]
    text: str
    vector: Vector
    years: tuple[int, ...]
    neighbours: tuple[str, ...]
    around: frozenset[int]


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a mention.

    Attributes:
        words: Words around it in normal form, without function words.
        names: Those that begin with a capital in the post.
        text: The post's words but the mention's, with a blank before and after.
        vector: What the words mean, (D,) float32.
        nearby: What the few words next to the mention mean.
        years: The years that the post speaks of.
    """

    words: frozenset[str]
    names: frozenset[str]
    text: str
    vector: Vector
    nearby: Vector
    years: tuple[int, ...]


class KnownProfiles:
    """Reads profiles from a graph, makes them ready, and remembers them.

    Args:
        graph: An open graph.
        meanings: The meanings of words and texts.
        vectors: The entities' vectors by the same meanings, as far as they were made ahead.
        remembered: How many are kept, at most; those that were asked for longest ago are dropped first.
    """

    def __init__(
        self, graph: Graph, meanings: WordMeanings, *, vectors: ProfileVectors | None = None, remembered: int = 50_000
    ) -> None:
        self._graph = graph
        self._vectors = vectors
        self._meanings = meanings
        self._recent: Recent[int, KnownProfile] = Recent(remembered)

    def read(self, entities: Iterable[Entity]) -> dict[int, KnownProfile]:
        """Return the profile of each entity, by id."""
        wanted = {entity.id: entity for entity in entities}
        found = self._recent.of(wanted)
        fresh = [wanted[key] for key in sorted(wanted) if key not in found]
        profiles = read_profiles(self._graph, fresh)
        words = {key: profile.words for key, profile in profiles.items()}
        for (key, profile), vector in zip(profiles.items(), self._embed(words), strict=True):
            found[key] = know_profile(profile, words[key], vector)
        self._recent.keep(found)
        return {key: found[key] for key in sorted(wanted)}

    def _embed(self, words: Mapping[int, Sequence[str]]) -> Vector:
        """The vectors of some profiles, given in words by id: those that were made ahead are read."""
        if self._vectors is None:
            return self._meanings.texts(list(words.values()))
        found = self._vectors.vectors(list(words))
        lacking = [place for place, told in enumerate(words.values()) if told and not found[place].any()]
        if lacking:
            told = list(words.values())
            found[lacking] = self._meanings.texts([told[place] for place in lacking])
        return found


def know_profile(profile: Profile, words: Sequence[str], vector: Vector) -> KnownProfile:
    """Make a profile ready for comparing.

    Args:
        profile: The profile.
        words: Its words.
        vector: What they mean, (D,) float32.
    """
    own = words_of(profile.label)
    return KnownProfile(
        words=frozenset(word for word in words if word not in own and _tells(word)),
        text=f" {' '.join(words_of(profile.description))} ",
        vector=vector,
        years=profile.years,
        neighbours=tuple(dict.fromkeys(" ".join(words_of(label)) for label in profile.neighbours.values())),
        around=frozenset(profile.neighbours),
    )


def context_of(
    tokens: Sequence[str], start: int, end: int, meanings: WordMeanings, *, further: Iterable[str] = ()
) -> Context:
    """What stands around a mention.

    Args:
        tokens: The post's tokens.
        start: The mention's first token.
        end: One past its last.
        meanings: The meanings of words.
        further: Further words about the post: its caption's, and the picture's attributes.
    """
    named = [word for token in tokens[start:end] for word in words_in(token)]
    own = frozenset(named)
    before = [(word, token) for token in tokens[:start] for word in words_in(token)]
    after = [(word, token) for token in tokens[end:] for word in words_in(token)]
    around = before + after + [(word, "") for text in further for word in words_in(text)]
    telling = [word for word, _ in around if word not in own and _tells(word)]
    nearby = [word for word, _ in (*before[-_NEARBY:], *after[:_NEARBY]) if word not in own and _tells(word)]
    return Context(
        words=frozenset(telling),
        names=frozenset(word for word, token in around if token[:1].isupper()) - own,
        text=f" {' '.join(word for word, _ in before)}  {' '.join(word for word, _ in after)} ",
        vector=meanings.text(word for text in (*tokens, *further) for word in words_in(text)),
        nearby=meanings.text(nearby),
        years=years_in(" ".join((*tokens, *further))),
    )


def context_clues(
    mention: str, context: Context, profiles: Sequence[KnownProfile], meanings: WordMeanings
) -> list[tuple[float, ...]]:
    """The clues of each candidate of a mention, one value for each of `CONTEXT_CLUES`.

    Args:
        mention: The mention in normal form.
        context: What stands around it.
        profiles: The candidates' profiles.
        meanings: The meanings of words.
    """
    if not profiles:
        return []
    # Where little but a label is known, the likeness is one of names.
    trust = np.array([[min(len(known.words) / _ENOUGH_KNOWN, 1.0)] for known in profiles], dtype=np.float32)
    vectors = trust * np.stack([known.vector for known in profiles])
    likeness = (vectors @ context.vector).tolist()
    nearby = (vectors @ context.nearby).tolist()
    described = [bool(known.words) for known in profiles]
    mean = sum(likeness) / max(sum(described), 1)
    shared = [known.words & context.words for known in profiles]
    weights = [sum(meanings.rarity(word) for word in sorted(words)) for words in shared]
    best = max(weights)
    rows: list[tuple[float, ...]] = []
    for place, known in enumerate(profiles):
        agrees, disagrees = _years(context.years, known.years)
        rows.append(
            (
                float(described[place]),
                math.log1p(len(known.words)) / 5,
                likeness[place],
                likeness[place] - mean if described[place] else 0.0,
                nearby[place],
                math.log1p(weights[place]),
                weights[place] / best if best else 0.0,
                math.log1p(sum(meanings.rarity(word) for word in sorted(shared[place] & context.names))),
                float(f" {mention} " in known.text),
                agrees,
                disagrees,
                float(any(label and f" {label} " in context.text for label in known.neighbours)),
            )
        )
    return rows


def _tells(word: str) -> bool:
    return len(word) > 2 and word not in FUNCTION_WORDS


def _years(post: Sequence[int], profile: Sequence[int]) -> tuple[float, float]:
    """Whether a year of the post lies among the profile's, and how far it lies from them, in centuries."""
    if not post or not profile:
        return 0.0, 0.0
    low, high = profile[0] - 5, profile[-1] + 5
    away = min(max(low - year, year - high, 0) for year in post)
    near = min(abs(year - other) for year in post for other in profile)
    return math.exp(-near / 10), min(away, 200) / 100
