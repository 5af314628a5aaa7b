"""The way of a post: a plain function from a batch of posts to a batch of results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kg import AliasMatch
from linker.decision import decide, given_types, speaks_for_itself, without_overlaps
from linker.errors import EncoderMismatchError, ProfilesError
from linker.index import Index, open_index
from linker.knowledge import Knowledge
from linker.manifest import CACHE
from linker.memory import Memory
from linker.mentions import Place
from linker.offsets import place_tokens
from linker.other_iris import OtherIris
from linker.ranking import LinkRanker, PostToLink
from linker.results import Mention, Pictured, Post, PostPicture, Result
from linker.sentence_meanings import load_meanings
from linker.settings import Settings
from linker.tagger_inputs import InputFinder, as_read, find_all_mentions
from linker.word_meanings import WORDS, WordMeanings

if TYPE_CHECKING:
    from ner import Looks, Tagger, TaggerInput, TaggerOutput
    from vision import Encoder


# A label that is less probable than this is no evidence of what the picture shows.
_EVIDENT = 0.1


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that speaks for a reading of a post."""

    picture: PostPicture  # the picture as numbers
    known: Knowledge  # the pictured entity, where one was found, and what the graph knows about it
    output: "TaggerOutput"  # what the tagger says, with all that
    mentions: tuple[Mention, ...]  # spans that may name an entity
    matches: list[tuple[AliasMatch, ...]]  # the candidates of each
    hops: Mapping[int, int]  # hops from the pictured entity to each candidate in its reach
    counts: tuple[Mapping[int, float], ...] = ()  # how often each mention's name was seen to mean which entity
    looks: "Looks | None" = None  # how its words look at its picture, where that is asked for


class Pipeline:
    """Reads posts with the help of an index. Make one with `Pipeline.open`.

    Args:
        index: The opened index.
        tagger: Tags the text, with what the picture and the graph add.
        encoder: The encoder that embedded the pictures of the index; None where no post has a picture.
        memory: The knowledge cache.
        settings: How to look for candidates and for the pictured entity.
    """

    def __init__(
        self,
        index: Index,
        tagger: "Tagger",
        encoder: "Encoder | None",
        memory: Memory,
        settings: Settings | None = None,
    ) -> None:
        self.index = index
        self.tagger = tagger
        self.encoder = encoder
        self.memory = memory
        self.settings = settings or Settings()
        #: Whether the tagger is shown the regions of pictures; not where they are another encoder's than it knows.
        self.shows_regions = tagger.needs_regions and encoder is not None and tagger.picture_encoder == encoder.name
        self._inputs = InputFinder(index, encoder, memory, self.settings)
        self.other_iris = None if self.settings.iris == "own" else OtherIris(index.graph, self.settings.iris)
        self._candidates = self._inputs.candidates
        self._ranker = LinkRanker(index.graph, meanings=_meanings_of(index, self.settings), vectors=index.profiles)

    @classmethod
    def open(cls, index_dir: Path, settings: Settings | None = None, *, pictures: bool = True, **changes: Any) -> Self:
        """Open an index and load what reads posts with it.

        Args:
            index_dir: A directory that build-kg-index made.
            settings: How to read posts.
            pictures: Whether some post may have a picture; else what looks at them is not loaded.
            changes: Fields of `Settings` that take the place of those: ``Pipeline.open(path, hops=1)``.

        Raises:
            LinkerError: The index cannot be used, another encoder made it, or a setting cannot be.
            NerError: The tagger or the encoder of the profiles cannot be loaded.
            VisionError: The encoder cannot be loaded.
        """
        from ner import load_tagger

        chosen = replace(settings or Settings(), **changes)
        index = open_index(index_dir, device=chosen.device)
        encoder = load_encoder_of(index, weights=chosen.weights, device=chosen.device) if pictures else None
        tagger = load_tagger(chosen.tagger, device=chosen.device)
        memory = Memory.open(chosen.cache or index_dir / CACHE) if chosen.keep_cache else Memory()
        return cls(index, tagger, encoder, memory, chosen)

    def run(self, posts: Iterable[Post], *, batch_size: int = 32) -> Iterator[Result]:
        """Read posts as they come, in batches; the results do not depend on the batch size."""
        rest = iter(posts)
        while batch := list(islice(rest, batch_size)):
            yield from self.process(batch)

    def process(self, posts: Sequence[Post]) -> list[Result]:
        """Read a batch of posts.

        Args:
            posts: The posts; they are left as they are.

        Returns:
            A result for each, in the same order.
        """
        gathered = self.gather(posts)
        results = [self._conclude(post, found) for post, found in zip(posts, gathered, strict=True)]
        for post, found, result in zip(posts, gathered, results, strict=True):
            self.memory.keep_decision(post, result, key=found.known.key)
        self.memory.flush()
        return self.other_iris.translate(results) if self.other_iris else results

    def gather(self, posts: Sequence[Post]) -> list[Evidence]:
        """Gather all that speaks for a reading of each post, before anything is decided.

        The aliases in the text give a first guess of the pictured entity, with which the post is tagged; the tagger's
        spans may add candidates, and where these make it another one, the post is tagged once more.
        """
        first = self._inputs.first_look(posts, with_regions=self.shows_regions)
        posts, pictures, matched = first.posts, first.pictures, first.aliases
        outputs = self.tagger.tag(first.inputs)
        found, informed = self._inputs.look(posts, pictures, matched, outputs)
        outputs = self._tag_again(first.inputs, outputs, informed)
        mentions = find_all_mentions(posts, outputs, matched)
        gathered = []
        for post, picture, known, output, spans, aliases, given in zip(
            posts, pictures, found, outputs, mentions, matched, informed, strict=True
        ):
            spans = _that_may_stand(spans, aliases, known.pictured) if post.mentions is None else spans
            matches = self._candidates.find_in_post(post.tokens, spans, given_types(post))
            hops = self._inputs.hops(known.pictured, matches)
            counts = self._candidates.counts(spans)
            looks = self.tagger.looks(given) if self.settings.explain and picture.regions is not None else None
            gathered.append(Evidence(picture, known, output, spans, matches, hops, counts, looks))
        return gathered

    def close(self) -> None:
        """Close the index and the cache."""
        self.memory.close()
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _tag_again(
        self, guessed: "Sequence[TaggerInput]", outputs: "Sequence[TaggerOutput]", informed: "Sequence[TaggerInput]"
    ) -> "list[TaggerOutput]":
        """Tag the posts again about which something else is known than was guessed."""
        changed = [
            place
            for place, (before, after) in enumerate(zip(guessed, informed, strict=True))
            if (before.knowledge, before.known_names) != (after.knowledge, after.known_names)
        ]
        again = dict(zip(changed, self.tagger.tag([informed[place] for place in changed]), strict=True))
        return [again.get(place, output) for place, output in enumerate(outputs)]

    def _conclude(self, post: Post, evidence: Evidence) -> Result:
        from ner import Span, tags_from_spans

        linked = decide(
            post,
            evidence.mentions,
            self._ranker.rank(post_to_link(post, evidence)),
            min_score=self.settings.min_link_score,
        )
        spans = [Span(mention.start, mention.end, mention.type) for mention in without_overlaps(linked)]
        return Result(
            id=post.id,
            tokens=post.tokens,
            tags=tags_from_spans(spans, len(post.tokens)),
            mentions=linked,
            pictured=evidence.known.pictured,
            nearest=evidence.known.nearest,
            knowledge=evidence.known.facts,
            attributes=evidence.picture.attributes,
            image_error=evidence.picture.error.reason if evidence.picture.error else post.image_error or None,
            text=place_tokens(post.text, post.tokens)[0],
            image=str(post.image) if isinstance(post.image, Path) else post.image_url or None,
            fields=post.fields,
            attention=tuple(map(tuple, evidence.looks.attention.tolist())) if evidence.looks else (),
            gates=tuple(evidence.looks.gates.tolist()) if evidence.looks else (),
        )


def post_to_link(post: Post, evidence: Evidence) -> PostToLink:
    """What the ranker is given of a post."""
    seen = tuple(label for label, share in evidence.picture.attributes if share >= _EVIDENT)
    further = (post.caption, *seen) if post.caption else seen
    return PostToLink(
        as_read(post).tokens, evidence.mentions, tuple(evidence.matches), evidence.hops, further, evidence.counts
    )


def _that_may_stand(
    mentions: Sequence[Mention], matched: Mapping[Place, Sequence[AliasMatch]], pictured: Pictured | None
) -> tuple[Mention, ...]:
    """Leave out alias matches that can never become mentions: see `linker.decision`."""
    tagged = {place for mention in mentions if mention.score > 0 for place in range(mention.start, mention.end)}

    def may_stand(mention: Mention) -> bool:
        if mention.score > 0:
            return True
        if not tagged.isdisjoint(range(mention.start, mention.end)):
            return False
        found = matched.get((mention.start, mention.end), ())
        is_shown = pictured is not None and any(match.entity.id == pictured.entity.id for match in found)
        return is_shown or speaks_for_itself(mention.text)

    return tuple(filter(may_stand, mentions))


def _meanings_of(index: Index, settings: Settings) -> WordMeanings:
    """What reads posts as the profiles of an index were read.

    Raises:
        ProfilesError: What is at hand is not what made the profiles of the index.
    """
    made_by = index.manifest.profiles
    meanings = load_meanings(made_by.name if made_by else WORDS, device=settings.device)
    if made_by is not None and meanings.identity != made_by.identity:
        raise ProfilesError(index.path, made_by.name, found=meanings.identity)
    return meanings


def load_encoder_of(index: Index, *, weights: Path | None, device: str) -> "Encoder":
    """Load the encoder that embedded the pictures of an index.

    Raises:
        EncoderMismatchError: The weights at hand are not those of the index.
        VisionError: The encoder cannot be loaded.
    """
    from vision import load_encoder

    made_by = index.manifest.encoder
    encoder = load_encoder(made_by.name, weights=weights, device=device)
    if encoder.identity != made_by.identity:
        raise EncoderMismatchError(index.path, made_by.identity, encoder.identity)
    return encoder
