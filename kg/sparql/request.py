"""What a fetch is asked for: seeds from a file, the request with its checks, and the report of what was done."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kg.errors import EndpointError, SourceError
from kg.iris import canonical_iri, is_iri, is_language
from kg.politeness import program

from .recipe import PLAIN, SparqlRecipe


@dataclass(frozen=True, slots=True)
class SparqlRequest:
    """What to fetch."""

    endpoint: str
    seeds: tuple[str, ...] = ()  # IRIs to start from
    seed_classes: tuple[str, ...] = ()  # classes whose instances to start from
    hops: int = 1  # how far to follow links, 1 or 2
    class_limit: int = 1000  # instances of each class, at most
    max_links: int = 500  # links of one entity in one direction to follow, at most
    languages: tuple[str, ...] = ("en",)  # of the texts, with their regional forms; `mul` and none always come
    graphs: tuple[str, ...] = ()  # named graphs to ask; what the endpoint asks by default where there is none
    recipe: SparqlRecipe = PLAIN  # how to ask it, and what its predicates mean


@dataclass(frozen=True, slots=True)
class CutLinks:
    """Something with more than was read."""

    iri: str  # an entity, or a class of seeds
    what: str  # what of it: links, ``instances``, and so on
    kept: int  # how many were read, the first in the order of their IRIs
    total: int | None  # how many there are; None where the endpoint could not count them


@dataclass(frozen=True, slots=True)
class SparqlReport:
    """What a fetch did."""

    endpoint: str
    files: dict[Path, int]  # with the number of their statements
    seeds: int  # each entity once
    entities: int  # those that were described
    unknown_seeds: tuple[str, ...]  # seeds that stand in no statement of the endpoint, however they are written
    bare_seeds: tuple[str, ...]  # seeds that stand in statements, but in none that a graph takes
    cut: tuple[CutLinks, ...]  # what was not read to its end because of a limit, the largest first
    missing: tuple[CutLinks, ...]  # what the endpoint counts more of than it gives, without a word
    unusable: int  # terms and rows that no graph can hold, like IRIs with blanks
    unusable_examples: tuple[str, ...]
    queries: int  # most of them may have been answered before
    requests: int  # those that this run sent

    @property
    def statements(self) -> int:
        """Number of statements in all files."""
        return sum(self.files.values())


@dataclass(frozen=True, slots=True)
class SeedFile:
    """What a file of seeds holds."""

    iris: tuple[str, ...]  # as they are written, each entity once, in the order of the file
    broken: tuple[str, ...]  # the number and beginning of each line that is not an IRI


def read_seeds(path: Path, recipe: SparqlRecipe = PLAIN) -> SeedFile:
    """Read a file with one IRI a line, with or without `<` and `>`; blank lines and those after `#` say nothing.

    What stands behind a tab is passed over. An IRI may begin with a prefix of the recipe: `wd:Q42`, `Q42`,
    `https://www.wikidata.org/wiki/Q42`.

    Raises:
        SourceError: If it cannot be read, or holds no IRI.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            lines = [line.strip() for line in file]
    except OSError as error:
        wrong = f"seeds {path} cannot be read: {error.strerror}; expected a file with one IRI a line"
        raise SourceError(wrong) from None
    iris: dict[str, str] = {}
    broken = []
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        iri = line.partition("\t")[0].split(" #")[0].strip()
        iri = recipe.whole_iri(iri[1:-1] if iri.startswith("<") and iri.endswith(">") else iri)
        if is_iri(iri) and "\ufffd" not in iri:
            iris.setdefault(canonical_iri(iri), iri)
        else:
            broken.append(f"line {number}: {line[:100]}")
    if not iris:
        found = f"none of its {len(broken)} lines is one, the first is {broken[0]!r}" if broken else "it is empty"
        like = "expected one a line, like http://dbpedia.org/resource/Chad"
        raise SourceError(f"seeds {path} holds no IRI ({found}); {like}")
    return SeedFile(tuple(iris.values()), tuple(broken))


def check_request(request: SparqlRequest) -> str:
    """Check what will stand in queries before the first is asked, and return the address of the endpoint.

    Raises:
        EndpointError: If something is not what it should be.
    """
    endpoint = _check_endpoint(request.endpoint)
    for name, iris in (("seed", request.seeds), ("class", request.seed_classes), ("graph", request.graphs)):
        for iri in iris:
            if not is_iri(iri):
                raise EndpointError(f"the {name} {iri[:200]!r} is not an absolute IRI; give one like http://host/name")
    if not request.seeds and not request.seed_classes:
        raise EndpointError("no seeds: give IRIs or classes to start from")
    if not all(map(is_language, request.languages)):
        raise EndpointError(f"not languages: {', '.join(request.languages)}; give tags like en or pt-BR")
    if request.hops not in (1, 2) or request.max_links < 1 or request.class_limit < 1:
        raise EndpointError("hops are 1 or 2, and the limits at least 1")
    return endpoint


def is_loopback(endpoint: str) -> bool:
    """Say whether an endpoint is on this machine."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def user_agent(contact: str | None, endpoint: str, recipe: SparqlRecipe) -> str:
    """Say who is asking, so that an endpoint's keeper can write to somebody.

    Raises:
        EndpointError: If the contact cannot stand in a header, or is missing where the recipe needs one.
    """
    if recipe.needs_contact and not contact and not is_loopback(endpoint):
        raise EndpointError(f"the keepers of {recipe.name} ask who is asking: give --contact with your mail address")
    if contact is not None and not (contact.isascii() and contact.isprintable() and contact.strip()):
        raise EndpointError(f"the contact {contact!r} cannot be sent; give a mail address or a web address")
    command = f"(build-kg-index; {contact.strip()})" if contact else "(build-kg-index)"
    return f"{recipe.user_agent or program()} {command} {program('SPARQLWrapper')}"


def _check_endpoint(url: str) -> str:
    text = url.strip()
    wrong = f"{text!r} is not the address of an endpoint; give one like https://dbpedia.org/sparql"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise EndpointError(f"{wrong} ({error})") from None
    if parts.scheme not in ("http", "https") or not host or not text.isascii() or not text.isprintable() or " " in text:
        raise EndpointError(wrong)
    if parts.username is not None:
        raise EndpointError(f"the address of {host} holds a user name; endpoints that want a password are not read")
    return text.split("#")[0]
