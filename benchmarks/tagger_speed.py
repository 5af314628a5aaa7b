"""The default tagger beside itself on the plain encoder, in one run: posts a second, processor time, the same tags.

python -m benchmarks.tagger_speed
"""

import statistics
import time
from collections.abc import Sequence

import torch

from benchmarks.options import take_no_options
from benchmarks.sample import SHARED
from ner import read_posts
from ner.checkpoints import load_state, load_tagger, read_design, tagger_folder
from ner.network_tagger import NetworkTagger
from ner.networks.building import build_network
from ner.taggers import Tagger, TaggerInput

_POSTS = 256
_ROUNDS = 5
_CAPTION = "a man in a suit stands at a desk with flags"
_FACTS = (("Chad", "is a", "country"), ("Chad", "capital", "N'Djamena"))


def main() -> None:
    """Print a row for each kind of input."""
    folder = tagger_folder("default")
    network, inputs = build_network(read_design(folder), seed=0)
    load_state(network, folder)
    plain = NetworkTagger("plain", network, inputs, device=torch.device("cpu"))
    quick = load_tagger("default", device="cpu")
    posts = read_posts(SHARED / "data" / "twitter2017" / "valid.txt")[:_POSTS]
    texts = [TaggerInput(post.tokens) for post in posts]
    beside = [TaggerInput(post.tokens, caption=_CAPTION, knowledge=_FACTS) for post in posts]
    print(f"{'input':<16}{'posts/s':>9}{'plain':>9}{'ratio':>9}{'of processor time':>19}{'same tags':>12}")
    for name, given in (("text alone", texts), ("with context", beside)):
        rounds = [(_clock(quick, given), _clock(plain, given)) for _ in range(_ROUNDS + 1)][1:]
        wall, own_wall = (statistics.median(pair[place][0] for pair in rounds) for place in (0, 1))
        ratio = statistics.median(other[0] / one[0] for one, other in rounds)
        ratio_cpu = statistics.median(other[1] / one[1] for one, other in rounds)
        same = sum(a.tags == b.tags for a, b in zip(quick.tag(given), plain.tag(given), strict=True))
        print(
            f"{name:<16}{len(given) / wall:>9.1f}{len(given) / own_wall:>9.1f}{ratio:>9.2f}{ratio_cpu:>19.2f}"
            f"{same:>8}/{len(given)}"
        )


def _clock(tagger: Tagger, posts: Sequence[TaggerInput]) -> tuple[float, float]:
    """Seconds of wall time and of processor time."""
    wall, cpu = time.perf_counter(), time.process_time()
    tagger.tag(posts)
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
