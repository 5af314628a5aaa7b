"""A result for a reader at a terminal: the text with its mentions in colour, and what each means and why."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scripts._tables import console
from scripts._words import cut_at_mentions, knowledge_in_words, path_in_words, pictured_in_words

if TYPE_CHECKING:
    from rich.text import Text

STYLES = {"PER": "bold magenta", "LOC": "bold green", "ORG": "bold cyan", "OTHER": "bold yellow"}


def print_result(record: dict[str, Any]) -> None:
    """Print one result of `linker.result_to_json`."""
    from rich.padding import Padding
    from rich.text import Text

    out = console()
    out.print(coloured_text(record["tokens"], record["mentions"]))
    for mention in record["mentions"]:
        out.print(Padding(mention_line(mention), (0, 0, 0, 2)))
    if not record["mentions"]:
        out.print(Text("  no named entity", style="dim"))
    if record["pictured"]:
        out.print(Text(f"  picture: {pictured_in_words(record['pictured'])}"))
        for step in path_in_words(record["pictured"]):
            out.print(Text(f"    {step}", style="dim"))
    elif record["attributes"]:
        out.print(Text("  picture: no entity of the graph was recognised", style="dim"))
    for line in knowledge_in_words(record["knowledge"]):
        out.print(Text(f"  known: {line}", style="dim"))
    if record["attributes"]:
        out.print(
            Text(
                "  attributes: " + ", ".join(f"{label} {share:.0%}" for label, share in record["attributes"]),
                style="dim",
            )
        )
    if record["image_error"]:
        out.print(Text(f"  picture not used: {record['image_error']}", style="red"))


def coloured_text(tokens: Sequence[str], mentions: Sequence[dict[str, Any]]) -> "Text":
    """The post's text, every mention in the colour of its type."""
    from rich.text import Text

    text = Text()
    for piece, mention in cut_at_mentions(tokens, mentions):
        text.append(piece, style=STYLES.get(mention["type"], "bold") if mention else "")
    return text


def mention_line(mention: dict[str, Any], *, brief: bool = False) -> "Text":
    """A mention, its type, and its entity or why there is none; `brief` leaves out score and IRI."""
    from rich.text import Text

    line = Text()
    line.append(mention["text"], style=STYLES.get(mention["type"], "bold"))
    line.append(f" {mention['type']} ", style="dim")
    entity = mention["entity"]
    if entity is None:
        line.append("→ not in the graph" if not mention["candidates"] else "→ none of its candidates", style="dim")
    else:
        line.append(f"→ {entity['label']}")
        line.append("" if brief else f" {entity['score']:.2f} {entity['iri']}", style="dim")
    return line
