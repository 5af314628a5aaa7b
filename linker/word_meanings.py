"""Word meanings: a vector for each word, distilled from a sentence encoder, so that a text costs microseconds.

The vector of a text is the sum of its words' vectors, at length 1, and comes near to what the encoder makes of the
text (`linker.sentence_meanings` asks the encoder itself). The vectors are in ``linker/weights/word_meanings.npz``, a
byte a number; `benchmarks/distil_words.py` made them.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]

WORDS = "words"
"""The name of these vectors, where a sentence encoder could be named."""

ENCODER = "all-MiniLM-L6-v2"
RARE_FROM = 1_996
"""Tokens of the vocabulary before this one are single characters and marks; from here on, the rarer the later."""

_FILE = "weights/word_meanings.npz"


class WordMeanings:
    """Vectors of words and texts.

    Args:
        tokens: A word's pieces become rows of `vectors` by this tokenizer of the package ``tokenizers``.
        vectors: (V, D) float32, a row for each token.
    """

    name = WORDS

    def __init__(self, tokens: Any, vectors: Vector) -> None:
        self._tokens = tokens
        self._vectors = vectors
        self.dimension = vectors.shape[1]
        self.word = lru_cache(maxsize=50_000)(self._word)
        self.rarity = lru_cache(maxsize=50_000)(self._rarity)

    def text(self, words: Iterable[str]) -> Vector:
        """The vector of a text, (D,) float32, of length 1, or 0 where no word has a meaning."""
        total = np.zeros(self.dimension, dtype=np.float32)
        for word in words:
            total += self.word(word)
        length = math.sqrt(float(total @ total))
        return total / np.float32(length) if length else total

    def texts(self, texts: Sequence[Sequence[str]]) -> Vector:
        """The vectors of some texts, given in words, (N, D) float32: see `text`."""
        return np.array([self.text(words) for words in texts], dtype=np.float32).reshape(-1, self.dimension)

    @cached_property
    def identity(self) -> str:
        """Equal where vectors may be compared."""
        return f"{WORDS}-{sha256(self._vectors.tobytes()).hexdigest()[:16]}"

    def _word(self, word: str) -> Vector:
        pieces = self._tokens.encode(word, add_special_tokens=False).ids[:16]
        vector: Vector = self._vectors[pieces].sum(axis=0)
        return vector

    def _rarity(self, word: str) -> float:
        """How rare a word is, 0 to 1: by its rank in the vocabulary; 1 where it is not in it as a whole."""
        rank = self._tokens.token_to_id(word)
        size = self._tokens.get_vocab_size()
        return 1.0 if rank is None else math.log1p(max(rank - RARE_FROM, 0)) / math.log1p(size - RARE_FROM)


def load_word_meanings() -> WordMeanings:
    """The vectors that come with the package."""
    with files("linker").joinpath(_FILE).open("rb") as file, np.load(file) as stored:
        vectors = stored["vectors"].astype(np.float32) * stored["scale"].astype(np.float32)
    return WordMeanings(load_pieces(), vectors)


def load_pieces() -> Any:
    """The tokenizer that cuts words into the pieces that have vectors (of the package ``tokenizers``)."""
    from tokenizers import Tokenizer

    from ner import find_encoder

    tokenizer = Tokenizer.from_file(str(Path(find_encoder(ENCODER)) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
