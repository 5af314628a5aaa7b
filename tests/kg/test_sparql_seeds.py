"""Files of seeds: one IRI a line, and what is broken is told."""

from pathlib import Path

import pytest

from kg import SourceError, read_seeds


def test_a_file_of_seeds(tmp_path: Path) -> None:
    path = tmp_path / "seeds.txt"
    path.write_bytes(
        b"\xef\xbb\xbf# a comment\r\n\r\nhttp://x/Chad\r\n<http://x/Mali>\n  http://x/Peru#part  # the country\n"
        b"http://x/R%C3%A9union\nhttp://x/R\xc3\xa9union\nhttp://x/Chad\n"
        b"Chad\nhttp://x/a b\nhttp://x/> } DROP ALL #\nhttp://x/\xe9\n<http://x/open\n"
    )
    seeds = read_seeds(path)
    assert seeds.iris == ("http://x/Chad", "http://x/Mali", "http://x/Peru#part", "http://x/R%C3%A9union")
    assert [line.split(":")[0] for line in seeds.broken] == [f"line {n}" for n in (9, 10, 11, 12, 13)]
    assert "DROP ALL" in seeds.broken[2]


@pytest.mark.parametrize(
    ("text", "words"), [(b"", "it is empty"), (b"# only\n\n", "it is empty"), (b"Chad\n", "line 1: Chad")]
)
def test_files_without_a_seed(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "seeds.txt"
    path.write_bytes(text)
    with pytest.raises(SourceError, match="holds no IRI") as caught:
        read_seeds(path)
    assert words in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(SourceError, match="cannot be read"):
            read_seeds(path)
