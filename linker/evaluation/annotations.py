"""Posts with the entities that somebody says are in them: gold answers, or a linker's results."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mention, and the entity that it is said to mean.

    Attributes:
        place: Start and end, counted in the characters of the text that are not blanks, so that texts which are cut
            into tokens in different ways have the same places. None: its offsets cannot be used, it matches nothing.
        text: The mention.
        iri: The entity; None is NIL.
        also: Other IRIs that gold gives for it.
        name: The entity's name; empty where it is not told.
        type: The mention's type; empty where it is not told.
        score: The probability that was given to this answer; None where it is not told.
        candidates: IRIs and labels of the entities that were proposed, best first.
    """

    place: Place | None
    text: str
    iri: str | None
    name: str = ""
    type: str = ""
    score: float | None = None
    candidates: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()

    def renamed(self, names: Mapping[str, str]) -> "Annotation":
        """The annotation with other IRIs in place of those in `names`."""
        return replace(
            self,
            iri=names.get(self.iri or "", self.iri),
            candidates=tuple((names.get(iri, iri), label) for iri, label in self.candidates),
            also=tuple(names.get(iri, iri) for iri in self.also),
        )


@dataclass(frozen=True, slots=True)
class AnnotatedPost:
    """A post with its annotations, in the order of the text.

    Attributes:
        id: The post's, as text.
        text: Its text; its tokens joined by blanks where there is none.
        annotations: The mentions and their entities.
        tells_pictured: Whether it says what its picture shows.
        pictured: IRI of the entity that is shown; None where there is none.
        hop: Hops from the text to that entity, where they are told.
    """

    id: str
    text: str
    annotations: tuple[Annotation, ...]
    tells_pictured: bool = False
    pictured: str | None = None
    hop: int | None = None

    def iris(self) -> set[str]:
        """Every IRI that occurs in it."""
        proposed = {iri for annotation in self.annotations for iri, _ in annotation.candidates}
        proposed.update(iri for annotation in self.annotations for iri in annotation.also)
        return proposed | {iri for iri in (self.pictured, *(a.iri for a in self.annotations)) if iri is not None}

    def renamed(self, names: Mapping[str, str]) -> "AnnotatedPost":
        """The post with other IRIs in place of those in `names`."""
        annotations = tuple(annotation.renamed(names) for annotation in self.annotations)
        return replace(self, annotations=annotations, pictured=names.get(self.pictured or "", self.pictured))

    def as_gold_names(self, gold: "AnnotatedPost") -> "AnnotatedPost":
        """The post with the first of the IRIs that gold gives for a mention in place of its others, at that mention."""
        several = [
            (one.place, dict.fromkeys(one.also, one.iri))
            for one in gold.annotations
            if one.place and one.iri and one.also
        ]
        annotations = []
        for annotation in self.annotations:
            start, end = annotation.place or (0, 0)
            here = [names for place, names in several if start < place[1] and place[0] < end]
            annotations.append(annotation.renamed(here[0]) if here else annotation)
        return replace(self, annotations=tuple(annotations))


Problems = dict[str, list[str]]
"""What could not be used: examples, by what they are."""


def add_problem(problems: Problems, kind: str, example: str) -> None:
    """Note one more thing that could not be used."""
    problems.setdefault(kind, []).append(example)


def problem_lines(problems: Problems, shown: int = 3) -> list[str]:
    """A line for each kind, with how many there are and the first examples."""
    more = {kind: f"; and {len(all_) - shown:,} more" if len(all_) > shown else "" for kind, all_ in problems.items()}
    return [f"{kind}: {len(all_):,} ({'; '.join(all_[:shown])}{more[kind]})" for kind, all_ in problems.items()]
