"""Name clues: how a mention stands to a candidate's name."""

import pytest

from kg import AliasMatch, Entity
from linker.name_clues import NAME_CLUES, explains, form_of, name_clues


def clues(text: str, label: str, *, alias: str = "", fuzzy: float = 0.82, before: str = "", after: str = "") -> dict:
    match = AliasMatch(Entity(1, "urn:1", label, None, 0.0), alias or label, "label", 1.0, fuzzy)
    [row] = name_clues(text, [match], before.lower().split(), after.lower().split())
    return dict(zip(NAME_CLUES, row, strict=True))


def test_a_surname_and_a_first_name() -> None:
    surname, first = clues("Baldwin", "Tammy Baldwin"), clues("Tammy", "Tammy Baldwin")
    assert (surname["last_words"], surname["first_words"], surname["part"]) == (1, 0, 1)
    assert (first["last_words"], first["first_words"]) == (0, 1)
    assert clues("Tammy Baldwin", "Tammy Baldwin", fuzzy=1.0)["part"] == 0


@pytest.mark.parametrize(
    ("text", "label", "same"),
    [
        ("C++", "C++", 1),
        ("C++", "C#", 0),
        ("C", "C", 1),
        ("Google+", "Google", 0),
        ("Winter's Bone", "Winter’s Bone", 0),
    ],
)
def test_spelling_that_tells(text: str, label: str, same: int) -> None:
    assert clues(text, label, fuzzy=1.0)["same_spelling"] == same


def test_apostrophes_do_not_part_names() -> None:
    assert clues("Winter's Bone", "Winter’s Bone", fuzzy=1.0)["same_letters"] == 1
    assert clues("C++", "C#", fuzzy=1.0)["same_letters"] == 0


def test_the_rest_of_the_name_elsewhere_in_the_post() -> None:
    found = clues("Simpson", "Jessica Simpson", before="jessica simpson sings")
    assert (found["full_form_before"], found["full_form_after"], found["rest_in_post"]) == (1, 0, 1)
    assert clues("Simpson", "Jessica Simpson", before="homer said")["rest_in_post"] == 0


def test_a_name_that_goes_on_as_the_post_does() -> None:
    assert clues("Elizabeth", "Elizabeth I of England", after="i in 1595")["goes_on"] == 1
    assert clues("Elizabeth", "Elizabeth of Reute", after="i in 1595")["goes_on"] == 0


def test_an_acronym_is_one_by_whatever_name_the_entity_was_found() -> None:
    by_redirect = clues("NYC", "New York City", alias="NYC Marathon", fuzzy=0.83)
    assert (by_redirect["acronym"], by_redirect["part"]) == (1, 0)
    assert clues("#N.Y.C.", "New York City")["acronym"] == 1
    assert clues("nyc", "New York City")["acronym"] == 0
    assert clues("NYC", "New York")["acronym"] == 0


@pytest.mark.parametrize(
    ("text", "label", "whole"),
    [
        ("Chilton", "Chilton, Wisconsin", 1),
        ("Mercury", "Mercury (planet)", 1),
        ("Chilton", "Chilton Foliat, Wiltshire", 0),
        ("Chilton", "Chilton", 0),
    ],
)
def test_all_of_a_name_but_its_qualifier(text: str, label: str, whole: int) -> None:
    assert clues(text, label)["whole_but_qualifier"] == whole


def test_a_part_of_the_label_or_of_another_name() -> None:
    assert clues("Jordan", "Michael Jordan")["part_of_label"] == 1
    assert clues("Jordan", "United Bank", alias="Bank of Jordan")["part_of_label"] == 0


@pytest.mark.parametrize(
    ("text", "label", "fuzzy", "form"),
    [
        ("Chad", "Chad", 1.0, 3),
        ("Chadd", "Chad", 0.9, 2),
        ("UK", "United Kingdom", 0.8, 2),
        ("Chad", "Chad Smith", 0.8, 1),
    ],
)
def test_forms(text: str, label: str, fuzzy: float, form: int) -> None:
    assert form_of(text, AliasMatch(Entity(1, "urn:1", label, None, 0.0), label, "label", 1.0, fuzzy)) == form


@pytest.mark.parametrize(
    ("text", "explained"),
    [
        ("Midway International Airport ( MDW )", True),
        ("Midway International Airport ( mdw )", False),  # no acronym
        ("Midway International Airport ( USA )", False),  # letters that the name has not
        ("Midway International Airport ( AWY )", False),  # in another order
        ("Midway International Airport ( MDW", False),
        ("Midway International Airport MDW )", False),
    ],
)
def test_an_acronym_that_the_post_explains(text: str, explained: bool) -> None:
    assert explains(text.split(), 0, 3) == explained
