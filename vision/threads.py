"""Threads that run PyTorch's operators alone: several small ones at a time cost less than one on several threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import torch


def single_threaded_pool(size: int) -> ThreadPoolExecutor:
    """A pool whose threads run PyTorch's operators alone; the caller's own thread count is put back."""
    started = threading.Barrier(size + 1)

    def start() -> None:
        torch.get_num_threads()  # a thread takes the shared default when it first asks: let it ask before, not after
        torch.set_num_threads(1)
        started.wait()

    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(size, thread_name_prefix="vision")
    for _ in range(size):
        pool.submit(start)
    started.wait()
    torch.set_num_threads(before)  # the setting of a running thread is its own, the default for new ones is shared
    return pool
