"""The knowledge graph: entities, their names, triples, classes and pictures, in one SQLite file.

`build_graph` makes it from dumps and tables, `Graph` reads it, `AliasIndex` finds what a text may mean, and
`KnowledgeCache` remembers what was worked out for posts. Nothing here knows tensors or posts.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
