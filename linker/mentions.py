"""First-pass mentions: what the text tagger tags, and what matches an alias of the graph to the letter.

An alias match is cheap evidence, so it has to look like a name: two-letter and three-letter aliases only count in
capitals, single lower-case words only where they are long enough, function words never. A match that is wrong does
little harm here: it only proposes candidates, and the decision (`linker.decision`) says what becomes a mention.
"""

from collections.abc import Collection, Iterable, Sequence
from importlib.resources import files

from kg import AliasIndex, AliasMatch, normal_form, split_hashtag
from linker.name_clues import explains
from linker.results import GivenMention, Mention
from ner import ScoredSpan

_LONGEST_ALIAS = 6  # tokens; of DBpedia's titles without a qualifier, few are longer

_FUNCTION_WORDS = frozenset(files("linker").joinpath("data/function_words.txt").read_text("utf-8").split())

Place = tuple[int, int]
"""The first token of a span, and the one after its last."""


def find_mentions(
    tokens: Sequence[str],
    spans: Iterable[ScoredSpan],
    matched: Collection[Place],
    *,
    given: Sequence[GivenMention] | None = None,
) -> tuple[Mention, ...]:
    """Find the spans of a post that may name an entity; they may overlap.

    Args:
        tokens: The post's tokens.
        spans: What the text tagger found.
        matched: Where aliases of the graph match, as `match_aliases` found.
        given: Mentions that came with the post; then only these are taken.

    Returns:
        Mentions by start, then end.
    """
    tagged = {(span.start, span.end): span for span in spans}
    for (start, end), full in list(tagged.items()):
        if explains(tokens, start, end):  # `MDW` in `Midway Airport (MDW)` is what the name before it is
            tagged.setdefault((end + 1, end + 2), full)
    exact = set(matched) if given is None else set()
    wanted = exact | set(tagged) if given is None else {(mention.start, mention.end) for mention in given}
    mentions = []
    for start, end in sorted(wanted):
        span = tagged.get((start, end))
        mentions.append(
            Mention(
                start=start,
                end=end,
                text=" ".join(tokens[start:end]),
                score=span.score if span else 0.0,
                type_scores=tuple(span.type_scores) if span else (),
                exact=(start, end) in exact,
            )
        )
    return tuple(mentions)


def mention_words(text: str) -> str:
    """A mention as it stands in the post; hashtags and handles are split into words."""
    return " ".join(split_hashtag(word) if word[:1] in "#@" else word for word in text.split())


def mention_form(text: str) -> str:
    """The normal form that a mention is looked up by."""
    return normal_form(mention_words(text))


def match_aliases(tokens: Sequence[str], aliases: AliasIndex) -> dict[Place, tuple[AliasMatch, ...]]:
    """Find where an alias of the graph stands to the letter and looks like a name; the longest of overlapping ones.

    Returns:
        What each such span may mean, by its place.
    """
    shouted = _is_shouted(tokens)
    windows: dict[str, list[tuple[int, int]]] = {}
    for start in range(len(tokens)):
        for end in range(start + 1, min(start + _LONGEST_ALIAS, len(tokens)) + 1):
            if _looks_like_a_name(tokens[start:end], shouted=shouted):
                form = mention_form(" ".join(tokens[start:end]))
                if form:
                    windows.setdefault(form, []).append((start, end))
    known = aliases.lookup(windows) if windows else {}
    found = {span: tuple(matches) for form, matches in known.items() for span in windows.get(form, ())}
    kept: dict[Place, tuple[AliasMatch, ...]] = {}
    covered: set[int] = set()
    for start, end in sorted(found, key=lambda span: (span[0] - span[1], span[0])):
        if covered.isdisjoint(range(start, end)):
            kept[start, end] = found[start, end]
            covered.update(range(start, end))
    return kept


def _looks_like_a_name(window: Sequence[str], *, shouted: bool) -> bool:
    first, last = window[0], window[-1]
    if not (_has_letter_or_digit(first) and _has_letter_or_digit(last)):
        return False
    if len(window) > 1:
        return any(word.casefold() not in _FUNCTION_WORDS and len(word) > 2 for word in window)
    word = first.lstrip("#@")
    if word.casefold() in _FUNCTION_WORDS or word.startswith("http") or not any(c.isalpha() for c in word):
        return False
    if len(word) <= 3:
        return word.isupper() and len(word) > 1 and (not shouted or first != word)
    return True


def _has_letter_or_digit(word: str) -> bool:
    return any(c.isalnum() for c in word)


def _is_shouted(tokens: Sequence[str]) -> bool:
    """Whether the post is in capitals throughout, so that capitals say nothing."""
    words = [token for token in tokens if token.isalpha() and len(token) > 1]
    return len(words) > 2 and sum(word.isupper() for word in words) > 0.6 * len(words)
