"""The CRF's loss with its gradients, and best paths: ours and pytorch-crf's by turns, on the same machine at once.

python -m benchmarks.crf
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from torchcrf import CRF

from benchmarks.options import take_no_options
from ner.heads.chain import best_tags, lattice
from ner.heads.crf import best_paths, crf_chain, negative_log_likelihoods
from ner.spans import TAGS

_POSTS, _WORDS = 64, 40
_TURNS = 100


def main() -> None:
    """Print the table: posts of one length, and posts of 5 words and more."""
    print(f"{_POSTS} posts of up to {_WORDS} words, {len(TAGS)} tags, float32, {torch.get_num_threads()} threads")
    print(f"{f'median of {_TURNS} turns':<44}{'ours':>10}{'pytorch-crf':>14}{'ratio of a turn':>18}{'(5th, 95th)':>16}")
    for title, shortest in (("all of one length", _WORDS), ("5 words and more", 5)):
        _measure_posts(title, shortest)


def _measure_posts(title: str, shortest: int) -> None:
    source = torch.Generator().manual_seed(11)
    torch.manual_seed(11)
    crf = CRF(len(TAGS), batch_first=True)
    emissions = torch.randn(_POSTS, _WORDS, len(TAGS), generator=source).requires_grad_()
    tags = torch.randint(len(TAGS), (_POSTS, _WORDS), generator=source)
    lengths = torch.randint(shortest, _WORDS + 1, (_POSTS,), generator=source)
    lengths[0] = _WORDS
    mask = torch.arange(_WORDS) < lengths[:, None]
    inputs = (emissions, *crf.parameters())

    def our_loss() -> object:
        return torch.autograd.grad(negative_log_likelihoods(crf, emissions, tags, mask).mean(), inputs)

    def their_loss() -> object:
        return torch.autograd.grad(-crf(emissions, tags, mask=mask, reduction="mean"), inputs)

    _print(f"loss and gradients, {title}", our_loss, their_loss)
    with torch.no_grad():
        _print(f"best paths, {title}", lambda: best_paths(crf, emissions, mask), lambda: crf.decode(emissions, mask))
    chain = crf_chain(crf)
    posts = [post[:length].double().numpy() for post, length in zip(emissions.detach(), lengths.tolist(), strict=True)]
    best_tags(chain, posts[0]), lattice(chain, posts[0])  # compiled now
    alone = _milliseconds(lambda: [best_tags(chain, post) for post in posts])
    sums = _milliseconds(lambda: [lattice(chain, post) for post in posts])
    each = 1000 / _POSTS
    print(f"    one post held to BIO, us: best tags {alone * each:.1f}, forward and backward sums {sums * each:.1f}")


def _print(what: str, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    ours(), theirs()  # compiled now
    turns = np.array([(_milliseconds(ours), _milliseconds(theirs)) for _ in range(_TURNS)])
    ratios = turns[:, 1] / turns[:, 0]
    middle, (least, most) = np.median(ratios), np.percentile(ratios, [5, 95])
    medians = np.median(turns, axis=0)
    spread = f"({least:.1f}, {most:.1f})"
    print(f"{what:<44}{medians[0]:>7.2f} ms{medians[1]:>11.2f} ms{middle:>18.1f}{spread:>16}", flush=True)


def _milliseconds(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
