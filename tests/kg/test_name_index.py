"""The rows of `alias`: against a slow, plain way to make them; which entities have a normal form."""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from kg.names.derived import derived_names
from kg.names.index import fill_names
from kg.names.lookup import entities_of
from kg.names.normal import normal_form
from kg.schema import create_tables

_TEXTS = [
    "Arsenal FC", "Arsenal", "Georgia (country)", "Georgia", "Paris, Texas", "Łódź", "lodz", "!!!", " ", "", "U.S.A.",
    "two\nlines", "nul\0 byte",
    "O'Neal & Sons Inc.", "Beyoncé", "Beyonce", "東京", "St. Louis", "A.B", "Mercury (disambiguation)",
]  # fmt: skip
_KINDS = [
    ("redirect", 0.85),
    ("alias", 0.9),
    ("alias", 0.7),
    ("nickname", 0.9),
    ("disambiguation", 0.5),
    ("demonym", 0.4),
]

_Entity = tuple[int, str, str | None]
_Given = tuple[int, str, str, float]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "kg.sqlite", isolation_level=None)
    create_tables(connection)
    yield connection
    connection.close()


def _fill(store: sqlite3.Connection, entities: Sequence[_Entity], names: Sequence[_Given], at_once: int) -> None:
    fill_names(store, entities, sorted(names, key=lambda name: name[0]), at_once=at_once)


def _plain_rows(entities: Sequence[_Entity], names: Sequence[_Given]) -> set[tuple[str, str, int, str, float]]:
    types = {entity: coarse for entity, _, coarse in entities}
    best: dict[tuple[int, str], tuple[float, str]] = {}
    every = [(entity, label, "label", 1.0) for entity, label, _ in entities] + list(names)
    for entity, given_text, kind, weight in every:
        text = given_text.replace(" (disambiguation)", "") if kind == "disambiguation" else given_text
        rows = [(text, kind, weight)]
        if kind in ("label", "redirect"):
            rows.extend(derived_names(text, weight, types[entity]))
        for name, name_kind, name_weight in rows:
            rank = (-round(name_weight, 4), name_kind)
            if normal_form(name):
                best[entity, name] = min(best.get((entity, name), rank), rank)
    return {(text, normal_form(text), entity, kind, -weight) for (entity, text), (weight, kind) in best.items()}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("at_once", [3, 50_000])
def test_the_rows_are_those_of_the_plain_way(seed: int, at_once: int, store: sqlite3.Connection) -> None:
    chance = random.Random(seed)
    ids = range(1, 31) if seed % 2 else sorted(chance.sample(range(1, 90), 30))
    entities = [(entity, chance.choice(_TEXTS), chance.choice(["PER", "LOC", "ORG", "OTHER", None])) for entity in ids]
    names = [(chance.choice(ids), chance.choice(_TEXTS), *chance.choice(_KINDS)) for _ in range(60)]
    _fill(store, entities, names, at_once)
    rows = store.execute("SELECT text, normal, entity, kind, weight FROM alias").fetchall()
    assert len(rows) == len(set(rows))
    assert set(rows) == _plain_rows(entities, names)
    holders: dict[str, set[int]] = {}
    for _, normal, entity, _, _ in rows:
        holders.setdefault(normal, set()).add(entity)
    for normal in holders:
        assert sorted(entities_of(store, normal)) == sorted(holders[normal])
    assert list(entities_of(store, "nobody")) == []


def test_a_normal_form_of_many_entities_goes_over_rows(store: sqlite3.Connection) -> None:
    _fill(store, [(entity, "Same" if entity % 3 else f"Other {entity}", None) for entity in range(1, 1000)], [], 300)
    assert list(entities_of(store, "same")) == [entity for entity in range(1, 1000) if entity % 3]
    assert store.execute("SELECT count(*) FROM alias_normal").fetchone()[0] > 5
