"""One line of N-Triples (or N-Quads, or Turtle with one full statement a line) to a statement.

The reader is strict where a mistake would put a wrong node into the graph (an IRI with a space or a raw control, an
escape that names no character), and lenient where nothing is at stake (blanks between terms, a comment after the dot).
"""

import re
from dataclasses import dataclass

_IRI = r'<([^\x00-\x20<>"{}|^`]*)>'
_NODE = rf"(?:{_IRI}|(_:[^\s<>\"]+))"
_LITERAL = r'"([^"\\]*(?:\\.[^"\\]*)*)"(?:@([A-Za-z]+(?:-[A-Za-z0-9]+)*)|\^\^' + _IRI + r")?"
_STATEMENT = re.compile(
    rf"[ \t]*{_NODE}[ \t]+{_IRI}[ \t]+(?:{_IRI}|(_:[^\s<>\"]+)|{_LITERAL})[ \t]*"
    rf"(?:(?:<[^\x00-\x20<>\"]*>|_:\S+)[ \t]*)?\.[ \t]*(?:#.*)?\r?$"
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.?))", re.DOTALL)
_PLAIN_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_FORBIDDEN_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')


class BrokenLineError(ValueError):
    """A line that is no statement; its text says why."""


@dataclass(slots=True)
class Statement:
    """One triple; `subject` and `object` are None for blank nodes, `object` also for literals.

    Attributes:
        value: The literal's text, None when the object is a node.
        tag: The literal's language (`@en`) or datatype IRI, or an empty text.
    """

    subject: str | None
    predicate: str
    object: str | None
    value: str | None
    tag: str


def parse_line(line: str) -> Statement | None:
    """Read one line without its line break.

    Args:
        line: The line, decoded.

    Returns:
        The statement with escapes resolved (percent-encoding is left as it is), or None for a blank or comment line.

    Raises:
        BrokenLineError: If the line is anything else.
    """
    found = _STATEMENT.match(line)
    if found is None:
        bare = line.strip()
        if not bare or bare.startswith("#"):
            return None
        raise BrokenLineError(why_broken(bare))
    subject, _, predicate, target, _, value, language, datatype = found.groups()
    if "\\" in line:
        subject, predicate, target, datatype = map(_unescape_iri, (subject, predicate, target, datatype))
        value = unescape(value) if value is not None else None
    if subject == "" or not predicate or target == "":
        raise BrokenLineError("an empty IRI")
    tag = f"@{language.lower()}" if language else datatype or ""
    return Statement(subject, predicate or "", target, value, tag)


def unescape(text: str) -> str:
    r"""Resolve `\n`, `\"`, `\uXXXX` and the other escapes of N-Triples.

    Raises:
        BrokenLineError: If an escape is unknown or names no character.
    """
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def escape(text: str) -> str:
    """Write a literal's text so that `unescape` gives it back; ASCII only, as old dumps are."""
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


def why_broken(line: str) -> str:
    """Say what keeps a line from being a statement."""
    if line.startswith(("@prefix", "@base", "PREFIX", "BASE", "@PREFIX")):
        return "Turtle prefixes are not read: write one statement with full IRIs a line"
    if not line.startswith(("<", "_:")):
        return "a statement starts with <IRI> or a blank node"
    if line.count("<") > line.count(">"):
        return "an IRI that is not closed on its line"
    if line.count('"') - line.count('\\"') == 1:
        return "a literal that is not closed on its line"
    if not line.rstrip().endswith("."):
        return "no dot at the end"
    if re.search(r'<[^<>"]*[\x00-\x20{}|^`\\][^<>"]*>', line):
        return "a character that an IRI must not hold"
    return "not subject, predicate, object and a dot"


def _unescape_iri(iri: str | None) -> str | None:
    if iri is None or "\\" not in iri:
        return iri
    if re.search(r"\\[^uU]", iri):
        raise BrokenLineError("an IRI may hold only \\u and \\U escapes")
    plain = unescape(iri)
    if _FORBIDDEN_IN_IRI.search(plain):
        raise BrokenLineError("an escaped character that an IRI must not hold")
    return plain


def _character(found: re.Match[str]) -> str:
    short, long, plain = found.groups()
    if plain is not None:
        try:
            return _PLAIN_ESCAPES[plain]
        except KeyError:
            raise BrokenLineError(f"an unknown escape \\{plain}") from None
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise BrokenLineError(f"an escape that names no character: {found.group()}")
    return chr(code)
