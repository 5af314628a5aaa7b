"""Texts with their pictures in, linked entities out: ``kgmner.load(INDEX)(text, image=...).entities``."""

from importlib.metadata import PackageNotFoundError, version

import lazy_loader as lazy

try:
    __version__ = version("kgmner")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "unknown"

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
