"""Gold answers beside results, post by post: which names and links are other ones, for whoever reviews them."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Literal, Self

from kg import Graph, plain_iri
from linker.errors import LinkerError
from linker.evaluation.annotation_files import GOLD, annotated_post, read_annotated_posts
from linker.evaluation.annotations import AnnotatedPost, Annotation, Place, Problems, problem_lines
from linker.results import LinkedMention, Result

Wrong = Literal["", "missed", "type", "link"]


@dataclass(frozen=True, slots=True)
class ComparedMention:
    """A gold mention, and what the result has in its place."""

    gold: Annotation
    found: int | None  # which of the result's mentions stands there; None: none
    wrong: Wrong  # what is another: no mention there, another type, another entity; empty where nothing is


class GoldAnswers:
    """Gold answers for results: those of a file, or those that posts brought along in ``gold`` or ``links``.

    Args:
        posts: The posts of a file, by their ids.
        tell_links: Whether they tell what a mention means; of a file of tags, only mentions and types are compared.
    """

    def __init__(self, posts: Mapping[str, AnnotatedPost] | None = None, *, tell_links: bool = True) -> None:
        self._posts, self.tell_links = posts or {}, tell_links

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of gold answers as ``evaluate-links`` does, or of tagged posts as ``evaluate-tagger`` does.

        Raises:
            LinkerError: It is neither.
            OSError: It cannot be read.
        """
        from ner import NerError, read_posts, spans_from_tags

        problems: Problems = {}
        posts = read_annotated_posts(path, GOLD, problems)
        if posts:
            return cls(posts)
        try:
            tagged = read_posts(path)
        except NerError as error:
            said = "; ".join(problem_lines(problems, shown=1)) or "it is empty"
            raise LinkerError(f"{path} holds no gold answers ({said}), and no tagged posts ({error})") from error
        for post in tagged:
            ends = list(accumulate((len("".join(token.split())) for token in post.tokens), initial=0))
            spans = spans_from_tags(post.tags)
            posts[post.id] = AnnotatedPost(
                post.id,
                " ".join(post.tokens),
                tuple(
                    Annotation((ends[s.start], ends[s.end]), " ".join(post.tokens[s.start : s.end]), None, type=s.type)
                    for s in spans
                ),
            )
        return cls(posts, tell_links=False)

    def compare(self, result: Result, graph: Graph | None = None) -> tuple[ComparedMention, ...] | None:
        """The gold mentions of a post beside the result's; None where nothing is known of it, or of another text.

        Two IRIs by which `graph` finds one entity are the same: an old one that redirects, what another graph calls it.
        """
        places = _places(result)
        gold = self._posts.get(str(result.id)) or _brought_along(result, places)
        if gold is None or "".join(gold.text.split()) != "".join(result.text.split()):
            return None
        compared = []
        for one in gold.annotations:
            found = places.get(one.place) if one.place else None
            wrong = "missed" if found is None else self._wrong(one, result.mentions[found], graph)
            compared.append(ComparedMention(one, found, wrong))
        return tuple(compared)

    def _wrong(self, gold: Annotation, found: LinkedMention, graph: Graph | None) -> Wrong:
        from ner import coarse_type

        iri = plain_iri(found.entity.entity.iri) if found.entity else None
        if self.tell_links and iri not in (wanted := (gold.iri, *gold.also)):
            entity = graph.entity_by_iri(iri) if graph and iri else None
            if entity is None or all(graph.entity_by_iri(other) != entity for other in wanted if graph and other):
                return "link"
        return "type" if gold.type and coarse_type(gold.type) != coarse_type(found.type) else ""


def _places(result: Result) -> dict[Place, int]:
    """Which mention stands in which place; of a file that somebody changed, a mention may stand in none."""
    before = list(accumulate((not character.isspace() for character in result.text), initial=0))
    spans = [(number, m.start_char, m.end_char) for number, m in enumerate(result.mentions)]
    return {(before[a], before[b]): number for number, a, b in spans if 0 <= a <= b < len(before)}


def _brought_along(result: Result, places: Container[Place]) -> AnnotatedPost | None:
    """The answers in a post's own fields.

    A result does not tell whether its post had tokens, which bare offsets then count, else characters: that is taken in
    which more of them stand where there is a mention, and then where there is anything.
    """
    answers = {key: result.fields[key] for key in ("gold", "links") if isinstance(result.fields.get(key), list)}
    if "gold" not in answers and not answers.get("links"):  # empty links alone may be a field of the user's own
        return None
    post = {"id": result.id, "text": result.text, **answers}
    try:
        ways = [annotated_post(post | more, 0, GOLD, {}) for more in ({"tokens": list(result.tokens)}, {})]
    except ValueError:
        return None
    found = [[one.place for one in way.annotations if one.place] for way in ways]
    return max(zip(found, ways, strict=True), key=lambda way: (sum(p in places for p in way[0]), len(way[0])))[1]
