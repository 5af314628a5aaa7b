"""Posts as words: windows, what stands beside them, and batches that do not change what a post gets."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ner.embeddings.word_table import WordTable
from ner.inputs.context import attribute_words, knowledge_words, words_beside
from ner.inputs.windows import window_bounds
from ner.inputs.word_shapes import letter_ids
from ner.inputs.words import MAX_WORDS, WordInputs
from ner.taggers import TaggerInput

KNOWN = ("chad", "is", "a", "country", "flag", "pole", "dog", "red")


@pytest.fixture(scope="module")
def inputs():
    vectors = np.random.default_rng(1).normal(size=(len(KNOWN), 4)).astype(np.float32)
    table = WordTable(unknown="zeros", words=KNOWN, vectors=vectors, numbered=("chad", "is"))
    return WordInputs(table, with_speech=True)


POST = TaggerInput(
    ("Chad", "is", "great"),
    attributes=(("dog", 0.04), ("flag_pole", 0.3), ("red dog", 0.5), ("xyzzy", 0.9)),
    caption="A dog",
    knowledge=(("Chad", "is a", "country"),),
    regions=np.ones((2, 3), dtype=np.float32),
)


@given(st.integers(1, 2000))
def test_windows_keep_every_word_once(count):
    bounds = window_bounds([1] * count, MAX_WORDS)
    kept = [at for _, _, start, end in bounds for at in range(start, end)]
    assert kept == list(range(count))
    for start, end, keep_start, keep_end in bounds:
        assert start <= keep_start < keep_end <= end <= start + MAX_WORDS
    assert len(bounds) == 1 or count > MAX_WORDS


def test_a_window_of_a_long_post_holds_its_own_words(inputs):
    words = tuple(f"w{number}" for number in range(400))
    windows = inputs.windows(TaggerInput(words, knowledge=POST.knowledge))
    assert [(w.start, w.end, w.size) for w in windows] == [(0, 256, 256), (232, 400, 168)]
    assert windows[1].text.letters[0].tolist() == letter_ids("w232")
    assert [len(window.knowledge) for window in windows] == [4, 4]


def test_no_words_no_window(inputs):
    assert inputs.windows(TaggerInput((), caption="a dog")) == []


def test_what_the_numbers_of_a_post_are(inputs):
    table = inputs.table
    (window,) = inputs.windows(POST)
    assert np.array_equal(window.text.vectors, [table.vector(word) for word in POST.tokens])
    assert window.text.ids.tolist() == [2, 3, 1]
    assert window.text.speech.tolist() == [3, 2, 1]  # noun, verb, adjective
    assert np.array_equal(window.knowledge.vectors, [table.vector(w) for w in ("Chad", "is", "a", "country")])
    means = [np.mean([table.vector(a), table.vector(b)], axis=0) for a, b in (("red", "dog"), ("flag", "pole"))]
    assert np.array_equal(window.attributes, means)
    assert window.attribute_weights.tolist() == pytest.approx([0.5, 0.3])


def test_a_caption_stands_for_attributes_that_are_not_there():
    post = TaggerInput(("a",), caption="The dog is beside a red, red flag-pole.")
    third = pytest.approx(1 / 3)
    assert attribute_words(post) == [(("dog",), third), (("red",), third), (("flag-pole",), third)]
    assert attribute_words(TaggerInput(("a",), caption="it is")) == []


def test_facts_are_bounded():
    post = TaggerInput(("a",), knowledge=((("word " * 30).strip(), "is a", "country"),) * 9)
    assert [len(fact) for fact in knowledge_words(post)] == [33, 7]
    assert knowledge_words(TaggerInput(("a",), knowledge=(("?", "!", "."),))) == []


def test_every_word_beside_a_post_is_named():
    assert list(words_beside(POST)) == [
        *("Chad", "is", "a", "country"),
        *("xyzzy", "red", "dog", "flag", "pole"),
        "dog",
    ]


def test_a_batch_holds_each_post_and_zeros(inputs):
    alone, bare = inputs.windows(POST)[0], inputs.windows(TaggerInput(("Chad",) * 5))[0]
    batch = inputs.collate([alone, bare])
    assert batch.mask.tolist() == [[True] * 3 + [False] * 2, [True] * 5]
    assert batch.knowledge.mask.tolist() == [[True] * 4, [False] * 4]
    assert batch.attribute_weights.shape == (2, 2)
    assert batch.has_regions.tolist() == [True, False]
    for tensor in (batch.text.vectors, batch.text.ids, batch.text.letters, batch.text.speech):
        assert not tensor[0, 3:].any()
    for tensor in (batch.knowledge.vectors, batch.attributes, batch.attribute_weights, batch.regions):
        assert not tensor[1].any()
    single = inputs.collate([alone])
    assert torch.equal(single.text.vectors[0], batch.text.vectors[0, :3])
    assert torch.equal(single.attributes[0], batch.attributes[0])
    assert torch.equal(single.regions[0], batch.regions[0])


def test_posts_with_nothing_beside_them(inputs):
    batch = inputs.collate([inputs.windows(TaggerInput(("Chad",)))[0]])
    assert batch.knowledge.vectors.shape == (1, 0, 4)
    assert batch.attributes.shape == (1, 0, 4)
    assert batch.regions.shape == (1, 0, 0)
    assert batch.to(torch.device("cpu")).text.ids.tolist() == [[2]]


def test_without_speech_every_part_of_speech_is_padding(inputs):
    window = WordInputs(inputs.table, with_speech=False).windows(POST)[0]
    assert not window.text.speech.any()
