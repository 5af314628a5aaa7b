"""Turtle, TriG, RDF/XML and JSON-LD into the stage, by pyoxigraph, as a stream; up to a file's first error."""

from collections.abc import Iterator
from typing import IO, cast

from pyoxigraph import RdfFormat, parse

from kg.ntriples import BrokenLineError, statement_of

from .files import ByteStream, DamagedFileError
from .source_file import SourceFile
from .stage import Stage
from .statements import Statements

# TriG is Turtle with graphs, so it reads both.
FORMATS = {"turtle": RdfFormat.TRIG, "rdf/xml": RdfFormat.RDF_XML, "json-ld": RdfFormat.JSON_LD}
_FAR_CONTEXT = "its @context is at an address, which is not asked: write it into the file, or convert that to N-Triples"
_AT_ONCE = 50_000


def load_rdf(stage: Stage, source: SourceFile) -> Iterator[int]:
    """Bring the statements of a file into the stage, up to its first error; what was not read then is said.

    Yields:
        How many lines are read.

    Raises:
        DamagedFileError: After the last statement, if the file ends in damage or has an error.
    """
    statements, batch = Statements(stage), []
    with ByteStream(source.path) as stream:
        error: SyntaxError | None = None
        found = parse(
            cast("IO[bytes]", stream),
            format=FORMATS[source.form],
            base_iri=source.path.resolve().as_uri(),
            lenient=True,
        )
        while True:
            try:
                quad = next(found, None)
            except SyntaxError as problem:
                error, quad = problem, None
            if quad is not None:
                try:
                    batch.append(statement_of(quad))
                except BrokenLineError as problem:
                    stage.reject(None, str(quad.triple), str(problem))
            if batch and (quad is None or len(batch) >= _AT_ONCE):
                statements.take(batch)
                statements.keep()
                batch.clear()
                yield stream.lines
            if quad is None:
                break
        if error is not None and stream.damage is None:
            while stream.read():  # to say how much was not read
                pass
            yield stream.lines
            last = error.lineno or stream.lines
            lost = "its last statement was not read (a download that was cut?)"
            if "LoadDocumentCallback" in error.msg:
                raise DamagedFileError(_FAR_CONTEXT)
            if last <= stream.lines:
                lost = f"{stream.lines - last + 1:,} of {stream.lines:,} lines were not read"
            raise DamagedFileError(f"{error.msg.partition(': ')[2] or error.msg}; {lost}", last)
        yield stream.lines
        if stream.damage is not None:
            raise DamagedFileError(stream.damage)
