"""What a JSON post says is known beside its text, and what is said of a field of another form."""

from typing import Any

import pytest

from ner.context_fields import context_fields
from ner.errors import FormatError
from ner.taggers import KnownName


def test_the_fields_are_read_and_may_be_missing() -> None:
    row = {
        "knowledge": [["Chad", "is a", "country"]],
        "attributes": [["flagpole", 0.41], ["mast", 1]],
        "known_names": [{"start": 0, "end": 1}, {"start": 1, "end": 2, "types": [["LOC", 0.9]], "weight": 0.5}],
    }
    names = (KnownName(0, 1), KnownName(1, 2, (("LOC", 0.9),), 0.5))
    expected = ((("Chad", "is a", "country"),), (("flagpole", 0.41), ("mast", 1.0)), names)
    assert context_fields(row, 2) == expected
    assert context_fields({}, 2) == context_fields(dict.fromkeys(row), 2) == ((), (), ())


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("knowledge", ["Chad is a country"], "knowledge[0] is 'Chad is a country': expected knowledge like [[\"Chad\""),
        ("knowledge", [["Chad", "country"]], "knowledge[0][2] is ['Chad', 'country']: expected"),
        ("knowledge", [["Chad", "population", 3]], "knowledge[0][2] is 3: expected"),
        ("attributes", {"flag": 0.4}, "attributes is {'flag': 0.4}: expected attributes like [[\"flagpole\", 0.41]"),
        ("attributes", [["flag", "much"]], "attributes[0][1] is 'much': expected"),
        ("known_names", [{"start": 0}], "known_names[0]['end'] is {'start': 0}: expected"),
        ("known_names", [{"start": 1, "end": 3}], "known name 1:3 does not lie within 2 tokens"),
        ("known_names", [{"start": 0, "end": 1, "types": [["DOG", 1]]}], "type 'DOG' of a known name: expected one of"),
    ],
)
def test_a_wrong_one_is_named_with_what_was_expected(field: str, value: Any, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        context_fields({field: value}, 2)
    assert str(caught.value).startswith(message)
