"""Posts a second of the whole way on kg-sample/posts: cold, cached, and where the time goes.

python -m benchmarks.throughput
"""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.options import take_no_options
from benchmarks.sample import GoldPost, read_sample, sample_index
from linker import Pipeline, result_to_json

_STAGES = ("pictures", "tagger", "mentions", "candidates", "pictured entity", "decision", "cache")


class Clock:
    """Adds up the time spent in named calls."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(_STAGES, 0.0)

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time added up."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[name] += time.perf_counter() - start

        return timed


def watch(pipeline: Pipeline, clock: Clock) -> None:
    """Put the clock around the stages of a pipeline."""
    import linker.pipeline as module

    for name, attribute in (
        ("pictures", "read_pictures"),
        ("mentions", "match_aliases"),
        ("decision", "decide"),
    ):
        function = getattr(module, attribute)
        setattr(module, attribute, clock.around(name, getattr(function, "__wrapped__", function)))
        getattr(module, attribute).__wrapped__ = getattr(function, "__wrapped__", function)
    for owner, name, attribute in (
        (pipeline.tagger, "tagger", "tag"),
        (pipeline._candidates, "candidates", "find"),
        (pipeline._knowledge, "pictured entity", "find"),
        (pipeline.memory, "cache", "flush"),
    ):
        setattr(owner, attribute, clock.around(name, getattr(owner, attribute)))


def run(gold: Sequence[GoldPost], cache: Path, *, batch_size: int = 32) -> tuple[float, Clock, list[str]]:
    """Read the posts once: posts a second, the clock, and the output."""
    clock = Clock()
    with Pipeline.open(sample_index(), cache=cache) as pipeline:
        pipeline.process([gold[0].post.__class__("warm", ("Warm", "up"))])
        watch(pipeline, clock)
        start = time.perf_counter()
        results = list(pipeline.run((g.post for g in gold), batch_size=batch_size))
        seconds = time.perf_counter() - start
    return len(gold) / seconds, clock, [json.dumps(result_to_json(result)) for result in results]


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
            print(f"{name:<24}{rate:>8.1f} posts/s   {shares}", flush=True)
    same = all(output == outputs[0] for output in outputs)
    print(f"the same bytes each time: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
