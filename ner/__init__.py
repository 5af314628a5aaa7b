"""Text to tags: tokens, file formats, taggers, their training and evaluation; it knows no graph and no picture."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
