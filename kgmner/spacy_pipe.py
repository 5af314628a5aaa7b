"""A component for spaCy: ``nlp.add_pipe("kgmner", config={"index": "my-index"})`` sets ``doc.ents``.

The picture of a document is an extension: ``doc._.image = "flag.jpg"``, or the bytes of a file.
"""

from collections.abc import Iterable, Iterator
from itertools import tee

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import filter_spans

import kgmner

_SETTINGS = {"tagger": "default", "threshold": 0.9, "hops": 2, "min_link_score": None, "device": "auto", "cache": None}


@Language.factory("kgmner", assigns=["doc.ents"], default_config=_SETTINGS)
def make_component(
    nlp: Language,  # noqa: ARG001 - spaCy gives it, and the name
    name: str,  # noqa: ARG001
    index: str,
    tagger: str,
    threshold: float,
    hops: int,
    min_link_score: float | None,
    device: str,
    cache: str | None,
) -> "EntityLinker":
    """Make the component of its config: a folder that ``build-kg-index`` made, and settings of `kgmner.load`."""
    if not Doc.has_extension("image"):
        Doc.set_extension("image", default=None)
    given = {"tagger": tagger, "threshold": threshold, "hops": hops, "min_link_score": min_link_score}
    return EntityLinker(kgmner.load(index, cache=cache, device=device, **given))


class EntityLinker:
    """Sets ``doc.ents``: their types as labels, their IRIs as ``kb_id_`` (empty for NIL)."""

    def __init__(self, reader: kgmner.Reader) -> None:
        self.reader = reader

    def __call__(self, doc: Doc) -> Doc:
        """Read one document."""
        return next(self.pipe([doc]))

    def pipe(self, docs: Iterable[Doc], *, batch_size: int = 32) -> Iterator[Doc]:
        """Read documents as they come, in batches; HTML as it stands, as their tokens do."""
        docs, again = tee(docs)
        read = self.reader.pipe(((doc.text, doc._.image) for doc in again), batch_size=batch_size, as_shown=False)
        return (_with_entities(doc, found.entities) for doc, found in zip(docs, read, strict=False))


def _with_entities(doc: Doc, entities: Iterable[kgmner.Entity]) -> Doc:
    """Our entities in spaCy's tokens: each widened to whole ones; of two that then overlap, the longer stays."""
    spans = [
        doc.char_span(found.start_char, found.end_char, found.type, kb_id=found.iri or "", alignment_mode="expand")
        for found in entities
    ]
    doc.ents = filter_spans([span for span in spans if span is not None])
    return doc
