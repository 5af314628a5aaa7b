"""A folder given to ``--dump``: every file in it is used, or named with the reason; and a user without rights."""

import gzip
import lzma
import os
import subprocess
import sys
from pathlib import Path

from backports import zstd

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"


def label(name: str) -> bytes:
    return f'<http://e/{name}> {LABEL} "{name}"@en .\n'.encode()


def test_every_file_is_accounted_for(run, tmp_path: Path) -> None:
    folder, real = tmp_path / "dumps", tmp_path / "real"
    for made in (folder / "below", folder / ".git", real):
        made.mkdir(parents=True)
    (folder / "a.nt.xz").write_bytes(lzma.compress(label("A")))
    (folder / "below" / "b.nt.gz").write_bytes(gzip.compress(label("B")))
    (real / "c.nt").write_bytes(label("C"))
    (folder / "z.nt.zst").write_bytes(zstd.compress(label("Z")))
    (folder / "linked").symlink_to(real)
    (folder / "again.nt").symlink_to(real / "c.nt")
    unused = {
        "d.7z": (b"7z\xbc\xaf....", "a 7z archive; unpack it first"),
        "e.zip": (b"PK\x03\x04....", "zip archive"),
        "f.tar": (b"\0".join([b"f.nt"] + [b""] * 253) + b"ustar", "tar archive"),
        "notes.md": (b"Some notes.\n", "neither statements nor a table"),
        "photo.dat": (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", "a binary file"),
        ".hidden.nt": (label("H"), "hidden"),
    }
    for name, (content, _) in unused.items():
        (folder / name).write_bytes(content)
    (folder / "broken.nt").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    result = run("build-kg-index", tmp_path / "index", "--dump", folder)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{tmp_path / 'index'}: 4 entities")
    said = [line for line in result.stderr.splitlines() if line.startswith("not used: ")]
    for name, reason in ({name: reason for name, (_, reason) in unused.items()} | {".git": "hidden"}).items():
        assert any(f"{folder / name} " in line and reason in line for line in said), name
    assert any("broken.nt is a closed folder, a link to nothing" in line for line in said)
    assert any("pipe is a closed folder" in line for line in said)
    assert any("is the same file as" in line for line in said)
    assert len(said) == len(unused) + 4


def test_of_many_unused_files_the_first_are_named_and_all_are_counted(run, tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    (folder / "good.nt").write_bytes(label("Good"))
    for number in range(60):
        (folder / f"{number}.dat").write_bytes(b"\xff\xd8\0\0\0\0")
        (folder / f"{number}.JPG").write_bytes(b"\xff\xd8\0\0\0\0")
    (folder / "z.7z").write_bytes(b"7z\xbc\xaf....")
    said = run("build-kg-index", tmp_path / "index", "--dump", folder).stderr.splitlines()
    assert said[0].startswith(f"not used: {folder / 'z.7z'} is a 7z archive")
    assert "not used: 41 more files (41 .dat)" in said
    assert "60 pictures beside the sources: used where a source names them" in said


def test_a_tables_reading_is_said(run, tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("Q1\tP31\tQ2\nQ2\tP31\tQ3\n")
    result = run("build-kg-index", tmp_path / "index", "--dump", tmp_path / "train.txt")
    assert "train.txt: it has no header, and was read as subject, predicate and object" in result.stderr
    assert "2 objects taken for entities, 0 for texts" in result.stderr


def test_language_sets_the_order_of_labels(run, tmp_path: Path) -> None:
    (tmp_path / "l.nt").write_text(f'<http://e/a> {LABEL} "Town"@en .\n<http://e/a> {LABEL} "Stadt"@de .\n')
    for option, expected in ((), "Town"), (("--language", "de,en"), "Stadt"), (("--language", "fr"), "Town"):
        index = tmp_path / (expected + "".join(option))
        assert run("build-kg-index", index, "--dump", tmp_path / "l.nt", *option).exit_code == 0
        assert f'"label": "{expected}"' in run("kg-cache", index, "show", "http://e/a", "--json").stdout
    wrong = run("build-kg-index", tmp_path / "index", "--dump", tmp_path / "l.nt", "--language", "german!")
    assert (wrong.exit_code, "tags like en or pt-BR" in wrong.stderr) == (1, True)


_WRITES_NOWHERE_ELSE = """
import os, sys

def refuse(event, given):
    is_written = event == "open" and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    writes = event in ("os.mkdir", "os.rename") or is_written
    if writes and isinstance(given[0], (str, bytes, os.PathLike)):
        path = os.path.abspath(os.fsdecode(given[0]))
        if not path.startswith((os.getcwd(), "/dev/")):
            raise PermissionError(13, "Permission denied", path)

sys.addaudithook(refuse)
from scripts.build_kg_index import main
main()
"""


def test_a_user_who_may_write_neither_packages_nor_a_home_folder(tmp_path: Path) -> None:
    (tmp_path / "l.nt").write_bytes(label("A"))
    environment = {"PATH": os.environ["PATH"], "HOME": "/dev/null", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", _WRITES_NOWHERE_ELSE, "index", "--dump", "l.nt"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    assert (result.returncode, result.stdout[:16]) == (0, "index: 1 entity,"), result.stderr
