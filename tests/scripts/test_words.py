"""What is said of results in words, and the page that link-and-tag makes of them."""

from pathlib import Path

import pytest

from kg import Fact
from scripts._words import knowledge_in_words, name_of, spaced


def test_the_page_is_made_of_all_posts(run, index: Path, posts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    result = run("link-and-tag", index, posts, "-o", out, "--cache", "none")
    assert result.exit_code == 0, result.stderr
    html = out.read_text("utf-8")
    assert html.count('"error":"damaged JPEG picture') == 1
    assert html.count('{"id":"') == 26
    assert 0 < html.count("data:image/jpeg;base64,") < 2 * 26
    assert [file.name for file in tmp_path.iterdir()] == ["out.html"]


def test_words() -> None:
    assert name_of("http://dbpedia.org/resource/S%C3%A3o_Paulo") == "São Paulo"
    assert name_of("plain") == "plain"
    assert spaced("launchVehicle") == "launch vehicle"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("athlete", "is an athlete"),
        ("basketball player", "is a basketball player"),
        ("university", "is a university"),
        ("unincorporated place", "is an unincorporated place"),
        ("U.S. state", "is a U.S. state"),
        ("Island", "is an Island"),
    ],
)
def test_the_article_fits_the_word(kind: str, words: str) -> None:
    assert knowledge_in_words([Fact("Kobe Bryant", "is a", kind)]) == [f"Kobe Bryant: {words}"]
