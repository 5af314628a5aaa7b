"""Triples at DBpedia's size, as N-Triples: real titles, made-up links with power-law degrees, made-up literals.

Subjects come in the order of their titles, as in DBpedia's own dumps. How many triples a subject has follows a Pareto
law with a mean of about 3.4, which objects are named and by which predicate follows Zipf's law with exponent 1: the
first object has about one link in sixteen. Of literals, each subject has a label, an abstract of 40 words (one in four
with escapes), a name, a number and a date, as in DBpedia's dumps of them. The same arguments give the same bytes.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np

RESOURCE = "http://dbpedia.org/resource/"
ONTOLOGY = "http://dbpedia.org/ontology/"
_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_CHUNK = 200_000
_MEAN_DEGREE = 3.4
_PREDICATES = 600


def resource_of(title: str) -> str:
    """Return the IRI of a title, with only those characters encoded that an IRI must not hold."""
    name = title.strip().replace(" ", "_")
    if any(character in '<>"{}|^`\\%' or ord(character) < 0x21 for character in name):
        name = "".join(quote(c, safe="") if c in '<>"{}|^`\\%' or ord(c) < 0x21 else c for c in name)
    return RESOURCE + name


def write_triples(titles: list[str], out: Path, *, lines: int, seed: int = 7) -> None:
    """Write object triples between the IRIs of titles.

    Args:
        titles: Distinct titles; for a short dump only the first `lines` / 3.4 of them are subjects.
        out: The file to write.
        lines: How many statements.
        seed: Of the random generator.
    """
    random = np.random.default_rng(seed)
    iris = [resource_of(title) for title in titles]
    by_rank = random.permutation(len(iris))
    predicates = [f"{ONTOLOGY}relation{number}" for number in range(_PREDICATES)]
    with out.with_name(out.name + ".part").open("w", encoding="utf-8") as file:
        for subjects in _subjects(len(iris), lines, random):
            objects = by_rank[_zipf(random, len(iris), len(subjects))]
            relations = _zipf(random, _PREDICATES, len(subjects))
            triples = zip(subjects.tolist(), relations.tolist(), objects.tolist(), strict=True)
            file.write("".join([f"<{iris[s]}> <{predicates[p]}> <{iris[o]}> .\n" for s, p, o in triples]))
    out.with_name(out.name + ".part").replace(out)


def write_literals(titles: list[str], out: Path, *, lines: int, seed: int = 7) -> None:
    """Write labels, abstracts, names, numbers and dates of the IRIs of titles; the arguments are `write_triples`'."""
    random = np.random.default_rng(seed)
    words = [title.split("_")[0].replace("\\", "").replace('"', "") for title in titles[:: len(titles) // 5000 + 1]]
    with out.with_name(out.name + ".part").open("w", encoding="utf-8") as file:
        for first in range(0, lines, _CHUNK):
            some = titles[first // 5 % len(titles) :][: min(_CHUNK, lines - first) // 5]
            for title, numbers in zip(some, random.integers(0, 5000, (len(some), 40)).tolist(), strict=True):
                label = title.replace("_", " ").replace("\\", "\\\\").replace('"', '\\"')
                text = " ".join([words[number % len(words)] for number in numbers])
                quoted = f'\\"{text}\\" \\u2013 {text[:9]}' if numbers[0] % 4 == 0 else text
                statements = (
                    f'{_LABEL} "{label}"@en',
                    f'<{ONTOLOGY}abstract> "{quoted}"@en',
                    f'<http://xmlns.com/foaf/0.1/name> "{label}"@en',
                    f'<{ONTOLOGY}populationTotal> "{numbers[0] * 977}"^^<{_XSD}nonNegativeInteger>',
                    f'<{ONTOLOGY}foundingDate> "{1000 + numbers[1] % 1000}-0{1 + numbers[2] % 9}-11"^^<{_XSD}date>',
                )
                subject = resource_of(title)
                file.write("".join([f"<{subject}> {statement} .\n" for statement in statements]))
    out.with_name(out.name + ".part").replace(out)


def _subjects(titles: int, lines: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the subject of each line, a chunk at a time, each subject as often as a Pareto law says."""
    left = lines
    pending = np.zeros(0, dtype=np.int64)
    rounds = itertools.count()
    while left:
        while len(pending) < min(_CHUNK, left):
            first = next(rounds) * _CHUNK % titles
            some = np.arange(first, min(first + _CHUNK, titles))
            # A Pareto law with exponent 1.7 from 1 on, cut at 2,000: its whole part has a mean of about 2.
            degrees = np.minimum(random.pareto(1.7, len(some)) * (_MEAN_DEGREE - 1) * 0.85 + 1, 2000).astype(np.int64)
            pending = np.concatenate([pending, np.repeat(some, degrees)])
        size = min(_CHUNK, left)
        yield pending[:size]
        pending, left = pending[size:], left - size


def _zipf(random: np.random.Generator, size: int, count: int) -> np.ndarray:
    """Return `count` ranks below `size`, rank r with a probability that falls as 1 / (r + 1)."""
    ranks = np.exp(random.random(count) * np.log(size + 1.0)).astype(np.int64) - 1
    return np.clip(ranks, 0, size - 1)
