r"""One form for each IRI, what can be read off an IRI, and what a language tag is.

Dumps write the same resource as `F%C3%B8royar`, `Føroyar` or `F\u00F8royar`. The canonical form is the Unicode one:
every percent-encoded character is decoded *once*, except those that would change the meaning of the IRI or could not
stand in one (`%` itself, `/ ? # [ ]`, spaces, controls, `< > " { } | ^ \ `` ` ``), which stay encoded with
upper-case digits. As `%25` is never decoded, canonicalising twice changes nothing.
"""

import re
from urllib.parse import quote, unquote

_ABSOLUTE = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>"{}|^`\\\x7f-\x9f\ud800-\udfff]+')
_LIMIT = 4096  # characters; longer ones are no names of things
_LANGUAGE = re.compile(r"[A-Za-z]+(?:-[A-Za-z0-9]+)*")
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_KEEP_ENCODED = frozenset('%/?#[]<>"{}|^`\\')
_WIKIDATA = re.compile(
    r"(?:wd:|https?://(?:(?:www\.|m\.)?wikidata\.org/(?:entity|wiki)|wikidata\.dbpedia\.org/resource)/)?(Q[1-9]\d*)/?"
)
_DBPEDIA = re.compile(
    r"(?:dbr:|dbpedia:|https?://(?:(?:www\.)?dbpedia\.org/(?:resource|page)|en\.(?:m\.)?wikipedia\.org/wiki)/)"
    r"([^#]+?)/?(?:#.*)?"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS = re.compile(r"[\s_.\-]+")


def canonical_iri(iri: str) -> str:
    """Return the one form of an IRI under which this package stores and finds it."""
    if "%" not in iri:
        return iri
    return _ENCODED.sub(_decode_run, iri)


def plain_iri(iri: str) -> str:
    """Return the form in which IRIs of any source are compared.

    Percent-encoding as the graph has it; Wikidata's and DBpedia's entities by one address, however it is written
    (``Q42``, ``wd:Q42``, ``dbr:Chad``). A page of the English Wikipedia is DBpedia's entity of that title. Other
    addresses begin with ``http`` and have no ``/`` at the end.
    """
    iri = iri.strip().removeprefix("<").removesuffix(">")
    if found := _WIKIDATA.fullmatch(iri):
        return f"http://www.wikidata.org/entity/{found[1]}"
    if found := _DBPEDIA.fullmatch(iri):
        return "http://dbpedia.org/resource/" + canonical_iri(found[1].replace(" ", "_")).replace("%2F", "/")
    return canonical_iri(re.sub("^https://", "http://", iri).rstrip("/"))


def iri_forms(iri: str) -> tuple[str, ...]:
    """Return the forms under which an IRI that somebody wrote may stand in a graph, the likeliest first."""
    plain = plain_iri(iri)
    secure = re.sub("^http://", "https://", plain)
    return tuple(dict.fromkeys((canonical_iri(iri), plain, secure, f"{plain}/", f"{secure}/")))


def is_iri(text: str) -> bool:
    """Say whether a text is an absolute IRI that may stand between `<` and `>`, in a query as in N-Triples."""
    return len(text) <= _LIMIT and _ABSOLUTE.fullmatch(text) is not None


def is_language(text: str) -> bool:
    """Say whether a text is a language tag."""
    return _LANGUAGE.fullmatch(text) is not None


def local_name(iri: str) -> str:
    """Return the last part of an IRI, still encoded: `Chad` of `http://dbpedia.org/resource/Chad`."""
    for marker in ("/resource/", "#"):
        _, found, rest = iri.partition(marker)
        if found and rest:
            return rest
    trimmed = iri.rstrip("/#:")
    cut = max(trimmed.rfind("/"), trimmed.rfind(":"))
    return trimmed[cut + 1 :] or iri


def label_of_iri(iri: str) -> str:
    """Return a readable label for an entity that has none of its own."""
    return unquote(local_name(iri)).replace("_", " ").strip() or iri


def words_of_name(iri: str) -> str:
    """Return the lower-cased words of a class or predicate name: `BasketballPlayer` gives `basketball player`."""
    name = label_of_iri(iri)
    if "." in name:  # dotted names carry their domain first: tv.tv_program
        name = name.rsplit(".", 1)[1] or name
    return _SEPARATORS.sub(" ", _CAMEL.sub(" ", name)).strip().lower() or iri


def _decode_run(run: re.Match[str]) -> str:
    raw = bytes.fromhex(run.group().replace("%", ""))
    # Bytes that are no UTF-8 come back as lone surrogates, and are written encoded again.
    return "".join(map(_safe_character, raw.decode("utf-8", "surrogateescape")))


def _safe_character(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return f"%{ord(character) - 0xDC00:02X}"
    if character in _KEEP_ENCODED or character == " " or not character.isprintable():
        return quote(character, safe="")
    return character
