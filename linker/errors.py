"""What can go wrong in the linker.

::

    LinkerError
    ├── IndexMissingError      no index where one was expected
    ├── IndexIncompleteError   a build or an update that was stopped half-way, or a file of it that is gone
    ├── IndexChangedError      an index that was updated while it was in use
    ├── IndexVersionError      an index of another format version
    ├── IndexConflictError     an index that was built from something else
    ├── EncoderMismatchError   an index whose pictures another encoder embedded
    ├── ProfilesError          profiles that were embedded ahead and cannot be used
    ├── SettingsError          a setting of the pipeline that cannot be
    └── PostError              a line of input that is not a post

``str(error)`` is one line: the value, what was expected, and the fix.
"""

from pathlib import Path


class LinkerError(Exception):
    """The root of this package's errors."""


class IndexMissingError(LinkerError):
    """There is no index at the path."""

    def __init__(self, path: Path) -> None:
        what = "is not a folder" if path.exists() and not path.is_dir() else "holds no index"
        super().__init__(
            f"{path} {what}: expected a folder made by build-kg-index; "
            f"build it with: build-kg-index {path} --dump FILES"
        )


class IndexIncompleteError(LinkerError):
    """The index was left half-built, or half-updated, or one of its files was taken away."""

    def __init__(self, path: Path, *, is_updating: bool = False, missing: str = "") -> None:
        found = "is half-updated (the new index.json is not in its place yet)"
        found = found if is_updating else "is half-built (it has kg.sqlite but no index.json)"
        found = f"has index.json but no {missing}" if missing else found
        super().__init__(f"{path} {found}: run the same build-kg-index command again, it makes what is missing")


class IndexChangedError(LinkerError):
    """The index was updated while it was in use: what was opened before does not fit what would be opened now."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was updated while it was in use: open it again (run the same command again)")


class IndexVersionError(LinkerError):
    """The index has another format version, or its index.json cannot be read."""

    def __init__(self, path: Path, found: object, expected: int) -> None:
        super().__init__(
            f"{path} has index format {found!r}, expected {expected}: "
            f"build it anew with: build-kg-index {path} --dump FILES --update"
        )


class IndexConflictError(LinkerError):
    """The folder holds an index of other sources or of another encoder."""

    def __init__(self, path: Path, difference: str) -> None:
        super().__init__(
            f"{path} already holds another index ({difference}): "
            "bring it up to date with --update, or name a new folder"
        )


class EncoderMismatchError(LinkerError):
    """The encoder at hand is not the one that embedded the index's pictures."""

    def __init__(self, path: Path, built_with: str, found: str) -> None:
        super().__init__(
            f"{path} was built with the encoder {built_with}, but {found} was loaded: "
            "give the same weights with --weights, or build the index again"
        )


class ProfilesError(LinkerError):
    """The profiles that were embedded ahead are damaged, or of another encoder than the one at hand."""

    def __init__(self, path: Path, name: str, *, found: str = "") -> None:
        what = f"of another encoder than {found}" if found else "missing, damaged, or not those that were made"
        super().__init__(
            f"the profiles of {path} (profiles.npy, by {name}) are {what}: "
            f"make them anew with the command that built the index and --profiles {name}"
        )


class SettingsError(LinkerError):
    """A setting of the pipeline has a value that it cannot have."""

    def __init__(self, name: str, found: object, expected: str) -> None:
        super().__init__(f"{name} is {found!r}: expected {expected}")


class PostError(LinkerError):
    """A line of the input is not a post.

    Args:
        line: Line number in the input, from 1; 0 where there are no lines.
        reason: What is wrong and what was expected.
        text: The beginning of the line.
    """

    def __init__(self, line: int, reason: str, text: str = "") -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line
        self.reason = reason
        self.text = text[:200]
