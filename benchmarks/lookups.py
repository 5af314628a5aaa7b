"""The process that benchmarks.candidates measures: it opens a graph and looks mentions up, and imports nothing else."""

import json
import sys
import time
from pathlib import Path

from kg import AliasIndex, Graph


def main() -> None:
    """Read the graph's path, the limit and the mentions as JSON; print what looking them up took."""
    path, limit, mentions = json.load(sys.stdin)
    start = time.perf_counter()
    with Graph.open(Path(path)) as graph:
        index = AliasIndex(graph)
        opened = time.perf_counter() - start
        seconds = []
        for mention in mentions:
            start = time.perf_counter()
            index.candidates(mention, limit=limit)
            seconds.append(time.perf_counter() - start)
        resident, most = memory_mb("VmRSS"), memory_mb("VmHWM")
    heavy = [name for name in ("torch",) if name in sys.modules]
    print(json.dumps({"opened": opened, "seconds": seconds, "resident": resident, "most": most, "heavy": heavy}))


def memory_mb(name: str) -> float:
    """Return what Linux says about this process's memory: `VmRSS` is resident now, `VmHWM` was at most."""
    return int(Path("/proc/self/status").read_text().split(f"{name}:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
