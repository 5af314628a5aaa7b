"""The index against a plain matrix: the same images, the same cosines, the same order, whichever way it searches."""

import pickle
import resource
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
    FaissGpuSearch,
    FaissSearch,
    Fingerprint,
    ImageIndex,
    ImageIndexError,
    TorchSearch,
    stored_form,
    write_index,
)

Vectors = np.ndarray[Any, np.dtype[Any]]


def unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


def random_vectors(count: int, width: int, seed: int) -> Vectors:
    return np.random.default_rng(seed).standard_normal((count, width))


def write(path: Path, ids: Any, vectors: Vectors, *, rows: int = 1000) -> Fingerprint:
    """Write an index from ids in any order, some rows at a time."""
    order = np.argsort(np.array(ids, np.int64), kind="stable")
    numbers, ordered = np.array(ids, np.int64)[order], vectors[order]
    batches = ((numbers[at : at + rows], ordered[at : at + rows]) for at in range(0, len(ordered), rows))
    return write_index(path, batches, dimension=vectors.shape[1])


def opened(path: Path, ids: Any, vectors: Vectors, *, rows: int = 1000) -> ImageIndex:
    return ImageIndex.open(path, write(path, ids, vectors, rows=rows), device="cpu")


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], Vectors, Vectors, float]:
    """Ids with gaps, vectors with repeats, near-copies and zeros, queries of which some are rows, threshold."""
    ids = draw(st.lists(st.integers(-(2**62), 2**62), unique=True, max_size=24))
    width = draw(st.sampled_from([1, 3, 16, 65]))
    numbers = st.floats(-8, 8, width=32, allow_subnormal=False)
    base = draw(hnp.arrays(np.float64, (4, width), elements=numbers))
    noise = random_vectors(len(ids), width, draw(st.integers(0, 99))) * draw(st.sampled_from([0.0, 1e-4, 0.05, 1.0]))
    vectors = base[draw(hnp.arrays(np.int64, len(ids), elements=st.integers(0, 3)))] + noise
    queries = np.concatenate([base[:2], vectors[:2], np.zeros((1, width))])
    return ids, vectors, queries, draw(st.sampled_from([-1.0, 0.0, 0.5, 0.9, 0.999, 1.0]))


@settings(max_examples=60, deadline=None)
@given(cases())
def test_every_search_gives_what_a_plain_matrix_gives(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[int], Vectors, Vectors, float]
) -> None:
    """To the last bit, as one function computes the cosines. faiss on the CPU stands in for the copy on a GPU."""
    ids, vectors, queries, threshold = case
    path = tmp_path_factory.getbasetemp() / "oracle.faiss"
    index = opened(path, ids, vectors)
    assert index.ids.tolist() == sorted(ids)
    stored = index.vectors(sorted(ids))
    assert np.array_equal(stored, stored_form(vectors[np.argsort(ids)] if ids else vectors))
    assert np.allclose(stored, unit(vectors)[np.argsort(ids)] if ids else vectors, atol=2**-11)

    read = faiss.read_index(str(path))
    rows = faiss.downcast_index(read.index)
    searches = [FaissSearch(rows), FaissGpuSearch(rows, rows), TorchSearch(rows, device="cpu")]
    found = [ImageIndex(read, search, path=path).search(queries, threshold) for search in searches]
    assert found == [index.search(queries, threshold)] * len(searches)
    for query, hits in zip(queries, found[0], strict=True):
        cosines = index.cosines(query, sorted(ids))
        oracle = unit(stored.astype(np.float64)) @ unit(query[np.newaxis])[0]
        assert np.allclose(cosines, oracle, atol=1e-12)
        wanted = [(i, c) for i, c in zip(sorted(ids), cosines.tolist(), strict=True) if c >= threshold]
        assert hits == sorted(wanted, key=lambda hit: (-hit[1], hit[0]))
        assert index.matches(query, sorted(ids)[::-1], threshold) == hits


@settings(max_examples=40, deadline=None)
@given(cases(), st.data())
def test_no_match_at_or_above_the_threshold_is_lost(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[int], Vectors, Vectors, float], data: st.DataObject
) -> None:
    """Theta is the very cosine of some images with a query: all that are tied there are found, and no other is lost."""
    ids, vectors, queries, _ = case
    path = tmp_path_factory.getbasetemp() / "threshold.faiss"
    index = opened(path, ids, vectors)
    read = faiss.read_index(str(path))
    rows = faiss.downcast_index(read.index)
    query = data.draw(st.sampled_from(list(queries)))
    cosines = index.cosines(query, index.ids)
    threshold = data.draw(st.sampled_from(cosines.tolist() or [0.9]))
    wanted = {int(i) for i, cosine in zip(index.ids, cosines, strict=True) if cosine >= threshold}
    for search in (FaissSearch(rows), FaissGpuSearch(rows, rows), TorchSearch(rows, device="cpu")):
        [found] = ImageIndex(read, search, path=path).search(query[np.newaxis], threshold)
        assert {i for i, _ in found} == wanted
    assert {i for i, _ in index.matches(query, index.ids, threshold)} == wanted
    # What rounding to float16 may move a cosine by, and no more: an image that was clearly above threshold is found.
    exact = unit(vectors) @ unit(query[np.newaxis])[0]
    assert wanted >= {i for i, cosine in zip(ids, exact, strict=True) if cosine >= threshold + 2**-10}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(-1, 1), st.sampled_from([1, 63, 64, 65, 150, 2047, 2049, 2500]))
def test_asking_for_more_until_it_is_enough_is_a_range_search(seed: int, floor: float, count: int) -> None:
    index = faiss.IndexFlatIP(3)
    index.add(unit(random_vectors(count, 3, seed)).astype(np.float32))
    queries = unit(random_vectors(5, 3, seed + 1)).astype(np.float32)
    whole, grown = FaissSearch(index).near(queries, floor), FaissGpuSearch(index, index).near(queries, floor)
    assert all(np.array_equal(one, other) for one, other in zip(whole, grown, strict=True))


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
    index = opened(tmp_path / "i", range(200), vectors)
    for query in queries:
        assert np.abs(index.cosines(query, index.ids) - unit(vectors) @ unit(query[np.newaxis])[0]).max() < 1e-4
    assert (tmp_path / "i").stat().st_size < 200 * (512 * 2 + 8) + 200


def test_a_graph_without_pictures_has_an_ordinary_index(tmp_path: Path) -> None:
    index = opened(tmp_path / "i", [], np.empty((0, 8)))
    assert (len(index), index.dimension, index.ids.tolist()) == (0, 8, [])
    assert index.search(np.ones((2, 8)), 0.9) == [[], []]
    assert index.vectors([]).shape == (0, 8)
    with pytest.raises(ImageIndexError, match="image 1 is not in"):
        index.cosines(np.ones(8), [1])


@pytest.mark.parametrize(
    ("batches", "words"),
    [
        ([([1, 1], np.eye(2))], "occurs twice"),
        ([([1, 2], np.eye(2)), ([2], np.ones((1, 2)))], "occurs twice"),
        ([([1, 2], np.eye(2)), ([4, 3], np.eye(2))], "do not ascend"),
        ([([1, 5], np.eye(2)), ([4], np.ones((1, 2)))], "do not ascend"),
        ([([1, 2, 3], np.eye(2))], "expected"),
        ([([1], np.ones(2))], "expected"),
        ([([1], np.ones((1, 3)))], "expected"),
        ([([5, 8], np.array([[1.0, 0], [np.nan, 1]]))], "image 8 is not finite"),
    ],
)
def test_what_cannot_be_indexed(tmp_path: Path, batches: list[tuple[list[int], Vectors]], words: str) -> None:
    with pytest.raises(ImageIndexError, match=words):
        write_index(tmp_path / "i", ((np.array(ids, np.int64), rows) for ids, rows in batches), dimension=2)
    assert not list(tmp_path.iterdir())


def test_the_old_index_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    first = write(tmp_path / "i", [1], np.eye(1))
    reader = ImageIndex.open(tmp_path / "i", first, device="cpu")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(ImageIndexError, match=r"cannot be written \(File too large\): free some space"):
            write(tmp_path / "i", range(200), random_vectors(200, 24, 0))  # the rows fit, the whole does not
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == ["i"]
    assert ImageIndex.open(tmp_path / "i", first, device="cpu").ids.tolist() == [1]
    second = write(tmp_path / "i", [2, 3], np.eye(2))
    assert reader.vectors([1]).tolist() == [[1.0]]
    assert ImageIndex.open(tmp_path / "i", second, device="cpu").ids.tolist() == [2, 3]
    with pytest.raises(ImageIndexError, match="cannot be written"):
        write(tmp_path / "none" / "i", [1], np.eye(1))


@settings(max_examples=40, deadline=None)
@given(cases(), st.integers(1, 30))
def test_a_stream_of_batches_is_the_file_that_faiss_writes_from_memory(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[int], Vectors, Vectors, float], rows: int
) -> None:
    ids, vectors, _, _ = case
    folder = tmp_path_factory.getbasetemp()
    fingerprint = write(folder / "s", ids, vectors, rows=rows)
    width = vectors.shape[1]
    quantized = faiss.IndexScalarQuantizer(width, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    oracle = faiss.IndexIDMap(quantized)
    order = np.argsort(ids) if ids else np.empty(0, np.int64)
    oracle.add_with_ids(stored_form(vectors[order]).astype(np.float32), np.array(ids, np.int64)[order])
    faiss.write_index(oracle, str(folder / "oracle"))
    assert (folder / "s").read_bytes() == (folder / "oracle").read_bytes()
    assert write(folder / "w", ids, vectors) == fingerprint


def test_what_lies_between_two_numbers_is_rounded_as_faiss_does(tmp_path: Path) -> None:
    """A length of 1 does not move these rows, and half of their first numbers lie just between two of float16."""
    halves = np.arange(0x2C00, 0x3800, dtype=np.uint16).view(np.float16).astype(np.float64)
    between = (halves[:-1] + halves[1:]) / 2
    rows = np.c_[between, np.sqrt(1 - between * between)].astype(np.float32)
    quantized = faiss.IndexScalarQuantizer(2, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    quantized.add(unit(rows.astype(np.float64)).astype(np.float32))
    index = opened(tmp_path / "i", range(len(rows)), rows)
    assert np.array_equal(index.vectors(index.ids), quantized.reconstruct_n(0, len(rows)))


def test_what_comes_out_of_an_index_goes_into_another_as_it_is(tmp_path: Path) -> None:
    vectors = random_vectors(300, 33, 5) * 7
    first = opened(tmp_path / "one", range(300), vectors)
    stored = first.vectors(first.ids).astype(np.float16)
    assert np.array_equal(stored, stored_form(vectors))
    write(tmp_path / "two", range(300), stored)
    assert (tmp_path / "two").read_bytes() == (tmp_path / "one").read_bytes()


def test_a_stream_is_never_held_in_memory(tmp_path: Path) -> None:
    """Each batch is freed before the next but one is made."""
    alive: list[weakref.ref[Vectors]] = []

    def batches() -> Iterator[tuple[Vectors, Vectors]]:
        for number in range(20):
            assert sum(ref() is not None for ref in alive) <= 1
            vectors = np.full((10, 4), number + 1.0)
            alive.append(weakref.ref(vectors))
            yield np.arange(number * 10, number * 10 + 10), vectors

    written = write_index(tmp_path / "i", batches(), dimension=4)
    assert len(ImageIndex.open(tmp_path / "i", written, device="cpu")) == 200


def test_a_missing_or_damaged_file_is_one_line(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole", range(40), random_vectors(40, 32, 0))
    content = (tmp_path / "whole").read_bytes()
    bad = {f"cut{keep}": content[:keep] for keep in (0, 3, 30, 100, 2000, len(content) - 20, len(content) - 1)}
    bad |= {f"flipped{at}": content[:at] + b"\xff" + content[at + 1 :] for at in (0, 4, 9, 39, 50, len(content) - 1)}
    bad |= {"text": b"not an index " * 40, "pickle": pickle.dumps({"a": 1}), "longer": content + b"x"}
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ImageIndexError, match="build it again") as caught:
            ImageIndex.open(tmp_path / name, whole, device="cpu")
        assert "\n" not in str(caught.value)
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ImageIndexError, match="build it with build-kg-index"):
            ImageIndex.open(path, whole, device="cpu")


def test_a_large_file_is_known_by_its_size_and_by_its_content_on_demand(tmp_path: Path) -> None:
    vectors = np.ones((70_000, 512), np.float16)
    whole = write_index(tmp_path / "i", [(np.arange(70_000), vectors)], dimension=512)
    with (tmp_path / "i").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\0\0")
    assert len(ImageIndex.open(tmp_path / "i", whole, device="cpu")) == 70_000
    with pytest.raises(ImageIndexError, match="build it again"):
        ImageIndex.open(tmp_path / "i", whole, device="cpu", thorough=True)
    with (tmp_path / "i").open("r+b") as file:
        file.truncate(70_000_000)
    with pytest.raises(ImageIndexError, match="build it again"):
        ImageIndex.open(tmp_path / "i", whole, device="cpu")


def test_a_query_of_another_width_is_refused(tmp_path: Path) -> None:
    index = opened(tmp_path / "i", [1], np.ones((1, 8)))
    for call in (lambda: index.search(np.ones((1, 9)), 0.9), lambda: index.cosines(np.ones(9), [1])):
        with pytest.raises(ImageIndexError, match="the query has 9 numbers"):
            call()


def test_an_unknown_device_is_refused(tmp_path: Path) -> None:
    written = write(tmp_path / "i", [1], np.ones((1, 8)))
    with pytest.raises(ImageIndexError, match="no device 'cuda:99'"):
        ImageIndex.open(tmp_path / "i", written, device="cuda:99")


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_faiss_gpu_is_taken_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    """A faiss for the CPU that says it has a GPU, and copies nothing to it."""
    copied: list[int] = []

    def copy(_: object, gpu: int, index: Any) -> Any:
        copied.append(gpu)
        return index

    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1)
    monkeypatch.setattr(faiss, "StandardGpuResources", object, raising=False)
    monkeypatch.setattr(faiss, "index_cpu_to_gpu", copy, raising=False)
    vectors = random_vectors(300, 16, 0)
    written = write(tmp_path / "i", range(300), vectors)
    on_cpu, on_gpu = (ImageIndex.open(tmp_path / "i", written, device=name) for name in ("cpu", device))
    assert copied == [0]
    assert on_gpu.search(vectors[:20], 0.1) == on_cpu.search(vectors[:20], 0.1)


def test_a_gpu_gives_what_the_cpu_gives(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA GPU")
    vectors, queries = random_vectors(5000, 64, 0), random_vectors(40, 64, 1)
    written = write(tmp_path / "i", range(5000), vectors)
    on_cpu, on_gpu = (ImageIndex.open(tmp_path / "i", written, device=device) for device in ("cpu", "cuda"))
    for threshold in (0.2, 0.35, 0.9):
        assert on_gpu.search(queries, threshold) == on_cpu.search(queries, threshold)
