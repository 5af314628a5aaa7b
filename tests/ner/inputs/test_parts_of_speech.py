"""Parts of speech: the ten classes, and weights that are read safely or not at all."""

import io
import pickle
import sys

import pytest
from nltk.tag.perceptron import PerceptronTagger

from ner.errors import MissingExtraError
from ner.inputs.parts_of_speech import SPEECH_CLASSES, parts_of_speech, perceptron, read_plain_pickle, speech_number


@pytest.mark.parametrize(
    ("penn", "expected"),
    [
        ("JJS", "adjective"),
        ("MD", "verb"),
        ("NNP", "noun"),
        ("IN", "preposition or subordinating conjunction"),
        ("CC", "coordinating conjunction"),
        ("#", "symbol"),
        ("''", "symbol"),
        ("SYM", "symbol"),
        ("WP$", "wh-pronoun"),
        ("WRB", "adverb"),
        ("WDT", "determiner"),
        ("PRP", "other"),
        ("-LRB-", "symbol"),
        ("CD", "other"),
    ],
)
def test_the_ten_classes(penn, expected):
    assert SPEECH_CLASSES[speech_number(penn) - 1] == expected


def test_a_sentence():
    found = parts_of_speech(("Who", "is", "the", "great", "man", "in", "Paris", "and", "why", "?"))
    assert [SPEECH_CLASSES[number - 1] for number in found] == [
        "wh-pronoun",
        "verb",
        "determiner",
        "adjective",
        "noun",
        "preposition or subordinating conjunction",
        "noun",
        "coordinating conjunction",
        "adverb",
        "symbol",
    ]


def test_any_token_has_one_and_the_same_each_time():
    words = ("", "😀", "#", "\u200b", "1999", "-", "a-b")
    found = parts_of_speech(words)
    assert len(found) == len(words)
    assert set(found) <= set(range(1, 11))
    assert parts_of_speech(words) == found
    assert parts_of_speech(()) == ()


def test_without_any_weights_the_extra_is_named(monkeypatch):
    perceptron.cache_clear()
    monkeypatch.setitem(sys.modules, "textblob_aptagger", None)
    monkeypatch.setattr(PerceptronTagger, "load_from_json", no_data)
    with pytest.raises(MissingExtraError, match=r"kgmner\[speech\]"):
        perceptron()
    perceptron.cache_clear()


def no_data(self, *_):
    raise LookupError("no data")


@pytest.mark.parametrize("value", [print, io.BytesIO, ValueError("x")])
def test_a_pickle_of_anything_but_plain_values_is_refused(value):
    with pytest.raises(pickle.UnpicklingError, match="only plain values"):
        read_plain_pickle(pickle.dumps({"a": value}, protocol=2))


def test_a_pickle_of_plain_values_is_read():
    values = ({"a": {"NN": 0.5}}, {"the": "DT"}, {"NN", "DT"})
    assert read_plain_pickle(pickle.dumps(values, protocol=2)) == values
