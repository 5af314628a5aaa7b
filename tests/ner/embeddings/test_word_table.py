"""A run's word vectors: which words have them, how true they are, and that a folder holds all."""

import json

import numpy as np
import pytest

from ner.embeddings.word_table import NUMBERS_FILE, TEXT_FILE, BuildOptions, WordTable, drawn_vector, word_forms
from ner.errors import CheckpointError, RecipeError

WORDS = {"the": [1, 0, 0], "of": [0, 1, 0], "Paris": [0, 0, 2], "paris": [1, 1, 0], "so": [0, 3, 1], "rare": [5, 1, 1]}
TRAINING = [("the", "Paris", "#PARIS", "sooooo"), ("The", "xyzzy", "")]


@pytest.fixture
def vectors(tmp_path):
    path = tmp_path / "some.vec"
    lines = [f"{word} {' '.join(map(str, numbers))}" for word, numbers in WORDS.items()]
    path.write_text("\n".join([f"{len(WORDS)} 3", *lines]) + "\n")
    return path


def test_the_order_in_which_forms_are_tried():
    assert word_forms("#SoooO") == ("#SoooO", "#soooo", "SoooO", "soooo", "soo", "so")
    assert word_forms("Chad") == ("Chad", "chad")
    assert word_forms("@") == ("@",)
    assert word_forms("") == ()
    assert word_forms("http://t.co/15beLF6Ajw") == ("http://t.co/15beLF6Ajw", "http")
    assert word_forms("&amp") == ("&amp", "&")


def test_words_are_found_under_their_forms(vectors):
    table = WordTable.build(vectors, TRAINING, [("rare",)], BuildOptions(kept_words=2))
    assert set(table.words) == {"the", "of", "Paris", "paris", "so", "rare"}
    for word, published in [("The", "the"), ("Paris", "Paris"), ("#PARIS", "paris"), ("sooooo", "so")]:
        assert cosine(table.vector(word), WORDS[published]) > 0.9999
    assert not table.vector("xyzzy").any()
    assert table.report == "6 of 8 words have a published vector"


def test_what_no_run_needs_and_is_not_frequent_is_left_out(vectors):
    table = WordTable.build(vectors, [("Paris",)], options=BuildOptions(kept_words=1))
    assert table.words == ("the", "Paris")


def test_numbers_are_those_of_training_words(vectors):
    table = WordTable.build(vectors, TRAINING, [("rare",)], BuildOptions(min_count=2))
    assert table.numbered == ("the",)
    assert (table.id("THE"), table.id("Paris"), table.id("rare"), table.id("unheard")) == (2, 1, 1, 1)
    assert table.id_count == 3
    one = WordTable.build(vectors, TRAINING)
    assert one.id("Xyzzy") == one.id("xyzzy") > 1
    assert one.id("Paris") != one.id("paris") == one.id("PARIS")


def test_an_unknown_word_is_drawn_once(vectors):
    table = WordTable.build(vectors, TRAINING, options=BuildOptions(unknown="gaussian"))
    assert np.array_equal(table.vector("xyzzy"), drawn_vector("xyzzy", 3, table.spread))
    assert not np.array_equal(table.vector("xyzzy"), table.vector("other"))
    assert table.spread == pytest.approx(np.sqrt(np.mean(np.square(list(WORDS.values())))))


def test_drawn_numbers_are_normal():
    drawn = np.concatenate([drawn_vector(str(number), 50, 2.0) for number in range(400)])
    assert abs(drawn.mean()) < 0.05
    assert drawn.std() == pytest.approx(2.0, rel=0.02)
    assert (np.abs(drawn) < 2.0).mean() == pytest.approx(0.6827, abs=0.01)


def test_an_odd_wish_for_unknown_words():
    with pytest.raises(RecipeError, match=r"unknown = 'none': expected one of subwords, gaussian, zeros"):
        BuildOptions(unknown="none")


def test_a_folder_holds_all_of_it(vectors, tmp_path):
    table = WordTable.build(vectors, TRAINING, options=BuildOptions(unknown="gaussian"))
    table.save(tmp_path / "a")
    again = WordTable.load(tmp_path / "a")
    again.save(tmp_path / "b")
    for name in (TEXT_FILE, NUMBERS_FILE):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    for word in ("the", "Paris", "xyzzy", "unheard", ""):
        assert np.array_equal(table.vector(word), again.vector(word))
        assert table.id(word) == again.id(word)
    assert (again.width, again.id_count, again.report) == (3, table.id_count, "")


def test_the_order_of_posts_changes_nothing(vectors, tmp_path):
    for name, posts in (("a", TRAINING), ("b", TRAINING[::-1])):
        WordTable.build(vectors, posts).save(tmp_path / name)
    assert (tmp_path / "a" / TEXT_FILE).read_bytes() == (tmp_path / "b" / TEXT_FILE).read_bytes()
    assert (tmp_path / "a" / NUMBERS_FILE).read_bytes() == (tmp_path / "b" / NUMBERS_FILE).read_bytes()


def spoil_version(folder):
    text = json.loads((folder / TEXT_FILE).read_text())
    (folder / TEXT_FILE).write_text(json.dumps(text | {"format_version": 99}))


def spoil_words(folder):
    text = json.loads((folder / TEXT_FILE).read_text())
    (folder / TEXT_FILE).write_text(json.dumps(text | {"words": ["one"]}))


def cut_numbers(folder):
    path = folder / NUMBERS_FILE
    path.write_bytes(path.read_bytes()[:-4])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_version, "format version 99, expected 2: train the tagger anew: train-tagger RECIPE --train"),
        (spoil_words, "is damaged"),
        (cut_numbers, "is damaged"),
        (lambda folder: (folder / TEXT_FILE).unlink(), "cannot be read"),
        (lambda folder: (folder / TEXT_FILE).write_text("[]"), "cannot be read"),
        (lambda folder: (folder / NUMBERS_FILE).unlink(), "is damaged"),
    ],
)
def test_a_damaged_folder_is_named(vectors, tmp_path, spoil, said):
    WordTable.build(vectors, TRAINING).save(tmp_path)
    spoil(tmp_path)
    with pytest.raises(CheckpointError, match=said):
        WordTable.load(tmp_path)


def test_numbers_are_kept_to_three_digits(tmp_path):
    path = tmp_path / "some.vec"
    numbers = np.random.default_rng(1).normal(size=(200, 50)).astype(np.float32)
    path.write_text("".join(f"w{row} {' '.join(map(str, line))}\n" for row, line in enumerate(numbers.tolist())))
    WordTable.build(path, [("w0",)]).save(tmp_path)
    table = WordTable.load(tmp_path)
    np.testing.assert_allclose([table.vector(f"w{row}") for row in range(200)], numbers, rtol=2**-11, atol=1e-7)


def cosine(a, b):
    b = np.array(b, dtype=np.float32)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
