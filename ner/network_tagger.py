"""Any trained network as a tagger: windows to emissions, emissions to tags and the entities they spell.

Shapes: ``T`` words of a post, ``K`` tags, ``C`` width of a picture's region.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import torch

from ner.encoders.adapters import merge
from ner.encoders.quick_bert import quicken
from ner.errors import CheckpointError
from ner.heads.chain import Array, Chain, best_tags, lattice, score_span
from ner.networks.network import Inputs, Network
from ner.networks.sights import looks_of
from ner.spans import TAGS, spans_from_tags
from ner.taggers import Looks, ScoredSpan, TaggerInput, TaggerOutput

_PACK = 8  # posts that a thread takes at once


class NetworkTagger:
    """A trained network as a tagger.

    Args:
        name: What it is called in reports.
        network: The network; its adapters are merged, so it is for tagging only from here on.
        inputs: Its input side.
        device: Where it runs.
        picture_encoder: Which encoder its pictures' regions were from; None where it was trained without pictures.
        region_width: ``C`` of these regions.
        reads: The encoder or the word vectors that it reads with, by name.

    Attributes:
        types: The types of entities that it tells apart.
    """

    def __init__(
        self,
        name: str,
        network: Network,
        inputs: Inputs,
        *,
        device: torch.device,
        picture_encoder: str | None = None,
        region_width: int = 0,
        reads: str | None = None,
    ) -> None:
        merge(network)
        if device.type == "cpu":
            quicken(network)
        network.to(device).eval()
        self._network, self._inputs, self._device, self._region_width = network, inputs, device, region_width
        self._chain = network.chain()
        self.name, self.types, self.needs_regions = name, self._chain.types, network.takes_regions
        self.picture_encoder, self.reads = picture_encoder, reads
        self._tokenizing = threading.Lock()  # a tokenizer is for one thread at a time

    def tag(self, posts: Sequence[TaggerInput]) -> list[TaggerOutput]:
        """Tag posts; on a CPU each as if it were alone, so that its output depends on no other post.

        Raises:
            CheckpointError: A post's regions are not as wide as those that the tagger was trained on.
        """
        posts = [self._seen(post) for post in posts]
        if self._device.type == "cpu":
            with self._tokenizing:
                windows = [self._inputs.windows(post) for post in posts]
            packs = [windows[start : start + _PACK] for start in range(0, len(windows), _PACK)]
            return [output for outputs in self._threads.map(self._tag_apart, packs) for output in outputs]
        with torch.inference_mode(), self._tokenizing:
            found = batched_emissions(self._network, self._inputs, posts, self._device)
        return [output_from_emissions(self._chain, emissions) for emissions in found]

    def looks(self, post: TaggerInput) -> Looks | None:
        """How a post's words look at its picture; None where there is none, or no part of the tagger that looks at one.

        Raises:
            CheckpointError: As of `tag`.
        """
        post = self._seen(post)
        if post.regions is None or not post.tokens:
            return None
        with self._tokenizing:
            windows = self._inputs.windows(post)
        rows = [looks_of(self._network, self._inputs.collate([window]).to(self._device)) for window in windows]
        told = [row.cpu().numpy() for row in rows if row is not None]
        if len(told) < len(windows):
            return None
        found = _stitched(windows, told).astype(np.float32)
        return Looks(found[:, :-1], found[:, -1])

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return _single_core_pool()

    def _tag_apart(self, posts: Sequence[Sequence[Any]]) -> list[TaggerOutput]:
        with torch.inference_mode():
            found = emissions_apart(self._network, self._inputs, posts)
        return [output_from_emissions(self._chain, emissions) for emissions in found]

    def _seen(self, post: TaggerInput) -> TaggerInput:
        """The post without regions that the network would not look at."""
        if post.regions is None:
            return post
        if not self.needs_regions:
            return replace(post, regions=None)
        if post.regions.shape[1] != self._region_width:
            raise CheckpointError(
                f"regions are {post.regions.shape[1]} wide, but tagger {self.name!r} was trained on regions "
                f"{self._region_width} wide: encode the pictures with {self.picture_encoder!r}"
            )
        return post


def emissions_apart(network: Network, inputs: Inputs, posts: Sequence[Sequence[Any]]) -> list[Array]:
    """The tag scores of posts from their windows, as if each window were alone, float64 (T, K) each; on a CPU."""
    batches = [inputs.collate([window]) for windows in posts for window in windows]
    found = iter([scores[0].double().numpy() for scores in network.apart(batches)])
    return [_stitched(windows, list(islice(found, len(windows)))) for windows in posts]


def batched_emissions(
    network: Network, inputs: Inputs, posts: Sequence[TaggerInput], device: torch.device, *, size: int = 32
) -> list[Array]:
    """The tag scores of many posts, float64 (T, K) each; faster, but a post's last digits depend on its batch."""
    windows_of = [inputs.windows(post) for post in posts]
    order = sorted(
        ((number, index) for number, windows in enumerate(windows_of) for index in range(len(windows))),
        key=lambda at: windows_of[at[0]][at[1]].size,
    )
    found: dict[tuple[int, int], Array] = {}
    for start in range(0, len(order), size):
        chosen = [(at, windows_of[at[0]][at[1]]) for at in order[start : start + size]]
        scores = network.emissions(inputs.collate([window for _, window in chosen]).to(device)).double().cpu().numpy()
        for row, (at, window) in enumerate(chosen):
            found[at] = scores[row, : window.end - window.start]
    return [
        _stitched(windows, [found[number, index] for index in range(len(windows))])
        for number, windows in enumerate(windows_of)
    ]


def output_from_emissions(chain: Chain, emissions: Array) -> TaggerOutput:
    """The best tags of a post, and the probabilities of the entities they spell."""
    tags = best_tags(chain, emissions)
    spans = spans_from_tags(tags)
    if not spans:
        return TaggerOutput(tags, ())
    scores = lattice(chain, emissions)
    scored: list[ScoredSpan] = []
    for span in spans:
        probability, given = score_span(scores, span)
        types = tuple(zip(chain.types, given, strict=True))
        scored.append(ScoredSpan(span.start, span.end, span.type, probability, types))
    return TaggerOutput(tags, tuple(scored))


def _stitched(windows: Sequence[Any], found: Sequence[Array]) -> Array:
    """Each word's scores from the window that keeps it."""
    scores = np.zeros((windows[-1].end, found[0].shape[1]) if windows else (0, len(TAGS)))
    for window, own in zip(windows, found, strict=True):
        scores[window.keep_start : window.keep_end] = own[
            window.keep_start - window.start : window.keep_end - window.start
        ]
    return scores


def _single_core_pool() -> ThreadPoolExecutor:
    """As many threads as PyTorch would use, in each of which it uses one; the caller's own number is left alone.

    One post is too small to be shared between cores, and on a busy machine PyTorch's own threads then wait for one
    another.
    """
    count = torch.get_num_threads()
    ready = threading.Barrier(count + 1)

    def begin() -> None:
        torch.get_num_threads()  # makes the thread take the common number now, so that it cannot do so later
        torch.set_num_threads(1)
        ready.wait()

    pool = ThreadPoolExecutor(count, thread_name_prefix="ner")
    for _ in range(count):
        pool.submit(begin)
    ready.wait()
    torch.set_num_threads(count)
    return pool
