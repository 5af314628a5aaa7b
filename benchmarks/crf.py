"""What the CRF costs a post once its words are scored: best tags, and the probabilities of its entities.

python -m benchmarks.crf

pytorch-crf's decode, which gives tags alone and holds them to nothing, runs by turns on the same posts.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.options import take_no_options
from ner.heads.chain import best_tags, lattice, score_span
from ner.heads.crf import CrfHead
from ner.spans import TAGS, Span

_LENGTHS = (5, 20, 40)
_TURNS = 200


def main() -> None:
    """Print the table: a line for each length of a post."""
    print(f"{len(TAGS)} tags, median of {_TURNS} turns, microseconds a post")
    print(f"{'words':>5}{'best tags':>12}{'sums':>12}{'a span':>12}{'decode of pytorch-crf':>25}")
    torch.manual_seed(11)
    head = CrfHead(8)
    for length in _LENGTHS:
        emissions = torch.randn(1, length, len(TAGS))
        times = [f"{_microseconds(work):>12.0f}" for work in _works(head, emissions)]
        mask = torch.ones(1, length, dtype=torch.bool)
        with torch.no_grad():
            decode = _microseconds(lambda scores=emissions, mask=mask: head.crf.decode(scores, mask))
        print(f"{length:>5}{''.join(times)}{decode:>25.0f}", flush=True)


def _works(head: CrfHead, emissions: Tensor) -> list[Callable[[], object]]:
    chain, post = head.chain(), emissions[0].double().numpy()
    found = lattice(chain, post)
    return [
        lambda: best_tags(chain, post),
        lambda: lattice(chain, post),
        lambda: score_span(found, Span(1, 3, "LOC")),
    ]


def _microseconds(do: Callable[[], object]) -> float:
    times = []
    for _ in range(_TURNS):
        start = time.perf_counter()
        do()
        times.append((time.perf_counter() - start) * 1e6)
    return float(np.median(times))


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
