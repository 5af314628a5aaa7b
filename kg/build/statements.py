"""Statements into the stage, by their predicates; plain lines are taken apart by DuckDB, whole blocks at a time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kg.iris import canonical_iri
from kg.ntriples import IRI_PATTERN, PLAIN_TYPES, Statement
from kg.vocabulary import DATASETS, IGNORED, NAME_PREDICATES

from .dbpedia import take_dbpedia
from .files import LINE_LIMIT_BYTES
from .ontology import take_definitions
from .stage import LABELLED, STATED, Stage
from .wikidata_rdf import take_wikidata

# The plainest forms of a statement: `<s> <p> <o> .` or `<s> <p> "text"@tag .`, single blanks, no escapes. Of a line of
# the first one, this is left without the letters that may stand in an IRI.
_NODES_MARKS = b"<> <> <> "
_LETTERS = bytes(set(range(0x21, 0x100)) - set(b'<>"{}|^`\\'))
_BRACKETS_TO_BLANKS = bytes.maketrans(b"<>", b"  ")
_IRI = f"<{IRI_PATTERN}>"
_TEXT = rf'{_IRI} {_IRI} "[^"\\\r]*"(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*|\^\^{_IRI})? \.'
_LINES = """
SELECT unnest(lines) AS line, before + generate_subscripts(lines, 1) - 1 AS n
FROM (SELECT before, string_split(text, chr(10)) AS lines FROM block)
"""
# Of lines that are not plain, `hp` is NULL. A line of nodes, whose brackets are blanks here, is cut at its blanks: if a
# dot ends it, and no other letter stands outside of its IRIs, it is plain.
_TAKE_NODES = f"""
INSERT INTO said SELECT n, s, p, CASE WHEN strlen(line) = strlen(s) + strlen(p) + strlen(o) + 10
    AND ends_with(line, '.') AND strlen(line) <= {LINE_LIMIT_BYTES}
    AND has_scheme(s) AND has_scheme(p) AND has_scheme(o) THEN hash(p) END, o, NULL, NULL, NULL
FROM (SELECT n, line, parts[2] AS s, parts[5] AS p, parts[8] AS o
    FROM (SELECT n, line, string_split(line, ' ') AS parts FROM ({_LINES})))
"""  # noqa: S608 -- our own names
# One with a literal is cut at its quotes, and what is before them at its blanks: that is faster than to extract parts.
_TAKE_TEXTS = f"""
INSERT INTO said SELECT n, terms[1][2:-2], terms[2][2:-2] AS p, CASE WHEN p IS NOT NULL THEN hash(p) END, NULL,
    parts[2], tag(parts[3][:-3]), NULL
FROM (SELECT n, parts, string_split(parts[1], ' ') AS terms
    FROM (SELECT n, CASE WHEN strlen(line) <= {LINE_LIMIT_BYTES} AND regexp_full_match(line, '{_TEXT}')
        THEN string_split(line, '"') END AS parts FROM ({_LINES})))
"""  # noqa: S608 -- our own names
_BETWEEN = "\x1e"  # a control letter that is no part of a text
_TAKE_COLUMNS = f"""
INSERT INTO said SELECT -1, s, p, hash(p), nullif(o, ''), CASE WHEN o = '' THEN v END, CASE WHEN o = '' THEN t END, NULL
FROM (SELECT {", ".join(f"unnest(string_split({name}, '{_BETWEEN}')) AS {name}" for name in "spovt")} FROM columns)
"""  # noqa: S608 -- our own names
_PREPARE = f"""
CREATE OR REPLACE TEMP MACRO tag(written) AS CASE
    WHEN written[1] = '@' THEN lower(written) WHEN written[4:-2] IN {PLAIN_TYPES} THEN '' ELSE written[4:-2] END;
CREATE OR REPLACE TEMP MACRO has_scheme(iri) AS
    starts_with(iri, 'http://') OR starts_with(iri, 'https://') OR regexp_matches(iri, '^[A-Za-z][A-Za-z0-9+.-]*:');
CREATE OR REPLACE TEMP TABLE route (hp UBIGINT, kind VARCHAR, name_kind VARCHAR, name_weight DOUBLE);
"""
# What a block says; made anew for each, as rows that are deleted go on taking room.
_SAID = """
CREATE OR REPLACE TEMP TABLE said (
    n BIGINT, s VARCHAR, p VARCHAR, hp UBIGINT, o VARCHAR, v VARCHAR, t VARCHAR, may_be VARCHAR
)
"""
_IGNORED = "SELECT p, count(*) FROM said JOIN route USING (hp) WHERE kind = 'ignored' GROUP BY p"
_OBJECTS = "objects"
# What is done with the statements of a block that are of some kinds.
_ROUTES = (
    ("INSERT INTO triple SELECT {step}, hash(s), hash(p), hash(o)", {_OBJECTS, "labels"}, "o IS NOT NULL"),
    ("INSERT INTO redirect SELECT {step}, hash(s), hash(o)", {"redirects"}, "o IS NOT NULL"),
    ("INSERT INTO meaning SELECT {step}, hash(s), hash(o)", {"disambiguations"}, "o IS NOT NULL"),
    ("INSERT INTO same SELECT {step}, hash(s), hash(o)", {"same_as"}, "o IS NOT NULL"),
    ("INSERT INTO link SELECT {step}, hash(o), count(*)", {"page_links"}, "o IS NOT NULL GROUP BY ALL"),
    ("INSERT INTO anchor SELECT {step}, hash(s), strip(v), count(*)", {"anchor_text"}, "v IS NOT NULL GROUP BY ALL"),
    ("INSERT INTO type SELECT {step}, hash(s), hash(o)", {"instance_types"}, "o IS NOT NULL"),
    ("INSERT INTO image SELECT {step}, hash(s), coalesce(o, v), ''", {"images"}, "true"),
    ("INSERT INTO label SELECT {step}, hash(s), strip(v), t", {"labels"}, "strip(v) <> ''"),
    ("INSERT INTO given SELECT {step}, hash(s), NULL, try_cast(v AS DOUBLE)", {"priors"}, "try_cast(v AS DOUBLE) >= 0"),
    (
        "INSERT INTO literal SELECT {step}, hash(s), hash(p), v, t, CASE WHEN may_be IS NOT NULL THEN hash(may_be) END",
        {_OBJECTS, "redirects", "disambiguations", "same_as", "instance_types"},
        "v IS NOT NULL",
    ),
    (
        "INSERT INTO name SELECT {step}, subject, strip(text), name_kind, name_weight FROM (SELECT hash(s) AS subject,"
        " name_kind, name_weight, unnest(CASE name_kind WHEN 'demonym' THEN string_split(v, ',') ELSE [v] END) AS text",
        {_OBJECTS},
        "name_kind IS NOT NULL AND v IS NOT NULL) WHERE strip(text) <> ''",
    ),
)
_UNNAMED = ("page_links", "anchor_text")  # whose statements make no entities
_IRIS = f"""
INSERT INTO iri SELECT {{step}}, i, bit_or(f)::UTINYINT FROM (
    SELECT s AS i, CASE WHEN kind IN ('redirects', 'disambiguations', 'same_as') AND o IS NOT NULL THEN 0
        WHEN kind = 'labels' AND o IS NULL THEN {LABELLED} ELSE {STATED} END AS f
    FROM said JOIN route USING (hp)
    WHERE kind NOT IN {_UNNAMED} AND NOT (kind = 'labels' AND o IS NULL AND strip(v) = '')
    UNION ALL SELECT o, CASE WHEN kind IN ('{_OBJECTS}', 'labels') THEN {STATED} ELSE 0 END
    FROM said JOIN route USING (hp) WHERE o IS NOT NULL AND kind NOT IN {_UNNAMED} AND kind <> 'images'
    UNION ALL SELECT may_be, 0 FROM said WHERE may_be IS NOT NULL
) GROUP BY i
"""  # noqa: S608 -- our own names


def find_nodes(data: bytes) -> npt.NDArray[np.bool_]:
    """Say of each line whether its marks are those of three nodes, with nothing that an IRI must not hold."""
    marks, count = data.translate(None, _LETTERS), data.count(b"\n")
    if marks == (_NODES_MARKS + b"\n") * count:
        return np.ones(count, dtype=np.bool_)
    return np.array([mark == _NODES_MARKS for mark in marks.split(b"\n")[:-1]], dtype=np.bool_)


def without_brackets(data: bytes) -> bytes:
    """Return lines with blanks in place of brackets."""
    return data.translate(_BRACKETS_TO_BLANKS)


class Statements:
    """Brings statements into a stage.

    Args:
        stage: The stage, within a transaction.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        stage.connection.execute(_PREPARE + _SAID)

    def take_lines(self, nodes: str | None, texts: str | None, count_of_nodes: int) -> list[int]:
        """Take the plain lines of a block; return the numbers of the others, in their order, from 0.

        Args:
            nodes: Lines that `find_nodes` finds, `without_brackets`; or none.
            texts: All other lines, whose numbers go on behind theirs; or none.
            count_of_nodes: How many lines are nodes.
        """
        connection = self._stage.connection
        for insert, text, before in ((_TAKE_NODES, nodes, 0), (_TAKE_TEXTS, texts, count_of_nodes)):
            if text is not None:
                connection.register("block", {"text": np.array([text], dtype=object), "before": np.array([before])})
                connection.execute(insert)
                connection.unregister("block")
        return [number for (number,) in self._stage.rows("SELECT n FROM said WHERE hp IS NULL ORDER BY n")]

    def take(self, statements: Sequence[Statement], may_be: Sequence[str | None] = ()) -> None:
        """Take statements; those of blank nodes are counted as ignored.

        Args:
            statements: The statements.
            may_be: Of each, the IRI of an entity that its literal may turn out to be; none: they may not.
        """
        for place, said in enumerate(statements):
            if said.subject is None or (said.object is None and said.value is None):
                self._stage.ignored += 1
            else:
                end = may_be[place] if may_be else None
                self._stage.add("said", said.subject, said.predicate, said.object, said.value, said.tag, end)

    def take_columns(self, columns: Sequence[Sequence[str]]) -> None:
        """Take statements given by their subjects, predicates, objects, texts and tags; an empty text stands for none.

        Whole columns go to DuckDB as one text each, which costs far less than their values one by one.
        """
        texts = {}
        for name, column in zip("spovt", columns, strict=True):
            text = _BETWEEN.join(column)
            if text.count(_BETWEEN) >= len(column):
                text = _BETWEEN.join(value.replace(_BETWEEN, " ") for value in column)
            texts[name] = np.array([text], dtype=object)
        self._stage.connection.register("columns", texts)
        self._stage.connection.execute(_TAKE_COLUMNS)
        self._stage.connection.unregister("columns")

    def keep(self, *, lines: int | None = None) -> None:
        """Bring what was taken to the tables of the stage, in one transaction.

        Args:
            lines: How many lines of the file are read then, for a loader that can go on in the middle of a file.
        """
        stage, execute = self._stage, self._stage.connection.execute
        stage.flush("said")
        take_wikidata(stage)
        self._route_new_predicates()
        execute("UPDATE said SET s = canonical_iri(s) WHERE contains(s, '%')")
        execute("UPDATE said SET p = canonical_iri(p) WHERE contains(p, '%')")
        execute(
            "UPDATE said SET o = canonical_iri(o) WHERE contains(o, '%')"
            " AND hp NOT IN (SELECT hp FROM route WHERE kind = 'images')"
        )
        for predicate, count in stage.rows(_IGNORED):
            stage.ignore(count, IGNORED[predicate])
        execute("DELETE FROM said WHERE hp IN (SELECT hp FROM route WHERE kind = 'ignored')")
        take_dbpedia(stage)
        take_definitions(stage)
        counts = dict(stage.rows("SELECT kind, count(*) FROM said JOIN route USING (hp) GROUP BY kind"))
        stage.records += sum(counts.values())
        with stage.transaction():
            stage.flush()
            for insert, some, condition in _ROUTES:
                if found := ", ".join(f"'{kind}'" for kind in some & counts.keys()):
                    insert = insert.format(step=stage.step)
                    execute(f"{insert} FROM said JOIN route USING (hp) WHERE kind IN ({found}) AND {condition}")
            execute(_IRIS.format(step=stage.step))
            if lines is not None:
                stage.mark(lines)
        execute(_SAID)

    def _route_new_predicates(self) -> None:
        """Say where statements go by each predicate that was not seen before."""
        new = self._stage.rows("SELECT DISTINCT p FROM said WHERE hp IS NOT NULL AND hp NOT IN (SELECT hp FROM route)")
        for (predicate,) in new:
            kind = "ignored" if predicate in IGNORED else DATASETS.get(predicate, _OBJECTS)
            self._stage.add("route", predicate, kind, *NAME_PREDICATES.get(predicate, (None, None)))
            if kind != "ignored":
                self._stage.iri(canonical_iri(predicate), 0)
        self._stage.flush("route")
