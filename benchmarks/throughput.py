"""Posts a second of the whole way on kg-sample/posts: cold, cached, and where the time goes.

python -m benchmarks.throughput
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.options import take_no_options
from benchmarks.sample import GoldPost, read_sample, sample_index
from linker import Pipeline, Post, Result, result_to_json

_STAGES = ("pictures", "tagger", "mentions", "candidates", "pictured entity", "ranker", "decision", "cache")


class Clock:
    """Adds up the time spent in named calls."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(_STAGES, 0.0)
        self._running: set[str] = set()

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time added up."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            if name in self._running:  # called by another call of this name, which counts already
                return function(*args, **kwargs)
            start = time.perf_counter()
            self._running.add(name)
            try:
                return function(*args, **kwargs)
            finally:
                self._running.discard(name)
                self.seconds[name] += time.perf_counter() - start

        return timed


def watch(pipeline: Pipeline, clock: Clock) -> None:
    """Put the clock around the stages of a pipeline."""
    import linker.pipeline
    import linker.tagger_inputs

    for name, module, attribute in (
        ("pictures", linker.tagger_inputs, "read_pictures"),
        ("mentions", linker.tagger_inputs, "match_aliases"),
        ("decision", linker.pipeline, "decide"),
    ):
        function = getattr(module, attribute)
        setattr(module, attribute, clock.around(name, getattr(function, "__wrapped__", function)))
        getattr(module, attribute).__wrapped__ = getattr(function, "__wrapped__", function)
    for owner, name, attribute in (
        (pipeline.tagger, "tagger", "tag"),
        (pipeline._candidates, "candidates", "find"),
        (pipeline._candidates, "candidates", "find_in_post"),
        (pipeline._inputs._knowledge, "pictured entity", "find"),
        (pipeline._ranker, "ranker", "rank"),
        (pipeline.memory, "cache", "flush"),
    ):
        setattr(owner, attribute, clock.around(name, getattr(owner, attribute)))


def timed_run(pipeline: Pipeline, posts: Sequence[Post], *, batch_size: int = 32) -> tuple[list[Result], str]:
    """Read posts: the results; posts a second, the processor time of each, and how busy the machine was meanwhile."""
    start, start_cpu = time.perf_counter(), time.process_time()
    results = list(pipeline.run(posts, batch_size=batch_size))
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    used = f"{cpu / len(posts) * 1000:.1f} ms of processor time each, load {os.getloadavg()[0]:.1f}"
    return results, f"{len(posts) / seconds:>8.1f} posts/s ({used})"


def run(gold: Sequence[GoldPost], cache: Path, *, batch_size: int = 32) -> tuple[str, Clock, list[str]]:
    """Read the posts once: how fast, the clock, and the output."""
    clock = Clock()
    with Pipeline.open(sample_index(), cache=cache) as pipeline:
        pipeline.process([gold[0].post.__class__("warm", ("Warm", "up"))])
        watch(pipeline, clock)
        results, rate = timed_run(pipeline, [item.post for item in gold], batch_size=batch_size)
    return rate, clock, [json.dumps(result_to_json(result)) for result in results]


def main() -> None:
    """Print the table."""
    gold = read_sample()
    outputs = []
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache.sqlite"
        for name, batch_size in (("cold", 32), ("cached", 32), ("cached, batch size 1", 1)):
            rate, clock, output = run(gold, cache, batch_size=batch_size)
            outputs.append(output)
            total = sum(clock.seconds.values())
            shares = ", ".join(f"{stage} {seconds / total:.0%}" for stage, seconds in clock.seconds.items())
            print(f"{name:<24}{rate}   {shares}", flush=True)
    same = all(output == outputs[0] for output in outputs)
    print(f"the same bytes each time: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
