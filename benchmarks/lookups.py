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
        status = Path("/proc/self/status").read_text()
        resident, most = (int(status.split(f"{name}:")[1].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    heavy = [name for name in ("torch", "numba") if name in sys.modules]
    print(json.dumps({"opened": opened, "seconds": seconds, "resident": resident, "most": most, "heavy": heavy}))


if __name__ == "__main__":
    main()
