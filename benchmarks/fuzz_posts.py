"""Mutated files of posts and tagged files: no traceback, and each line a post or named.

``python -m benchmarks.fuzz_posts [LINES] [SEED]`` reads so many lines (100,000) in files of a few lines, each changed
in some places; ``--link INDEX`` sends one file in a hundred through the whole of link-and-tag as well.
"""

import gzip
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click

from linker import Post, PostError, read_posts
from ner import FormatError, TextFile
from ner import read_posts as read_tagged

_WORDS = [
    "Jakarta",
    "here",
    "we",
    "come",
    "#GraceHopper",
    "北京",
    "𝐉𝐚𝐤",
    "a\u200bb",
    "O",
    "\ufeff",
    "\\ud83d",
    "🇹🇩",
    "-",
]
PIECES = [
    *('"', "'", "\\", "{", "}", "[", "]", ",", ":", "\t", " ", "\n", "\r", "\r\n", "\0", "#", "# id = 1", "IMGID:7"),
    *("-DOCSTART-", "null", "NaN", "1e999", "-1", '"text"', '"data"', '"id"', "\ufeff", "\u2028", "\x85", "sep=;"),
    *("B-PER", "I-", "E-LOC", "S_ORG", "(PER*", "*)", "_", "9" * 5000, "[" * 3000, "\udcff", "data:image/png;base64,A"),
]


def _json_lines(source: random.Random) -> str:
    return "".join(json.dumps(_post(source), ensure_ascii=source.random() < 0.5) + "\n" for _ in range(4))


def _post(source: random.Random) -> dict[str, object]:
    words = source.choices(_WORDS, k=source.randrange(6))
    odd = [None, 1, 1.5, float("nan"), True, [], {}, "", "a/b.jpg", "http://a/b.png", ["a"], {"path": "x"}, "file:///c"]
    post: dict[str, object] = {"id": source.choice([*odd, "7", "8"]), "text": source.choice([" ".join(words), words])}
    for name in ("tokens", "image", "caption", "mentions", "id_str", "full_text", "entities"):
        if source.random() < 0.2:
            post[name] = source.choice([*odd, words, [{"start": 0, "end": source.randrange(9)}]])
    return post


def _array(source: random.Random) -> str:
    indent = source.choice([None, 1])
    posts = [_post(source) for _ in range(4)]
    return json.dumps(source.choice([posts, {"data": posts, "meta": {}}, {"meta": 1, "data": posts}]), indent=indent)


def _table(source: random.Random) -> str:
    delimiter = source.choice([",", "\t", ";", "|"])
    rows = [[str(place), '"' + " ".join(source.choices(_WORDS, k=3)) + '"', ""] for place in range(4)]
    return "\n".join(delimiter.join(row) for row in [["id", "text", "image"], *rows])


def _columns(source: random.Random) -> str:
    tags = source.choice(
        [["B-PER", "I-PER", "O"], ["S-LOC", "B-LOC", "E-LOC"], ["PER", "O"], ["(ORG*", "*)", "*"], [""]]
    )
    separator = source.choice(["\t", " ", "  ", "\t_\t", " NN "])
    return "\n".join(
        source.choice(_WORDS) + separator + source.choice(tags) if source.random() < 0.8 else "" for _ in range(6)
    )


def _text(source: random.Random) -> str:
    return "\n".join(" ".join(source.choices(_WORDS, k=5)) for _ in range(4))


MAKERS: tuple[Callable[[random.Random], str], ...] = (_json_lines, _array, _table, _columns, _text)


def mutated(source: random.Random) -> bytes:
    """A file of some kind with a few changes: pieces put in, cut out, repeated; bytes; packed; in another encoding."""
    text = source.choice(MAKERS)(source)
    for _ in range(source.choice([0, 1, 1, 2, 5])):
        place = source.randrange(len(text) + 1)
        text = (
            text[:place]
            + source.choice([source.choice(PIECES), "", text[:place]])
            + text[place + source.randrange(3) :]
        )
    data = text.encode(source.choice(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16"]), "surrogatepass")
    if source.random() < 0.1:
        place = source.randrange(len(data) + 1)
        data = data[:place] + source.randbytes(source.randrange(4)) + data[place:]
    if source.random() < 0.05:
        data = gzip.compress(data, mtime=0)[: source.choice([None, -9, 12])]
    return data


def check(path: Path) -> Counter[str]:
    """Read a file as posts and as tagged posts, and see that nothing is lost; what it had.

    Raises:
        AssertionError: A line with a word in it is neither in a post nor named.
    """
    told: list[str] = []
    try:
        items = list(read_posts(path, tell=told.append))
    except FormatError as error:
        assert "\n" not in str(error), str(error)
        return Counter({"files named": 1})
    found = Counter("named" if isinstance(item, PostError) else "posts" for item in items)
    for item in items:
        if isinstance(item, Post):
            "".join(map(str, [item.id, item.text, *item.tokens, item.image_error])).encode()
        else:
            assert item.reason and "\n" not in item.reason, item.reason
            item.text.encode()
    assert len(told) == bool(told or found["posts"])
    _account(path, "".join(told), items)
    if "columns" in "".join(told):
        try:
            found["tagged posts"] += len(read_tagged(path))
        except FormatError as error:
            assert "\n" not in str(error), str(error)
            found["tagged files named"] += 1
    return found


def _account(path: Path, form: str, items: list[Post | PostError]) -> None:
    """See that every line of a file, or the word in it, came out."""
    with TextFile(path) as file:
        lines = {number: line for number, line in file.lines() if line.strip()}
    places = {item.line for item in items}
    if "post a line" in form:
        lost = [number for number, line in lines.items() if number not in places and line.strip("\ufeff \t")]
        assert not lost, f"{form}: lines {lost} are lost"
    elif "columns of words" in form and not any(isinstance(item, PostError) for item in items):
        words = "\n".join(" ".join(item.tokens) for item in items if isinstance(item, Post))
        passed_over = ("#", "-", "IMGID:", "\ufeff")
        lost = [
            number
            for number, line in lines.items()
            if line[0] not in " \t"  # which may be an empty word with its tag
            and not line.startswith(passed_over)
            and not any(cell and cell in words for cell in re.split("[ \t]+", line))
        ]
        assert not lost, f"{form}: lines {lost} are lost"
    elif items:
        assert all(item.line or isinstance(item, PostError) for item in items)


@click.command()
@click.argument("lines", type=int, default=100_000)
@click.argument("seed", type=int, default=0)
@click.option(
    "--link", "index", type=click.Path(path_type=Path), metavar="INDEX", help="Link one file in a hundred too."
)
def main(lines: int, seed: int, index: Path | None) -> None:
    """Read mutated lines of posts, and say what came of them."""
    from click.testing import CliRunner

    from scripts.link_and_tag import main as link_and_tag

    source, found = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posts"
        while found["lines"] < lines:
            data = mutated(source)
            path.write_bytes(data)
            found["files"] += 1
            found["lines"] += data.count(b"\n") + 1
            try:
                found += check(path)
                if index is not None and found["files"] % 100 == 0:
                    result = CliRunner().invoke(link_and_tag, [str(index), str(path), "--cache", "none"])
                    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
                    assert result.exit_code in (0, 1), result.output
                    found["linked files"] += 1
            except Exception:
                sys.stderr.write(f"seed {seed}, file {found['files']}: {data!r}\n")
                raise
    click.echo(", ".join(f"{count:,} {what}" for what, count in found.items()))


if __name__ == "__main__":
    main()
