"""Fixtures that every test may use."""

import os
import signal
from pathlib import Path

import pytest

_SHARED = Path(os.environ.get("KGMNER_SHARED", Path(__file__).parents[2] / "shared"))

# What a shell starts in its background ignores Ctrl-C, and the commands that tests interrupt would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; a test that needs it is skipped where it is absent."""
    data = _SHARED / "data"
    if not data.is_dir():
        pytest.skip(f"needs the real data in {data} (set KGMNER_SHARED to its parent folder)")
    return data
