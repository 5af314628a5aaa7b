"""Where a fetch starts: IRIs from a file, and the instances of classes."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kg.errors import SourceError
from kg.iris import canonical_iri

from .client import SparqlClient
from .questions import instance_count, instances
from .reply import count_of
from .terms import BadTermError, iri_of, is_iri

_SHOWN = 100
_PAGE_ROWS = 2000


@dataclass(frozen=True, slots=True)
class SeedFile:
    """What a file of seeds holds.

    Attributes:
        iris: The seeds as they are written, each entity once, in the order of the file.
        broken: A line for each line that is not an IRI: its number and its beginning.
    """

    iris: tuple[str, ...]
    broken: tuple[str, ...]


def read_seeds(path: Path) -> SeedFile:
    """Read a file with one IRI a line, with or without `<` and `>`; blank lines and those after `#` say nothing.

    Raises:
        SourceError: If it cannot be read, or holds no IRI.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"seeds {path} cannot be read: {error.strerror}; expected a file with one IRI a line"
        ) from None
    iris: dict[str, str] = {}
    broken = []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        line = raw.decode("utf-8", "replace").strip()
        if not line or line.startswith("#"):
            continue
        iri = line.split(" #")[0].strip()
        iri = iri[1:-1] if iri.startswith("<") and iri.endswith(">") else iri
        if is_iri(iri) and "\ufffd" not in iri:
            iris.setdefault(canonical_iri(iri), iri)
        else:
            broken.append(f"line {number}: {line[:_SHOWN]}")
    if not iris:
        found = f"none of its {len(broken)} lines is one, the first is {broken[0]!r}" if broken else "it is empty"
        raise SourceError(
            f"seeds {path} holds no IRI ({found}); expected one a line, like http://dbpedia.org/resource/Chad"
        )
    return SeedFile(tuple(iris.values()), tuple(broken))


def find_instances(
    client: SparqlClient, class_iri: str, *, most: int, graphs: Sequence[str] = ()
) -> tuple[tuple[str, ...], int | None]:
    """Return the instances of a class, the first ones in the order of their IRIs, and how many there are, if counted.

    Args:
        client: Asks.
        class_iri: The class.
        most: How many to take.
        graphs: Named graphs to ask.

    Raises:
        EndpointError: If the endpoint does not answer.
    """
    found: dict[str, None] = {}
    after: str | None = None
    while True:
        limit = max(2, min(_PAGE_ROWS, (client.cut_at or _PAGE_ROWS + 1) - 1))
        answer = client.ask(instances(class_iri, after, limit, tuple(graphs)), limit=limit)
        page = []
        for row in answer.rows:
            with suppress(BadTermError):
                page.append(iri_of(row.get("y", {})))
        found.update(dict.fromkeys(page))
        if len(found) > most:
            counted = client.ask(instance_count(class_iri, tuple(graphs)), limit=2)
            return tuple(found)[:most], count_of(counted.rows[0]) if counted.rows else None
        if not answer.part or not page or page[-1] == after:
            return tuple(found), len(found)
        after = page[-1]
