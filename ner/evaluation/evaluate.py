"""A tagger against tagged posts: what it makes of them, and its scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ner.evaluation.scores import Evaluation, score_posts
from ner.formats import read_captions, read_posts, tagger_input, with_captions
from ner.spans import TYPES
from ner.tag_types import type_table
from ner.taggers import Tagger, TaggerInput, TaggerOutput

Progress = Callable[[str, int, int], None]

_STEP = 64


def evaluate_tagger(
    tagger: Tagger | str | Path,
    path: str | Path,
    *,
    captions: str | Path | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> Evaluation:
    """Tag a file of tagged posts and compare.

    Args:
        tagger: A tagger, or the name or folder of one.
        path: Tagged posts, in any of the formats of :mod:`ner.formats`; read with the tagger's types.
        captions: ``name<TAB>caption`` lines; without it the text alone is tagged (and what the file itself holds).
        device: Where a tagger that is loaded here runs.
        progress: Told ("evaluate", posts done, posts) as it goes.

    Raises:
        FormatError: A file cannot be read.
        CheckpointError: The tagger cannot be loaded.
    """
    from ner.checkpoints import load_tagger  # here, as it brings PyTorch

    loaded = load_tagger(tagger, device=device) if isinstance(tagger, (str, Path)) else tagger
    posts = read_posts(path, types=type_table(types=getattr(loaded, "types", TYPES)))
    if captions is not None:
        posts = with_captions(posts, read_captions(captions))
    outputs = tag_in_steps(loaded, [tagger_input(post) for post in posts], progress=progress)
    return score_posts(posts, [output.tags for output in outputs])


def tag_in_steps(
    tagger: Tagger, inputs: Sequence[TaggerInput], *, what: str = "evaluate", progress: Progress | None = None
) -> list[TaggerOutput]:
    """Tag posts a few at a time, and tell ``progress`` (what, posts done, posts) as it goes."""
    outputs: list[TaggerOutput] = []
    for start in range(0, len(inputs), _STEP):
        outputs += tagger.tag(inputs[start : start + _STEP])
        if progress is not None:
            progress(what, len(outputs), len(inputs))
    return outputs
