"""Ranking: from the candidates of a post's mentions to one entity or NIL for each, with probabilities."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain

import numpy as np
import numpy.typing as npt

from kg import AliasMatch, Graph
from linker.coherence import decide_together, relate
from linker.context_clues import CONTEXT_CLUES, KnownProfile, KnownProfiles, context_clues, context_of
from linker.knowledge_clues import knowledge_clues, nil_clues
from linker.mentions import mention_words
from linker.name_clues import name_clues, words_in
from linker.profile_vectors import ProfileVectors
from linker.ranker import CLUES, Floats, Ranker, load_ranker, scores, softmax
from linker.results import Candidate, Mention
from linker.short_forms import states_in
from linker.word_meanings import WordMeanings, load_word_meanings

_MOST_DEGREE = 100_000
_AT_ONCE, _WORDS_AROUND = 24, 100
_CONTEXT = [CLUES.index(name) for name in CONTEXT_CLUES]
_MOST_DOUBT = 0.5  # that none of the candidates is meant
_TOGETHER = 12
"""Candidates of a mention that are decided together with the other mentions': the best by themselves."""


@dataclass(frozen=True, slots=True)
class PostToLink:
    """What speaks for one reading or another of a post's mentions.

    Attributes:
        tokens: The post's tokens.
        mentions: Its mentions.
        matches: The candidates of each.
        hops: Hops from the pictured entity to each entity in its reach; empty where none is pictured.
        further: Further texts about the post: its caption, the picture's attributes that are probable enough.
        counts: For each mention, how often its name was seen to mean an entity, by id; empty where nobody counted.
    """

    tokens: tuple[str, ...]
    mentions: tuple[Mention, ...]
    matches: tuple[tuple[AliasMatch, ...], ...]
    hops: Mapping[int, int] = field(default_factory=dict)
    further: tuple[str, ...] = ()
    counts: tuple[Mapping[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a mention means: probabilities that sum to 1 over the candidates, NIL and any other entity.

    Attributes:
        candidates: Best first; ties by entity id.
        nil: The probability that it means no entity of the graph.
        other: The probability that it means one that is not among the candidates.
        chosen: The best candidate, where one of them is meant more probably than not, or NIL is no likelier than it;
            None is NIL.
        ambiguous: Whether another candidate is as good as the chosen one.
    """

    candidates: tuple[Candidate, ...]
    nil: float
    other: float
    chosen: Candidate | None
    ambiguous: bool


class LinkRanker:
    """Ranks the candidates of posts' mentions.

    Args:
        graph: An open graph.
        ranker: The weights (default: those of the package).
        meanings: The meanings of words and texts (default: those of the package).
        vectors: The entities' vectors by the same meanings, as far as they were made ahead.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        ranker: Ranker | None = None,
        meanings: WordMeanings | None = None,
        vectors: ProfileVectors | None = None,
    ) -> None:
        self._ranker = ranker or load_ranker()
        self._meanings = meanings or load_word_meanings()
        self._profiles = KnownProfiles(graph, self._meanings, vectors=vectors)
        self._entities = graph.connection.execute("SELECT max(id) FROM entity").fetchone()[0] or 0
        self._degree = lru_cache(maxsize=100_000)(lambda entity: graph.degree([entity], limit=_MOST_DEGREE))

    def clues(self, post: PostToLink) -> list[tuple[Floats, Floats]]:
        """The clues of each mention's candidates, (N, len(CLUES)), and NIL's, (len(NIL_CLUES),)."""
        known = self._profiles.read(match.entity for row in post.matches for match in row)
        return self._clues(post, known)

    def rank(self, post: PostToLink) -> list[Ranking]:
        """Rank the candidates of all mentions of a post, together.

        Returns:
            A ranking for each mention, in their order.
        """
        return list(chain.from_iterable(map(self._rank, _in_parts(post))))

    def _rank(self, post: PostToLink) -> list[Ranking]:
        known = self._profiles.read(match.entity for row in post.matches for match in row)
        clues = self._clues(post, known)
        own = [scores(self._ranker, rows, nil) for rows, nil in clues]
        told = self._decide_together(post, own, known)
        return [self._ranking(post, place, rows, *told[place]) for place, (rows, _) in enumerate(clues)]

    def _clues(self, post: PostToLink, known: Mapping[int, KnownProfile]) -> list[tuple[Floats, Floats]]:
        found = []
        states = states_in(post.tokens)
        for place, (mention, matches) in enumerate(zip(post.mentions, post.matches, strict=True)):
            text = mention_words(mention.text)
            parts_of_post = post.tokens[: mention.start], post.tokens[mention.end :]
            before, after = ([word for token in part for word in words_in(token)] for part in parts_of_post)
            context = context_of(post.tokens, mention.start, mention.end, self._meanings, further=post.further)
            profiles = [known[match.entity.id] for match in matches]
            described = any(profile.words for profile in profiles)
            counts = post.counts[place] if post.counts else None
            parts = zip(
                name_clues(text, matches, before, [*after, "", *states]),
                context_clues(" ".join(words_in(text)), context, profiles, self._meanings),
                knowledge_clues(mention, matches, post.hops, counts, described=described),
                strict=True,
            )
            rows = np.array([[*chain.from_iterable(row)] for row in parts], dtype=np.float64).reshape(-1, len(CLUES))
            found.append(
                (rows, np.array(nil_clues(mention, matches, post.hops, described=described, entities=self._entities)))
            )
        return found

    def _ranking(self, post: PostToLink, place: int, rows: Floats, probabilities: Floats, added: Floats) -> Ranking:
        ranker, counts = self._ranker, post.counts[place] if post.counts else {}
        parts = rows * ranker.weights / ranker.temperature
        context = parts[:, _CONTEXT].sum(axis=1)
        candidates = []
        for number, match in enumerate(post.matches[place]):
            entity = match.entity.id
            candidates.append(
                Candidate(
                    match,
                    hop=post.hops.get(entity),
                    score=float(probabilities[number]),
                    count=counts.get(entity, 0.0),
                    context=float(context[number]),
                    coherence=float(added[number]),
                    clues=tuple(
                        (name, value) for name, value in zip(CLUES, parts[number].tolist(), strict=True) if value
                    ),
                )
            )
        candidates.sort(key=lambda candidate: (-candidate.score, candidate.entity.id))
        nil, other = float(probabilities[-2]), float(probabilities[-1])
        best = candidates[0] if candidates and (nil + other <= _MOST_DOUBT or nil <= candidates[0].score) else None
        ties = best is not None and len(candidates) > 1 and candidates[1].score >= ranker.tie_within * best.score
        return Ranking(tuple(candidates), nil, other, best, ties)

    def _decide_together(
        self, post: PostToLink, own: Sequence[Floats], known: Mapping[int, KnownProfile]
    ) -> list[tuple[Floats, Floats]]:
        """For each mention the probabilities of its candidates and NIL, and what coherence added to each score.

        The best candidates are decided together with the other mentions'; the rest stand together as one.
        """
        best = [np.argsort(-values[:-2], kind="stable")[:_TOGETHER] for values in own]
        entities = [
            [matches[place].entity.id for place in places] for matches, places in zip(post.matches, best, strict=True)
        ]
        around = {key: profile.around for key, profile in known.items()}
        pairs = relate(entities, around, self._degree, self._ranker.pairs)
        apart = [softmax(values) for values in own]
        if not pairs:
            return [(values, np.zeros(len(values))) for values in apart]
        short = [
            np.append(values[places], _left_over(values, places)) for values, places in zip(own, best, strict=True)
        ]
        told = decide_together(short, pairs)
        results = []
        for places, alone, joint, few in zip(best, apart, told, short, strict=True):
            factor = joint / softmax(few)
            changed = alone * factor[-1]
            changed[places] = alone[places] * factor[:-1]
            results.append((changed, np.log(np.maximum(changed, 1e-300)) - np.log(np.maximum(alone, 1e-300))))
        return results


def agreed_type(mention: Mention, ranking: Ranking) -> str | None:
    """The type that a mention and its entity agree on: the entity's where it has one, else the tagger's best guess.

    How far the tagger was from the entity's type has counted in the ranking, so the entity may have given way already.
    A tagger with types of its own has the word: the best of those that are the entity's by another name, else of all.

    Returns:
        PER, LOC, ORG or OTHER, or one of the tagger's own; None where neither says.
    """
    from ner import coarse_type

    entity_type = ranking.chosen.entity.type if ranking.chosen is not None else None
    if not mention.type_scores:
        return entity_type
    fitting = [item for item in mention.type_scores if coarse_type(item[0]) == entity_type] or mention.type_scores
    return max(fitting, key=lambda item: item[1])[0]


def _in_parts(post: PostToLink) -> Iterator[PostToLink]:
    """A post of many mentions in parts, each with the words around it: a post costs no more than its length."""
    if len(post.mentions) <= _AT_ONCE:
        yield post
        return
    for start in range(0, len(post.mentions), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        mentions = post.mentions[part]
        first = max(min(mention.start for mention in mentions) - _WORDS_AROUND, 0)
        last = max(mention.end for mention in mentions) + _WORDS_AROUND
        yield replace(
            post,
            tokens=post.tokens[first:last],
            mentions=tuple(
                replace(mention, start=mention.start - first, end=mention.end - first) for mention in mentions
            ),
            matches=post.matches[part],
            counts=post.counts[part],
        )


def _left_over(values: Floats, places: npt.NDArray[np.int64]) -> float:
    """The score of all that is not among the best candidates, NIL too."""
    rest = np.delete(values, places)
    most = float(rest.max())
    return most + math.log(float(np.exp(rest - most).sum()))
