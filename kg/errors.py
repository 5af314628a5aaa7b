"""What can go wrong with the graph.

KgError
├── StoreError              a kg.sqlite that is missing, half-built, of another version, or not ours
├── SourceError             a dump or table that cannot be read as one
├── EntityNotFoundError     a name that no entity answers to
├── BuildLockedError        another process writes to the same place
├── CacheError              a cache that cannot be written or read
├── EndpointError           a SPARQL endpoint that does not answer, or not with answers
└── FetchError              settings or a table of downloads that cannot be used
    └── FetchStoppedError   the network or the servers failed again and again
"""

from collections.abc import Sequence


class KgError(Exception):
    """Base of every error that this package raises on purpose; its text is one line."""


class StoreError(KgError):
    """A graph file that cannot be opened or used as it is."""


class SourceError(KgError):
    """A source that is not of a kind that a graph is built from."""


class EntityNotFoundError(KgError):
    """No entity answers to `text`; `suggestions` are labels that look like it, best first."""

    def __init__(self, text: str, suggestions: Sequence[str] = ()) -> None:
        self.text = text
        self.suggestions = tuple(suggestions)
        hint = f"; did you mean {', '.join(self.suggestions)}?" if self.suggestions else "; give an IRI, label or alias"
        super().__init__(f"no entity answers to {text!r}{hint}")


class BuildLockedError(KgError):
    """Another process is writing to the same place: `holder`, as that process wrote it down."""

    def __init__(self, path: str, holder: str) -> None:
        self.holder = holder
        super().__init__(f"{path} is being written by {holder}; wait for it to end, stop it, or give another place")


class CacheError(KgError):
    """A knowledge cache that cannot be opened or written: the caller may go on without one."""


class EndpointError(KgError):
    """A SPARQL endpoint that cannot be asked, or that gives no usable answer."""


class FetchError(KgError):
    """Pictures cannot be fetched with these settings, or the table of downloads cannot be used."""


class FetchStoppedError(FetchError):
    """Fetching was given up, as one picture after another failed; what was fetched is kept."""
