"""Tokens of a post, each with its place in the text."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from ner.plain_letters import readable

_CHUNK = re.compile(r"\S{1,500}")  # longer runs are cut: the tweet patterns backtrack badly on them
# What TweetTokenizer rewrites before it splits, and so must not see: HTML entities and long runs of one symbol.
_REWRITTEN = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|([^\w\s]|_)\1{3,}"
# What it would tear apart (U.S., AT&T, $TSLA), and what it would leave on its word, or tear apart (Chad's, isn't).
_ACRONYM = (
    r"(?<![\w.])(?:[^\W\d_]\.){2,}(?:[^\W\d_](?!\w))?"
    r"|(?<!\w)[A-Z]{1,3}&(?:amp;)?[A-Z]{1,3}(?!\w)|(?<!\w)\$[A-Za-z]{1,6}(?!\w)"
)
_CLITIC = r"(?:(?<=\w)|(?<=\w\.))['’ʼ](?:s|m|d|t|re|ve|ll)(?!\w)"
_SYMBOL = "(?<!\u200d)[^\\w\\s]\ufe0f(?!\u200d)"  # drawn as an emoji, by a selector that would go to the next word
# Scripts without blanks between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer. Their marks belong to a letter.
_UNSPACED = (
    "\u0e01-\u0e4e\u0e81-\u0ece\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u2e80-\u2fdf\u3005-\u3007"
    "\u3021-\u3029\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = "".join(char for char in map(chr, range(0x0E00, 0x3100)) if unicodedata.category(char)[0] == "M")
_JOINED_UNSPACED = rf"[#@][\w{_MARKS}]*[{_UNSPACED}][\w{_MARKS}]*"  # a hashtag or a handle
_LETTER = re.compile(rf"[{_UNSPACED}][{_MARKS}]*")
_ADDRESS = re.compile(r"://|www\.", re.IGNORECASE)
_BINDING = "’ʼ\u2010\u2011"
_KEPT_WHOLE = re.compile(_REWRITTEN)
_KEPT_WHOLE_OR_CUT = re.compile(
    rf"{_REWRITTEN}|{_ACRONYM}|(?i:{_CLITIC})|{_SYMBOL}|{_JOINED_UNSPACED}|{_LETTER.pattern}"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands: ``text[start:end]`` is the token, in characters."""

    text: str
    start: int
    end: int


def tokenize(text: str) -> tuple[Token, ...]:
    """Split a post as NLTK's TweetTokenizer does, keeping every token as it is written.

    Hashtags, handles, addresses and emoticons stay whole. Unlike NLTK, an HTML entity such as ``&amp;`` and a run such
    as ``!!!!!!`` are one token of the original text. So are names with numbers, acronyms and tickers (``MH370``,
    ``F-16``, ``U.S.``, ``AT&T``, ``AT&amp;T``, ``$TSLA``); what hangs on a word by an apostrophe is a token of its own
    (``Chad`` and ``'s``), as annotated tweets have it. Styled letters are cut as plain ones (`ner.plain_letters`), and
    in scripts without blanks between words each letter is a token. Every character that is not white space belongs to
    one token.
    """
    return tuple(token for chunk in _CHUNK.finditer(text) for token in _read(chunk.group(), chunk.start()))


def is_unspaced(letter: str) -> bool:
    """Whether a letter is of a script without blanks between words."""
    return _LETTER.match(letter) is not None


def tokens_from_list(words: Sequence[str]) -> tuple[Token, ...]:
    """Tokens that are given, unchanged; their offsets are those in the words joined by single blanks."""
    tokens: list[Token] = []
    start = 0
    for word in words:
        tokens.append(Token(word, start, start + len(word)))
        start += len(word) + 1
    return tuple(tokens)


def _read(chunk: str, offset: int) -> Iterator[Token]:
    """Tokens of a piece as it is read, each with what is written; what is not read belongs to the token before it."""
    plain, places = (chunk, []) if chunk.isascii() else readable(chunk)
    if plain == chunk:
        yield from _split(chunk, offset)
        return
    starts = [places[token.start] for token in _split(plain, 0)]
    for start, end in pairwise([0, *starts[1:], len(chunk)]):
        yield Token(chunk[start:end], offset + start, offset + end)


def _split(chunk: str, offset: int) -> Iterator[Token]:
    done = 0
    pattern = _KEPT_WHOLE if _ADDRESS.search(chunk) else _KEPT_WHOLE_OR_CUT
    for match in pattern.finditer(chunk):
        yield from _split_plain(chunk[done : match.start()], offset + done)
        yield Token(match.group(), offset + match.start(), offset + match.end())
        done = match.end()
    yield from _split_plain(chunk[done:], offset + done)


def _split_plain(chunk: str, offset: int) -> Iterator[Token]:
    """Tokens of a piece; whatever the tokenizer dropped or rewrote becomes a token as it stands."""
    done = 0
    for word in _words(chunk):
        start = chunk.find(word, done)
        if start < 0:
            break
        if start > done:
            yield Token(chunk[done:start], offset + done, offset + start)
        done = start + len(word)
        yield Token(word, offset + start, offset + done)
    if done < len(chunk):
        yield Token(chunk[done:], offset + done, offset + len(chunk))


def _words(chunk: str) -> list[str]:
    if not chunk:
        return []
    if chunk.isalpha() and chunk.isascii():
        return [chunk]
    if "&" not in chunk:
        words = list(_tweet_tokenizer().tokenize(chunk))
        return _rejoined(words) if "".join(words) == chunk else words
    # TweetTokenizer would decode what looks like an entity to it: an ampersand stands alone here.
    parts = chunk.split("&")
    words = list(_words(parts[0]))
    for part in parts[1:]:
        words += ["&", *_words(part)]
    return words


def _rejoined(words: Sequence[str]) -> list[str]:
    """Put names together again: what stands side by side, or around an apostrophe, or a hyphen before a number."""
    joined: list[str] = []
    for word in words:
        before = joined[-1] if joined else ""
        if before[-1:].isalnum() and word[0].isalnum() and (before[0].isalnum() or before[0] in "#@"):
            joined[-1] += word
        elif len(joined) > 1 and joined[-2][-1].isalpha() and _binds(before, word):
            joined[-2:] = [joined[-2] + before + word]
        else:
            joined.append(word)
    return joined


def _binds(sign: str, word: str) -> bool:
    """Whether a sign between two words makes one of them; the tokenizer knows the signs of ASCII between letters."""
    return (sign == "-" and word[0].isdigit()) or (sign in _BINDING and word[0].isalpha())


@cache
def _tweet_tokenizer() -> Any:
    from nltk.tokenize.casual import TweetTokenizer

    return TweetTokenizer(match_phone_numbers=False)
