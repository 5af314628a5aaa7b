"""Vectors published as text: what was written is read, and what is bad is counted and told."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner.embeddings.find_vectors import find_vectors
from ner.embeddings.text_vectors import read_text_vectors
from ner.errors import FormatError

NUMBER = st.floats(-65504, 65504, width=32)
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z"))
WORD = st.text(LETTERS, min_size=1, max_size=8)


def lines_of(rows):
    return [f"{word} {' '.join(repr(float(number)) for number in row)}" for word, row in rows.items()]


@st.composite
def published(draw):
    width = draw(st.integers(2, 5))
    words = draw(st.lists(WORD, min_size=1, max_size=8, unique=True))
    rows = {word: [draw(NUMBER) for _ in range(width)] for word in words}
    return width, rows


@settings(max_examples=60, deadline=None)
@given(published(), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 9))
def test_what_was_written_is_read(tmp_path_factory, content, header, packed, trailing, frequent):
    width, rows = content
    lines = [f"{len(rows)} {width}"] if header else []
    lines += [line + " " * trailing for line in lines_of(rows)]
    path = tmp_path_factory.mktemp("text") / "vectors"
    data = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    wanted = list(rows)[::2]
    read = find_vectors(path, wanted, frequent=frequent)
    expected = [word for at, word in enumerate(rows) if at < frequent or word in wanted]
    assert list(read.words) == expected
    assert read.frequent == min(frequent, len(rows))
    assert np.array_equal(read.vectors, np.array([rows[word] for word in expected], dtype=np.float32))
    assert read.skipped == ""


def test_glove_words_may_hold_blanks(tmp_path):
    path = tmp_path / "glove.txt"
    path.write_text("the 1 2 3\n. . . 4 5 6\nof 7 8 9\n")
    read = read_text_vectors(path, [], frequent=9)
    assert read.words == ("the", ". . .", "of")
    assert read.vectors[1].tolist() == [4, 5, 6]


def test_bad_lines_are_counted_and_the_first_told(tmp_path):
    bad = ["short 1", "word 1 x", "nan nan 1", " 1 2", "big 1 1e30", "odd 1-1 2", "\udcff 1 2", "odd"]
    path = tmp_path / "some.vec"
    lines = ["20 2", *(f"w{number} 1 2" for number in range(12)), *bad]
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    read = read_text_vectors(path, [], frequent=99)
    assert read.words == tuple(f"w{number}" for number in range(12))
    assert read.skipped == (
        "8 lines skipped (line 14: 1 numbers, expected 2; line 15: '1 x' is not a list of 2 numbers; "
        "line 16: 'nan 1' is not a list of 2 numbers; line 17: no word before the numbers; "
        "line 18: '1 1e30' holds a number beyond 65504; and 3 more)"
    )


def test_a_word_that_comes_again_is_not_read_again(tmp_path):
    path = tmp_path / "some.vec"
    path.write_text("a 1 2\na 3 4\nb 5 6\n")
    read = read_text_vectors(path, ["b"], frequent=2)
    assert read.words == ("a", "b")
    assert read.vectors.tolist() == [[1, 2], [5, 6]]
    assert read.frequent == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds 0 word vectors, no line skipped"),
        (b"\n\n", "holds 0 word vectors"),
        (b"3 5\na 1 2\nb 1 2\n", r"holds 0 word vectors, 2 lines skipped \(line 2: 2 numbers, expected 5"),
        ("a 1 2\nb 3 4\n".encode("utf-16"), "holds 0 word vectors"),
        (b"This is a text.\nIt has no vectors.\n", "holds 0 word vectors"),
        (b"\xff 1 2\n\xfe 1 2\na 1 2\n", "line 1: the word is not UTF-8"),
        (b"PK\x03\x04....", "is a zip archive: unpack it"),
        (gzip.compress(b"a 1 2\n" * 1000, mtime=0)[:-12], "cannot be read"),
        (b"\x1f\x8bnot gzip at all", "cannot be read"),
    ],
)
def test_a_file_of_no_use_is_named(tmp_path, content, said):
    path = tmp_path / "some.vec"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=f"some.vec: .*{said}"):
        find_vectors(path, ["a"], frequent=2)


def test_no_file(tmp_path):
    with pytest.raises(FormatError, match=r"'nowhere.vec' are not there: give a file, or 'glove-6b-50d'"):
        find_vectors("nowhere.vec", [], frequent=1)
    with pytest.raises(FormatError, match="cannot be read"):
        read_text_vectors(tmp_path, [], frequent=1)
