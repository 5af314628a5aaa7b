"""A small graph with everything that is hard to fetch, and a plain fetch of it to compare with."""

import random
import re
from collections.abc import Iterable
from pathlib import Path

from kg import canonical_iri
from kg.ntriples import escape
from kg.sparql.questions import FETCHED, NOT_FOLLOWED
from kg.vocabulary import DATASETS, DISAMBIGUATION, IGNORED, REDIRECT

R = "http://dbpedia.org/resource/"
O = "http://dbpedia.org/ontology/"  # noqa: E741
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
XSD = "http://www.w3.org/2001/XMLSchema#"
PICTURE = "http://xmlns.com/foaf/0.1/depiction"

Triple = tuple[str, str, str]

ODD_NAMES = (
    *("Føroyar", "Éire", "日本", "😀", "d'Ivoire", "(x)", "a,b", "a%20b", "R%C3%A9union", "c&d", "e=f", "$g", "*h"),
    *("ÿ", "Ā", "e\u0301", "~t", "!", "Zé", "ﬀ", "\uffee"),
)


def iri(name: str) -> str:
    return f"<{R}{name}>"


def text(value: str, tag: str = "@en") -> str:
    return f'"{escape(value)}"{tag}'


def small_graph() -> list[Triple]:
    """Entities of many spellings around a hub, with pages, literals of many kinds, and what is never fetched."""
    triples: list[Triple] = []
    for number, name in enumerate(ODD_NAMES):
        triples += [
            (iri(name), LABEL, text(f"label of {name}")),
            (iri(name), LABEL, text(f"Name {number}", "@de")),
            (iri(name), O + "near", iri("Hub")),
            (iri("Hub"), O + "far", iri(name)),
            (iri(name), O + "leads", iri(f"Far_{number}")),
            (iri(f"Far_{number}"), TYPE, f"<{O}Place>"),
            (iri(f"Far_{number}"), O + "leads", iri(f"Farther_{number}")),
            (iri(f"Page_{number}"), REDIRECT, iri(name)),
            (iri(f"Page_{number}"), LABEL, text(f"old name {number}")),
            (iri(f"Page_{number}_again"), REDIRECT, iri(f"Page_{number}")),
            (iri(name), PICTURE, f"<http://commons.wikimedia.org/wiki/Special:FilePath/{number}.jpg>"),
        ]
    for number in range(130):
        triples += [
            (iri(f"Ö_{number}"), O + "near", iri("Hub")),
            (iri(f"Ö_{number}"), LABEL, text(f"Ö {number}")),
            (iri("Hub"), O + f"remark{number % 3}", text(f"{number} " + "long " * 900)),
        ]
    triples += [
        (iri("Many_(disambiguation)"), DISAMBIGUATION, iri("Hub")),
        (iri("Many"), REDIRECT, iri("Many_(disambiguation)")),
        (iri("Alias_A"), REDIRECT, iri("Alias_B")),
        (iri("Alias_B"), REDIRECT, iri("Real")),
        (iri("Hub"), O + "next", iri("Alias_A")),
        (iri("Real"), O + "leads", iri("Behind_the_alias")),
        (iri("Circle_1"), REDIRECT, iri("Circle_2")),
        (iri("Circle_2"), REDIRECT, iri("Circle_1")),
        (iri("Hub"), O + "next", iri("Circle_1")),
        (iri("Hub"), TYPE, f"<{O}City>"),
        (iri("Hub"), O + "wikiPageWikiLink", iri("Not_followed")),
        (iri("Hub"), "http://www.w3.org/2002/07/owl#sameAs", "<http://elsewhere.example/Hub>"),
        (iri("Hub"), O + "near", iri("Hub")),
    ]
    values = {
        "double": ["1.80E2", "180", "0.1", "3.141592653589793", "NaN", "INF", "1E-7", "-0.0"],
        "float": ["1.5", "16777216"],
        "decimal": ["1.50", "007", "-.5", "3.0"],
        "integer": ["007", "+5"],
        "int": ["042"],
        "nonNegativeInteger": ["12"],
        "boolean": ["true", "1", "false"],
        "date": ["2000-01-02", "-0044-03-15", "0099-01-01"],
        "dateTime": ["2000-01-02T03:04:05", "2000-01-02T03:04:05.500Z"],
        "gYear": ["1999", "-0044"],
        "time": ["03:04:05Z"],
        "string": ["typed as a string"],
        "anyURI": ["http://a.example/b c"],
    }
    for datatype, forms in values.items():
        for number, form in enumerate(forms):
            triples.append((iri("Hub"), f"{O}{datatype}{number}", text(form, f"^^<{XSD}{datatype}>")))
    triples += [
        (iri("Hub"), O + "euro", text("5", "^^<http://dbpedia.org/datatype/euro>")),
        (iri("Hub"), O + "plain", text('a "quoted" \\ text\nin\ttwo lines 😀', "")),
        (iri("Hub"), O + "motto", text("British", "@en-GB")),
        (iri("Hub"), O + "motto", text("shouted", "@EN")),
        (iri("Hub"), O + "nothing", text("")),
    ]
    return triples


def write(triples: Iterable[Triple], path: Path) -> Path:
    path.write_text("".join(f"{s} <{p}> {o} .\n" for s, p, o in triples), "utf-8")
    return path


def plain_fetch(triples: Iterable[Triple], seeds: Iterable[str], hops: int) -> set[tuple[str, str]]:
    """The subjects and predicates of a fetch, with objects that are IRIs: by sets, without a query or a limit."""
    known = [(_plain(s), p, _plain(o)) for s, p, o in triples]
    reached = level = {canonical_iri(seed) for seed in seeds}
    kept: set[Triple] = set()
    for hop in range(hops + 1):
        while True:
            targets = {o for s, p, o in known if p == REDIRECT and s in level}
            if targets <= level:
                break
            level = level | targets
        reached = reached | level
        pages, before = set(level), set[str]()
        while pages != before:
            before = pages
            found = {(s, p, o) for s, p, o in known if p in (REDIRECT, DISAMBIGUATION) and o in pages}
            kept |= found
            pages = pages | {s for s, _, _ in found}
        resources = {p for p, dataset in DATASETS.items() if dataset != "labels"}
        labels = set(DATASETS) - resources
        resources = {p for p in resources if DATASETS[p] in FETCHED}
        kept |= {t for t in known if t[0] in level and t[1] in resources}
        kept |= {t for t in known if t[0] in level and _is_spoken(t[2]) and t[1] not in IGNORED}
        unlabelled = level - {s for s, p, o in known if p in labels and _is_spoken(o)}
        kept |= {t for t in known if t[0] in unlabelled and t[1] in labels and t[2][0] == '"'}
        kept |= {t for t in known if t[0] in pages and _is_spoken(t[2]) and t[1] in labels}
        if hop < hops:
            links = {
                t for t in known if t[1] not in NOT_FOLLOWED and t[2][0] != '"' and (t[0] in level or t[2] in level)
            }
            kept |= links
            level = ({s for s, _, _ in links} | {o for _, _, o in links}) - reached
    return {(f"{s} {p}", o if o[0] != '"' else "") for s, p, o in kept}


def fetched(folder: Path) -> set[str]:
    """Every statement of a fetch's files."""
    lines = {line for path in folder.glob("*.nt") for line in path.read_text("utf-8").splitlines()}
    return {line for line in lines if not line.startswith("#")}


def outline(statements: Iterable[str]) -> set[tuple[str, str]]:
    """Statements in the form of `plain_fetch`."""
    cut = [line.removesuffix(" .").split(" ", 2) for line in statements]
    return {(f"{s[1:-1]} {p[1:-1]}", o[1:-1] if o.startswith("<") else "") for s, p, o in cut}


def _plain(term: str) -> str:
    return canonical_iri(term[1:-1]) if term.startswith("<") else term


def _is_spoken(term: str) -> bool:
    return term.startswith('"') and re.search(r'(?<!\A)"@(?!en(-[a-z]+)*$|mul$)[a-z-]+$', term.lower()) is None


def random_graph(rng: random.Random, number: int) -> list[Triple]:
    """A few entities with links, redirects in chains and circles, pages, texts, and what is never fetched."""
    names = [iri(f"g{number}/{name}") for name in ("a", "b", "ç", "d%C3%A9", "e,e", "f'f", "g", "h", "日", "j")]
    triples: set[Triple] = set()
    for _ in range(rng.randint(3, 40)):
        one, other = rng.choice(names), rng.choice(names)
        predicate, target = rng.choice(
            [
                (O + "near", other),
                (O + "far", other),
                (O + "wikiPageWikiLink", other),
                (REDIRECT, other),
                (DISAMBIGUATION, other),
                (TYPE, f"<{O}Place>"),
                (PICTURE, f"<http://pictures.example/{number}.jpg>"),
                (LABEL, text(f"label {number}")),
                (LABEL, text(f"Name {number}", "@de")),
                (O + "remark", text(f"remark {rng.randint(0, 3)}", "")),
            ]
        )
        triples.add((one, predicate, target))
    return sorted(triples)
