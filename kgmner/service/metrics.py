"""What the service counts, for Prometheus; of several workers all together."""

import os
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

REQUESTS = Counter("kgmner_requests", "Requests, by what they asked for and how they were answered", ("path", "status"))
SECONDS = Histogram("kgmner_request_seconds", "From a request's first byte to its answer", ("path",))
POSTS = Counter("kgmner_posts", "Posts: read, bad (no post) or failed", ("outcome",))
AT_ONCE = Histogram("kgmner_posts_at_once", "Posts that were read at once", buckets=(1, 2, 4, 8, 16, 32))
WAITING = Gauge("kgmner_posts_waiting", "Posts that wait", multiprocess_mode="livesum")


def metrics_text() -> bytes:
    """All of them, in Prometheus' text form."""
    if (folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR")) is None:
        return generate_latest()
    for file in Path(folder).glob("gauge_live*.db"):  # nobody waits any more in a worker that was killed
        try:
            os.kill(int(pid := file.stem.rpartition("_")[2]), 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):  # another worker was quicker
                mark_process_dead(pid)  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
