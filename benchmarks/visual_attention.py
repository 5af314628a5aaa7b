"""Attention-guided visual attention in tiles, beside plain matrix products, by turns on the same machine at once.

python -m benchmarks.visual_attention

A post of ``n`` words with a picture has ``n * n * 49`` triples, and each takes a product with the ``d x d`` matrix W_v:
``2 n n 49 d d`` operations forward, and as many again for each of the recomputed product, the gradient of its left side
and that of W_v backward. Only these are counted: sums, exponentials and the weighted sum are in the time alone.
"""

import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.lookups import memory_mb
from benchmarks.options import take_no_options
from ner.fusion.visual_attention import region_contexts

_WORDS, _WIDTH, _REGIONS = 45, 300, 49
_LARGE = 2048  # about as long a piece of work as ours, so that other programs disturb both alike
_TURNS = 15
_TARGET, _TARGET_MB = 0.7, 64


def main() -> None:
    """Print memory first, while nothing is kept for reuse; then speed."""
    print(f"n = {_WORDS}, d = {_WIDTH}, {_REGIONS} regions, tanh, float32, {torch.get_num_threads()} threads")
    _measure_memory()
    _measure_speed(torch.device("cpu"), torch.float32)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    _measure_speed(torch.device("cpu"), torch.float32, time.thread_time)
    torch.set_num_threads(threads)
    if torch.cuda.is_available():
        _measure_speed(torch.device("cuda"), torch.float32)
        _measure_speed(torch.device("cuda"), torch.bfloat16)


def _measure_memory() -> None:
    for words in (_WORDS, 2 * _WORDS):
        run = _passes(words, torch.device("cpu"))
        held = [_most_mb(run[name]) for name in ("forward", "forward and backward")]
        whole = words * words * _REGIONS * _WIDTH * 4e-6
        print(f"extra memory, n = {words}: forward {held[0]:.0f} MB, with backward {held[1]:.0f} MB")
        print(f"    (target under {_TARGET_MB} MB at n = {_WORDS}; one tensor of all triples has {whole:.0f} MB)")


def _measure_speed(device: torch.device, dtype: torch.dtype, clock: Callable[[], float] = time.perf_counter) -> None:
    run = _passes(_WORDS, device, dtype)
    rows = _WORDS * _WORDS * _REGIONS
    same = [torch.randn(shape, device=device, dtype=dtype) for shape in ((rows, _WIDTH), (_WIDTH, _WIDTH))]
    large = [torch.randn(_LARGE, _LARGE, device=device, dtype=dtype) for _ in range(2)]
    product = 2.0 * rows * _WIDTH * _WIDTH
    jobs: dict[str, tuple[Callable[[], object], float]] = {
        f"plain product, {rows} x {_WIDTH} by {_WIDTH} x {_WIDTH}": (lambda: same[0] @ same[1], product),
        f"plain product, {_LARGE} x {_LARGE} by {_LARGE} x {_LARGE}": (lambda: large[0] @ large[1], 2.0 * _LARGE**3),
        "ours, forward": (run["forward"], product),
        "ours, forward and backward": (run["forward and backward"], 4 * product),
    }
    seconds = _best_by_turns([work for work, _ in jobs.values()], device, clock)
    rates = [count / took / 1e9 for (_, count), took in zip(jobs.values(), seconds, strict=True)]
    fastest = max(rates[:2])
    timed = "one thread by its processor time" if clock is time.thread_time else "by the wall clock"
    print(f"\n{device.type}, {str(dtype).removeprefix('torch.')}, best of {_TURNS} turns, {timed}")
    for title, rate, took in zip(jobs, rates, seconds, strict=True):
        ratio = f"{rate / fastest:.2f} of the faster plain one" if title.startswith("ours") else ""
        print(f"{title:<48}{rate:>10.1f} GFLOP/s{took * 1000:>10.1f} ms   {ratio}")
    if device.type == "cpu":
        print(f"(target, forward: {_TARGET})")


def _passes(words: int, device: torch.device, dtype: torch.dtype = torch.float32) -> dict[str, Callable[[], object]]:
    """The work on one post."""
    source = torch.Generator().manual_seed(17)
    shapes = ((words * words, _WIDTH), (1, _REGIONS, _WIDTH), (1, _REGIONS, _WIDTH), (_WIDTH, _WIDTH))
    inputs = [torch.randn(shape, generator=source).div(_WIDTH**0.25).to(device).requires_grad_() for shape in shapes]
    grad = torch.randn(shapes[0], generator=source).to(device)

    def contexts() -> Tensor:
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            return region_contexts(*inputs, counts=[words * words], activation="tanh")

    def forward() -> object:
        with torch.no_grad():
            return contexts()

    return {"forward": forward, "forward and backward": lambda: torch.autograd.grad(contexts(), inputs, grad)}


def _best_by_turns(works: list[Callable[[], object]], device: torch.device, clock: Callable[[], float]) -> list[float]:
    best = [float("inf")] * len(works)
    for turn in range(_TURNS + 1):
        for number, work in enumerate(works):
            _wait(device)
            start = clock()
            work()
            _wait(device)
            if turn:  # the first is to warm up
                best[number] = min(best[number], clock() - start)
    return best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _most_mb(work: Callable[[], object]) -> float:
    """How much memory the process had at most while it worked, over what it had before."""
    Path("/proc/self/clear_refs").write_text("5")  # from here on Linux counts the peak anew
    before = memory_mb("VmRSS")
    work()
    return memory_mb("VmHWM") - before


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
