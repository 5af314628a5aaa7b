"""A reader as a function, which other processes find under one name, whatever other packages are called `tests`."""

from typing import Any

import kgmner


class Read:
    """Reads a post; goes to other processes with its reader."""

    def __init__(self, reader: kgmner.Reader) -> None:
        self.reader = reader

    def __call__(self, post: dict[str, Any]) -> dict[str, Any]:
        return self.reader(post).to_dict()
