"""Where a run starts from: another tagger's weights, as far as they fit; what does not fit is made anew, and named.

A type that the other tagger has under another name (``person``, where it has PER) starts as that one. Adapters fit
adapters of their rank; an encoder that is trained whole starts from the one that the other tagger's adapters make of
it, and adapters of another rank as the nearest to that which they can be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ner.checkpoints import load_state, read_design, read_weights
from ner.embeddings.word_table import WordTable
from ner.encoders.adapters import adapters_nearest, merge
from ner.errors import CheckpointError, TagError
from ner.formats import our_tag
from ner.networks.bert import TextEncoder
from ner.networks.building import Design, build_network
from ner.networks.network import Network
from ner.spans import tags_of
from ner.tag_types import type_table

Rows = tuple[int, list[int | None]]
"""How many rows a parameter had, and from which of them each row starts; None for a new one."""


def fitting_design(design: Design, start: Path | None) -> Design:
    """A run's design with what is no weight, and training does not settle, as the tagger has it that it starts from.

    It goes on looking at pictures where the run has none to show it, and trusts the names near a picture as before.

    Raises:
        CheckpointError: That tagger is missing, damaged or of another version.
    """
    if start is None or (old := read_design(start)).tagger != design.tagger:
        return design
    if not design.region_width:
        design = replace(design, picture_encoder=old.picture_encoder, region_width=old.region_width)
    if trust := 0 if getattr(design.options, "trust", 1) else old.options.trust:
        design = replace(design, options=replace(design.options, trust=trust))
    return design


def start_from(start: Path, network: Network, design: Design, table: WordTable | None) -> list[str]:
    """Put a tagger's weights into a network, as far as they fit.

    Args:
        start: The tagger's folder.
        network: The network, as it was built.
        design: What it was built from.
        table: Its word vectors, where it reads words.

    Returns:
        Lines for people: what starts from the tagger, and what is made anew.

    Raises:
        CheckpointError: The tagger is missing or damaged, or nothing of it fits.
    """
    old, own = read_design(start), network.own_state()
    saved = _saved_weights(start, network, old, design)
    rows = _rows(network, old, design)
    if table is not None and old.vectors is not None:
        words = _same_words(WordTable.load(start), table)
        rows |= {name: words for name in own if "change" in name.split(".")}
    fitting = {name for name, place in own.items() if name in saved and _copy(saved[name], place, _of_name(rows, name))}
    if all(name.startswith(network.of_tags) for name in fitting):
        raise CheckpointError(
            f"{start}: nothing of this {old.tagger} fits a {design.tagger} like that of the recipe: start from a "
            "tagger of the same design, or take its recipe.json as RECIPE"
        )
    anew = Counter(name.split(".")[0] for name in own if name not in fitting)
    left = sorted({name.split(".")[0] for name in saved} - {name.split(".")[0] for name in own})
    lines = [f"{len(fitting):,} of {len(own):,} tensors start from {start}"]
    lines += ["made anew: " + ", ".join(f"{part} ({count} tensors)" for part, count in anew.items())] if anew else []
    lines += [f"left behind: {', '.join(left)}"] if left else []
    return lines + _differences(old, design)


def _saved_weights(start: Path, network: Network, old: Design, design: Design) -> Mapping[str, Tensor]:
    """The tagger's weights by the network's names; another encoder's are left out."""
    saved = read_weights(start, network)
    if old.encoder != design.encoder:
        return {name: value for name, value in saved.items() if not name.startswith("encoder.")}
    needed = {name: value.shape for name, value in network.own_state().items() if name.startswith("encoder.")}
    if old.encoder is None or all(name in saved and saved[name].shape == shape for name, shape in needed.items()):
        return saved
    other, _ = build_network(old, seed=0)
    load_state(other, start)
    merge(other)
    place, encoder = _encoder(network)
    nearest = adapters_nearest(encoder, dict(_encoder(other)[1].named_parameters()))
    return saved | {place + name: value.detach() for name, value in nearest.items() if place + name in needed}


def _encoder(network: Network) -> tuple[str, nn.Module]:
    """What the names of a network's pretrained encoder begin with, and the encoder: the papers' stands in one more."""
    place = "encoder.model" if isinstance(network.encoder, TextEncoder) else "encoder"
    return f"{place}.", network.get_submodule(place)


def _rows(network: Network, old: Design, design: Design) -> dict[str, Rows]:
    """The rows of parameters by what their names begin with; of tags and of styles, where these differ."""
    rows: dict[str, Rows] = {}
    if old.types != design.types:
        before = tags_of(old.types)
        known = [_known_tag(tag, old.types) for tag in tags_of(design.types)]
        tags = [None if tag is None else before.index(tag) for tag in known]
        rows |= dict.fromkeys(network.of_tags, (len(before), tags))
    if old.styles != design.styles:
        styles = [n if n < old.styles else None for n in range(design.styles)]
        rows |= dict.fromkeys(network.of_styles, (old.styles, styles))
    return rows


def _known_tag(tag: str, types: Sequence[str]) -> str | None:
    """The tag of some types that a tag starts as, None where they have none for it."""
    try:
        return our_tag(tag, type_table(types=types))
    except TagError:
        return None


def _same_words(old: WordTable, table: WordTable) -> Rows:
    """The rows of words, which are numbered in each run apart."""
    numbers = {word: old.id(word) for word in old.numbered}
    first = table.id_count - len(table.numbered)
    return old.id_count, [*range(first), *(numbers.get(word) for word in table.numbered)]


def _of_name(rows: Mapping[str, Rows], name: str) -> Rows | None:
    return next((given for start, given in rows.items() if name.startswith(start)), None)


@torch.no_grad()
def _copy(saved: Tensor, own: Tensor, rows: Rows | None) -> bool:
    """Put a parameter's values into one of the network: row by row, and column by column where these are rows too.

    Returns:
        Whether it fits; where not, nothing was changed.
    """
    count, origins = rows or (-1, [])
    if saved.dim() != own.dim():
        return False
    places: list[tuple[list[int], list[int]]] = []
    for before, now in zip(saved.shape, own.shape, strict=True):
        if (before, now) == (count, len(origins)):
            kept = [(new, old) for new, old in enumerate(origins) if old is not None]
        elif before == now:
            kept = [(place, place) for place in range(now)]
        else:
            return False
        places.append(([new for new, _ in kept], [old for _, old in kept]))
    if not all(new for new, _ in places):
        return False
    own[np.ix_(*(new for new, _ in places))] = saved[np.ix_(*(old for _, old in places))].to(own)
    return True


def _differences(old: Design, design: Design) -> list[str]:
    """In what the tagger that a run starts from is another one."""
    pairs = (
        ("tagger", old.tagger, design.tagger),
        ("encoder", old.encoder, design.encoder),
        ("rank of adapters", *(getattr(one.options, "adapter_rank", 0) for one in (old, design))),
        ("word vectors", old.vectors, design.vectors),
        ("picture encoder", old.picture_encoder, design.picture_encoder),
        ("styles", old.styles, design.styles),
    )
    lines = [f"{what}: {before} there, {now} here" for what, before, now in pairs if before != now]
    if old.types != design.types:
        tags = {kind: _known_tag(f"B-{kind}", old.types) for kind in design.types}
        starts = [f"{kind} {'is new' if tag is None else f'starts as {tag[2:]}'}" for kind, tag in tags.items()]
        lines.append(f"types: {', '.join(starts)}")
    return lines
