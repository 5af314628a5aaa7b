"""From classes to the four coarse types, by a table that a user can replace."""

import csv
import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from kg.entities import ENTITY_TYPES
from kg.errors import SourceError
from kg.iris import local_name


@dataclass(frozen=True, slots=True)
class TypeMap:
    """Coarse type and depth of each known class, by full IRI or local name."""

    types: dict[str, str]  # coarse type of each class
    depths: dict[str, int]  # number of superclasses above each class, as far as the table names them
    labels: dict[str, str]  # what classes are called that have numbers for names, where the table says it
    digest: str  # sha256 of the table, by which a build knows whether it changed

    @classmethod
    def load(cls, path: Path | None = None) -> "TypeMap":
        """Read a table with the columns `class`, `type` and, if known, `superclass` and `label`; ours by default.

        Raises:
            SourceError: If the table lacks a column or holds another type than PER, LOC, ORG, OTHER.
        """
        name = str(path or "types.csv")
        try:
            text = path.read_text(encoding="utf-8-sig") if path else _shipped()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"type map {name} cannot be read: {error}") from None
        reader = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=text.partition("\n")[0].count))
        if not {"class", "type"}.issubset(reader.fieldnames or ()):
            raise SourceError(f"type map {name} lacks the columns class,type; it has {reader.fieldnames}")
        types, parents, labels = {}, {}, {}
        for row in reader:
            coarse, class_ = (row["type"] or "").strip().upper(), (row["class"] or "").strip()
            if coarse not in ENTITY_TYPES or not class_:
                raise SourceError(
                    f"type map {name} line {reader.line_num}: type {coarse!r} of class {class_!r}, expected PER, LOC,"
                    " ORG or OTHER of some class"
                )
            types[class_] = coarse
            parents[class_] = (row.get("superclass") or "").strip()
            if label := (row.get("label") or "").strip():
                labels[class_] = label
        depths = {name: _depth(name, parents) for name in parents}
        return cls(types, depths, labels, hashlib.sha256(text.encode()).hexdigest())

    def find(self, class_iri: str) -> tuple[str, int] | None:
        """Return coarse type and depth of a class, None if the table does not know it."""
        name = class_iri if class_iri in self.types else local_name(class_iri)
        return (self.types[name], self.depths[name]) if name in self.types else None


def _shipped() -> str:
    """Return the tables of DBpedia's and Wikidata's classes as one; the latter has one more column."""
    data = resources.files("kg").joinpath("data")
    one, other = (data.joinpath(name).read_text(encoding="utf-8") for name in ("types.csv", "wikidata_types.csv"))
    return other + one.partition("\n")[2]


def _depth(name: str, parents: dict[str, str]) -> int:
    seen = {name}
    while (parent := parents.get(name, "")) and parent not in seen:
        seen.add(parent)
        name = parent
    return len(seen) - 1
