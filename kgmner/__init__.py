"""Named entities of texts with their pictures, linked to a knowledge graph: what is needed in Python, and no more.

>>> import kgmner
>>> reader = kgmner.load("my-index")  # doctest: +SKIP
>>> [(entity.text, entity.label) for entity in reader("Chad looks great", image="flag.jpg").entities]  # doctest: +SKIP
[('Chad', 'Chad')]
"""

from importlib.metadata import PackageNotFoundError, version

import lazy_loader as lazy

try:
    __version__ = version("kgmner")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "unknown"

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
