"""Lines of N-Triples and N-Quads to statements, by pyoxigraph's grammar, and in plain English why a line is none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

# Texts without a tag, whichever way a reader writes them.
PLAIN_TYPES = ("http://www.w3.org/2001/XMLSchema#string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString")
# What an IRI may be in all our readers, as a regular expression: absolute, and without what the grammar forbids. More
# rules for IRIs, which real dumps break, would only lose statements.
IRI_PATTERN = r'[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>"{}|^`\\]*'

_IRI = re.compile(IRI_PATTERN)
_BAD_ESCAPE = re.compile(r"""(?:[^\\]|^)(?:\\\\)*(\\(?![tbnrf"'\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}).?)""")
_NO_CHARACTER = "a character that an IRI must not hold"
_FORBIDDEN = re.compile(r'<[^<>"]*[\x00-\x20{}|^`][^<>"]*>')


class BrokenLineError(ValueError):
    """A line that is not a statement; its text says why."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One triple; `subject` and `object` are None for blank nodes, `object` also for literals."""

    subject: str | None
    predicate: str
    object: str | None
    value: str | None  # the literal's text, None when the object is a node
    tag: str  # the literal's language (`@en`) or datatype IRI, or an empty text


def parse_line(line: str) -> Statement | None:
    """Read one line without its line break.

    Args:
        line: The line, decoded.

    Returns:
        The statement with escapes resolved (percent-encoding is left as it is), or None for a blank or comment line.

    Raises:
        BrokenLineError: If the line is anything else.
    """
    line = line.rstrip("\r")
    try:
        found = list(parse(line, format=RdfFormat.N_QUADS, lenient=True))
    except SyntaxError as error:
        raise BrokenLineError(why_broken(line.strip(), error.msg)) from None
    if "\r" in line:
        raise BrokenLineError("a line break within a statement")
    try:
        return statement_of(found[0]) if found else None
    except BrokenLineError as error:
        is_escaped = str(error) == _NO_CHARACTER and _FORBIDDEN.search(line) is None
        raise BrokenLineError(
            _NO_CHARACTER.replace("a char", "an escaped char") if is_escaped else str(error)
        ) from None


def parse_lines(lines: Sequence[str]) -> list[Statement] | None:
    """Read many lines at once; None if one of them is broken, which `parse_line` then says of each."""
    try:
        return [statement_of(quad) for quad in parse("\n".join(lines), format=RdfFormat.N_QUADS, lenient=True)]
    except (SyntaxError, BrokenLineError):
        return None


def statement_of(quad: Quad) -> Statement:
    """Return what a parser found as a statement.

    Raises:
        BrokenLineError: If one of its IRIs is not absolute, or has a character that an IRI must not hold.
    """
    subject, predicate, target, graph = quad
    source = subject.value if type(subject) is NamedNode else None
    end = value = None
    tag = ""
    if type(target) is NamedNode:
        end = target.value
    elif type(target) is Literal:
        value, language, datatype = target.value, target.language, target.datatype.value
        tag = f"@{language.lower()}" if language else "" if datatype in PLAIN_TYPES else datatype
    for iri in (source, predicate.value, end, graph.value if type(graph) is NamedNode else None):
        if iri is not None and not _IRI.fullmatch(iri):
            raise BrokenLineError(_why_not_iri(iri))
    if tag and tag[0] != "@" and not _IRI.fullmatch(tag):
        raise BrokenLineError(_why_not_iri(tag))
    return Statement(source, predicate.value, end, value, tag)


def why_broken(line: str, message: str = "") -> str:
    """Say what keeps a line from being a statement.

    Args:
        line: The line.
        message: What the parser says of it.
    """
    if line.startswith(("@prefix", "@base", "PREFIX", "BASE", "@PREFIX")):
        return "a prefix among N-Triples: write one statement with full IRIs a line"
    if not line.startswith(("<", "_:")):
        return "a statement starts with <IRI> or a blank node"
    if line.count("<") > line.count(">"):
        return "an IRI that is not closed on its line"
    if line.count('"') - line.count('\\"') == 1:
        return "a literal that is not closed on its line"
    if "\\" in line:
        if found := re.search(r"<[^<>]*\\[^uU][^<>]*>", line):
            return "an IRI may hold only \\u and \\U escapes"
        if found := _BAD_ESCAPE.search(line):
            return f"an unknown escape {found[1]}"
        if "urrogate" in message or "unicode character" in message:
            return "an escape that names no character"
    if not line.rstrip().endswith(".") and "#" not in line:
        return "no dot at the end"
    if _FORBIDDEN.search(line):
        return _NO_CHARACTER
    return "not subject, predicate, object and a dot"


def escape(text: str) -> str:
    """Write a literal's text as N-Triples do; ASCII only, as old dumps are."""
    out = []
    for character in text:
        code = ord(character)
        if character in '"\\':
            out.append("\\" + character)
        elif 0x20 <= code < 0x7F:
            out.append(character)
        else:
            out.append(f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}")
    return "".join(out)


def _why_not_iri(iri: str) -> str:
    if not iri:
        return "an empty IRI"
    if re.search(r'[\x00-\x20<>"{}|^`\\]', iri):
        return _NO_CHARACTER
    return f"<{iri[:80]}> is not an absolute IRI: it has no scheme such as http:"
