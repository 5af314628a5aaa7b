"""What the knowledge cache remembers of posts: the whole decision about one, and the posts of an entity."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts._cli import CommandError, counted
from scripts._show import Rows, print_result
from scripts._words import name_of, said_of_subject

if TYPE_CHECKING:
    from kg import CachedPost, KnowledgeCache, PicturedRecord
    from linker import Index, Result


@dataclass(frozen=True, slots=True)
class Decision:
    """A post that was read, and all that was decided about it."""

    post: "CachedPost"
    asked: "PicturedRecord | None"  # what its picture was asked, and the answer; None where it has no usable picture
    result: "Result | None"  # None where the cache is of a time when decisions were not kept


def decisions_of(cache: "KnowledgeCache", post: str | None, *, limit: int = -1) -> list[Decision]:
    """What the cache remembers of the posts of an id, or of all; the results are read for those of an id only."""
    from linker import result_from_json

    posts = cache.posts(post, limit=limit)
    pictured = cache.pictured(seen.key for seen in posts if seen.key is not None)
    results = {file: result_from_json(json.loads(text)) for file, text in cache.decisions(post).items()} if post else {}
    return [Decision(seen, pictured.get(seen.key or ""), results.get(seen.file)) for seen in posts]


def list_knowledge(cache: Path, post: str | None, *, limit: int) -> Rows:
    """List what the cache remembers of posts, or of those of one id: these with their whole decision.

    Raises:
        CacheError: The cache cannot be read.
        CommandError: It remembers nothing of that post.
    """
    from linker import result_to_json

    columns = ["post", "text", "pictured", "hop", "cosine", "knowledge", "file"]
    rows = []
    for found in _find(cache, post, limit=limit):
        asked = found.asked
        answer = (asked.entity_iri, asked.hop, asked.cosine) if asked else (None, None, None)
        facts = [f"{about} {said_of_subject(*what)}" for about, *what in asked.knowledge] if asked else []
        given = asked and {"candidates": asked.candidates, "threshold": asked.threshold, "hops": asked.hops}
        whole = [given, found.result and result_to_json(found.result, explain=True)] if post is not None else []
        rows.append([found.post.id, found.post.text, *answer, facts, found.post.file, *whole])
    return Rows(columns if post is None else [*columns, "asked", "decision"], rows)


def print_decisions(index: "Index", cache: Path, post: str) -> None:
    """Tell a reader at a terminal all that was decided about the posts of an id."""
    for place, found in enumerate(_find(cache, post, limit=-1)):
        click.echo(f"{chr(10) if place else ''}{found.post.id}" + (f" of {found.post.file}" if found.post.file else ""))
        if found.result is None:
            click.echo(f"{found.post.text}\n  its decision was not kept: read it again with link-and-tag")
        else:
            print_result(found.result, explain=True)
            for line in (*candidates_in_words(found.result), *passed_over_in_words(found.result, index)):
                click.echo(f"  {line}")
        if found.asked is not None:
            click.echo(f"  {asked_in_words(found.asked)}")


def list_posts(index: "Index", cache: Path, entity: str, *, limit: int) -> Rows:
    """List the posts that mention an entity or show it.

    Raises:
        CacheError: The cache cannot be read.
    """
    from kg import KnowledgeCache

    with KnowledgeCache.open(cache, read_only=True) as opened:
        found = opened.posts_of_entity(index.graph.find(entity).iri, limit=limit)
    rows = [(post.id, post.how, post.said, post.score, post.text, post.file) for post in found]
    return Rows(("post", "how", "said", "score", "text", "file"), rows)


def candidates_in_words(result: "Result") -> Iterator[str]:
    """A line for each candidate of each mention, with its probability and what speaks for it."""
    for mention in result.mentions:
        for one in mention.candidates:
            hop = "" if one.hop is None else f", hop {one.hop} from what is pictured"
            parts = f"name {one.match.fuzzy:.2f}, context {one.context:+.2f}, coherence {one.coherence:+.2f}{hop}"
            yield f"candidate of {mention.text}: {one.entity.label} {one.score:.3f} ({parts}) {one.entity.iri}"
        if mention.candidates:
            yield f"candidate of {mention.text}: none of the graph {mention.nil_score + mention.other_score:.3f}"


def passed_over_in_words(result: "Result", index: "Index") -> Iterator[str]:
    """A line for each of the first ten names of the graph that stand in a post outside its mentions."""
    from linker import match_aliases

    within = {place for mention in result.mentions for place in range(mention.start, mention.end)}
    names = match_aliases(result.tokens, index.aliases)
    for start, end in sorted(place for place in names if within.isdisjoint(range(*place)))[:10]:
        entity, more = names[start, end][0].entity, len({match.entity.id for match in names[start, end]}) - 1
        others = f" and {counted(more, 'other')}" if more else ""
        words = " ".join(result.tokens[start:end])
        yield f"not a mention: {words}, though a name of the graph, for {entity.label} ({entity.iri}){others}"


def asked_in_words(asked: "PicturedRecord") -> str:
    """What the picture of a post was asked: near which candidates, how far and how alike."""
    names = ", ".join(map(name_of, asked.candidates)) or "no candidate"
    return f"asked of its picture: cosine {asked.threshold:g} or more, {asked.hops} hops or fewer from {names}"


def _find(cache: Path, post: str | None, *, limit: int) -> list[Decision]:
    from kg import KnowledgeCache

    with KnowledgeCache.open(cache, read_only=True) as opened:
        found = decisions_of(opened, post, limit=limit)
    if post is not None and not found:
        raise CommandError(f"{cache} remembers no post {post!r}: see which it has with kg-cache INDEX knowledge")
    return found
