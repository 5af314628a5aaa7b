"""What importing the package costs."""

import os
import subprocess
import sys
from pathlib import Path

import kg


def test_reading_a_graph_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom kg import Graph, KnowledgeCache, KgError, normal_form, mark_images\n"
        "heavy = ('numpy', 'networkx', 'rapidfuzz', 'torch', 'sqlite_utils', 'SPARQLWrapper')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    for name in kg.__all__:
        assert getattr(kg, name) is not None
