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
_EVERY_S = 2.0
Texts = list[tuple[tuple[str, ...], tuple[str, ...]]]


def main() -> None:
    """Print a line for each tenth of the posts, and what became of all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--stopped", type=int, default=5_000, help="posts of the run that is stopped")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder, index = Path(name), sample_index()
        posts, few = folder / "posts.jsonl", folder / "few.jsonl"
        write_posts(posts, asked.posts)
        with posts.open("rb") as lines:
            few.write_bytes(b"".join(islice(lines, asked.stopped)))
        outs = [folder / f"out.{form}" for form in ("jsonl", "csv", "parquet")]
        watch(started(index, posts, outs), folder / "out.jsonl.part", asked.posts)
        sizes = {out.name: out.stat().st_size >> 20 for out in (*outs, folder / "posts.db")}
        errors = [json.loads(line) for line in (folder / "posts.errors").read_text("utf-8").splitlines()]
        bad = [error["line"] for error in errors]
        results = (folder / "out.jsonl").read_bytes().splitlines(keepends=True)
        ids = [json.loads(line).get("id") for line in posts.read_bytes().splitlines() if b'"text"' in line]
        whole = [json.loads(line)["id"] for line in results] == ids and len(results) + len(set(bad)) == asked.posts
        print(f"{asked.posts:,} lines: {len(results):,} results, {len(bad):,} refused; none lost: {whole}; MB: {sizes}")
        stopped = stop_and_go_on(index, few, folder / "few.out.jsonl", asked.stopped // 2)
        same = stopped == b"".join(results[: asked.stopped - sum(line <= asked.stopped for line in bad)])
        print(f"the first {asked.stopped:,}, stopped in the middle and gone on with: the same bytes: {same}")


def write_posts(path: Path, wanted: int) -> None:
    """So many lines of JSON; the same number gives the same bytes."""
    source, texts = random.Random(7), read_texts()
    names = defaultdict(list)
    for tokens, tags in texts:
        for span in spans_from_tags(tags):
            names[span.type].append(tokens[span.start : span.end])
    pictures = [str(gold.post.image) for gold in read_sample()]
    with path.open("w", encoding="utf-8") as file:
        for number in range(wanted):
            tokens, tags = texts[number % len(texts)] if number < len(texts) else source.choice(texts)
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
            bad = {499: '{"id": 1, "txt": "no text"}', 250: '{"id": 2, "te'}.get(number % 500)
            file.write((bad or json.dumps(post, ensure_ascii=False)) + "\n")


def read_texts() -> Texts:
    """Words and tags of posts: those of the sample twice, whose names the graph knows, among all others."""
    texts: Texts = [(gold.post.tokens, gold.tags) for gold in read_sample()] * 2
    for pattern in _FILES:
        for path in sorted((SHARED / "data").glob(pattern)):
            texts += [(post.tokens, post.tags) for post in read_posts(path) if post.tokens]
    random.Random(3).shuffle(texts)
    return texts


def started(index: Path, posts: Path, outs: list[Path], *options: str) -> subprocess.Popen[bytes]:
    """The command, as a user types it; only the cache and the bad lines have places of their own."""
    command = [sys.executable, "-m", "scripts.link_and_tag", str(index), str(posts), "--images", str(SAMPLE / "posts")]
    command += [part for out in outs for part in ("-o", str(out))] + ["--cache", str(posts.with_suffix(".db"))]
    return subprocess.Popen([*command, "--errors", str(posts.with_suffix(".errors")), *options])


def watch(process: subprocess.Popen[bytes], part: Path, wanted: int) -> None:
    """Print how fast posts are read, in each tenth of them and in all, and the memory meanwhile."""
    seen, done, place = [(time.monotonic(), 0, 0.0)], 0, 0
    told = seen[0]
    while process.poll() is None:
        time.sleep(_EVERY_S)
        with suppress(FileNotFoundError), part.open("rb") as file:
            file.seek(place)
            new = file.read()
            done, place = done + new.count(b"\n"), place + len(new)
        if process.poll() is None:
            seen.append((time.monotonic(), done, own_mb(process.pid)))
        if done * 10 // wanted > told[1] * 10 // wanted:
            tell(f"{done:>8,} posts", told, seen[-1])
            told = seen[-1]
    reading = [one for one in seen if 0 < one[1] < done]
    tell("all", reading[0], reading[-1])
    later = np.array([one for one in reading if one[1] > done / 2])
    slope, _ = np.polyfit(later[:, 1] / 10_000, later[:, 2], 1)
    most = max(memory for _, count, memory in seen if count == done)
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
