"""What stands beside a training post: captions and knowledge that help, mislead, or are missing.

A tagger that only ever saw helpful context would believe all of it. So a share of the posts gets someone else's caption
or a fact about something else; and a share gets a fact that settles what one of its names is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ner.formats import TaggedPost
from ner.spans import TYPES, Span, spans_from_tags
from ner.taggers import KnownName, TaggerInput
from ner.training.name_lists import LISTS, NameList, longest
from ner.training.recipes import ContextRecipe
from ner.training.renaming import renamed

Fact = tuple[str, str, str]
Tags = tuple[str, ...]

_RENAMED_KNOWN = 0.5
_CONTRARY = ("PER", "LOC", "ORG")

_KINDS_TEXT = {  # what a kind of entity is said to be; some more often
    "PER": (
        "person, person, person, musician, singer, rapper, actor, actress, politician, president, "
        "basketball player, soccer player, athlete, writer, artist, journalist, model, scientist, "
        "American football player, tennis player, boxer, comedian, office holder, royalty, coach"
    ),
    "LOC": (
        "country, country, country, city, city, city, town, continent, island, state, region, village, "
        "administrative region, river, mountain, stadium, airport, building, park, place"
    ),
    "ORG": (
        "soccer club, soccer club, basketball team, basketball team, company, band, university, school, "
        "newspaper, political party, organisation, broadcaster, soccer league, basketball league, airline, "
        "baseball team, hockey team, American football team, government agency, record label"
    ),
    "OTHER": (
        "album, film, television show, song, video game, language, event, award, holiday, book, software, "
        "sports event, device, work, animal, car"
    ),
}
_KINDS = {kind: tuple(text.split(", ")) for kind, text in _KINDS_TEXT.items()}
_SHOWN_TEXT = (
    "web site, suit, flagpole, basketball, stage, microphone, jersey, soccer ball, comic book, groom, "
    "football helmet, book jacket, television, menu, lab coat, ballplayer, sunglasses, wig, crossword, "
    "scoreboard, envelope, jean, bow tie, seashore, palace, street sign, pickup, golden retriever"
)
_SHOWN = _SHOWN_TEXT.split(", ")


@dataclass(frozen=True, slots=True)
class Pool:
    """What contexts are drawn from: the captions and the named entities of all training posts."""

    captions: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    contrary: tuple[str, ...] = _CONTRARY  # the types that a contrary fact may give an entity

    @classmethod
    def of(cls, posts: Sequence[TaggedPost], types: Sequence[str] = TYPES) -> Pool:
        """The pool of some posts, whose entities are of these types."""
        names = {(_name(post, span), span.type) for post in posts for span in spans_from_tags(post.tags)}
        captions = tuple(post.caption for post in posts if post.caption)
        return cls(captions, tuple(sorted(names)), tuple(kind for kind in _CONTRARY if kind in types))


def training_example(
    post: TaggedPost, pool: Pool, options: ContextRecipe, source: random.Random
) -> tuple[TaggerInput, Tags]:
    """A post with a context drawn for it, and its tags (another type where a contrary fact says so)."""
    if source.random() < options.renamed:
        return _renamed_example(post, pool, options, source)
    caption = _draw_caption(post, pool, options, source)
    facts, tags = _draw_facts(post, pool, options, source)
    if tags != post.tags:
        caption = ""  # it may show what was true before
    attributes: tuple[tuple[str, float], ...] = ()
    if source.random() < options.attributes:
        attributes = tuple((label, 0.2) for label in source.sample(_SHOWN, source.randint(1, 5)))
    if post.attributes and tags == post.tags and source.random() < options.gold_attributes:
        attributes = post.attributes
    post = _draw_case(post, options, source)
    names = _draw_names(post, options, source)
    if tags != post.tags:
        names = ()  # they would say what was true before
    return TaggerInput(post.tokens, attributes, caption, tuple(facts), known_names=names), tags


def _renamed_example(
    post: TaggedPost, pool: Pool, options: ContextRecipe, source: random.Random
) -> tuple[TaggerInput, Tags]:
    """A post with other names in it, of which a made-up list knows about half, and its tags."""
    changed, places = renamed(post, pool.names, source)
    names = NameList.of(source.randrange(LISTS))
    told = [names.told_of(changed, place) for place in places if source.random() < _RENAMED_KNOWN]
    known = longest((*told, *names.names_in(changed)))
    caption = _draw_caption(changed, pool, options, source)
    return TaggerInput(changed.tokens, caption=caption, known_names=known), changed.tags


def _draw_case(post: TaggedPost, options: ContextRecipe, source: random.Random) -> TaggedPost:
    """The post, or the post in small letters or in capitals, where the graph writes its names otherwise."""
    choice = source.random()
    if choice >= options.lower_case + options.upper_case:
        return post
    change = str.lower if choice < options.lower_case else str.upper
    tokens = tuple(change(token) for token in post.tokens)
    known = tuple(
        replace(name, same_case=name.same_case and _place(name, tokens) == _place(name, post.tokens))
        for name in post.known_names
    )
    return replace(post, tokens=tokens, known_names=known)


def _place(name: KnownName, tokens: Tags) -> Tags:
    return tokens[name.start : name.end]


def _draw_names(post: TaggedPost, options: ContextRecipe, source: random.Random) -> tuple[KnownName, ...]:
    """The names that a graph knows in a post, those of a made-up list, both, or none."""
    own = post.known_names if source.random() < options.known_names else ()
    if source.random() >= options.listed_names:
        return own
    return longest((*own, *NameList.of(source.randrange(LISTS)).names_in(post)))


def _draw_caption(post: TaggedPost, pool: Pool, options: ContextRecipe, source: random.Random) -> str:
    choice = source.random()
    if choice < options.caption:
        return post.caption
    if choice < options.caption + options.wrong_caption and pool.captions:
        return source.choice(pool.captions)
    return ""


def _draw_facts(post: TaggedPost, pool: Pool, options: ContextRecipe, source: random.Random) -> tuple[list[Fact], Tags]:
    """Facts to put beside a post, and the tags that are right then."""
    spans = [span for span in spans_from_tags(post.tags) if _name(post, span)]
    choice = source.random()
    if post.knowledge and source.random() < options.gold_knowledge:
        return list(post.knowledge), post.tags
    if choice < options.fact:
        return (_agreeing_facts(post, source.choice(spans), pool, source) if spans else []), post.tags
    if choice < options.fact + options.contrary_fact:
        kinds = pool.contrary if len(pool.contrary) > 1 else ()
        short = [span for span in spans if span.end - span.start == 1 and span.type in kinds]
        return _contrary_facts(post, source.choice(short), pool, source) if short else ([], post.tags)
    if choice < options.fact + options.contrary_fact + options.unrelated_fact and pool.names:
        name, kind = source.choice(pool.names)
        if not _words(name) & _words(" ".join(post.tokens)):
            return _facts(name, kind, pool, source), post.tags
    return [], post.tags


def _contrary_facts(post: TaggedPost, span: Span, pool: Pool, source: random.Random) -> tuple[list[Fact], Tags]:
    """Facts that give an entity of the post another type, and the tags with this type."""
    kind = source.choice([kind for kind in pool.contrary if kind != span.type])
    facts = _facts(_name(post, span), kind, pool, source)
    return facts, (*post.tags[: span.start], f"B-{kind}", *post.tags[span.end :])


def _agreeing_facts(post: TaggedPost, span: Span, pool: Pool, source: random.Random) -> list[Fact]:
    """Facts about an entity of the post under its name in the text, or under a longer one."""
    name = _name(post, span)
    same = [other for other, kind in source.choices(pool.names, k=8) if kind == span.type and other]
    if same and " " not in name and source.random() < 0.4:
        parts = same[0].split()
        name = f"{name} {parts[-1]}" if source.random() < 0.5 else f"{parts[0]} {name}"
    return _facts(name, span.type, pool, source)


def _facts(name: str, kind: str, pool: Pool, source: random.Random) -> list[Fact]:
    """Made-up facts that say of what kind a thing is, as a graph would."""
    said = _KINDS.get(kind, (kind.lower().replace("_", " ").replace("-", " "),))
    facts = [(name, "is a", source.choice(said))]
    if source.random() < 0.2:
        facts.append((name, "is a", source.choice(said)))
    more = {
        "PER": (("team", "ORG"), ("birth place", "LOC"), ("spouse", "PER")),
        "LOC": (("country", "LOC"), ("capital", "LOC"), ("continent", "LOC"), ("language", "OTHER"), ("border", "LOC")),
        "ORG": (("league", "ORG"), ("location", "LOC"), ("country", "LOC")),
        "OTHER": (("author", "PER"), ("country", "LOC")),
    }
    for predicate, wanted in source.sample(more.get(kind, more["OTHER"]), source.randint(0, 2)):
        values = [other for other, other_kind in source.choices(pool.names, k=8) if other_kind == wanted]
        if values:
            facts.append((name, predicate, values[0]))
    return facts


def _name(post: TaggedPost, span: Span) -> str:
    words = [word.lstrip("#@") for word in post.tokens[span.start : span.end]]
    return " ".join(word[:1].upper() + word[1:] for word in words if word)


def _words(text: str) -> set[str]:
    return {word.lstrip("#@").casefold() for word in text.split()}
