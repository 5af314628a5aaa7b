"""A graph of which only the pictures have changed: copied, and its pictures looked for again, instead of built anew."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from kg.schema import gather_statistics, open_for_building, open_for_reading, transaction

from .plan import Planned, difference, read_plan

Find = Callable[[str, str], "tuple[str, str | None, str | None]"]


def copy_graph(old: Path, plan: Sequence[Planned], new: Path, find: Find) -> bool:
    """Copy a graph that was built as planned but for its pictures, and look for these; say whether it could be done.

    It cannot where a source names a picture by a file beside itself, as the graph does not hold where that was.

    Args:
        old: The graph.
        plan: How the new one is to be built.
        new: Where it goes.
        find: See `kg.build.fill.fill_graph`.
    """
    if difference(read_plan(old), plan, but_pictures=True):
        return False
    with closing(open_for_reading(old)) as graph:
        if graph.execute("SELECT 1 FROM image WHERE source NOT LIKE '%://%' LIMIT 1").fetchone():
            return False
    shutil.copyfile(old, new)
    with closing(open_for_building(new)) as graph, transaction(graph):
        graph.execute("UPDATE build_step SET source = ? WHERE name = 'settings'", (plan[0].source,))
        for id_, source in graph.execute("SELECT id, source FROM image").fetchall():
            _, file, reason = find(source, "")
            graph.execute(
                "UPDATE image SET file = ?, status = ?, reason = ?, sha256 = NULL, width = NULL, height = NULL"
                " WHERE id = ?",
                (file, "pending" if file else "missing", reason, id_),
            )
        gather_statistics(graph)
    return True
