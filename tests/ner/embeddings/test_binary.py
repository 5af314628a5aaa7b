"""fastText models: the module is the oracle for n-grams, and no cut file reaches it."""

import gzip
import random
import struct
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner.embeddings.binary import MAGIC, is_binary
from ner.embeddings.compact import cosines
from ner.embeddings.grams import whole_vector, word_buckets
from ner.embeddings.reading import read_published
from ner.embeddings.records import GramHashing
from ner.embeddings.table import WordTable
from ner.errors import FormatError, MissingExtraError

fasttext = pytest.importorskip("fasttext")

TEXT = ["the man visits Paris", "a man sees the Seine", "the Seine is in Paris", "naïve 日本 visits"]


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fasttext")
    shuffled = random.Random(1)
    lines = [" ".join(shuffled.sample(line.split(), len(line.split()))) for line in TEXT * 30]
    (folder / "text").write_text("\n".join(lines), encoding="utf-8")
    model = fasttext.train_unsupervised(
        str(folder / "text"), dim=6, minn=2, maxn=4, bucket=500, minCount=1, epoch=1, thread=1, verbose=0
    )
    model.save_model(str(folder / "model.bin"))
    return folder / "model.bin"


@pytest.fixture(scope="module")
def model(model_file):
    return fasttext.load_model(str(model_file))


def test_words_and_their_vectors(model_file, model):
    read = read_published(model_file, ["naïve", "unheard"], frequent=2)
    assert len(read.words) == 3
    assert read.frequent == 2
    assert read.words[2] == "naïve"
    assert np.allclose(read.vectors, [mean_of_rows(model, word) for word in read.words], atol=1e-7)
    alike = cosines(read.vectors, np.array([model.get_word_vector(word) for word in read.words]))
    assert alike.min() > 0.99999


def mean_of_rows(model, word):
    """What a word is, from the model's own matrix."""
    return model.get_input_matrix()[model.get_subwords(word)[1]].mean(axis=0)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), min_size=1, max_size=12))
def test_n_grams_are_those_of_the_module(model, word):
    hashing = GramHashing(2, 4, 500)
    found = model.get_subwords(word)[1].tolist()
    known = model.get_word_id(word)
    expected = found[1:] if known >= 0 else found
    assert word_buckets(word, hashing) == [row - len(model.words) for row in expected]


def test_an_unknown_word_is_the_mean_of_its_n_grams(model_file, model):
    subwords = read_published(model_file, [], frequent=1).subwords
    assert np.allclose(whole_vector("Pariser", subwords), mean_of_rows(model, "Pariser"), atol=1e-7)


def test_a_table_needs_the_model_no_more(model_file, model, tmp_path):
    WordTable.build(model_file, [("Paris", "Parisian")], [("unheard",)], kept_words=5).save(tmp_path)
    table = WordTable.load(tmp_path)
    for word in ("Parisian", "unheard", "Paris"):
        alike = cosines(table.vector(word)[None], model.get_word_vector(word)[None])
        assert alike[0] > 0.999
    unseen = table.vector("Parisians")
    assert cosines(unseen[None], model.get_word_vector("Parisians")[None])[0] > 0.8


def test_the_fewer_n_grams_are_kept_the_less_true_they_are(model_file):
    reports = [
        WordTable.build(model_file, [("Pariser", "visit")], kept_words=9, kept_buckets=count).report
        for count in (500, 10, 0)
    ]
    assert reports[0].from_subwords == 2
    assert reports[0].gram_cosine > 0.999 > reports[1].gram_cosine
    assert reports[2].gram_cosine is None


@pytest.mark.parametrize("unknown", ["zeros", "gaussian"])
def test_n_grams_are_left_out_where_a_paper_has_none(model_file, unknown):
    table = WordTable.build(model_file, [("Pariser",)], unknown=unknown)
    assert table.data.grams is None
    assert table.report.from_subwords == 0
    assert table.vector("Pariser").any() == (unknown == "gaussian")


def test_a_model_as_gz(model_file, tmp_path):
    path = tmp_path / "model.bin.gz"
    path.write_bytes(gzip.compress(model_file.read_bytes()))
    assert is_binary(path)
    assert np.array_equal(
        read_published(path, [], frequent=9).vectors, read_published(model_file, [], frequent=9).vectors
    )


@pytest.mark.parametrize("kept", [4, 6, 40, 80, 200, 0.5, 0.99, -1])
def test_a_cut_model_is_named(model_file, tmp_path, kept):
    data = model_file.read_bytes()
    end = int(len(data) * kept) if isinstance(kept, float) else kept
    path = tmp_path / "cut.bin"
    path.write_bytes(data[:end])
    with pytest.raises(FormatError, match=r"cut.bin: is cut or damaged"):
        read_published(path, [], frequent=1)


def test_another_version_is_named(tmp_path):
    path = tmp_path / "new.bin"
    path.write_bytes(MAGIC + struct.pack("<i", 13) + bytes(100))
    with pytest.raises(FormatError, match="of version 13, expected 12"):
        read_published(path, [], frequent=1)


def test_a_quantized_model_is_named(tmp_path):
    text = tmp_path / "text"
    text.write_text("".join(f"__label__{number % 2} word{number}\n" for number in range(300)))
    model = fasttext.train_supervised(str(text), dim=4, epoch=1, thread=1, verbose=0)
    model.quantize()
    model.save_model(str(tmp_path / "small.ftz"))
    with pytest.raises(FormatError, match="is a quantized model"):
        read_published(tmp_path / "small.ftz", [], frequent=1)


def test_without_the_module_the_extra_is_named(model_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "fasttext", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'kgmner\[fasttext\]'"):
        read_published(model_file, [], frequent=1)
