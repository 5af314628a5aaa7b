"""The index against a plain matrix: the same images, the same cosines, the same order, whichever way it searches."""

import errno
import pickle
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vision import (
    FaissSearch,
    ImageIndex,
    ImageIndexError,
    TorchSearch,
    indexfile,
    stored_form,
    write_index,
    write_index_batches,
)
from vision.search import nearest_until, row_chunks

Vectors = np.ndarray[Any, np.dtype[Any]]


def unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


def random_vectors(count: int, width: int, seed: int) -> Vectors:
    return np.random.default_rng(seed).standard_normal((count, width))


def opened(path: Path, ids: list[int], vectors: Vectors, *, half: bool = True) -> ImageIndex:
    write_index(path, ids, vectors, half=half)
    return ImageIndex.open(path, device="cpu")


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], Vectors, Vectors, float, bool]:
    """Ids with gaps, vectors with repeats, near-copies and zeros, queries of which some are rows, theta, half."""
    ids = draw(st.lists(st.integers(-(2**62), 2**62), unique=True, max_size=24))
    width = draw(st.sampled_from([1, 3, 16, 65]))
    numbers = st.floats(-8, 8, width=32, allow_subnormal=False)
    base = draw(hnp.arrays(np.float64, (4, width), elements=numbers))
    noise = random_vectors(len(ids), width, draw(st.integers(0, 99))) * draw(st.sampled_from([0.0, 1e-4, 0.05, 1.0]))
    vectors = base[draw(hnp.arrays(np.int64, len(ids), elements=st.integers(0, 3)))] + noise
    queries = np.concatenate([base[:2], vectors[:2], np.zeros((1, width))])
    return ids, vectors, queries, draw(st.sampled_from([-1.0, 0.0, 0.5, 0.9, 0.999, 1.0])), draw(st.booleans())


@settings(max_examples=60, deadline=None)
@given(cases())
def test_every_search_gives_what_a_plain_matrix_gives(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[int], Vectors, Vectors, float, bool]
) -> None:
    ids, vectors, queries, theta, half = case
    index = opened(tmp_path_factory.getbasetemp() / "oracle.faiss", ids, vectors, half=half)
    assert index.ids.tolist() == sorted(ids)
    order = np.argsort(ids)
    kind = np.float16 if half else np.float32
    wanted_rows = indexfile.unit(vectors).astype(np.float32)[order]
    stored = index.vectors(sorted(ids))
    steps = np.spacing(np.abs(wanted_rows).astype(kind)).astype(np.float64)
    assert (np.abs(stored.astype(np.float64) - wanted_rows) <= steps / 2).all()

    rows = faiss.downcast_index(index._index.index)
    searches = [FaissSearch(rows), TorchSearch.of(row_chunks(rows), device="cpu", half=half)]
    results = []
    for index._search in searches:
        results.append(index.search(queries, theta))
    assert results[0] == results[1]
    for query, hits in zip(queries, results[0], strict=True):
        cosines = index.cosines(query, sorted(ids))
        oracle = unit(stored.astype(np.float64)) @ unit(query[np.newaxis])[0]
        assert np.allclose(cosines, oracle, atol=1e-12)
        wanted = [(i, c) for i, c in zip(sorted(ids), cosines.tolist(), strict=True) if c >= theta]
        assert hits == sorted(wanted, key=lambda hit: (-hit[1], hit[0]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(-1, 1), st.integers(1, 150))
def test_asking_for_more_until_it_is_enough_is_a_range_search(seed: int, floor: float, count: int) -> None:
    index = faiss.IndexFlatIP(3)
    index.add(unit(random_vectors(count, 3, seed)).astype(np.float32))
    queries = unit(random_vectors(5, 3, seed + 1)).astype(np.float32)
    whole, grown = FaissSearch(index).near(queries, floor), nearest_until(index, queries, floor)
    assert all(np.array_equal(one, other) for one, other in zip(whole, grown, strict=True))


def test_asking_for_more_than_a_gpu_gives_is_an_error() -> None:
    index = faiss.IndexFlatIP(2)
    index.add(np.ones((2100, 2), np.float32))
    with pytest.raises(RuntimeError, match="use TorchSearch"):
        nearest_until(index, np.ones((1, 2), np.float32), 0.5)


def test_a_cosine_is_the_same_whatever_else_is_asked(tmp_path: Path) -> None:
    index = opened(tmp_path / "i", list(range(0, 900, 3)), random_vectors(300, 517, 0))
    query = random_vectors(1, 517, 1)[0]
    together = index.cosines(query, index.ids)
    alone = np.concatenate([index.cosines(query, [i]) for i in index.ids])
    assert together.tobytes() == alone.tobytes()
    assert together[::-1].tobytes() == index.cosines(query, index.ids[::-1]).tobytes()
    assert np.allclose(index.cosines(5 * query, index.ids), together, atol=1e-15)
    assert index.cosines(query, []).shape == (0,)


def test_ids_in_any_order_with_gaps_and_repeats(tmp_path: Path) -> None:
    vectors = np.eye(4)
    index = opened(tmp_path / "i", [70, 3, 1000, 12], vectors)
    assert index.ids.tolist() == [3, 12, 70, 1000]
    assert np.array_equal(index.vectors([1000, 3, 3]), vectors[[2, 1, 1]])
    assert index.search(vectors[:1], 0.9) == [[(70, 1.0)]]
    for unknown in (4, -1, 1001):
        with pytest.raises(ImageIndexError, match=f"image {unknown} is not in"):
            index.vectors([3, unknown])


def test_equal_cosines_come_by_id(tmp_path: Path) -> None:
    index = opened(tmp_path / "i", [9, 4, 7], np.array([[1.0, 1], [1, 1], [2, 2]]))
    assert [i for i, _ in index.search(np.array([[3.0, 3]]), 0.9)[0]] == [4, 7, 9]


def test_half_precision_moves_a_cosine_by_less_than_a_ten_thousandth(tmp_path: Path) -> None:
    vectors, queries = random_vectors(200, 512, 0), random_vectors(5, 512, 1)
    half = opened(tmp_path / "half", list(range(200)), vectors)
    full = opened(tmp_path / "full", list(range(200)), vectors, half=False)
    for query in queries:
        assert np.abs(half.cosines(query, half.ids) - full.cosines(query, full.ids)).max() < 1e-4
    assert (tmp_path / "half").stat().st_size < 0.6 * (tmp_path / "full").stat().st_size


def test_a_graph_without_pictures_has_an_ordinary_index(tmp_path: Path) -> None:
    index = opened(tmp_path / "i", [], np.empty((0, 8)))
    assert (len(index), index.dimension, index.ids.tolist()) == (0, 8, [])
    assert index.search(np.ones((2, 8)), 0.9) == [[], []]
    assert index.vectors([]).shape == (0, 8)
    with pytest.raises(ImageIndexError, match="image 1 is not in"):
        index.cosines(np.ones(8), [1])


def test_what_cannot_be_indexed(tmp_path: Path) -> None:
    for ids, vectors, words in (
        ([1, 1], np.eye(2), "occurs twice"),
        ([1, 2, 3], np.eye(2), "expected"),
        ([1], np.ones(3), "expected"),
        ([5, 8], np.array([[1.0, 0], [np.nan, 1]]), "image 8 is not finite"),
    ):
        with pytest.raises(ImageIndexError, match=words):
            write_index(tmp_path / "i", ids, vectors)
    with pytest.raises(ImageIndexError, match="cannot be written"):
        write_index(tmp_path / "none" / "i", [1], np.eye(1))
    assert not list(tmp_path.iterdir())


def test_the_old_index_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_index(tmp_path / "i", [1], np.eye(1))
    reader = ImageIndex.open(tmp_path / "i", device="cpu")

    def fail(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(ImageIndexError, match=r"No space left.*free some space"):
        patch.setattr(indexfile, "_seal", fail)
        write_index(tmp_path / "i", [1, 2], np.eye(2))
    assert [path.name for path in tmp_path.iterdir()] == ["i"]
    assert ImageIndex.open(tmp_path / "i", device="cpu").ids.tolist() == [1]
    write_index(tmp_path / "i", [2, 3], np.eye(2))
    assert reader.vectors([1]).tolist() == [[1.0]]
    assert ImageIndex.open(tmp_path / "i", device="cpu").ids.tolist() == [2, 3]


@settings(max_examples=40, deadline=None)
@given(cases(), st.integers(1, 30))
def test_a_stream_of_batches_is_the_file_that_faiss_writes(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[int], Vectors, Vectors, float, bool], rows: int
) -> None:
    ids, vectors, _, _, half = case
    folder = tmp_path_factory.getbasetemp()
    order = np.argsort(ids) if ids else np.empty(0, np.int64)
    numbers, ordered = np.array(ids, np.int64)[order], vectors[order]
    batches = ((numbers[at : at + rows], ordered[at : at + rows]) for at in range(0, len(ids), rows))
    write_index_batches(folder / "s", batches, count=len(ids), dimension=vectors.shape[1], half=half)

    width = vectors.shape[1]
    flat = faiss.IndexFlatIP(width)
    quantized = faiss.IndexScalarQuantizer(width, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    oracle = faiss.IndexIDMap(quantized if half else flat)
    oracle.add_with_ids(indexfile.unit(ordered).astype(np.float32), numbers)
    faiss.write_index(oracle, str(folder / "oracle"))
    assert (folder / "s").read_bytes()[: -indexfile._SEAL.size] == (folder / "oracle").read_bytes()
    write_index(folder / "w", ids, vectors, half=half)
    assert (folder / "w").read_bytes() == (folder / "s").read_bytes()


def test_what_lies_between_two_numbers_is_rounded_as_faiss_does(tmp_path: Path) -> None:
    """A length of 1 does not move these rows, and half of their first numbers lie just between two of float16."""
    halves = np.arange(0x2C00, 0x3800, dtype=np.uint16).view(np.float16).astype(np.float64)
    between = (halves[:-1] + halves[1:]) / 2
    rows = np.c_[between, np.sqrt(1 - between * between)].astype(np.float32)
    quantized = faiss.IndexScalarQuantizer(2, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    quantized.add(indexfile.unit(rows.astype(np.float64)).astype(np.float32))
    index = opened(tmp_path / "i", list(range(len(rows))), rows)
    assert np.array_equal(index.vectors(index.ids), quantized.reconstruct_n(0, len(rows)))


def test_what_comes_out_of_an_index_goes_into_another_as_it_is(tmp_path: Path) -> None:
    vectors = random_vectors(300, 33, 5) * 7
    first = opened(tmp_path / "one", list(range(300)), vectors)
    stored = first.vectors(first.ids).astype(np.float16)
    assert np.array_equal(stored, stored_form(vectors))
    write_index(tmp_path / "two", range(300), stored)
    assert (tmp_path / "two").read_bytes() == (tmp_path / "one").read_bytes()
    write_index(tmp_path / "wide", range(300), stored, half=False)
    assert np.array_equal(ImageIndex.open(tmp_path / "wide", device="cpu").vectors(range(300)), stored)


@pytest.mark.parametrize(
    ("ids", "count", "words"),
    [
        ([[1, 2], [4, 3]], 4, "do not ascend"),
        ([[1, 5], [4]], 3, "do not ascend"),
        ([[1, 2], [2]], 3, "occurs twice"),
        ([[1, 2], []], 3, "2 images came, expected 3"),
        ([[1, 2], [3]], 2, "3 images came, expected 2"),
    ],
)
def test_a_stream_that_does_not_hold_what_it_says(tmp_path: Path, ids: list[list[int]], count: int, words: str) -> None:
    batches = ((np.array(batch, np.int64), np.ones((len(batch), 4))) for batch in ids)
    with pytest.raises(ImageIndexError, match=words):
        write_index_batches(tmp_path / "i", batches, count=count, dimension=4)
    assert not list(tmp_path.iterdir())


def test_a_stream_is_never_held_in_memory(tmp_path: Path) -> None:
    """Each batch is freed before the next but one is made."""
    alive: list[weakref.ref[Vectors]] = []

    def batches() -> Iterator[tuple[Vectors, Vectors]]:
        for number in range(20):
            assert sum(ref() is not None for ref in alive) <= 1
            vectors = np.full((10, 4), number + 1.0)
            alive.append(weakref.ref(vectors))
            yield np.arange(number * 10, number * 10 + 10), vectors

    write_index_batches(tmp_path / "i", batches(), count=200, dimension=4)
    assert len(ImageIndex.open(tmp_path / "i", device="cpu")) == 200


def test_a_missing_or_damaged_file_is_one_line(tmp_path: Path) -> None:
    write_index(tmp_path / "whole", range(40), random_vectors(40, 32, 0))
    content = (tmp_path / "whole").read_bytes()
    bad = {f"cut{keep}": content[:keep] for keep in (0, 3, 30, 100, 2000, len(content) - 20, len(content) - 1)}
    bad |= {f"flipped{at}": content[:at] + b"\xff" + content[at + 1 :] for at in (0, 4, 9, 39, 50, len(content) - 1)}
    bad |= {"text": b"not an index " * 40, "pickle": pickle.dumps({"a": 1})}
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ImageIndexError, match="build it again") as caught:
            ImageIndex.open(tmp_path / name, device="cpu")
        assert "\n" not in str(caught.value)
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ImageIndexError, match="build it with build-kg-index"):
            ImageIndex.open(path, device="cpu")


def test_another_dimension_is_refused(tmp_path: Path) -> None:
    write_index(tmp_path / "i", [1], np.ones((1, 8)))
    assert ImageIndex.open(tmp_path / "i", device="cpu", dimension=8).dimension == 8
    with pytest.raises(ImageIndexError, match="vectors of 8 numbers, the encoder gives 9"):
        ImageIndex.open(tmp_path / "i", device="cpu", dimension=9)
    index = ImageIndex.open(tmp_path / "i", device="cpu")
    for call in (lambda: index.search(np.ones((1, 9)), 0.9), lambda: index.cosines(np.ones(9), [1])):
        with pytest.raises(ImageIndexError, match="the query has 9 numbers"):
            call()


def test_an_unknown_device_is_refused(tmp_path: Path) -> None:
    write_index(tmp_path / "i", [1], np.ones((1, 8)))
    with pytest.raises(ImageIndexError, match="no device 'cuda:99'"):
        ImageIndex.open(tmp_path / "i", device="cuda:99")


def test_a_gpu_gives_what_the_cpu_gives(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA GPU")
    vectors, queries = random_vectors(5000, 64, 0), random_vectors(40, 64, 1)
    write_index(tmp_path / "i", range(5000), vectors)
    on_cpu, on_gpu = (ImageIndex.open(tmp_path / "i", device=device) for device in ("cpu", "cuda"))
    for theta in (0.2, 0.35, 0.9):
        assert on_gpu.search(queries, theta) == on_cpu.search(queries, theta)
