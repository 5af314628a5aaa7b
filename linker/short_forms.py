"""Short forms: further candidates for mentions that are short for a longer name.

| short form | candidates |
|---|---|
| `Simpson` in a post that has `Jessica Simpson` too | those of the full form that have the part in their name |
| `Columbus , GA`, `Columbus , Georgia` | those of `Columbus, Georgia` |
| `GA` | those of `Georgia`, by the abbreviations of states and provinces |
| `MDW` in `Midway Airport (MDW)` | those of the name before it |
| `ACC` | labels with these initials, with or without small words, those that are meant most first |
"""

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import islice, pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from kg import AliasIndex, AliasMatch, Graph
from linker.errors import IndexIncompleteError
from linker.mentions import mention_words
from linker.name_clues import ACRONYM, explains, initials_of, letters_of_acronym, place_in, words_in
from linker.results import Mention

INITIALS_WEIGHT = 0.6
_NEARLY = 0.9  # as much as a name is like a full form that it stands for
_INITIALS_FUZZY = 0.80  # as little as a name may be like a mention
_MOST_HOLDERS, _MOST_OF_INITIALS = 5_000, 20
_ENTITY_BITS = 32
_PART_BASE, _PART_SHARE = 0.80, 0.05  # as in kg.names.fuzzy
_STATES = dict(
    line.split("\t") for line in files("linker").joinpath("data/states.tsv").read_text("utf-8").splitlines() if line
)

Keys = npt.NDArray[np.uint64]


class InitialsIndex:
    """Entities by the initials of their labels.

    Args:
        graph: An open graph.
        keys: The CRC-32 of initials above the entity's id, ascending; `write_initials` makes them.
    """

    def __init__(self, graph: Graph, keys: Keys) -> None:
        self._graph = graph
        self._keys = keys
        self.find = lru_cache(maxsize=5_000)(self._find)

    @classmethod
    def open(cls, graph: Graph, path: Path) -> "InitialsIndex":
        """Open what `write_initials` wrote for this graph, mapped; an IndexIncompleteError where it is gone or cut."""
        try:
            return cls(graph, np.load(path, mmap_mode="r"))
        except (FileNotFoundError, EOFError, ValueError) as error:
            raise IndexIncompleteError(path.parent, missing=f"whole {path.name}") from error

    def _find(self, initials: str) -> tuple[AliasMatch, ...]:
        """The entities whose labels have these initials (small letters), those that are meant most first."""
        low = crc32(initials.encode()) << _ENTITY_BITS
        start, end = np.searchsorted(self._keys, np.array([low, low + (1 << _ENTITY_BITS)], dtype=np.uint64))
        ids = (self._keys[start : min(end, start + _MOST_HOLDERS)] & np.uint64((1 << _ENTITY_BITS) - 1)).tolist()
        holders = sorted(self._graph.entities(ids).values(), key=lambda entity: (-entity.prior, entity.id))
        found = (entity for entity in holders if initials in initials_of(entity.label))
        return tuple(
            AliasMatch(entity, entity.label, ACRONYM, INITIALS_WEIGHT, _INITIALS_FUZZY)
            for entity in islice(found, _MOST_OF_INITIALS)
        )


def write_initials(graph: Graph, path: Path) -> int:
    """Write the keys of an `InitialsIndex`, eight bytes each, as a NumPy file.

    Returns:
        How many there are.
    """
    keys = np.fromiter(
        (
            crc32(initials.encode()) << _ENTITY_BITS | entity
            for entity, label in graph.labels()
            for initials in initials_of(label)
        ),
        dtype=np.uint64,
    )
    keys.sort()
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        np.save(file, keys)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return len(keys)


def widen(
    tokens: Sequence[str],
    mentions: Sequence[Mention],
    matches: Sequence[Sequence[AliasMatch]],
    aliases: AliasIndex,
    initials: InitialsIndex | None = None,
) -> list[tuple[AliasMatch, ...]]:
    """The candidates of a post's mentions, and behind them those that short forms stand for, each entity once.

    Args:
        tokens: The post's tokens.
        mentions: Its mentions.
        matches: The candidates of each.
        aliases: The graph's names.
        initials: The graph's initials, where they are known.
    """
    full_forms = _FullForms(mentions, matches)
    widened = []
    for mention, found in zip(mentions, matches, strict=True):
        best = {match.entity.id: match for match in found}
        for match in (
            *_with_state(tokens, mention, aliases),
            *full_forms.find(mention),
            *_explained(tokens, mention, mentions, matches),
            *_with_initials(mention, initials),
        ):
            if match.entity.id not in best or best[match.entity.id].fuzzy < match.fuzzy:
                best[match.entity.id] = match
        widened.append(tuple(best.values()))
    return widened


def _with_state(tokens: Sequence[str], mention: Mention, aliases: AliasIndex) -> Iterator[AliasMatch]:
    """Candidates of `Columbus, Georgia` for `Columbus` before `, GA`, and of `Georgia` for `GA`."""
    if (whole := _STATES.get(mention.text.lstrip("#").replace(".", ""))) is not None:
        yield from aliases.candidates(whole, limit=5, min_fuzzy=0.99)
    ends_so = mention.text.endswith(",")
    rest = " ".join(tokens[mention.end : mention.end + 4]).replace(",", " , ").split()
    if not ends_so and rest[:1] != [","]:
        return
    rest = rest if ends_so else rest[1:]
    for size in (1, 2):
        word = " ".join(rest[:size]).rstrip(".,!?;:")
        state = _STATES.get(word) or (word if word in _STATES.values() else None)
        if state:
            name = mention_words(mention.text).rstrip(" ,")
            yield from aliases.candidates(f"{name}, {state}", limit=5, min_fuzzy=0.99)


class _FullForms:
    """The longer names of a post, by their words."""

    def __init__(self, mentions: Sequence[Mention], matches: Sequence[Sequence[AliasMatch]]) -> None:
        self._holders: dict[str, dict[tuple[str, ...], Sequence[AliasMatch]]] = {}
        for mention, found in zip(mentions, matches, strict=True):
            words = words_in(mention_words(mention.text))
            for word in words if len(words) > 1 else ():
                self._holders.setdefault(word, {}).setdefault(words, found)

    def find(self, mention: Mention) -> Iterator[AliasMatch]:
        """The candidates of the names that a mention is a part of, as far as it is a part of theirs."""
        own = words_in(mention_words(mention.text))
        for full, found in self._holders.get(own[0], {}).items() if own else ():
            for match in found if _is_part(own, full) else ():
                name = words_in(match.alias)
                if match.fuzzy >= _NEARLY and _is_part(own, name):
                    share = sum(map(len, own)) / sum(map(len, name))
                    fuzzy = _PART_BASE + _PART_SHARE * share
                    yield AliasMatch(match.entity, match.alias, match.kind, match.weight, fuzzy)


def _explained(
    tokens: Sequence[str], mention: Mention, mentions: Sequence[Mention], matches: Sequence[Sequence[AliasMatch]]
) -> Iterator[AliasMatch]:
    """The candidates of the name behind which a mention stands in brackets, as its acronym."""
    for full, found in zip(mentions, matches, strict=True):
        if (
            full.end + 1 == mention.start
            and mention.end == mention.start + 1
            and explains(tokens, full.start, full.end)
        ):
            for match in found:
                if match.fuzzy >= _NEARLY:
                    yield AliasMatch(match.entity, match.alias, ACRONYM, match.weight, _NEARLY)


def states_in(tokens: Sequence[str]) -> list[str]:
    """The words of the states that a post has in short after a comma: `georgia` for `Columbus , GA`."""
    states = (_STATES.get(word.rstrip(".,!?;:)")) for before, word in pairwise(tokens) if before.endswith(","))
    return [word for state in states if state for word in words_in(state)]


def _with_initials(mention: Mention, initials: InitialsIndex | None) -> Sequence[AliasMatch]:
    letters = letters_of_acronym(mention.text)
    return initials.find(letters) if initials is not None and letters else ()


def _is_part(words: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Whether words stand side by side in a longer name."""
    return len(words) < len(name) and place_in(words, name) >= 0
