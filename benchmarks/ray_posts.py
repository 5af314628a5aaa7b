"""link-and-tag on two nodes of Ray's, an actor killed in the middle, beside link-and-tag alone: the same bytes?

python -m benchmarks.ray_posts [--posts 2000]
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.sample import read_sample, sample_index


def main() -> None:
    """Print how long each took, and whether the results are the same."""
    from ray.cluster_utils import Cluster

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=2000, help="made of the texts of kg-sample, every tenth pictured")
    wanted = parser.parse_args().posts
    with tempfile.TemporaryDirectory() as name:
        folder, index = Path(name), sample_index()
        posts = write_posts(folder / "posts.jsonl", wanted)
        alone = timed(index, posts, folder / "alone.jsonl")
        os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - as the command alone, on a busy machine too
        options = {"num_cpus": 1, "object_store_memory": 100_000_000}
        cluster = Cluster(initialize_head=True, head_node_args={**options, "include_dashboard": False})
        cluster.add_node(**options)
        try:
            ray = timed(index, posts, folder / "ray.jsonl", "--ray", cluster.address)
            threading.Thread(target=kill_one, args=(folder / "killed.jsonl.part",), daemon=True).start()
            killed = timed(index, posts, folder / "killed.jsonl", "--ray", cluster.address)
            again = timed(index, posts, folder / "again.jsonl")
        finally:
            cluster.shutdown()
        same = [
            (folder / f"{run}.jsonl").read_bytes() == (folder / "alone.jsonl").read_bytes() for run in ("ray", "killed")
        ]
        runs = {"alone": alone, "on two nodes": ray, "there, an actor killed": killed, "alone again": again}
        usual_s, usual_cpu_s = (alone[1] + again[1]) / 2, (alone[2] + again[2]) / 2
        for name, (first_s, all_s, cpu_s) in runs.items():
            told = f"first results after {first_s:.0f} s, all after {all_s:.0f} s, {all_s / usual_s:.2f} of alone"
            cpu = f"{cpu_s:.0f} s of processor time, {cpu_s / usual_cpu_s:.2f} of alone"
            print(f"{wanted:,} posts, {name}: {told}; {cpu}")
        print(f"the same bytes: {same[0]}, {same[1]}; load {os.getloadavg()[0]:.1f}")


def write_posts(path: Path, wanted: int) -> Path:
    """So many posts, each with an id of its own."""
    texts = [gold.post for gold in read_sample()]
    with path.open("w", encoding="utf-8") as file:
        for number in range(wanted):
            post = texts[number % len(texts)]
            value = {"id": number, "tokens": list(post.tokens), "image": str(post.image) if number % 10 == 0 else None}
            file.write(json.dumps(value) + "\n")
    return path


def timed(index: Path, posts: Path, out: Path, *options: str) -> tuple[float, float, float]:
    """Seconds until the first results are there, and in all; and of processor time, of the cluster too."""
    start, first_s, before = time.perf_counter(), 0.0, processor_s(os.getpid())
    command = [sys.executable, "-m", "scripts.link_and_tag", str(index), str(posts), "-o", str(out), "--cache", "none"]
    process, part = subprocess.Popen([*command, "-q", *options]), out.with_name(out.name + ".part")
    spent: dict[int, float] = {}
    while process.poll() is None:
        spent |= processor_s(os.getpid())
        if not first_s and part.exists() and part.stat().st_size:
            first_s = time.perf_counter() - start
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(process.returncode)
    return first_s, time.perf_counter() - start, sum(spent.values()) - sum(before.values())


def processor_s(pid: int) -> dict[int, float]:
    """The processor time of each process that this one has started, and they in turn."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(OSError):  # it is over
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            found |= {int(child): used} | processor_s(int(child))
    return found


def kill_one(part: Path) -> None:
    """Kill an actor when the first results are there."""
    while not (part.exists() and part.stat().st_size):
        time.sleep(0.1)
    for folder in Path("/proc").glob("[0-9]*"):
        line = (folder / "cmdline").read_bytes()
        if line.startswith(b"ray::") and b"MapBatches" in line:
            os.kill(int(folder.name), signal.SIGKILL)
            return


if __name__ == "__main__":
    main()
