"""First-pass mentions: what the text tagger tags, and what matches an alias of the graph to the letter.

An alias match is cheap evidence, so it has to look like a name: two-letter and three-letter aliases only count in
capitals, single lower-case words only where they are long enough, function words never. In scripts without capitals
three letters are enough, where a letter is a syllable or a word (Chinese, Japanese, Korean) two. A match that is wrong
does little harm here: it only proposes candidates, and the decision (`linker.decision`) says what becomes a mention.
"""

from collections.abc import Collection, Iterable, Sequence
from importlib.resources import files

from kg import AliasIndex, AliasMatch, normal_form, split_hashtag
from linker.name_clues import explains
from linker.offsets import join_tokens
from linker.results import GivenMention, Mention
from ner import ScoredSpan

_LONGEST_ALIAS = 6  # tokens; of DBpedia's titles without a qualifier, few are longer
_LONGEST_UNSPACED = 24  # tokens that are letters of a script without blanks between words
_LEAST_JUDGED = 5  # words from which on a post may be seen to be in English or not

FUNCTION_WORDS = frozenset(files("linker").joinpath("data/function_words.txt").read_text("utf-8").split())

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
                text=join_tokens(tokens[start:end]),
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
    unspaced = _runs_of_letters(tokens)
    for start in range(len(tokens)):
        longest = max(_LONGEST_ALIAS, min(_LONGEST_UNSPACED, unspaced[start]))
        for end in range(start + 1, min(start + longest, len(tokens)) + 1):
            if _looks_like_a_name(tokens[start:end], shouted=shouted, is_unspaced=unspaced[start] >= end - start):
                form = mention_form(join_tokens(tokens[start:end]))
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


def in_other_script(text: str) -> bool:
    """Whether a text has letters, and none of them is Latin."""
    letters = [c for c in text if c.isalpha()]
    return bool(letters) and not any(_is_latin(c) for c in letters)


def looks_english(tokens: Sequence[str]) -> bool | None:
    """Whether a post has any of the commonest English words; None where it is too short for them."""
    from ner import plain_letters

    words = [word for token in tokens if (word := plain_letters(token).casefold()).isalpha()]
    return None if len(words) < _LEAST_JUDGED else not FUNCTION_WORDS.isdisjoint(words)


def _looks_like_a_name(window: Sequence[str], *, shouted: bool, is_unspaced: bool) -> bool:
    first, last = window[0], window[-1]
    if is_unspaced:
        return len(window) > 1
    if not (_has_letter_or_digit(first) and _has_letter_or_digit(last)):
        return False
    if len(window) > 1:
        return any(word.casefold() not in FUNCTION_WORDS and len(word) > 2 for word in window)
    word = first.lstrip("#@")
    if in_other_script(word) and word.upper() == word.lower():
        return len(word) > (1 if any(map(_is_syllable, word)) else 2)
    if word.casefold() in FUNCTION_WORDS or word.startswith("http") or not any(c.isalpha() for c in word):
        return False
    if len(word) <= 3:
        return word.isupper() and len(word) > 1 and (not shouted or first != word)
    return True


def _runs_of_letters(tokens: Sequence[str]) -> list[int]:
    """From each token on, how many are letters of scripts without blanks between words."""
    from ner import is_unspaced

    runs, run = [], 0
    for token in reversed(tokens):
        run = run + 1 if token and not token.isascii() and is_unspaced(token[0]) else 0
        runs.append(run)
    return runs[::-1]


def _is_latin(letter: str) -> bool:
    return letter < "\u02b0" or "\u1e00" <= letter <= "\u1eff" or "\u2c60" <= letter <= "\u2c7f" or letter in "ªº"


def _is_syllable(letter: str) -> bool:
    return "\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3" or letter >= "\U00020000"


def _has_letter_or_digit(word: str) -> bool:
    return any(c.isalnum() for c in word)


def _is_shouted(tokens: Sequence[str]) -> bool:
    """Whether the post is in capitals throughout, so that capitals say nothing."""
    words = [token for token in tokens if token.isalpha() and len(token) > 1]
    return len(words) > 2 and sum(word.isupper() for word in words) > 0.6 * len(words)
