"""Threads for posts that go through the network one by one: several at a time, each on one core.

One post is too small to be shared between cores, and on a busy machine PyTorch's own threads then wait for one another.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import torch


def single_core_pool() -> ThreadPoolExecutor:
    """As many threads as PyTorch would use, in each of which it uses one; the caller's own number is left alone."""
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
