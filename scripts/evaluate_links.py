"""``evaluate-links``: results and gold answers in; how many links are right, and how sure that is, out."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from scripts._cli import FILE, Command, bootstrap, check_file_place, counted, say, seed
from scripts._results_file import hold, write_whole
from scripts._show import Rows, show

if TYPE_CHECKING:
    from linker import LinkReport, WrongLink

_EXAMPLES = """
evaluate-links results.jsonl kore50.jsonl
evaluate-links results.jsonl kore50.jsonl --worst 20 --json scores.json
evaluate-links results.jsonl gold.jsonl --against before.jsonl --same-as wikidata-to-dbpedia.tsv
link-and-tag demo/index examples/posts/posts.jsonl | evaluate-links /dev/stdin examples/posts/gold.jsonl
"""


@click.command(cls=Command, examples=_EXAMPLES, sections={"Output": ("worst", "json_out")})
@click.argument("results", type=FILE)
@click.argument("gold", type=FILE)
@click.option("--against", type=FILE, metavar="RESULTS", help="Other results, compared on the same posts by a test.")
@click.option(
    "--same-as",
    type=FILE,
    metavar="FILE",
    help="IRIs that mean the same entity, as of Wikidata and DBpedia: two columns, N-Triples with owl:sameAs, or an"
    " index, which knows old IRIs that redirect too.",
)
@click.option("--worst", type=click.IntRange(min=0), default=0, metavar="N", help="Show the links most surely wrong.")
@bootstrap
@seed
@click.option("--json", "json_out", type=FILE, metavar="FILE", help="Write everything into a JSON file too.")
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

    if json_out is not None:
        check_file_place("--json", json_out)
    with hold([json_out] if json_out else []):
        report = evaluate_links(results, gold, **options)
        for line in report.problem_lines():
            say(line)
        if json_out is not None:
            values = {"results": str(results), "gold": str(gold), **report.to_dict()}
            text = json.dumps(values, ensure_ascii=False, indent=2) + "\n"
            write_whole(json_out, lambda file: file.write(text.encode()))
    _print_report(report)


def _print_report(report: "LinkReport") -> None:
    """Print the scores, and then what else was asked for."""
    click.echo(
        f"{counted(report.posts, 'post')}, {counted(report.mentions, 'gold mention')}; "
        f"the results have a mention in the places of {report.answered:,} of them"
    )
    columns = ("part", "group", "precision", "recall", "F1", "95 % (of F1)", "macro P", "macro R", "macro F1")
    _print((*columns, "gold", "found", "right"), list(_score_rows(report)))
    _print_calibration(report)
    if report.comparison:
        _print_comparison(report)
    for place, link in enumerate(report.worst, 1):
        _print_wrong(place, link)


def _score_rows(report: "LinkReport") -> Iterator[tuple[object, ...]]:
    last = ""
    for name, score in report.scores.items():
        part, group = name.split("/", 1)
        micro = _shown((score.precision, score.recall, score.f1))
        macro = _shown((None, score.macro[1], None) if score.macro and score.found is None else score.macro)
        interval = f"{score.interval[0]:.4f} to {score.interval[1]:.4f}"
        shown = (*micro, interval, *macro) if score.gold or score.found else ("",) * 7
        yield part if part != last else "", group, *shown, score.gold, score.found, score.right
        last = part


def _print_calibration(report: "LinkReport") -> None:
    click.echo("\nhow far scores are from the share that is right (expected calibration error, ten bins)")
    for name, calibration in report.calibration.items():
        said = "no answers that tell a score" if calibration.error is None else f"{calibration.error:.4f}"
        click.echo(f"  {name}: {said}, {counted(sum(calibration.counts), 'answer')}")
    found = report.calibration["all"]
    rows = [
        (f"from {place / len(found.counts):.1f}", count, *_shown((score, accuracy)))
        for place, (count, score, accuracy) in enumerate(zip(found.counts, found.scores, found.accuracies, strict=True))
        if count
    ]
    if rows:
        _print(("score", "answers", "mean score", "share right"), rows)


def _print_comparison(report: "LinkReport") -> None:
    click.echo("\nagainst the other results, on the same posts (F1, or the share)")
    rows = [
        (
            group.replace("/", ": "),
            *_shown((found.f1, found.other_f1)),
            f"{found.difference:+.4f}",
            f"{found.interval.low:+.4f} to {found.interval.high:+.4f}",
            *_shown((found.p_value, found.bootstrap_p)),
        )
        for group, found in report.comparison.items()
    ]
    _print(("group", "results", "the other", "difference", "95 %", "p (exchanged)", "p (drawn)"), rows)


def _print_wrong(place: int, link: "WrongLink") -> None:
    score = "" if link.score is None else f" ({link.score:.2f})"
    rank = f", candidate {link.rank}" if link.rank else ""
    click.echo(
        f"\n{place}. {link.post}: {link.mention} [{link.form}] in: {shorten(link.text, 300, placeholder=' ...')}"
    )
    click.echo(f"   gold   {_entity(link.gold)}{rank}")
    click.echo(f"   found  {_entity(link.found) if link.is_found else 'no mention there'}{score}")


def _entity(entity: tuple[str, str] | None) -> str:
    return "NIL" if entity is None else " ".join(part for part in (entity[1], entity[0]) if part)


def _shown(values: Sequence[float | None] | None) -> list[str]:
    return ["" if value is None else f"{value:.4f}" for value in values or (None,) * 3]


def _print(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    show(Rows(columns, rows))


if __name__ == "__main__":
    main()
