"""Name clues: how a mention stands to a candidate's name."""

import pytest

from kg import AliasMatch, Entity
from linker.name_clues import NAME_CLUES, name_clues


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
