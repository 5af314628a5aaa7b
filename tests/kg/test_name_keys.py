"""Where names are kept for fuzzy look-ups: no name within the edits that are asked for is out of a mention's reach."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from kg.names.fuzzy import edits_allowed
from kg.names.index import fill_grams
from kg.names.keys import letter_mask, places, segment_count, segment_key, word_key
from kg.names.normal import squash
from kg.schema import create_tables

# Few letters, so that segments are found in many places, and exchanges are frequent.
_ALPHABET = "abck9ωдヶ"
_SPELLINGS = st.text(alphabet=_ALPHABET, min_size=1, max_size=14)


def _keys(letters: str) -> list[int]:
    count = segment_count(len(letters))
    cuts = [len(letters) * place // count for place in range(count + 1)]
    return [segment_key(len(letters), place, letters[cuts[place] : cuts[place + 1]]) for place in range(count)]


@st.composite
def _pairs(draw: st.DrawFn) -> tuple[str, str]:
    name = mention = draw(_SPELLINGS)
    for _ in range(draw(st.integers(0, 2))):
        at, letter = draw(st.integers(0, len(mention))), draw(st.sampled_from(_ALPHABET))
        mention = draw(
            st.sampled_from(
                [
                    mention[:at] + mention[at + 1 :],
                    mention[:at] + letter + mention[at:],
                    mention[:at] + letter + mention[at + 1 :],
                    mention[:at] + mention[at + 1 : at + 2] + mention[at : at + 1] + mention[at + 2 :],
                ]
            )
        )
    return name, mention or "a"


@given(st.text(max_size=12), st.randoms(use_true_random=False))
def test_letter_masks_know_no_order(letters: str, chance: random.Random) -> None:
    shuffled = list(letters)
    chance.shuffle(shuffled)
    assert letter_mask(letters) == letter_mask("".join(shuffled))


@given(_pairs(), st.sampled_from([0.6, 0.8, 0.9]))
def test_a_name_that_is_near_stands_where_a_mention_looks(pair: tuple[str, str], min_fuzzy: float) -> None:
    name, mention = pair
    edits = OSA.distance(name, mention)
    shorter, longer = sorted([len(name), len(mention)])
    if edits and (edits > edits_allowed(shorter) or 1 - edits / longer < min_fuzzy):
        return
    looked = {length: (most, keys) for length, most, keys in places(mention, min_fuzzy)}
    most, keys = looked[len(name)]
    assert edits <= most
    assert set(keys) & set(_keys(name))
    bits = (letter_mask(name) ^ letter_mask(mention)).bit_count()
    assert bits <= 2 * edits - abs(len(name) - len(mention))


def _fill(path: Path, names: list[str]) -> tuple[list[tuple[int, int, bytes]], list[tuple[int, str]]]:
    """The rows of both tables, by their keys."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        create_tables(connection)
        fill_grams(connection, bytearray("".join(f"{name}\n" for name in names).encode()))
        return (
            connection.execute("SELECT key, count, names FROM alias_segment ORDER BY key").fetchall(),
            connection.execute("SELECT key, names FROM alias_word ORDER BY key").fetchall(),
        )


def test_what_is_written_is_what_the_plain_way_gives(tmp_path: Path) -> None:
    names = ["a", "us", "chad", "mali", "new york", "ωmega", "東京 tower", "𝒳 ω"]
    names += ["new york new york", "x" * 499, "y" * 501]
    names += [f"kobe bryant {number}" for number in range(300)]
    rows, words = _fill(tmp_path / "kg.sqlite", names + names[:40])
    fuzzy = {name for name in names if len(squash(name)) <= 500}
    found: dict[str, int] = {}
    for place, (key, count, blob) in enumerate(rows):
        following = rows[place + 1][0] if place + 1 < len(rows) else 2**62
        length, at = key >> 26, 5 * count
        for number in range(count):
            end = at + length + blob[4 * count + number]
            name = blob[at:end].decode()
            at = end
            assert int.from_bytes(blob[4 * number : 4 * number + 4], "little") == letter_mask(squash(name))
            assert any(key <= own < following for own in _keys(squash(name)))
            found[name] = found.get(name, 0) + 1
        assert at == len(blob)
    assert found == {name: len(_keys(squash(name))) for name in fuzzy}
    assert sum(lines.count("\n") + 1 for _, lines in words) == sum(len(n.split()) for n in fuzzy if " " in n)
    for name in fuzzy:
        for word in name.split() if " " in name else ():
            key = word_key(word, len(squash(name)))
            assert name in max(row for row in words if row[0] <= key)[1].split("\n")


def test_no_names_make_no_rows(tmp_path: Path) -> None:
    assert _fill(tmp_path / "kg.sqlite", []) == ([], [])
