"""The fields of a JSON post that say what is known beside its text: ``knowledge``, ``attributes``, ``known_names``.

| field | what it is | example |
| --- | --- | --- |
| ``knowledge`` | triples about what the picture shows, the most telling first | ``[["Chad", "is a", "country"]]`` |
| ``attributes`` | what the picture shows, with probabilities | ``[["flagpole", 0.41], ["mast", 0.2]]`` |
| ``known_names`` | names that a graph knows: the fields of :class:`ner.taggers.KnownName` | see below |

A known name is ``{"start": 0, "end": 1, "types": [["LOC", 0.9], ["ORG", 0.1]]}``, by the numbers of its tokens, the end
exclusive, and where known ``weight``, ``prior``, ``nearness`` and ``same_case``. A field that is missing or null is
empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ner.errors import FormatError
from ner.spans import TYPES
from ner.taggers import KnownName

Fields = tuple[tuple[tuple[str, str, str], ...], tuple[tuple[str, float], ...], tuple[KnownName, ...]]
"""Knowledge, attributes and known names."""

_EXPECTED = {
    "knowledge": '[["Chad", "is a", "country"], ...]',
    "attributes": '[["flagpole", 0.41], ...]',
    "known_names": '[{"start": 0, "end": 1, "types": [["LOC", 1.0]]}, ...]',
}


def context_fields(row: Mapping[str, Any], length: int) -> Fields:
    """What a post's fields say is known beside its text.

    Args:
        row: The fields of the post, those of other names too.
        length: How many tokens it has.

    Raises:
        FormatError: One of them has another form, or a known name does not lie within the tokens.
    """
    return _read(row, "knowledge"), _read(row, "attributes"), _known_names(row, length)


def _known_names(row: Mapping[str, Any], length: int) -> tuple[KnownName, ...]:
    names: tuple[KnownName, ...] = _read(row, "known_names")
    for name in names:
        if not 0 <= name.start < name.end <= length:
            raise FormatError(f"known name {name.start}:{name.end} does not lie within {length} tokens")
        if odd := [kind for kind, _ in name.types if kind not in TYPES]:
            raise FormatError(f"type {odd[0]!r} of a known name: expected one of {', '.join(TYPES)}")
    return names


def _read(row: Mapping[str, Any], name: str) -> Any:
    from pydantic import ValidationError

    try:
        return _readers()[name].validate_python(row.get(name) or ())
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        place = "".join(f"[{part!r}]" for part in found["loc"])
        raise FormatError(
            f"{name}{place} is {found['input']!r:.80}: expected {name} like {_EXPECTED[name]}, or leave it out"
        ) from error


@cache
def _readers() -> Mapping[str, Any]:
    from pydantic import TypeAdapter

    triples, shares = tuple[tuple[str, str, str], ...], tuple[tuple[str, float], ...]
    kinds: Mapping[str, Any] = {"knowledge": triples, "attributes": shares, "known_names": tuple[KnownName, ...]}
    return {name: TypeAdapter(kind) for name, kind in kinds.items()}
