"""Sentence meanings: the vector of a text by a sentence encoder itself, in place of the sum of its words' vectors.

A little better than `linker.word_meanings`, and a thousand times as slow: see "Profiles" in docs/linking.md.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np

from linker.word_meanings import WORDS, Vector, WordMeanings, load_word_meanings

_REMEMBERED = 1_000  # a post's text is asked for once for each of its mentions
_AT_ONCE = 64


class SentenceMeanings(WordMeanings):
    """Vectors of texts by a sentence encoder; single words and their rarity are those of the word vectors.

    Args:
        name: The encoder, as it was named.
        model: The encoder, a ``SentenceTransformer``.
        words: The meanings of words.
    """

    def __init__(self, name: str, model: Any, words: WordMeanings) -> None:
        super().__init__(words._tokens, words._vectors)
        self.name = name
        self._model = model
        self.dimension = int(model.encode([name], show_progress_bar=False).shape[1])
        digest = sha256()
        for key, value in sorted(model.state_dict().items()):
            digest.update(key.encode() + value.cpu().contiguous().numpy().tobytes())
        self.identity = f"{name.rstrip('/').rpartition('/')[2]}-{digest.hexdigest()[:16]}"
        self._text = lru_cache(maxsize=_REMEMBERED)(lambda words: self.texts([words])[0])

    def text(self, words: Iterable[str]) -> Vector:
        """The vector of a text, (D,) float32, of length 1, or 0 where it has no words."""
        vector: Vector = self._text(tuple(words))
        return vector

    def texts(self, texts: Sequence[Sequence[str]]) -> Vector:
        """The vectors of some texts, given in words, (N, D) float32."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        full = [place for place, words in enumerate(texts) if words]
        if full:
            vectors[full] = self._model.encode(
                [" ".join(texts[place]) for place in full],
                batch_size=_AT_ONCE,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return vectors


def load_meanings(name: str, *, device: str = "auto") -> WordMeanings:
    """The meanings of texts by a name: ``words``, or a sentence encoder's.

    Args:
        name: ``words``; ``all-MiniLM-L6-v2``; a folder, or a name on the Hugging Face hub, of another encoder.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        NerError: There is no such encoder, or it cannot be loaded.
    """
    words = load_word_meanings()
    if name == WORDS:
        return words
    from ner import load_sentence_encoder

    return SentenceMeanings(name, load_sentence_encoder(name, device=device), words)
