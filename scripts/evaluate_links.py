"""``evaluate-links``: results and gold answers in; how many links are right, and how sure that is, out."""

from pathlib import Path
from typing import Any

import click

from scripts._cli import Command, CommandError, say

_EXAMPLES = """
evaluate-links results.jsonl kore50.jsonl
evaluate-links results.jsonl kore50.jsonl --worst 20 --json scores.json
evaluate-links results.jsonl gold.jsonl --against before.jsonl --same-as wikidata-to-dbpedia.tsv
link-and-tag demo/index examples/posts/posts.jsonl | evaluate-links /dev/stdin gold.jsonl
"""
_FILE = click.Path(path_type=Path)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("results", type=_FILE)
@click.argument("gold", type=_FILE)
@click.option("--against", type=_FILE, metavar="RESULTS", help="Other results, compared on the same posts by a test.")
@click.option(
    "--same-as",
    type=_FILE,
    metavar="FILE",
    help="IRIs that mean the same entity, as of Wikidata and DBpedia: two columns, or N-Triples with owl:sameAs.",
)
@click.option("--worst", type=click.IntRange(min=0), default=0, metavar="N", help="Show the links most surely wrong.")
@click.option(
    "--bootstrap",
    "samples",
    type=click.IntRange(min=1),
    default=1000,
    metavar="N",
    help="How many times the posts are drawn again for the intervals.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Where everything drawn comes from.")
@click.option("--json", "json_out", type=_FILE, metavar="FILE", help="Write everything into a JSON file too.")
def main(results: Path, gold: Path, json_out: Path | None, **options: Any) -> None:
    """Score links against gold answers, as GERBIL does.

    \b
    RESULTS is what link-and-tag wrote. GOLD has the same posts, as JSON lines, with one of
      "gold"      a list of {"start_char", "end_char" or "start", "end", "iri", "name"}
      "links"     a list of {"start", "end", "type", "entity"}
      "mentions"  as results have them
    An entity is an IRI, or null for NIL; "image_entity" is the entity that the picture shows.

    \b
    The table has these parts:
      given       the answers in the places of the gold mentions; a mention without one is wrong
      exact       end to end: a link counts where span and entity are right
      overlap     the same, where the spans share a character
      form        the accuracy by how a mention names its entity: title, acronym, part, alias
      type        the accuracy by the mention's type
      pictured    the entity that the picture shows
    InKB counts entities only, NIL only mentions without one (GERBIL's emerging entities), "spans only" no entities.
    What cannot be used is said on stderr; its gold mentions stay in the scores, as not found.
    """  # noqa: D301
    from linker import evaluate_links
    from scripts._link_tables import print_report
    from scripts._part import replace_whole, write_record

    if json_out is not None and not json_out.parent.is_dir():
        raise CommandError(f"--json {json_out}: there is no folder {json_out.parent}: make it first")
    report = evaluate_links(results, gold, **options)
    for line in report.problem_lines():
        say(line)
    if json_out is not None:
        replace_whole(json_out, [write_record({"results": str(results), "gold": str(gold), **report.to_dict()})])
    print_report(report)


if __name__ == "__main__":
    main()
