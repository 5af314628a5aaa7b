"""Compressed, misnamed, cut and strange files."""

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg import Graph, GraphSources, SourceError, build_graph
from kg.build.files import LINE_LIMIT_BYTES, DamagedFileError, read_blocks
from kg.build.sources import detect

Line = Callable[[str, str, str], str]
Build = Callable[..., Graph]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.binary(max_size=200), st.integers(1, 30))
def test_blocks_hold_every_line_once(tmp_path: Path, data: bytes, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"." + data)
    if b"\n" not in data and b"\r" in data[:-1]:  # as old Macs end lines
        data = data.replace(b"\r", b"\n")
    blocks = list(read_blocks(path, block_bytes=size))
    assert b"".join(blocks) == (b"." + data).removesuffix(b"\n") + b"\n"
    assert all(block.endswith(b"\n") for block in blocks)


def test_of_an_endless_line_little_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"first\n" + b"x" * (3 * LINE_LIMIT_BYTES) + b"\nlast")
    for size in (LINE_LIMIT_BYTES // 3, 10 * LINE_LIMIT_BYTES):
        blocks = list(read_blocks(path, block_bytes=size))
        first, endless, last = b"".join(blocks).splitlines()
        assert (first, last) == (b"first", b"last")
        assert len(endless) > LINE_LIMIT_BYTES
        assert max(map(len, blocks)) <= LINE_LIMIT_BYTES + 2 + size


def test_an_endless_line_is_one_refused_line(build: Build, line: Line) -> None:
    endless = line("Chad", "label", f'"{"x" * (2 * LINE_LIMIT_BYTES)}"@en')
    graph = build({"labels": line("Mali", "label", '"Mali"') + endless + line("Niger", "label", '"Niger"')})
    [row] = graph.rejected()
    assert (row.line, len(row.text), row.reason) == (2, 200, f"a line longer than {LINE_LIMIT_BYTES} bytes")
    assert graph.counts()["entity"] == 2


@pytest.mark.parametrize("pack", [bytes, bz2.compress, gzip.compress, lzma.compress, zstd.compress])
def test_names_say_nothing_about_content(build: Build, line: Line, pack: Callable[[bytes], bytes]) -> None:
    labels = "".join(line(name, "label", f'"{name}"@en') for name in ("Chad", "Mali"))
    graph = build({"redirects_en.txt": pack(labels.encode()), "notes.gz": pack(line("Chad", "x", "Mali").encode())})
    assert graph.counts()["entity"] == 2
    assert graph.counts()["triple"] == 1


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress, lzma.compress, zstd.compress])
def test_a_cut_file_gives_what_it_has_and_is_reported(
    tmp_path: Path, line: Line, pack: Callable[[bytes], bytes]
) -> None:
    labels = "".join(line(f"E{n}", "label", f'"E{n * 7919 % 10007}"@en') for n in range(20_000)).encode()
    source = tmp_path / "labels.ttl"
    source.write_bytes(pack(labels)[:-2000])
    report = build_graph(tmp_path / "kg.sqlite", sources=[source])
    assert "too early" in (report.sources[0].error or "")
    assert report.sources[0].rejected >= 1
    assert 0 < report.counts["entity"] <= 20_000
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        assert any("too early" in rejected.reason for rejected in graph.rejected())


def test_damage_comes_after_the_lines_before_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(b"one\ntwo\n")[:-4])
    blocks = read_blocks(path)
    assert next(blocks) == b"one\ntwo\n"
    with pytest.raises(DamagedFileError):
        next(blocks)


def test_bz2_on_all_cores_reads_what_one_core_reads(tmp_path: Path) -> None:
    rows = "".join(f"{n} {hash((n, 7919)) % 10**15}\n" for n in range(900_000)).encode()
    packed = bz2.compress(rows[:10_500_000]) + bz2.compress(rows[10_500_000:])
    assert len(packed) > 5 << 20, "large enough for all cores"
    path = tmp_path / "file"
    for data in (packed, packed[:-3000], packed[:300_000] + b"rubbish" * 30 + packed[300_210:]):
        path.write_bytes(data)
        expected = b""
        with bz2.open(path) as stream:
            try:
                while more := stream.read1(1 << 16):
                    expected += more
            except (OSError, EOFError):
                pass
        found: list[bytes] = []
        try:
            found += read_blocks(path, block_bytes=1_000_000)
        except DamagedFileError:
            assert data is not packed
        assert b"".join(found).removesuffix(b"\n") == expected.removesuffix(b"\n") or data is not packed


def test_broken_latin_and_torn_lines_are_kept_as_rejected(build: Build, line: Line) -> None:
    torn = '<http://dbpedia.org/resource/Broken\nIRI> <http://x/p> "a line"@en .\n'
    good = line("Chad", "label", '"Chad"@en')
    latin = line("Mali", "label", '"Malí"@en').encode("latin-1")
    graph = build({"labels": good.encode() + torn.encode() + latin + b"<x> .\n" + good.encode()})
    rejected = graph.rejected()
    assert [(row.line, row.reason) for row in rejected] == [
        (2, "an IRI that is not closed on its line"),
        (4, "bytes that are not UTF-8"),
        (5, "not subject, predicate, object and a dot"),
    ]
    assert rejected[0].text == torn.strip()
    assert graph.counts()["entity"] == 1


def test_torn_statements_are_rejected_once(build: Build) -> None:
    text = "<urn:a\nb\nc> .\n<urn:s> <urn:p> <urn:o> .\n<urn:d\ne> <urn:p> .\n# end\n<urn:f\ng"
    graph = build({"labels": text})
    assert [row.line for row in graph.rejected()] == [1, 5, 8]
    assert graph.counts()["triple"] == 1


def test_a_torn_statement_is_one_wherever_blocks_end(build: Build) -> None:
    lines = 560_000  # more than a block
    text = "".join(f"<urn:s{n}> <urn:predicate> <urn:an-object-that-is-long{n % 7}> .\n" for n in range(lines))
    torn = text[: 28 << 20].rfind("\n") - 9
    graph = build({"objects": text[:torn] + "\n" + text[torn:]})
    [row] = graph.rejected()
    assert row.line == text[:torn].count("\n") + 1
    assert graph.counts()["triple"] == lines - 1


def test_a_named_file_that_is_no_source_is_an_error_and_one_in_a_folder_is_reported(tmp_path: Path, line: Line) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    (folder / "labels.nt").write_text(line("Chad", "label", '"Chad"@en'))
    (folder / "README.md").write_text("Some notes.\n")
    (folder / "links.nt").write_text("<urn:a> <http://dbpedia.org/ontology/wikiPageExternalLink> <urn:b> .\n")
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    (folder / "nothing.nt").write_text("# started\n# completed\n")
    (folder / "packed.zip").write_bytes(b"PK\x03\x04 and so on")
    (folder / "packed.7z").write_bytes(b"7z\xbc\xaf and so on")
    report = build_graph(tmp_path / "kg.sqlite", sources=[folder])
    assert [text.split(" is ")[0].rsplit("/", 1)[1] for text in report.skipped] == [
        "README.md", "logo.png", "packed.7z", "packed.zip",
    ]  # fmt: skip
    assert "unpack it first" in report.skipped[2]
    errors = {Path(source.name).name: source.error for source in report.sources}
    assert errors["labels.nt"] is None
    assert "nothing of it is kept: addresses of pages about a thing (1)" in (errors["links.nt"] or "")
    assert "no statement" in (errors["nothing.nt"] or "")
    with pytest.raises(SourceError, match="binary"):
        build_graph(tmp_path / "other.sqlite", sources=[folder / "logo.png"])
    with pytest.raises(SourceError, match="does not exist"):
        build_graph(tmp_path / "other.sqlite", sources=[folder / "missing"])
    with pytest.raises(SourceError, match="is not a folder"):
        build_graph(tmp_path / "other.sqlite", sources=GraphSources([folder], images_dir=tmp_path / "missing"))


def test_names_that_are_not_utf8_are_told_and_the_rest_is_built(tmp_path: Path, line: Line) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/donn\xe9es"))
    odd.mkdir()
    (odd / "Chad.png").write_bytes(b"")
    text = line("Chad", "label", '"Chad"@en') + line("Chad", "picture", "Chad.png")
    for path in (tmp_path / "labels.nt", odd / "labels.nt", odd / "counts.csv"):
        path.write_text(text)
    report = build_graph(tmp_path / "kg.sqlite", sources=GraphSources([tmp_path], images_dir=odd))
    assert [what.endswith("is not a name in UTF-8; rename it") for what in report.skipped] == [True] * 3
    with Graph.open(tmp_path / "kg.sqlite") as graph:
        [picture] = graph.images()
        assert picture.file is None
        assert (picture.reason or "").endswith("donn\\udce9es/Chad.png' is not a name in UTF-8; rename it")
    for sources in ([odd / "labels.nt"], [odd], GraphSources([tmp_path / "labels.nt"], counts=odd / "counts.csv")):
        with pytest.raises(SourceError, match="is not a name in UTF-8; rename it"):
            build_graph(tmp_path / "other.sqlite", sources=sources)


def test_a_linked_folder_is_entered_and_each_file_read_once(tmp_path: Path, line: Line) -> None:
    real, folder = tmp_path / "real", tmp_path / "dumps"
    for path in (real, folder):
        path.mkdir()
    (real / "labels.nt").write_text(line("Chad", "label", '"Chad"@en'))
    (folder / "linked").symlink_to(real)
    (folder / "again.nt").symlink_to(real / "labels.nt")
    (real / "circle").symlink_to(folder)
    report = build_graph(tmp_path / "kg.sqlite", sources=[folder])
    assert [source.records for source in report.sources] == [1]


def test_each_dataset_is_known_by_its_predicates(tmp_path: Path, line: Line) -> None:
    files = {
        "labels": line("A", "label", '"A"@en'),
        "redirects": line("A", "redirect", "B"),
        "disambiguations": line("A", "means", "B"),
        "instance_types": line("A", "type", "Person"),
        "images": line("A", "picture", "A.png"),
        "mappingbased_objects": line("A", "team", "B"),
        "mappingbased_literals": line("A", "height", '"1.98"'),
    }
    for dataset, text in files.items():
        path = tmp_path / "any name"
        path.write_text("# started\n" + text)
        assert detect(path).dataset == dataset
