"""kgmner-serve under load: 1, 8 and 64 clients, a post each at a time, beside link-and-tag on the same posts.

python -m benchmarks.service_load [--seconds 120] [--command-seconds 30] [--clients 1 8 64] [--workers 1] [--text]

Whoever asks has every request ready as bytes, and its processor time is told: what is measured is the service.
"""

import argparse
import asyncio
import base64
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.sample import read_sample, sample_index
from linker import Post

_POSTS = 128
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)")


def main() -> None:
    """Print a line for each number of clients, and what became of clients that behave badly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120, help="how long each number of clients asks")
    parser.add_argument("--command-seconds", type=float, default=30, help="how long the command reads; 0: not at all")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--text", action="store_true", help="leave the pictures out")
    options = parser.parse_args()
    index, posts = sample_index(), [gold.post for gold in read_sample()][:_POSTS]
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "posts.jsonl"
        file.write_text("".join(json.dumps(as_written(post, options.text)) + "\n" for post in posts) * 1000)
        for size in (32, 1) if options.command_seconds else ():
            rates[size], told = command(index, file, size, options.command_seconds)
            print(f"link-and-tag --batch-size {size}: {told}", flush=True)
        process, address = started(index, options.workers, Path(folder) / "log")
        requests = [as_request(json.dumps(as_sent(post, options.text)).encode()) for post in posts]
        try:
            for place in range(0, len(posts), 32):  # all of them once
                warm = [as_sent(post, options.text) for post in posts[place : place + 32]]
                httpx.post(f"{address}/v1/annotate", json=warm, timeout=60).raise_for_status()
            for clients in options.clients:
                asked = asyncio.run(load(process.pid, address, requests, clients, options.seconds))
                shares = ", ".join(f"{asked.rate / rate:.2f} of batches of {size}" for size, rate in rates.items())
                print(f"{clients} clients: {asked.told}; {shares}; load {os.getloadavg()[0]:.1f}", flush=True)
            hostile = asyncio.run(badly_behaved(address))
            print(f"a client that stops halfway, then 2 GB announced, then 2 GB streamed: {hostile}", flush=True)
            print(f"SIGTERM among 64 clients: {asyncio.run(stopped(process, address, posts))}")
        finally:
            process.kill()
            process.wait()


def command(index: Path, file: Path, batch_size: int, seconds: float) -> tuple[float, str]:
    """Posts a second of ``link-and-tag --cache none`` once it has read the posts twice, and that in words."""
    given = [str(index), str(file), "--cache", "none", "--batch-size", str(batch_size)]
    with subprocess.Popen([sys.executable, "-m", "scripts.link_and_tag", *given], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for done, _ in enumerate(process.stdout, 1 - 2 * _POSTS):
            if done == 0:
                start, start_cpu, start_mb = time.perf_counter(), cpu_s(process.pid), own_mb(process.pid)
            if done > 0 and done % 32 == 0 and time.perf_counter() - start > seconds:
                break
        rate, cpu = done / (time.perf_counter() - start), (cpu_s(process.pid) - start_cpu) / done
        memory = f"memory {start_mb:.0f} to {own_mb(process.pid):.0f} MB"
        process.kill()
    return rate, f"{rate:.1f} posts/s, {cpu * 1e3:.1f} ms of processor each; {memory}"


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


def as_written(post: Post, text: bool) -> dict[str, Any]:
    """A post as it stands in a file of posts."""
    value = {"id": post.id, "tokens": list(post.tokens)}
    return value | ({"image": str(post.image)} if isinstance(post.image, Path) and not text else {})


def as_sent(post: Post, text: bool) -> dict[str, Any]:
    """A post as a client sends it."""
    value = as_written(post, text)
    return value | ({"image": base64.b64encode(Path(value["image"]).read_bytes()).decode()} if "image" in value else {})


def as_request(body: bytes) -> bytes:
    """A whole request."""
    head = f"POST /v1/annotate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


@dataclass(frozen=True, slots=True)
class Load:
    """What came of asking."""

    rate: float  # posts a second
    told: str


async def load(pid: int, address: str, requests: Sequence[bytes], clients: int, seconds: float) -> Load:
    """Ask for so long with so many clients."""
    host, port = address.removeprefix("http://").split(":")
    numbers, times, statuses, memory = count(), [], [], []
    start, start_cpu, start_own = time.perf_counter(), cpu_s(pid), time.process_time()

    async def client() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while (asked := time.perf_counter()) - start < seconds:
            writer.write(requests[next(numbers) % len(requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            assert length is not None, head
            await reader.readexactly(int(length[1]))
            statuses.append(int(head.split(b" ", 2)[1]))
            times.append(time.perf_counter() - asked)
        writer.close()

    async def watch() -> None:
        while time.perf_counter() - start < seconds:
            memory.append(own_mb(pid))
            await asyncio.sleep(0.5)

    await asyncio.gather(watch(), *(client() for _ in range(clients)))
    read, took_s = statuses.count(200), time.perf_counter() - start
    cpu, own = (cpu_s(pid) - start_cpu) / read, (time.process_time() - start_own) / read
    later = memory[len(memory) // 2 :]
    slope = np.polyfit(np.arange(len(later)) / 120, later, 1)[0]
    p50, p99 = np.percentile(times, (50, 99))
    told = (
        f"{read / took_s:.1f} posts/s, {cpu * 1e3:.1f} ms of processor each (asking took {own * 1e3:.2f} more), "
        f"p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms; "
        f"{len(statuses)} asked, {read} read, {len(statuses) - read} refused; "
        f"memory {np.mean(memory[:20]):.0f} MB first, {np.mean(memory[-20:]):.0f} last, {max(memory):.0f} at most, "
        f"slope of the last half {slope:+.1f} MB/min"
    )
    return Load(read / took_s, told)


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
        bodies = [as_sent(post, text=False) for post in posts[:64]]
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
