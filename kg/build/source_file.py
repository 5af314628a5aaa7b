"""What a graph is built from: everything that was given, and a file of it with what is known before it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GraphSources:
    """What a graph is built from; equal sources with equal content make equal graphs."""

    paths: Sequence[Path]  # dumps and tables, or folders of them, told apart by what they contain
    priors: Path | None = None  # a table of IRIs and how often each is meant, in place of in-degrees
    counts: Path | None = None  # a table of names, IRIs and how often the name was seen to mean the entity
    images_dir: Path | None = None  # the folder where `Special:FilePath/Name` is looked up
    type_map: Path | None = None  # a table `class,type` (and `superclass`) in place of the shipped one
    # what labels should be in, the best first (`en` stands for `en-gb` too); then those without a language, then others
    languages: Sequence[str] = ("en",)
    # which entities are kept, all if it is empty: `PER`, `sitelinks>=5`, `Q515`, the IRI of a class
    keep: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file and what it is."""

    path: Path  # the file
    # `lines` (N-Triples, N-Quads), `turtle` (TriG too), `rdf/xml`, `json-ld`, `wikidata` (its JSON), `table` (CSV,
    # TSV), `jsonl`, `json` (a list of objects) or `parquet`
    form: str
    dataset: str  # what is in it, as DBpedia names it
    columns: tuple[str, ...] = ()  # the names of a table's columns, where its first line does not name them
    delimiter: str = ","  # what stands between the cells of a table
    has_quotes: bool = True  # cells may stand in quotes; else a quote is a letter
    remark: str | None = None  # what its reader should know: what it was taken for, or that there is nothing in it
