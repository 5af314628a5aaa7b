"""From the stage to ids: which IRIs are entities, and which entity each other IRI stands for.

An entity is an IRI in some statement that is neither a redirect nor a disambiguation page. Ids follow the order
of IRIs, so that they do not depend on the order of the sources.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from .keymap import KeyMap
from .scan import LABELLED, STATED
from .staging import Stage

Ranks = npt.NDArray[np.int64]


def resolve_entities(stage: Stage, keys: KeyMap) -> list[str]:
    """Give an id to every entity, and to each redirect the entity at the end of its chain.

    Returns:
        The IRIs that redirect in a circle; they stand for themselves.
    """
    sources, ends, cyclic = resolve_redirects(*rank_pairs(stage, keys, "redirect"))
    pages = np.unique(rank_pairs(stage, keys, "page")[0])
    flags = np.array(keys.flags)
    stated = (flags & STATED) > 0
    is_entity = stated | ((flags & LABELLED) > 0)
    is_entity[ends[stated[sources]]] = True
    is_entity[pages] = False
    is_entity[sources] = False
    entity = np.zeros(len(flags), dtype=np.uint32)
    rank = keys.in_order(np.flatnonzero(is_entity))
    entity[rank] = np.arange(1, len(rank) + 1, dtype=np.uint32)
    entity[sources] = entity[ends]
    keys.set_entities(entity, rank)
    return sorted(keys.iris(cyclic))


def rank_pairs(stage: Stage, keys: KeyMap, name: str) -> tuple[Ranks, Ranks]:
    """Return the ranks of both sides of staged redirects or disambiguations, each pair once, in order."""
    found = [(keys.ranks(some), keys.ranks(other)) for some, other in stage.segments[name].segments()]
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    sources, targets = (np.concatenate(side) for side in zip(*found, strict=True))
    order = np.lexsort((targets, sources))
    sources, targets = sources[order], targets[order]
    first = np.ones(len(sources), dtype=bool)
    first[1:] = (sources[1:] != sources[:-1]) | (targets[1:] != targets[:-1])
    return sources[first], targets[first]


def resolve_redirects(sources: Ranks, targets: Ranks) -> tuple[Ranks, Ranks, Ranks]:
    """Point each redirect at the end of its chain.

    Args:
        sources: What redirects, ascending; of several targets, the first one holds.
        targets: Where to.

    Returns:
        Sources and ends of the redirects that are none in a circle, and the members of circles.
    """
    first = np.ones(len(sources), dtype=bool)
    first[1:] = sources[1:] != sources[:-1]
    sources, targets = sources[first], targets[first]
    # Only redirects to redirects are walked one by one: few in a real dump, none in a transitive one.
    place = np.searchsorted(sources, targets)
    is_chained = (
        (place < len(sources)) & (sources[np.minimum(place, len(sources) - 1)] == targets) if len(sources) else first
    )
    chained = dict(zip(sources[is_chained].tolist(), targets[is_chained].tolist(), strict=True))
    cyclic = _cycle_members(chained)
    ends = targets.copy()
    for row in np.flatnonzero(is_chained).tolist():
        end = int(targets[row])
        while end in chained and end not in cyclic:
            end = chained[end]
        if end not in cyclic:
            at = int(np.searchsorted(sources, end))
            end = int(targets[at]) if at < len(sources) and sources[at] == end else end
        ends[row] = end
    members = np.array(sorted(cyclic), dtype=np.int64)
    kept = ~np.isin(sources, members)
    return sources[kept], ends[kept], members


def _cycle_members(edges: dict[int, int]) -> set[int]:
    members: set[int] = set()
    done: set[int] = set()
    for start in edges:
        walk: dict[int, None] = {}
        node = start
        while node in edges and node not in done and node not in walk:
            walk[node] = None
            node = edges[node]
        if node in walk:
            ordered = list(walk)
            members.update(ordered[ordered.index(node) :])
        done.update(walk)
    return members


def staged_order(stage: Stage, table: str) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Yield the number of each staged predicate or class with its row, in the order of IRIs, which is that of ids."""
    for rows in stage.fetch(f"SELECT * FROM stage_{table} ORDER BY iri"):  # noqa: S608 -- one of our own two names
        for number, *row in rows:
            yield number, tuple(row)
