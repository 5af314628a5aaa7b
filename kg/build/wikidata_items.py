"""An item of Wikidata's JSON as the statements that its RDF makes of it: labels, names, direct claims, titles.

Only what is wanted is decoded; qualifiers and references, most of an item, are passed over by the parser.
"""

import re
import sys
from collections.abc import Sequence
from math import trunc
from typing import Any
from urllib.parse import quote

from msgspec import Struct, field

from kg.vocabulary import (
    ALIAS,
    DATASETS,
    DESCRIPTION,
    LABEL,
    NAME_PREDICATES,
    PAGE_CLASSES,
    SAME_AS,
    SUBCLASS,
    WIKIDATA_CLAIM,
    WIKIDATA_ENTITY,
)

from .wikidata_rdf import DBPEDIA

_FILES = "http://commons.wikimedia.org/wiki/Special:FilePath/"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_POINT = "http://www.opengis.net/ont/geosparql#wktLiteral"
_TIME = re.compile(r"([+-])(\d{1,16})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)Z")
_JULIAN, _EARTH = "Q1985786", WIKIDATA_ENTITY + "Q2"
_DAY = 11  # the precision of a day
_PICTURES = frozenset(predicate for predicate, dataset in DATASETS.items() if dataset == "images")
_PAGES = frozenset(PAGE_CLASSES)
_IS_A = WIKIDATA_CLAIM + "P31"


class _Term(Struct, gc=False):
    value: str


class _DataValue(Struct, gc=False):
    type: str
    value: Any


class _Snak(Struct, gc=False):
    snaktype: str = "value"
    datavalue: _DataValue | None = None


class _Claim(Struct, gc=False):
    mainsnak: _Snak
    rank: str = "normal"


class _Sitelink(Struct, gc=False):
    title: str


class WikidataEntity(Struct, gc=False):
    """What is read of an entity of Wikidata; where there is nothing, PHP writes an empty list in place of an object."""

    id: str = ""
    labels: dict[str, _Term] | list[Any] = field(default_factory=dict)
    descriptions: dict[str, _Term] | list[Any] = field(default_factory=dict)
    aliases: dict[str, list[_Term]] | list[Any] = field(default_factory=dict)
    claims: dict[str, list[_Claim]] | list[Any] = field(default_factory=dict)
    sitelinks: dict[str, _Sitelink] | list[Any] = field(default_factory=dict)
    redirect: str = ""  # the item that has taken its place
    entity: str = ""  # of a redirect, in some exports, its own id
    entities: "dict[str, WikidataEntity] | None" = None  # of a single item as `Special:EntityData` gives it


class ItemStatements:
    """The statements of items, as columns: subjects, predicates, objects, texts, tags; an empty text stands for none.

    Args:
        languages: What labels, aliases and descriptions should be in; `en` stands for `en-gb` too.
        min_sitelinks: Items with fewer sitelinks are left out; of these, classes keep their labels and superclasses.

    Attributes:
        columns: The statements since the last `clear`.
        sitelinks: How many pages each of the items has.
        ignored: How many claims led to nothing that is kept; `left_out`: how many items were left out.
    """

    def __init__(self, languages: Sequence[str], *, min_sitelinks: int = -1) -> None:
        self._languages = frozenset(languages)
        self._is_wanted: dict[str, bool] = {}
        self._min_sitelinks = min_sitelinks
        self.clear()

    def clear(self) -> None:
        """Forget the statements and the numbers."""
        self.ignored = self.left_out = 0
        self.columns: tuple[list[str], ...] = ([], [], [], [], [])
        self.sitelinks: list[tuple[str, int]] = []

    def add(self, entity: WikidataEntity) -> None:
        """Add what an entity says; of properties, and of items that are left out, their labels.

        Raises:
            ValueError: If it is no entity of Wikidata.
        """
        if entity.entities:
            for one in entity.entities.values():
                self.add(one)
            return
        number = entity.id or entity.entity
        iri = WIKIDATA_ENTITY + number
        if _is_number(number, "Q") and _is_number(entity.redirect, "Q"):
            self._node(iri, SAME_AS, WIKIDATA_ENTITY + entity.redirect)
        elif _is_number(number, "Q"):
            self._add_item(iri, entity)
        elif _is_number(number, "P"):
            self._add_labels(iri, entity)
        elif number[:1] in ("L", "M"):  # a lexeme, or what a file of Wikimedia Commons is about
            self.ignored += 1
        else:
            raise ValueError(f"its id is {number[:20]!r}, expected one like Q42")

    def _add_item(self, iri: str, entity: WikidataEntity) -> None:
        claims = dict(_best(entity.claims))
        is_a = self._ends(claims.get("P31", ()))
        if not _PAGES.isdisjoint(is_a):
            for class_ in is_a:
                self._node(iri, _IS_A, class_)
            return
        count = len(entity.sitelinks)
        if count < self._min_sitelinks:
            self.left_out += "P279" not in claims
            if "P279" in claims:
                self._add_labels(iri, entity)
                for above in self._ends(claims["P279"]):
                    self._node(iri, SUBCLASS, above)
            return
        self.sitelinks.append((iri, count))
        self._add_labels(iri, entity)
        for predicate, terms in ((ALIAS, entity.aliases), (DESCRIPTION, entity.descriptions)):
            for language, given in _entries(terms):
                if self._wants(language):
                    for term in given if isinstance(given, list) else (given,):
                        self._text(iri, predicate, term.value, "@" + language.lower())
        if isinstance(entity.sitelinks, dict) and (english := entity.sitelinks.get("enwiki")):
            self._text(iri, ALIAS, english.title, "@en")
            self._node(iri, SAME_AS, DBPEDIA + quote(english.title.replace(" ", "_"), safe="/"))
        for name, values in claims.items():
            predicate = sys.intern(WIKIDATA_CLAIM + name)
            for value in values:
                self._add_claim(iri, predicate, value)

    def _add_labels(self, iri: str, entity: WikidataEntity) -> None:
        """Add the labels in the wanted languages; without one, all others, of which one is chosen later."""
        labels = _entries(entity.labels)
        for language, term in [entry for entry in labels if self._wants(entry[0])] or labels:
            self._text(iri, LABEL, term.value, "@" + language.lower())

    def _add_claim(self, iri: str, predicate: str, data: _DataValue | None) -> None:
        try:
            if data is None:
                self.ignored += 1
            elif data.type == "wikibase-entityid" and (end := _item_of(data.value)):
                self._node(iri, predicate, WIKIDATA_ENTITY + end)
            elif data.type == "string" and predicate in _PICTURES:
                self._node(iri, predicate, _FILES + quote(data.value, safe=""))
            elif data.type == "monolingualtext":
                self._text(iri, predicate, data.value["text"], "@" + data.value["language"].lower())
            elif data.type == "string" and predicate in NAME_PREDICATES:
                self._text(iri, predicate, data.value, "")
            elif data.type in _LITERALS:
                write, tag = _LITERALS[data.type]
                self._text(iri, predicate, write(data.value), tag)
            else:
                self.ignored += 1
        except (AttributeError, KeyError, TypeError, ValueError):  # a value of another form than its type has
            self.ignored += 1

    def _ends(self, values: Sequence[_DataValue | None]) -> list[str]:
        items = [_item_of(data.value) for data in values if data is not None and data.type == "wikibase-entityid"]
        return [WIKIDATA_ENTITY + item for item in items if item]

    def _wants(self, language: str) -> bool:
        known = self._is_wanted.get(language)
        if known is None:
            tag = language.lower()
            known = tag == "mul" or not self._languages.isdisjoint({tag, tag.partition("-")[0]})
            self._is_wanted[language] = known
        return known

    def _node(self, subject: str, predicate: str, end: str) -> None:
        for column, value in zip(self.columns, (subject, predicate, end, "", ""), strict=True):
            column.append(value)

    def _text(self, subject: str, predicate: str, text: str, tag: str) -> None:
        for column, value in zip(self.columns, (subject, predicate, "", text, tag), strict=True):
            column.append(value)


def _entries(terms: dict[str, Any] | list[Any]) -> list[tuple[str, Any]]:
    return list(terms.items()) if isinstance(terms, dict) else []


def _best(claims: dict[str, list[_Claim]] | list[Any]) -> list[tuple[str, list[_DataValue | None]]]:
    """Return the values of the best rank of each property; None for those that are unknown, or that there are none."""
    best = []
    for name, given in _entries(claims):
        if not _is_number(name, "P"):
            continue
        ranks = {claim.rank for claim in given}
        rank = "preferred" if "preferred" in ranks else "normal"
        snaks = [claim.mainsnak for claim in given if claim.rank == rank]
        best.append((name, [snak.datavalue if snak.snaktype == "value" else None for snak in snaks]))
    return best


def _item_of(value: Any) -> str:
    """Return the number of an item that is a value, "" for other entities; old dumps have it as a number alone."""
    if not isinstance(value, dict):
        return ""
    item = value.get("id") or (f"Q{value.get('numeric-id')}" if value.get("entity-type") == "item" else "")
    return item if isinstance(item, str) and _is_number(item, "Q") else ""


def _is_number(text: str, letter: str) -> bool:
    return text[:1] == letter and text[1:].isdecimal() and text.isascii()


def _write_time(value: dict[str, Any]) -> str:
    """Write a time as Wikidata's RDF does: in the Gregorian calendar, with a year 0, an unknown month or day as 1."""
    found = _TIME.match(value["time"])
    if found is None:
        raise ValueError(value["time"])
    sign, year, month, day, clock = found.groups()
    date = (int(year) if sign == "+" else 1 - int(year), int(month) or 1, int(day) or 1)
    if value.get("precision", 0) >= _DAY and value.get("calendarmodel", "").endswith(_JULIAN):
        date = _gregorian(*date)
    return f"{'-' if date[0] < 0 else ''}{abs(date[0]):04}-{date[1]:02}-{date[2]:02}T{clock}Z"


def _gregorian(year: int, month: int, day: int) -> tuple[int, int, int]:
    """Return a Julian date in the Gregorian calendar, by the day's number (E. G. Richards 2013, Calendars, 15.11)."""
    late = (14 - month) // 12
    number = day + (153 * (month + 12 * late - 3) + 2) // 5 + (year + 4800 - late) * 1461 // 4 - 32083
    rest = number + 32044
    century = (4 * rest + 3) // 146097
    rest -= 146097 * century // 4
    year = (4 * rest + 3) // 1461
    rest -= 1461 * year // 4
    month = (5 * rest + 2) // 153
    day = rest - (153 * month + 2) // 5 + 1
    return 100 * century + year - 4800 + month // 10, month + 3 - 12 * (month // 10), day


def _write_place(value: dict[str, Any]) -> str:
    """Write a place as Wikidata's RDF does: with nine decimals, those behind cut off; another globe before it."""
    ends = (f"{trunc(value[name] * 1e9) / 1e9:.9f}".rstrip("0").rstrip(".") for name in ("longitude", "latitude"))
    globe = value.get("globe") or _EARTH
    return ("" if globe == _EARTH else f"<{globe}> ") + f"Point({' '.join(ends)})"


_LITERALS = {
    "time": (_write_time, _XSD + "dateTime"),
    "quantity": (lambda value: str(value["amount"]).lstrip("+"), _XSD + "decimal"),
    "globecoordinate": (_write_place, _POINT),
}
