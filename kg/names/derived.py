"""Every name that an entity answers to, with how surely that name means it.

| kind | weight | from |
|---|---|---|
| label | 1.0 | its label |
| nickname, alias | 0.9, 0.7 | literals such as foaf:nick, table aliases, labels in other languages |
| redirect | 0.85 | the label of a page that points to it |
| anchor | 0.9 of its share | a text of links or a counted name, if it means the entity twice and in 1 % of all |
| qualifier | 0.8 | a label without its qualifier: `Georgia` for `Georgia (country)` |
| short | 0.7 | an organisation's name without `FC`, `Inc.`, a year, ...: `Arsenal` for `Arsenal FC` |
| disambiguation | 0.5 | the label of a disambiguation page that names it |
| demonym | 0.4 | `Italian` for Italy |
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from .normal import words

QUALIFIER_WEIGHT = 0.8
SHORT_WEIGHT = 0.7

_QUALIFIED = re.compile(r"(?P<bare>[^()]*\S)\s*\((?P<qualifier>[^()]+)\)$")
_DISAMBIGUATION = re.compile(r"\s*\(disambiguation\)$", re.IGNORECASE)
# What football and basketball clubs put before or behind their names, and companies behind theirs.
_EMPTY_WORDS = words(
    "ac acsc afc afk aik as bb bc bk bsc ca calcio cd cf cfr club cr cs csc csm ec fc fk fsc fsv gd gks gnk hc hnk if"
    " ifk iff jk kaa kfc krc ks kv mks nk ofc pfc pfk rb rcd rsc sad sc sd se sk sl spvgg ss ssc ssd sv tsg tsv uc"
    " ud us usc rc vfb vfl"
    " ab ag asa bv co company corp corporation gmbh inc incorporated kg limited llc llp ltd nv oyj plc sa spa"
)
_YEAR = re.compile(r"(?:18|19|20)?\d{2}$")
_LEADING_NUMBER = re.compile(r"\d\.?$")

_Name = tuple[str, str, float]


def given_name(text: str, kind: str) -> str:
    """Return a name as it was given, but for a page's remark that it disambiguates."""
    return _DISAMBIGUATION.sub("", text) if kind == "disambiguation" else text


def derived_names(text: str, weight: float, coarse_type: str | None) -> Iterator[_Name]:
    """Yield the further names that a name implies: without its qualifier, and without the words every club has."""
    qualified = _QUALIFIED.match(text) if ")" in text else None
    if qualified:
        text = qualified["bare"]
        yield text, "qualifier", weight * QUALIFIER_WEIGHT
    elif coarse_type == "LOC" and ", " in text:
        yield text.split(", ")[0], "qualifier", weight * QUALIFIER_WEIGHT
    if coarse_type == "ORG" and (short := short_name(text)):
        yield short, "short", weight * SHORT_WEIGHT


def short_name(text: str) -> str | None:
    """Return an organisation's name without club words, legal forms and founding years; None if nothing is left out."""
    words = text.split()
    kept = [word for word in words if not _is_empty(word)]
    if len(kept) > 1 and _YEAR.match(kept[-1]):
        kept.pop()
    if len(kept) > 1 and _LEADING_NUMBER.match(kept[0]):
        kept.pop(0)
    short = " ".join(kept).strip(" ,.&-")
    return short if len(kept) < len(words) and len(short) >= 3 else None


@lru_cache(maxsize=100_000)
def _is_empty(word: str) -> bool:
    return word.strip(".,").replace(".", "").lower() in _EMPTY_WORDS
