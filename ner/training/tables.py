"""The word vectors of a run: of every word that it will meet, not of the training words alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ner.embeddings.word_table import WordTable
from ner.errors import CheckpointError
from ner.formats import tagger_input
from ner.inputs.context import words_beside
from ner.networks.registry import REGISTRY
from ner.training.batches import Corpus
from ner.training.recipes import Recipe
from ner.training.validations import Validation


def word_table(recipe: Recipe, corpora: Sequence[Corpus], validations: Sequence[Validation]) -> WordTable | None:
    """The table of a run whose network reads words; None for any other.

    Training words are numbered; those of the validations, and of what stands beside posts, have vectors alone.

    Raises:
        FormatError: The vectors cannot be read.
        MissingExtraError: A package that they take is not installed.
    """
    if REGISTRY[recipe.tagger].family != "words":
        return None
    training = [post for corpus in corpora for post in corpus.posts]
    validated = [post for validation in validations for post in validation.posts]
    others = [post.tokens for post in validated]
    others += [tuple(words_beside(tagger_input(post))) for post in (*training, *validated)]
    return WordTable.build(str(recipe.vectors), [post.tokens for post in training], others, recipe.table)


def check_same_words(table: WordTable, init: Path) -> None:
    """See whether the words of a run have the numbers that they have in a tagger whose weights are to be its start.

    Raises:
        CheckpointError: They have others, so that what was learnt of one word would be put to another.
    """
    if WordTable.load(init).numbered != table.numbered:
        raise CheckpointError(
            f"{init}: was trained on other words, expected those of this run: train on the same files and vectors, "
            "or with tune_words = false"
        )
