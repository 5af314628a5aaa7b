"""What a tagger is given of posts: their pictures, what the graph knows of what these show, and of the names in them.

`Pipeline` gives it before it tags, and training gives the same, so that a tagger learns from what it will see.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kg import AliasMatch
from linker.candidates import CandidateFinder, known_names
from linker.index import Index
from linker.knowledge import Knowledge, KnowledgeFinder
from linker.memory import Memory
from linker.mentions import Place, find_mentions, match_aliases
from linker.pictures import read_pictures
from linker.results import Mention, Pictured, Post, PostPicture
from linker.settings import Settings

if TYPE_CHECKING:
    from ner import TaggerInput, TaggerOutput
    from vision import Encoder

Aliases = Mapping[Place, Sequence[AliasMatch]]
"""Where aliases of the graph stand in a post, and what they may mean."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What is known of posts before they are tagged, in their order."""

    posts: list[Post]  # with their tokens in plain letters
    pictures: list[PostPicture]
    aliases: list[Aliases]
    inputs: "list[TaggerInput]"  # what the tagger is given


class InputFinder:
    """Finds what taggers are given of posts.

    Args:
        index: The opened index.
        encoder: The encoder that embedded its pictures; None where no post has a picture.
        memory: The knowledge cache.
        settings: How to look for candidates and for the pictured entity.
    """

    def __init__(self, index: Index, encoder: "Encoder | None", memory: Memory, settings: Settings) -> None:
        self._index, self._encoder, self._memory = index, encoder, memory
        self.candidates = CandidateFinder(index.graph, index.aliases, limit=settings.limit, initials=index.initials)
        self._knowledge = KnowledgeFinder(index, memory, settings)

    def first_look(self, posts: Sequence[Post], *, with_regions: bool) -> FirstLook:
        """Look at posts that nobody has tagged yet: the aliases in the text say what their pictures may show."""
        posts = [as_read(post) for post in posts]
        files = [post.image for post in posts]
        pictures = read_pictures(files, self._encoder, self._memory, with_regions=with_regions)
        aliases: list[Aliases] = [
            match_aliases(post.tokens, self._index.aliases) if post.mentions is None else {} for post in posts
        ]
        return FirstLook(posts, pictures, aliases, self.look(posts, pictures, aliases, [None] * len(posts))[1])

    def look(
        self,
        posts: Sequence[Post],
        pictures: Sequence[PostPicture],
        aliases: Sequence[Aliases],
        outputs: "Sequence[TaggerOutput | None]",
    ) -> "tuple[list[Knowledge], list[TaggerInput]]":
        """What the pictures show, as far as the spans of the tagger tell, and what the tagger is given with that."""
        mentions = find_all_mentions(posts, outputs, aliases)
        knowledge = [
            self._knowledge.find(post, picture, self.candidates.find(spans) if picture.vector is not None else [])
            for post, picture, spans in zip(posts, pictures, mentions, strict=True)
        ]
        return knowledge, [self._input(*one) for one in zip(posts, pictures, aliases, knowledge, strict=True)]

    def hops(self, pictured: Pictured | None, matches: Sequence[Sequence[AliasMatch]]) -> Mapping[int, int]:
        """Hops from the pictured entity to the candidates in its reach."""
        if pictured is None:
            return {}
        proposed = {match.entity.id for row in matches for match in row}
        return self._index.graph.hop_distances([pictured.entity.id], sorted(proposed), max_hops=2)

    def _input(self, post: Post, picture: PostPicture, aliases: Aliases, knowledge: Knowledge) -> "TaggerInput":
        from ner import TaggerInput

        return TaggerInput(
            tokens=post.tokens,
            attributes=picture.attributes,
            caption=post.caption,
            knowledge=tuple(fact.triple for fact in knowledge.facts),
            regions=picture.regions,
            known_names=known_names(post.tokens, aliases, self.hops(knowledge.pictured, list(aliases.values()))),
        )


def find_all_mentions(
    posts: Sequence[Post], outputs: "Sequence[TaggerOutput | None]", aliases: Sequence[Collection[Place]]
) -> list[tuple[Mention, ...]]:
    """The spans of each post that may name an entity; an output is None where nobody has tagged the post."""
    return [
        find_mentions(post.tokens, output.spans if output else (), places, given=post.mentions)
        for post, output, places in zip(posts, outputs, aliases, strict=True)
    ]


def as_read(post: Post) -> Post:
    """A post with its tokens in plain letters, as names and the tagger have them."""
    from ner import plain_letters

    tokens = tuple(map(plain_letters, post.tokens))
    return post if tokens == post.tokens else replace(post, tokens=tokens)
