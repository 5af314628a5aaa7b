"""docs/index-format.md names every table and column of the graph, and every table of the knowledge cache."""

from contextlib import closing
from pathlib import Path

from kg import KnowledgeCache, build_graph
from kg.schema import open_for_reading

PAGE = (Path(__file__).parents[2] / "docs" / "index-format.md").read_text("utf-8")


def test_every_table_and_column_of_the_graph_is_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "entities.csv").write_text("iri,label\nhttp://example.org/a,A\n", "utf-8")
    build_graph(tmp_path / "kg.sqlite", sources=[tmp_path / "entities.csv"])
    rows = {line.split("|")[1]: line for line in PAGE.splitlines() if line.startswith("| `")}
    with closing(open_for_reading(tmp_path / "kg.sqlite")) as graph:
        tables = [name for (name,) in graph.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in (name for name in tables if not name.startswith("sqlite_")):
            [row] = [line for names, line in rows.items() if f"`{table}`" in names]
            columns = [name for _, name, *_ in graph.execute(f"PRAGMA table_info({table})")]
            assert [name for name in columns if f"`{name}`" not in row] == [], table


def test_every_table_of_the_knowledge_cache_is_on_the_page(tmp_path: Path) -> None:
    with KnowledgeCache.open(tmp_path / "cache.sqlite") as cache:
        tables = [name for name in cache.stats() if name != "size_bytes"]
    assert tables
    assert [name for name in tables if f"| `{name}` |" not in PAGE] == []
