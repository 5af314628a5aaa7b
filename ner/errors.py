"""The errors of this package.

::

    NerError
    ├── FormatError            a file of tagged posts that cannot be read
    ├── RecipeError            a training recipe with a wrong name or value (also a ValueError)
    ├── TagError               a tag outside the tag set
    ├── CheckpointError        a tagger's folder that is missing, damaged or of another version
    ├── EncoderNotFoundError   an encoder that is in no folder, no package and not on the hub
    ├── MissingExtraError      an optional package that is not installed
    ├── DeviceError            a device that is unknown, or that is not there (also a ValueError)
    └── TrainingError          a training run that cannot start or had to stop
"""


class NerError(Exception):
    """Anything this package reports to its caller; its text is one line."""


class FormatError(NerError):
    """A file of tagged posts that cannot be read."""


class RecipeError(NerError, ValueError):
    """A training recipe with a wrong name or value."""


class TagError(NerError):
    """A tag outside the tag set."""


class CheckpointError(NerError):
    """A tagger's folder that is missing, damaged or of another version."""


class EncoderNotFoundError(NerError):
    """An encoder that is in no folder, no package and not on the hub."""


class MissingExtraError(NerError):
    """An optional package that is not installed; the text names the extra that brings it."""


class DeviceError(NerError, ValueError):
    """A device that is unknown, or that is not there."""


class TrainingError(NerError):
    """A training run that cannot start or had to stop."""
