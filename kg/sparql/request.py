"""The request of a fetch from an endpoint, and the report of what it did."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SparqlRequest:
    """What to fetch.

    Attributes:
        endpoint: Address of the endpoint.
        seeds: IRIs to start from.
        seed_classes: Classes whose instances to start from.
        hops: How far to follow links, 1 or 2.
        class_limit: Instances of each class to start from, at most.
        max_links: Links of one entity in one direction to follow, at most.
        languages: Languages of the texts; those without a language always come.
        graphs: Named graphs to ask; where none is given, whatever the endpoint asks by default.
    """

    endpoint: str
    seeds: tuple[str, ...] = ()
    seed_classes: tuple[str, ...] = ()
    hops: int = 1
    class_limit: int = 1000
    max_links: int = 500
    languages: tuple[str, ...] = ("en",)
    graphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CutLinks:
    """Something with more than was read.

    Attributes:
        iri: An entity, or a class of seeds.
        what: What of it: links, ``instances``, and so on.
        kept: How many were read, the first in the order of their IRIs.
        total: How many there are; None where the endpoint could not count them.
    """

    iri: str
    what: str
    kept: int
    total: int | None


@dataclass(frozen=True, slots=True)
class SparqlReport:
    """What a fetch did.

    Attributes:
        endpoint: Who was asked.
        files: The files, with the number of their statements.
        seeds: Number of seeds, each entity once.
        entities: Number of entities that were described.
        unknown_seeds: Seeds of which the endpoint knows nothing.
        cut: What was not read to its end because of a limit, the largest first.
        missing: What the endpoint counts more of than it gives, without a word.
        unusable: Number of terms and rows that no graph can hold, like IRIs with blanks.
        unusable_examples: Some of them.
        queries: Number of queries, most of which may have been answered before.
        requests: Number of requests that this run sent.
    """

    endpoint: str
    files: dict[Path, int]
    seeds: int
    entities: int
    unknown_seeds: tuple[str, ...]
    cut: tuple[CutLinks, ...]
    missing: tuple[CutLinks, ...]
    unusable: int
    unusable_examples: tuple[str, ...]
    queries: int
    requests: int

    @property
    def statements(self) -> int:
        """Number of statements in all files."""
        return sum(self.files.values())
