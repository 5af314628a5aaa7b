"""Mentions to entities: the way of a post from text and picture to tags, links and the evidence for them.

`Pipeline` reads posts with an index that `build_index` made; `read_posts` brings them in and `result_to_json` takes
them out.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
