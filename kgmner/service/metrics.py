"""What the service counts, for Prometheus; of several workers all together."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Counter("kgmner_requests", "Requests, by what they asked for and how they were answered", ("path", "status"))
SECONDS = Histogram("kgmner_request_seconds", "From a request's first byte to its answer", ("path",))
POSTS = Counter("kgmner_posts", "Posts: read, bad (no post) or failed", ("outcome",))
AT_ONCE = Histogram("kgmner_posts_at_once", "Posts that were read at once", buckets=(1, 2, 4, 8, 16, 32))
WAITING = Gauge("kgmner_posts_waiting", "Posts that wait", multiprocess_mode="livesum")


def metrics_text() -> bytes:
    """All of them, in Prometheus' text form."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
