"""The rows of `alias`: against a slow, plain way to make them; who has a normal form."""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.building.pages import PageFile
from kg.building.records import Texts
from kg.names import rows as aliasrows
from kg.names.holders import entities_of
from kg.names.naming import derived_names
from kg.names.normal import normal_form
from kg.names.rows import Labels, fill_names, normals_of
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
    store.execute("CREATE TEMP TABLE given (entity INTEGER, text TEXT, kind TEXT, weight REAL)")
    store.executemany("INSERT INTO given VALUES (?, ?, ?, ?)", names)
    labels = (_labels(entities[first : first + at_once]) for first in range(0, len(entities), at_once))
    with PageFile(Path(store.execute("PRAGMA database_list").fetchone()[2])) as pages:
        fill_names(pages, labels, store.execute("SELECT * FROM given ORDER BY entity"))
        pages.publish()
    assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _labels(entities: Sequence[_Entity]) -> Labels:
    ids = np.array([entity for entity, _, _ in entities])
    letters = "".join((coarse or "--")[1] for _, _, coarse in entities)
    return Labels(ids, Texts.of(label for _, label, _ in entities), letters.encode())


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
def test_the_rows_are_those_of_the_plain_way(
    seed: int, at_once: int, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliasrows, "_BATCH", at_once)
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


_PIECES = st.text(alphabet="aBz09.&'`_- \n\r\t()é", max_size=14)


@given(st.lists(st.one_of(st.text(max_size=12), _PIECES), max_size=8))
@example(["a&b"] * 50)
def test_many_normal_forms_at_once_are_those_one_by_one(texts: list[str]) -> None:
    assert normals_of(Texts.of(texts)).strings() == [normal_form(text) for text in texts]
