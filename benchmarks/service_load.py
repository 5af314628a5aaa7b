"""kgmner-serve under load: 1, 8 and 64 clients, a post each at a time, beside the command's loop on the same posts.

python -m benchmarks.service_load [--seconds 120] [--clients 1 8 64] [--workers 1] [--text]
"""

import argparse
import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.sample import read_sample, sample_index
from linker import Pipeline, Post

_BATCH = 32


def main() -> None:
    """Print a line for each number of clients, and what became of clients that behave badly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120, help="how long each number of clients asks")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--text", action="store_true", help="leave the pictures out")
    options = parser.parse_args()
    index, posts = sample_index(), [gold.post for gold in read_sample()][: _BATCH * 4]
    posts = [replace(post, image=None) for post in posts] if options.text else posts
    with tempfile.TemporaryDirectory() as folder, Pipeline.open(index, keep_cache=False) as pipeline:
        process, address = started(index, options.workers, Path(folder) / "log")
        try:
            for place in range(0, len(posts), _BATCH):  # both have seen all of them once
                pipeline.process(posts[place : place + _BATCH])
                warm = [as_sent(post) for post in posts[place : place + _BATCH]]
                httpx.post(f"{address}/v1/annotate", json=warm, timeout=60).raise_for_status()
            before = loop(pipeline, posts, options.seconds, process.pid)
            for clients in options.clients:
                asked = asyncio.run(load(process.pid, address, posts, clients, options.seconds))
                after = loop(pipeline, posts, options.seconds, process.pid)
                rate, cpu = ((one + other) / 2 for one, other in zip(before, after, strict=True))
                told = f"the command's loop before and after {rate:.1f} posts/s, {cpu * 1e3:.0f} ms of processor"
                shares = f"{asked.rate / rate:.2f} of its posts/s, {cpu / asked.cpu_s:.2f} by processor time"
                print(f"{clients} clients: {asked.told}; {told}: {shares}; load {os.getloadavg()[0]:.0f}", flush=True)
                before = after
            hostile = asyncio.run(badly_behaved(address))
            print(f"a client that stops halfway, then 2 GB announced, then 2 GB streamed: {hostile}", flush=True)
            print(f"SIGTERM among 64 clients: {asyncio.run(stopped(process, address, posts))}")
        finally:
            process.kill()
            process.wait()


def loop(pipeline: Pipeline, posts: list[Post], seconds: float, idle: int) -> tuple[float, float]:
    """Posts a second, and processor seconds a post, of ``link-and-tag --cache none`` between loading and writing.

    Args:
        pipeline: What reads them.
        posts: The posts, again and again.
        seconds: For how long.
        idle: The process of the service, whose time does not count here.
    """
    start, start_cpu = time.perf_counter(), cpu_s(os.getpid()) - cpu_s(idle)
    for done, _ in enumerate(pipeline.run(posts * 1000, batch_size=_BATCH), 1):
        if done % _BATCH == 0 and time.perf_counter() - start > seconds:
            break
    used_s = cpu_s(os.getpid()) - cpu_s(idle) - start_cpu
    return done / (time.perf_counter() - start), used_s / done


def started(index: Path, workers: int, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A service that is ready, and its address."""
    command = [sys.executable, "-m", "scripts.kgmner_serve", str(index), "--port", "0", "--workers", str(workers)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, stderr=file)
    while True:
        time.sleep(0.5)
        lines = log.read_text("utf-8").splitlines()
        if lines and httpx.get(f"{(address := json.loads(lines[0])['address'])}/v1/ready", timeout=60).is_success:
            return process, address


def as_sent(post: Post) -> dict[str, Any]:
    """A post as a client sends it."""
    value = {"id": post.id, "tokens": list(post.tokens)}
    if isinstance(post.image, Path):
        value["image"] = base64.b64encode(post.image.read_bytes()).decode()
    return value


@dataclass(frozen=True, slots=True)
class Load:
    """What came of asking."""

    rate: float  # posts a second
    cpu_s: float  # processor seconds a post
    told: str


async def load(pid: int, address: str, posts: list[Post], clients: int, seconds: float) -> Load:
    """Ask for so long with so many clients."""
    numbers, times, statuses, memory = count(), [], [], []
    start, start_cpu = time.perf_counter(), cpu_s(pid)

    async def client() -> None:
        async with httpx.AsyncClient(base_url=address, timeout=60) as http:
            while time.perf_counter() - start < seconds:
                body = as_sent(posts[next(numbers) % len(posts)])
                asked = time.perf_counter()
                statuses.append((await http.post("/v1/annotate", json=body)).status_code)
                times.append(time.perf_counter() - asked)

    async def watch() -> None:
        while time.perf_counter() - start < seconds:
            memory.append(own_mb(pid))
            await asyncio.sleep(0.5)

    await asyncio.gather(watch(), *(client() for _ in range(clients)))
    rate = statuses.count(200) / (time.perf_counter() - start)
    cpu = (cpu_s(pid) - start_cpu) / statuses.count(200)
    later = memory[len(memory) // 3 :]
    slope = np.polyfit(np.arange(len(later)) / 120, later, 1)[0]
    p50, p99 = np.percentile(times, (50, 99))
    told = (
        f"{rate:.1f} posts/s, {cpu * 1e3:.0f} ms of processor each, p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms; "
        f"{len(statuses)} asked, {statuses.count(200)} read, {len(statuses) - statuses.count(200)} refused; "
        f"memory {later[-1]:.0f} MB, slope {slope:+.1f} MB/min"
    )
    return Load(rate, cpu, told)


async def badly_behaved(address: str) -> list[str]:
    """What a client that stops halfway, one that announces 2 GB and one that streams them are told."""
    host, port = address.removeprefix("http://").split(":")
    head, told = b"POST /v1/annotate HTTP/1.1\r\nHost: x\r\n", []
    for rest in (
        b"Content-Length: 99\r\n\r\n{",
        b"Content-Length: 2000000000\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head + rest)
        sent = 0
        if b"99\r" in rest:
            writer.close()
            told.append("left")
            continue
        try:
            while b"chunked" in rest and sent < 2_000_000_000 and not reader._buffer:  # type: ignore[attr-defined]
                writer.write(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
                await writer.drain()
                sent += 0x100000
        except ConnectionError:
            pass
        try:
            line = (await reader.read(100)).split(b"\r\n")[0].decode()
        except ConnectionError as error:
            line = type(error).__name__
        told.append(f"{line} after {sent / 1e6:.0f} MB")
        writer.close()
    return told


async def stopped(process: subprocess.Popen[bytes], address: str, posts: list[Post]) -> str:
    """Stop the service while 64 clients wait: how many were answered, refused, or lost."""
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=httpx.Limits(max_connections=64)) as http:
        bodies = [as_sent(post) for post in posts[:64]]
        asked = [asyncio.ensure_future(http.post("/v1/annotate", json=body)) for body in bodies]
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*asked, return_exceptions=True)
    statuses = [str(one.status_code) if isinstance(one, httpx.Response) else type(one).__name__ for one in answers]
    status = await asyncio.to_thread(process.wait)
    return f"{ {name: statuses.count(name) for name in sorted(set(statuses))} }, exit status {status}"


def own_mb(pid: int) -> float:
    """The memory of a process and of those that it started, without the pages of files."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    own = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))
    return own + sum(map(own_mb, _children(pid)))


def cpu_s(pid: int) -> float:
    """The processor time of a process and of those that it started."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(map(cpu_s, _children(pid)))


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


if __name__ == "__main__":
    main()
