"""Entities, names, facts, triples and pictures of a graph as records, and what a build reports."""

from dataclasses import dataclass, field

ENTITY_TYPES = ("PER", "LOC", "ORG", "OTHER")


@dataclass(frozen=True, slots=True)
class Entity:
    """A node of the graph; `type` is one of `ENTITY_TYPES` or None, `prior` how often it is meant."""

    id: int
    iri: str
    label: str
    type: str | None
    prior: float


@dataclass(frozen=True, slots=True)
class AliasMatch:
    """An entity that a text may mean, by one of its names; `fuzzy` in 0..1 says how alike text and name are."""

    entity: Entity
    alias: str
    kind: str
    weight: float
    fuzzy: float


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement in words: ("Kobe Bryant", "is a", "basketball player")."""

    subject: str
    predicate: str
    object: str

    @property
    def triple(self) -> tuple[str, str, str]:
        """The three as a plain tuple."""
        return self.subject, self.predicate, self.object


@dataclass(frozen=True, slots=True)
class TripleRow:
    """One stored entity-to-entity triple, in the direction in which the source states it."""

    subject: Entity
    predicate_iri: str
    predicate_label: str
    object: Entity


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """A picture of an entity; `file` is None where none was found, and `reason` says why it cannot be used."""

    id: int
    entity_id: int
    source: str
    file: str | None
    sha256: str | None
    width: int | None
    height: int | None
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ImageMark:
    """What became of a picture when it was read or fetched: the new status of one image row, and its file if new."""

    image_id: int
    status: str
    reason: str | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that could not be used: where it stands, its first 200 characters, and why."""

    source: str
    line: int | None  # None where no line is known
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What was read from one file; `error` says that reading ended early, what it was taken for, and the like."""

    name: str
    size_bytes: int
    sha256: str
    dataset: str
    lines: int
    records: int
    ignored: int
    rejected: int
    error: str | None


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build read and made; `counts` are the graph's rows, as `Graph.counts` gives them."""

    sources: tuple[SourceReport, ...]
    counts: dict[str, int] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()  # what else is to be said


@dataclass(frozen=True, slots=True)
class GraphDifferences:
    """What a graph has that another has not: entities by IRI, embedded pictures by content."""

    entities_added: int = 0
    entities_removed: int = 0
    entities_changed: int = 0
    pictures_added: int = 0
    pictures_kept: int = 0
    pictures_dropped: int = 0
    # the first few entities of each kind, by IRI
    added: tuple[str, ...] = field(default=(), compare=False)
    removed: tuple[str, ...] = field(default=(), compare=False)
    changed: tuple[str, ...] = field(default=(), compare=False)
