"""The settings with which pictures are fetched, and the report of what came of it."""

import re
from dataclasses import dataclass, field

from kg.errors import FetchError
from kg.politeness import program

#: The widths that Wikimedia makes for everyone and that suit the encoders; it refuses or slows down any other.
IMAGE_WIDTHS = (330, 500)

_CONTACT = re.compile(r"(?:https?://[^\s/.]+\.[^\s]+|(?:mailto:)?[^\s@]+@[^\s@]+\.[^\s@]+)")


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """How pictures are fetched.

    Raises:
        FetchError: If there is no contact, or a number makes no sense.
    """

    contact: str  # the user's mail address or page, which servers are told
    width: int = 330  # of the pictures, in pixels: one of `IMAGE_WIDTHS`
    hosts: tuple[str, ...] = ()  # that may be asked beside Wikimedia's: names or addresses, with `:port` where needed
    max_bytes: int = 20_000_000  # a larger picture is not kept
    requests_per_s: float = 5.0  # over all connections
    retry_missing: bool = False  # ask again for what the servers did not have, and for what could not be used
    connect_s: float = 10.0  # longest time for a connection
    read_s: float = 30.0  # longest silence of a server
    picture_s: float = 120.0  # longest time for one attempt at a picture
    tries: int = 4  # how often one picture is asked for in a run where asking again may help
    give_up_after: int = 5  # the run ends when so many pictures fail one after another
    user_agent: str = field(init=False, default="")

    def __post_init__(self) -> None:
        contact = self.contact.strip()
        is_header = contact.isascii() and contact.isprintable() and not set(contact) & {*"()"}
        if not is_header or not _CONTACT.fullmatch(contact):
            raise FetchError(
                f"contact {self.contact!r}: expected your mail address or a page about you (https://...), which the"
                " image servers are told, as Wikimedia's policy asks of everyone who fetches pictures by program"
            )
        if self.width not in IMAGE_WIDTHS:
            widths = " or ".join(map(str, IMAGE_WIDTHS))
            raise FetchError(f"image width {self.width}: Wikimedia gives pictures at standard widths; choose {widths}")
        for name in ("max_bytes", "requests_per_s", "connect_s", "read_s", "picture_s", "tries", "give_up_after"):
            if not getattr(self, name) > 0:
                raise FetchError(f"{name} {getattr(self, name)!r}: expected a number above 0")
        object.__setattr__(self, "user_agent", f"{program()} ({contact})")


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What fetching came to, in rows of `image` whose source is a web address, but for the last two numbers."""

    fetched: int = 0  # have a file since this run
    present: int = 0  # had one before
    missing: int = 0  # the server has none
    refused: int = 0  # our rules forbid asking
    unusable: int = 0  # came, and are no picture that can be read, or too large
    failed: int = 0  # the network or the server failed; the next run asks again
    left: int = 0  # were not asked for, as the run was given up
    fetched_bytes: int = 0  # what was written in this run
    changes: int = 0  # rows of the graph, of any source, that now have to change
