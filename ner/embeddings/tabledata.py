"""What a table of word vectors is made of.

Shapes: ``N`` words, ``E`` width of a vector.
"""

from __future__ import annotations

from dataclasses import dataclass

from ner.embeddings.compact import CompactRows
from ner.embeddings.grams import GramTable


@dataclass(frozen=True, slots=True)
class TableData:
    """What a table is made of.

    Attributes:
        source: The published vectors, by name; for people.
        unknown: What a word without a published vector gets.
        words: The words of the rows.
        rows: (N, E), their vectors.
        numbered: The words that training saw, as :meth:`WordTable.key` writes them; their numbers go on from 2.
        spread: The standard deviation of the numbers of published vectors.
        grams: Vectors of letter n-grams.
    """

    source: str
    unknown: str
    words: tuple[str, ...]
    rows: CompactRows
    numbered: tuple[str, ...]
    spread: float
    grams: GramTable | None = None
