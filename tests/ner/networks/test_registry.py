"""Every tagger by its name: its network and its options are there, and documented."""

import dataclasses
import inspect
import subprocess
import sys

import pytest

from ner.networks.registry import REGISTRY


@pytest.mark.parametrize("name", REGISTRY)
def test_a_tagger_has_a_network_and_checked_options(name):
    spec = REGISTRY[name]
    network, options = spec.network_class(), spec.options_class()
    assert callable(network.emissions)
    assert callable(network.chain)
    for field in dataclasses.fields(options):
        assert any(_is_explained(field.name, kind) for kind in options.__mro__[:-1])
        assert field.default is not dataclasses.MISSING


def _is_explained(field: str, kind: type) -> bool:
    """In the docstring of its class, or by a comment behind the field or above it."""
    lines = inspect.getsource(kind).splitlines()
    places = [place for place, line in enumerate(lines) if line.startswith(f"    {field}: ")]
    beside = any("  # " in lines[place] or lines[place - 1].startswith("    # ") for place in places)
    return beside or f"{field}:" in (kind.__doc__ or "")


def test_names_are_known_before_any_network_is_imported():
    code = "import sys, ner.networks.registry; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
