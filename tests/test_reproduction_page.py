"""docs/reproduction.md names every recipe of the papers, none that is not there, and the papers' own figures."""

import re
import shlex
from pathlib import Path

import pytest

from benchmarks.compare_taggers import parsed, specs_of
from benchmarks.paper_figures import REPORTED
from ner.training.recipes import recipe_names

PAGE = (Path(__file__).parents[1] / "docs" / "reproduction.md").read_text("utf-8")
PAPERS = [name for name in recipe_names() if name.startswith("papers/")]
COMMANDS = [row.split("`")[1] for row in PAGE.splitlines() if "`--" in row and "--taggers" in row]
ROWS = {row.split("`")[1]: row for row in PAGE.splitlines() if re.match(r"\|[^|]*\| `[\w/-]+` \|", row)}


@pytest.mark.parametrize("name", PAPERS)
def test_every_recipe_of_a_paper_stands_on_the_page(name):
    assert f"`{name}`" in PAGE or f"`{name.removeprefix('papers/moon-2018/')}`" in PAGE


def test_recipes_that_the_page_names_are_there():
    folders = {name.rpartition("/")[0] for name in PAPERS}
    named = set(re.findall(r"papers/[\w-]+(?:/[\w-]+)?", PAGE))
    assert named
    assert named - {*PAPERS, *folders} == set()


@pytest.mark.parametrize("name", [name for name in ROWS if name.rpartition("/")[2] in REPORTED[2015]])
def test_a_recipes_row_has_its_papers_figure(name):
    years = (REPORTED[year].get(name.rpartition("/")[2]) for year in REPORTED)
    assert all(f"{paper.f1:.2f}" in ROWS[name] for paper in years if paper)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_tables_command_runs_the_papers_recipes_with_pictures(command):
    specs = specs_of(parsed(["--images", "DIR", *shlex.split(command)]))
    papers = [spec for spec in specs if spec.recipe.startswith("papers/")]
    assert papers
    assert any(spec.images == "DIR" and spec.context == "pictures" for spec in papers)
    assert all(spec.context == "text" for spec in specs if spec.images is None)


def test_every_paper_has_its_command():
    assert len(COMMANDS) == 5
