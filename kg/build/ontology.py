"""What an ontology says of classes and properties: which IRIs are such, their labels, and classes above others."""

from kg.vocabulary import SUBCLASS_OF, TYPE

from .stage import Stage
from .types import TypeMap

_OWL = "http://www.w3.org/2002/07/owl#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_CLASSES = [f"{_OWL}Class", f"{_RDFS}Class", f"{_RDFS}Datatype", f"{_OWL}Restriction"]
_PROPERTIES = [
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#Property",
    *(
        f"{_OWL}{name}Property"
        for name in ("Object", "Datatype", "Annotation", "Functional", "InverseFunctional", "Transitive", "Symmetric")
    ),
]
# Nothing that an ontology says of itself is about a thing.
_ITSELF = f"""
DELETE FROM said WHERE s IN (SELECT s FROM said WHERE p = '{TYPE}' AND o = '{_OWL}Ontology')
"""  # noqa: S608 -- our own names
_DEFINED = f"""
INSERT INTO defined SELECT DISTINCT {{step}}, hash(s), o IN {tuple(_CLASSES)} FROM said
WHERE p = '{TYPE}' AND o IN {tuple(_CLASSES + _PROPERTIES)};
DELETE FROM said WHERE p = '{TYPE}' AND o IN {tuple(_CLASSES + _PROPERTIES)}
"""  # noqa: S608 -- our own names
# Classes are what things are, unless there is nothing that is one: then the terms of an ontology are what is linked to.
_LEAVE_OUT = f"""
INSERT INTO unwanted SELECT key FROM defined WHERE NOT is_class;
INSERT INTO unwanted SELECT key FROM (
    SELECT key FROM defined WHERE is_class
    UNION SELECT unnest([subject, object]) FROM triple WHERE predicate = hash('{SUBCLASS_OF}')
) WHERE key NOT IN (SELECT subject FROM type) AND EXISTS (FROM type)
"""  # noqa: S608 -- our own names
_PARENTS = f"""
SELECT c.iri, list(p.iri ORDER BY p.iri) FROM (FROM triple WHERE predicate = hash('{SUBCLASS_OF}')) t
JOIN node c ON c.key = t.subject JOIN node p ON p.key = t.object GROUP BY c.iri
"""  # noqa: S608 -- our own names


def take_definitions(stage: Stage) -> None:
    """Take out of the table `said` of the stage which IRIs are classes and properties."""
    if stage.rows(f"SELECT 1 FROM said WHERE p = '{TYPE}' AND starts_with(o, 'http://www.w3.org/') LIMIT 1"):  # noqa: S608
        [(about_itself,)] = stage.rows(_ITSELF)
        stage.ignore(about_itself, "what an ontology says of itself")
        insert, delete = _DEFINED.format(step=stage.step).split(";")
        stage.connection.execute(insert)
        [(definitions,)] = stage.rows(delete)
        stage.records += definitions


def leave_definitions_out(stage: Stage) -> None:
    """Let classes and properties be no entities: to the table `unwanted` of the stage."""
    stage.connection.execute(_LEAVE_OUT)


class Ancestors:
    """The classes above others, by `rdfs:subClassOf`.

    Args:
        stage: The stage, its nodes known.
        types: The types of classes.
    """

    def __init__(self, stage: Stage, types: TypeMap) -> None:
        self._parents: dict[str, list[str]] = dict(stage.rows(_PARENTS))
        self._types = types

    def type_of(self, class_iri: str) -> tuple[str | None, int | None]:
        """Return type and depth of the nearest class above one that the table of types has; the first by IRI."""
        level, seen, steps = [class_iri], {class_iri}, 0
        while level:
            if found := next(filter(None, map(self._types.find, level)), None):
                return found[0], found[1] + steps
            level = sorted({parent for iri in level for parent in self._parents.get(iri, ())} - seen)
            seen.update(level)
            steps += 1
        return None, None
