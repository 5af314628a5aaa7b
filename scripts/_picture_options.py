"""The options of commands that look at the pictures of tagged posts."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_FILE = click.Path(path_type=Path)
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kgmner" / "pictures"


def picture_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``images``, ``picture_encoder`` and ``picture_cache``."""
    for option in reversed((_IMAGES, _ENCODER, _KEPT)):
        command = option(command)
    return command


_IMAGES = click.option("--images", type=_FILE, metavar="DIR", help="The folder of the posts' pictures.")
_ENCODER = click.option(
    "--picture-encoder",
    metavar="NAME",
    help="What looks at the pictures: efficientnet-lite0, unless the recipe or tagger names another, or vgg16.",
)
_KEPT = click.option(
    "--picture-cache",
    type=_FILE,
    default=_CACHE,
    show_default="kgmner/pictures in the user's cache",
    metavar="DIR",
    help="Where it is kept what the encoder saw.",
)
