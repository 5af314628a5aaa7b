"""Wikidata's dump at the command line: a part of it, a newer one, and what is said."""

from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from wikidata_items import claim, dump, item, world

Run = Callable[..., Result]


def test_a_part_of_a_dump_and_a_newer_one(run: Run, tmp_path: Path) -> None:
    index, items = tmp_path / "index", tmp_path / "latest-all.json"
    items.write_text(dump(*world()))
    built = run("build-kg-index", index, "--dump", items, "--keep", "LOC", "--keep", "per")
    assert built.exit_code == 0
    assert "3 entities, 7 names, 3 triples" in built.stdout
    assert f"{items}: 1 entity left out by --keep" in built.stderr
    shown = run("kg-cache", index, "show", "Sampleland").stdout
    assert all(words in shown for words in ("free state", "Sample & Land (country)", "Samplegrad"))

    refused = run("build-kg-index", index, "--dump", items, "--keep", "sitelinks>=1")
    assert "its --keep was another" in refused.stderr
    items.write_text(dump(*world(), *(item(f"Q2{n}", f"Person {n}", claims=[claim("P31", "Q5")]) for n in range(7))))
    updated = run("build-kg-index", index, "--dump", items, "--keep", "PER", "--update").stdout
    assert "entities: 7 added, 2 removed, 0 changed" in updated
    added = ", ".join(f"http://www.wikidata.org/entity/Q2{n}" for n in range(5))
    assert f"  added: {added} and 2 more" in updated
    wrong = run("build-kg-index", index, "--dump", items, "--keep", "towns")
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (1, 1)
    assert wrong.stderr.startswith("error: --keep 'towns': expected PER, LOC, ORG or OTHER")
