"""The sets of posts with gold links, and the graphs that they are linked to."""

import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sample import SHARED, WORK
from kg import AliasIndex, Graph, build_graph
from linker.mentions import mention_words
from linker.ranking import PostToLink
from linker.results import Mention
from linker.short_forms import InitialsIndex, widen, write_initials

LINKING = SHARED / "data" / "linking"
DESCRIPTION = "http://schema.org/description"
CANDIDATES = 50
FOLDS = 5


@dataclass(frozen=True, slots=True)
class GoldLinks:
    """A post whose mentions are known, with what they mean.

    Attributes:
        id: As in the file.
        tokens: The words of the text.
        spans: First token and one past the last of each mention.
        gold: The IRI of what each means; None for nothing in the graph.
        names: The gold entity's name, where the file has it.
    """

    id: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    gold: tuple[str | None, ...]
    names: tuple[str, ...]


def read_gold(path: Path) -> list[GoldLinks]:
    """Read a file of posts with gold links."""
    posts = []
    for line in path.read_text("utf-8").splitlines():
        data = json.loads(line)
        gold = data["gold"]
        posts.append(
            GoldLinks(
                id=str(data["id"]),
                tokens=tuple(data["tokens"]),
                spans=tuple((link["start"], link["end"]) for link in gold),
                gold=tuple(link["iri"] for link in gold),
                names=tuple(link.get("name") or "" for link in gold),
            )
        )
    return posts


def to_link(
    post: GoldLinks,
    aliases: AliasIndex,
    *,
    without: frozenset[str] = frozenset(),
    initials: InitialsIndex | None = None,
) -> PostToLink:
    """The post with its mentions' candidates.

    Args:
        post: The post.
        aliases: The graph's names.
        without: IRIs of entities that are taken to be missing from the graph.
        initials: The graph's initials, where they are known.
    """
    mentions = tuple(Mention(start, end, " ".join(post.tokens[start:end])) for start, end in post.spans)
    found = [aliases.candidates(mention_words(mention.text), limit=CANDIDATES) for mention in mentions]
    matches = [
        tuple(match for match in row if match.entity.iri not in without)
        for row in widen(post.tokens, mentions, found, aliases, initials)
    ]
    return PostToLink(post.tokens, mentions, tuple(matches))


def folds_of(posts: Sequence[GoldLinks]) -> list[int]:
    """The fold of each post: posts that share a gold entity, or are tied by others that do, are in one fold."""
    group = list(range(len(posts)))

    def root(place: int) -> int:
        while group[place] != place:
            group[place] = group[group[place]]
            place = group[place]
        return place

    first: dict[str, int] = {}
    for place, post in enumerate(posts):
        for iri in filter(None, post.gold):
            group[root(place)] = root(first.setdefault(iri, place))
    members: dict[int, list[int]] = {}
    for place in range(len(posts)):
        members.setdefault(root(place), []).append(place)
    folds, sizes = [0] * len(posts), [0] * FOLDS
    for places in sorted(members.values(), key=lambda places: (-len(places), places[0])):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(places)
        for place in places:
            folds[place] = fold
    return folds


def mel_graph() -> Graph:
    """The graph of mel-context: labels, descriptions, and as prior `1e8 / Q-number`."""
    rows = list(mel_rows())
    return _graph(
        "mel-context",
        [("iri", "label", "prior"), *((row["iri"], row["label"], q_prior(row["iri"])) for row in rows)],
        [(row["iri"], DESCRIPTION, row["description"]) for row in rows if row["description"]],
    )


def mel_rows() -> Iterator[dict[str, str]]:
    """The entities of mel-context: iri, label, description."""
    return _rows(LINKING / "mel-context" / "entities.tsv.gz")


def elevant_graph() -> Graph:
    """The graph of KORE50, RSS-500 and OKE: labels, aliases, and as prior `1e8 / Q-number`."""
    rows = _rows(LINKING / "elevant-kb" / "entities.tsv.gz")
    return _graph(
        "elevant-kb",
        [
            ("iri", "label", "aliases", "prior"),
            *((row["iri"], row["label"], row["aliases"], q_prior(row["iri"])) for row in rows),
        ],
    )


def initials_of_graph(graph: Graph) -> InitialsIndex:
    """The graph's initials, made once."""
    path = graph.sqlite_path.with_name("initials.npy")
    if not path.exists():
        write_initials(graph, path)
    return InitialsIndex.open(graph, path)


def q_prior(iri: str) -> str:
    """A stand-in for how often an entity of Wikidata is meant."""
    return str(1e8 / int(iri.rpartition("Q")[2]))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a table whose cells are not quoted; a short row has empty cells at its end."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        columns = next(lines).rstrip("\n").split("\t")
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            yield dict(zip(columns, cells + [""] * (len(columns) - len(cells)), strict=True))


def _graph(name: str, entities: Sequence[Sequence[str]], facts: Sequence[Sequence[str]] = ()) -> Graph:
    folder = WORK / "linking" / name
    target = folder / "kg.sqlite"
    if not target.exists():
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        for table, rows in (("entities", entities), ("triples", [("subject", "predicate", "object"), *facts])):
            with (folder / "tables" / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(rows)
        if not facts:
            (folder / "tables" / "triples.csv").unlink()
        build_graph(target, sources=[folder / "tables"])
    return Graph.open(target)
