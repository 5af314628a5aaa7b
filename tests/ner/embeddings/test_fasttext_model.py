"""fastText models: every word of a run gets its vector, and no cut file reaches the module."""

import gzip
import random
import struct
import sys

import numpy as np
import pytest

from ner.embeddings.fasttext_model import MAGIC, is_fasttext_model
from ner.embeddings.find_vectors import find_vectors
from ner.embeddings.word_table import BuildOptions, WordTable
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
    read = find_vectors(model_file, ["naïve", "unheard"], frequent=2)
    assert len(read.words) == 3
    assert read.frequent == 2
    assert read.words[2] == "naïve"
    assert np.allclose(read.vectors, [mean_of_rows(model, word) for word in read.words], atol=1e-7)
    for word, vector in zip(read.words, read.vectors, strict=True):
        assert cosine(vector, model.get_word_vector(word)) > 0.99999


def mean_of_rows(model, word):
    """What a word is, from the model's own matrix."""
    return model.get_input_matrix()[model.get_subwords(word)[1]].mean(axis=0)


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("word", ["Pariser", "日本語", "ein Wort", "\udcff"])
def test_an_unknown_word_is_the_mean_of_its_n_grams(model_file, model, word):
    vector = find_vectors(model_file, [], frequent=1).from_letters(word)
    assert np.allclose(vector, mean_of_rows(model, word.replace("\udcff", "?")), atol=1e-7)


def test_a_table_needs_the_model_no_more(model_file, model, tmp_path):
    options = BuildOptions(kept_words=5)
    WordTable.build(model_file, [("Paris", "Parisian")], [("unheard",)], options).save(tmp_path)
    table = WordTable.load(tmp_path)
    for word in ("Parisian", "unheard", "Paris"):
        assert cosine(table.vector(word), model.get_word_vector(word)) > 0.99999
    assert not table.vector("Parisians").any()


@pytest.mark.parametrize(
    ("unknown", "told"), [("subwords", ", 1 one from their letters"), ("zeros", ""), ("gaussian", "")]
)
def test_letters_are_left_out_where_a_paper_does_without(model_file, model, unknown, told):
    table = WordTable.build(model_file, [("Pariser",)], options=BuildOptions(unknown=unknown))
    assert table.report == f"0 of 1 words have a published vector{told}"
    assert table.vector("Pariser").any() == (unknown != "zeros")
    assert table.vector("Parisian").any() == (unknown == "gaussian")


def test_a_model_as_gz(model_file, tmp_path):
    path = tmp_path / "model.bin.gz"
    path.write_bytes(gzip.compress(model_file.read_bytes()))
    assert is_fasttext_model(path)
    assert np.array_equal(find_vectors(path, [], frequent=9).vectors, find_vectors(model_file, [], frequent=9).vectors)


@pytest.mark.parametrize("kept", [4, 6, 40, 80, 200, 0.5, 0.99, -1])
def test_a_cut_model_is_named(model_file, tmp_path, kept):
    data = model_file.read_bytes()
    end = int(len(data) * kept) if isinstance(kept, float) else kept
    path = tmp_path / "cut.bin"
    path.write_bytes(data[:end])
    with pytest.raises(FormatError, match=r"cut.bin: is cut or damaged"):
        find_vectors(path, [], frequent=1)


def test_another_version_is_named(tmp_path):
    path = tmp_path / "new.bin"
    path.write_bytes(MAGIC + struct.pack("<i", 13) + bytes(100))
    with pytest.raises(FormatError, match="of version 13, expected 12"):
        find_vectors(path, [], frequent=1)


def test_a_quantized_model_is_named(tmp_path):
    text = tmp_path / "text"
    text.write_text("".join(f"__label__{number % 2} word{number}\n" for number in range(300)))
    model = fasttext.train_supervised(str(text), dim=4, epoch=1, thread=1, verbose=0)
    model.quantize()
    model.save_model(str(tmp_path / "small.ftz"))
    with pytest.raises(FormatError, match="is a quantized model"):
        find_vectors(tmp_path / "small.ftz", [], frequent=1)


def test_without_the_module_the_extra_is_named(model_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "fasttext", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'kgmner\[fasttext\]'"):
        find_vectors(model_file, [], frequent=1)
