"""docs/taggers.md knows every tagger, and no tagger, file or folder that is not there."""

import re
from pathlib import Path

import pytest

from ner.networks.registry import REGISTRY

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "taggers.md").read_text("utf-8")


@pytest.mark.parametrize("name", REGISTRY)
def test_every_tagger_has_a_row_with_its_paper_and_family(name):
    rows = [row for row in PAGE.splitlines() if row.startswith(f"| `{name}` |")]
    spec = REGISTRY[name]
    assert any(spec.paper.split(",")[0] in row and f"| {spec.family} |" in row for row in rows)


def test_files_that_the_page_names_are_there():
    named = set(re.findall(r"`((?:ner|tests)/[\w/.]+)`", PAGE))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_page_can_be_found():
    for page in (ROOT / "README.md", ROOT / "docs" / "architecture.md"):
        assert "taggers.md" in page.read_text("utf-8")
