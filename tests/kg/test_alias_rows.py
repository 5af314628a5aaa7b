"""The rows of `alias`: against a slow, plain way to make them; who has a normal form."""

import random
import sqlite3
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.names import rows as aliasrows
from kg.names.naming import derived_names
from kg.names.normal import normal_form, normal_forms
from kg.names.rows import entities_of, fill_aliases

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


def _store(entities: Sequence[_Entity], names: Sequence[_Given], store: sqlite3.Connection) -> None:
    store.execute("CREATE TEMP TABLE stage_given_name (entity INTEGER, text TEXT, kind TEXT, weight REAL)")
    store.executemany("INSERT INTO entity (id, iri, label, type) VALUES (?1, 'urn:' || ?1, ?2, ?3)", entities)
    store.executemany("INSERT INTO stage_given_name VALUES (?, ?, ?, ?)", names)


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
    seed: int, at_once: int, empty_store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliasrows, "_BATCH", at_once)
    chance = random.Random(seed)
    ids = range(1, 31) if seed % 2 else sorted(chance.sample(range(1, 90), 30))
    entities = [(entity, chance.choice(_TEXTS), chance.choice(["PER", "LOC", "ORG", "OTHER", None])) for entity in ids]
    names = [(chance.choice(ids), chance.choice(_TEXTS), *chance.choice(_KINDS)) for _ in range(60)]
    _store(entities, names, empty_store)
    fill_aliases(empty_store)
    rows = empty_store.execute("SELECT text, normal, entity, kind, weight FROM alias").fetchall()
    assert len(rows) == len(set(rows))
    assert set(rows) == _plain_rows(entities, names)
    holders: dict[str, set[int]] = {}
    for _, normal, entity, _, _ in rows:
        holders.setdefault(normal, set()).add(entity)
    for normal in holders:
        assert sorted(entities_of(empty_store, normal)) == sorted(holders[normal])
    assert list(entities_of(empty_store, "nobody")) == []


def test_a_normal_form_of_many_entities_goes_over_rows(empty_store: sqlite3.Connection) -> None:
    _store([(entity, "Same" if entity % 3 else f"Other {entity}", None) for entity in range(1, 1000)], [], empty_store)
    fill_aliases(empty_store)
    assert list(entities_of(empty_store, "same")) == [entity for entity in range(1, 1000) if entity % 3]
    assert empty_store.execute("SELECT count(*) FROM alias_normal").fetchone()[0] > 5


_PIECES = st.text(alphabet="aBz09.&'`_- \n\r\t()é", max_size=14)


@given(st.lists(st.one_of(st.text(max_size=12), _PIECES), max_size=8))
def test_many_normal_forms_at_once_are_those_one_by_one(texts: list[str]) -> None:
    assert normal_forms(texts) == [normal_form(text) for text in texts]
