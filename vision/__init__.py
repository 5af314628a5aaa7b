"""Pictures to numbers: safe loading, encoders behind one Protocol, and the index of the entities' images.

This package knows no entity and no post. It is given pictures and image ids, and gives back features, cosines and ids.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
