"""Very many posts through link-and-tag: posts a second, its memory on the way, and whether a post is lost.

The texts are those of the training files under shared, their names changed for other ones; some posts are pictured,
some are no posts. A second run of the first ones is stopped by Ctrl-C and goes on with --resume.

python -m benchmarks.many_posts [--posts 100000] [--stopped 5000]
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.sample import SAMPLE, SHARED, WORK, read_sample, sample_index
from benchmarks.service_load import own_mb
from ner import read_posts, spans_from_tags

_FILES = ("twitter2015/train.txt", "twitter2017/train.txt", "ner-text/wnut17/wnut17train.conll", "ner-text/btc/*.conll")
_EMOJI = "😀😂🎉🔥🇹🇩❤️👍🏽🏴‍☠️"
_BAD = {499: '{"id": 1, "txt": "no text"}\n', 250: '{"id": 2, "te\n'}  # by their places in each 500 lines
_EVERY_S = 2.0


def main() -> None:
    """Print a line for each tenth of the posts, and what became of all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--stopped", type=int, default=5_000, help="posts of the run that is stopped")
    asked = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a command that a shell runs behind itself ignores it
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder, index = Path(name), sample_index()
        posts, few = folder / "posts.jsonl", folder / "few.jsonl"
        write_posts(posts, asked.posts)
        with posts.open("rb") as lines:
            few.write_bytes(b"".join(islice(lines, asked.stopped)))
        outs = [folder / f"out.{form}" for form in ("jsonl", "csv", "parquet")]
        watch(started(index, posts, outs), folder / "out.jsonl.part", asked.posts)
        bad = [json.loads(line)["line"] for line in (folder / "posts.errors").read_bytes().splitlines()]
        results = outs[0].read_bytes().splitlines(keepends=True)
        ids = [json.loads(line)["id"] for line in posts.read_bytes().splitlines() if b'"text"' in line]
        whole = [json.loads(line)["id"] for line in results] == ids and len(results) + len(set(bad)) == asked.posts
        print(f"{asked.posts:,} lines: {len(results):,} results, {len(bad):,} lines named; nothing lost: {whole}")
        print({path.name: f"{path.stat().st_size / 1e6:.1f} MB" for path in (*outs, folder / "posts.db")}, flush=True)
        found = stop_and_go_on(index, few, folder / "few.out.jsonl", asked.stopped // 2)
        same = found == b"".join(results[: asked.stopped - sum(line <= asked.stopped for line in bad)])
        print(f"the first {asked.stopped:,}, stopped in the middle and gone on with: the same bytes: {same}")


def write_posts(path: Path, wanted: int) -> None:
    """So many lines of JSON; the same number gives the same bytes."""
    source, names = random.Random(7), defaultdict(list)
    texts = [(gold.post.tokens, gold.tags) for gold in read_sample()] * 2  # whose names the graph knows
    for file in sorted(file for pattern in _FILES for file in (SHARED / "data").glob(pattern)):
        texts += [(post.tokens, post.tags) for post in read_posts(file) if post.tokens]
    source.shuffle(texts)
    for tokens, tags in texts:
        for span in spans_from_tags(tags):
            names[span.type].append(tokens[span.start : span.end])
    pictures = [str(gold.post.image) for gold in read_sample()]
    with path.open("w", encoding="utf-8") as lines:
        for number in range(wanted):
            tokens, tags = texts[number % len(texts)]
            words = list(tokens)
            for span in reversed(spans_from_tags(tags)):
                words[span.start : span.end] = source.choice(names[span.type])
            post = {"id": number, "text": f"{' '.join(words)} {number}"}
            if number % 50 == 0:
                post["image"] = source.choice(pictures)
            elif number % 331 == 0:
                post["image"] = "not/there.jpg"
            elif number % 211 == 0:
                post["id"] = number - 1
            elif number % 97 == 0:
                post["text"] = "".join(source.choices(_EMOJI, k=5))
            lines.write(_BAD.get(number % 500) or json.dumps(post, ensure_ascii=False) + "\n")


def started(index: Path, posts: Path, outs: list[Path], *options: str) -> subprocess.Popen[bytes]:
    """The command, as a user types it; only the cache and the bad lines have places of their own."""
    command = [sys.executable, "-m", "scripts.link_and_tag", str(index), str(posts), "--images", str(SAMPLE / "posts")]
    command += [part for out in outs for part in ("-o", str(out))] + ["--cache", str(posts.with_suffix(".db"))]
    return subprocess.Popen([*command, "--errors", str(posts.with_suffix(".errors")), *options])


def watch(process: subprocess.Popen[bytes], part: Path, wanted: int) -> None:
    """Print how fast posts are read, in each tenth of them and in all, and the memory meanwhile."""
    looks, done, place = [(time.monotonic(), 0, 0.0)], 0, 0
    told = looks[0]
    while process.poll() is None:
        with suppress(OSError, StopIteration):  # the process has just ended, or has not begun to write
            looks.append((time.monotonic(), done, own_mb(process.pid)))
            with part.open("rb") as file:
                file.seek(place)
                new = file.read()
            done, place = done + new.count(b"\n"), place + len(new)
        if looks[-1][1] * 10 // wanted > told[1] * 10 // wanted:
            tell(f"{looks[-1][1]:>9,} posts", told, looks[-1])
            told = looks[-1]
        time.sleep(_EVERY_S)
    reading = [look for look in looks if 0 < look[1] < done]
    tell("in all, without loading", reading[0], reading[-1])
    later = np.array([look for look in reading if look[1] > done / 2])
    slope, _ = np.polyfit(later[:, 1] / 10_000, later[:, 2], 1)
    most = max(memory for _, count, memory in looks if count == done)
    print(f"second half: {slope:+.1f} MB per 10,000 posts; while tables are written {most:.0f} MB", flush=True)


def tell(what: str, before: tuple[float, int, float], after: tuple[float, int, float]) -> None:
    """Print what was between two looks."""
    rate = (after[1] - before[1]) / (after[0] - before[0])
    print(f"{what}: {rate:.1f} posts/s, {after[2]:.0f} MB; load {os.getloadavg()[0]:.1f}", flush=True)


def stop_and_go_on(index: Path, posts: Path, out: Path, enough: int) -> bytes:
    """Stop the command when so many results are there, go on, and return what came of it."""
    process, part = started(index, posts, [out]), out.with_name(out.name + ".part")
    while process.poll() is None and not (part.exists() and part.read_bytes().count(b"\n") > enough):
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    print(f"stopped: exit status {process.wait()}", flush=True)
    started(index, posts, [out], "--resume").wait()
    return out.read_bytes()


if __name__ == "__main__":
    main()
