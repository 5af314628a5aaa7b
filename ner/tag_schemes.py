"""Tag schemes: BIO, IOB1, IOBES, BILOU, BMES, bare types and brackets, told by all tags of a file and read as BIO."""

import re
from collections.abc import Iterable, Iterator, Sequence

from ner.errors import TagError
from ner.spans import OUTSIDE

_TAG = re.compile(r"([BILMESUW])[-_](.+)", re.IGNORECASE)
_BRACKET = re.compile(r"(?:\(([^()*]+))?(\*?)(\)?)")
_AS = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}
_NONE = (OUTSIDE, "o", "_", "-")
_NAMES = (("LU", "BILOU"), ("MW", "BMES"), ("ES", "IOBES"))
BARE, BRACKETS = "bare types", "brackets"


def split_written(tag: str) -> tuple[str, str]:
    """Prefix and type of a tag as data sets write them; a bare type has no prefix.

    >>> split_written("b_loc"), split_written("PER"), split_written("o")
    (('B', 'loc'), ('', 'PER'), ('O', ''))
    """
    if tag in _NONE:
        return OUTSIDE, ""
    found = _TAG.fullmatch(tag)
    return (found[1].upper(), found[2]) if found else ("", tag)


def is_bracket(tag: str) -> bool:
    """Whether a tag is one of CoNLL-2012's: ``(PERSON*``, ``*``, ``*)``, ``(GPE)``."""
    return bool(tag) and ("*" in tag or tag.startswith("(")) and _BRACKET.fullmatch(tag) is not None


def scheme_of(posts: Iterable[Sequence[str]]) -> str:
    """The name of the scheme in which all posts of a file are tagged.

    IOB1 is it only if some ``I-`` begins an entity, and no ``B-`` follows an ``O`` in the whole file.
    """
    prefixes: set[str] = set()
    b_begins = i_begins = False
    brackets = 0
    for tags in posts:
        before = OUTSIDE
        for tag in tags:
            brackets += 1 if is_bracket(tag) else -1
            prefix, _ = split_written(tag)
            prefixes.add(prefix)
            if before == OUTSIDE:
                b_begins, i_begins = b_begins or prefix == "B", i_begins or prefix == "I"
            before = prefix
    if brackets > 0:
        return BRACKETS
    if prefixes <= {"", OUTSIDE}:
        return BARE if "" in prefixes else "BIO"
    for letters, name in _NAMES:
        if prefixes & set(letters):
            return name
    return "IOB1" if i_begins and not b_begins else "BIO"


def read_tags(tags: Iterable[str], scheme: str) -> Iterator[tuple[str, str]]:
    """Yield each tag of a post as BIO: prefix and type, the types as they are written.

    Bare types beside each other are one entity where they are the same.

    Raises:
        TagError: A tag is none of its scheme.
    """
    open_type, is_closed = "", False  # what the entity before is, and whether it has ended
    for tag in tags:
        if scheme == BRACKETS:
            prefix, kind, closes = _from_bracket(tag, open_type)
        else:
            prefix, kind = split_written(tag)
            if scheme == BARE:
                if tag in ("B", "I", "B-", "I-"):
                    raise TagError(f"tag {tag!r} has no type: write B-NAME and I-NAME, by any name")
                prefix = prefix if prefix == OUTSIDE else "I"
            if not prefix:
                raise TagError(f"tag {tag!r} is not 'O', 'B-TYPE' or 'I-TYPE': correct it in the data")
            prefix = _AS.get(prefix, prefix)
            prefix, closes = ("B" if prefix == "S" else "I" if prefix == "E" else prefix), prefix in ("E", "S")
        if prefix == "I" and (is_closed or (kind != open_type and scheme in (BARE, "IOB1"))):
            prefix = "B"
        yield prefix, kind
        open_type, is_closed = ("" if scheme == BRACKETS and closes else kind), closes


def _from_bracket(tag: str, open_type: str) -> tuple[str, str, bool]:
    found = _BRACKET.fullmatch(tag)
    if found is None and tag not in _NONE:
        raise TagError(f"tag {tag!r} is none of '*', '(TYPE*', '*)', '(TYPE)': correct it in the data")
    kind, _, end = found.groups() if found else (None, "", "")
    if kind is not None:
        return "B", kind, bool(end)
    return ("I", open_type, bool(end)) if open_type else (OUTSIDE, "", False)
