"""The component for spaCy; skipped where spaCy is not installed."""

from pathlib import Path
from typing import Any

import pytest

spacy = pytest.importorskip("spacy", reason="needs spaCy: pip install spacy")

CHAD, SMITH = (f"http://dbpedia.org/resource/{name}" for name in ("Chad", "Chad_Smith"))


@pytest.fixture(scope="module")
def nlp(index: Path) -> Any:
    """A blank English pipeline with the component."""
    import kgmner.spacy_pipe  # noqa: F401 - registers the component, as an installed package does by its entry point

    nlp = spacy.blank("en")
    nlp.add_pipe("kgmner", config={"index": str(index), "cache": "none"})
    return nlp


def test_entities_with_the_iris_of_what_they_mean(nlp: Any) -> None:
    doc = nlp("Chad looks great, says Zxqv")
    assert (doc.ents[0].text, doc.ents[0].label_, doc.ents[0].kb_id_) == ("Chad", "LOC", CHAD)
    assert nlp("<p>Chad looks great</p>").ents[0].text == "Chad"


def test_the_picture_of_a_document(nlp: Any, images: Path) -> None:
    for image in (str(images / "chad-drummer.jpg"), (images / "chad-drummer.jpg").read_bytes()):
        doc = nlp.make_doc("Chad looks great")
        doc._.image = image
        assert nlp(doc).ents[0].kb_id_ == SMITH


def test_entities_are_widened_to_spacy_s_tokens(nlp: Any) -> None:
    from kgmner.spacy_pipe import EntityLinker

    doc = EntityLinker(_Fixed())(spacy.tokens.Doc(nlp.vocab, words=["MeetChadnow", "please"]))  # type: ignore[arg-type]
    assert [(span.text, span.kb_id_) for span in doc.ents] == [("MeetChadnow", CHAD)]


class _Fixed:
    """A reader that finds a name within a word, twice."""

    def pipe(self, texts: object, **_: object) -> Any:
        import kgmner

        found = tuple(kgmner.Entity("Chad", "LOC", start, 8, "Chad", CHAD, 1.0) for start in (4, 5))
        return iter([type("Doc", (), {"entities": found})])


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_several_processes(index: Path, images: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("kgmner", config={"index": str(index), "cache": "none"})
    docs = [nlp.make_doc("Chad looks great") for _ in range(4)]
    for doc in docs[1::2]:
        doc._.image = str(images / "chad-drummer.jpg")
    read = nlp.pipe(docs, n_process=2, batch_size=2)
    assert [doc.ents[0].kb_id_ for doc in read] == [CHAD, SMITH, CHAD, SMITH]
