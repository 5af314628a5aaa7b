"""Results as rows, one for each mention: for tables, data frames and whatever else has columns."""

from typing import Any

from linker.results import LinkedMention, Result

MENTION_COLUMNS: dict[str, type] = {
    "start": int,
    "end": int,
    "start_char": int,
    "end_char": int,
    "mention": str,
    "type": str,
    "mention_score": float,
    "iri": str,
    "label": str,
    "entity_type": str,
    "score": float,
    "nil_score": float,
    "other_score": float,
    "ambiguous": bool,
}
"""What is said of a mention, and what kind of value that is; ``iri``, ``label`` and ``entity_type`` may be None."""

ROW_COLUMNS: dict[str, type] = {"id": str, "text": str, "image": str, "pictured": str} | MENTION_COLUMNS
"""The columns of a row; ``id`` may be a whole number too, ``image`` and ``pictured`` may be None."""


def mention_row(mention: LinkedMention) -> dict[str, Any]:
    """What is said of a mention, by the names of `MENTION_COLUMNS`.

    ``score`` is the probability of just that: of the entity, or of NIL where there is none.
    """
    best = mention.entity
    return {
        "start": mention.start,
        "end": mention.end,
        "start_char": mention.start_char,
        "end_char": mention.end_char,
        "mention": mention.text,
        "type": mention.type,
        "mention_score": round(mention.score, 4),
        "iri": best and best.entity.iri,
        "label": best and best.entity.label,
        "entity_type": best and best.entity.type,
        "score": round(best.score if best else mention.nil_score, 4),
        "nil_score": round(mention.nil_score, 4),
        "other_score": round(mention.other_score, 4),
        "ambiguous": mention.ambiguous,
    }


def mention_rows(result: Result) -> list[dict[str, Any]]:
    """A row for each mention of a result, by the names of `ROW_COLUMNS`, and the user's own fields.

    A field of the user's that has the name of a column is called ``post_`` and its name.
    """
    post = {
        "id": result.id,
        "text": result.text,
        "image": result.image,
        "pictured": result.pictured and result.pictured.entity.iri,
    }
    own = {f"post_{name}" if name in ROW_COLUMNS else name: value for name, value in result.fields.items()}
    return [post | mention_row(mention) | own for mention in result.mentions]
