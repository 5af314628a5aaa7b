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

    Attributes:
        contact: The user's mail address or page, which servers are told.
        width: Of the pictures, in pixels: one of `IMAGE_WIDTHS`.
        hosts: Hosts that may be asked beside Wikimedia's, each a name or an address, with `:port` where needed.
        max_bytes: A larger picture is not kept.
        requests_per_s: Requests a second, over all connections.
        retry_missing: Ask again for what the servers did not have, and for what could not be used.
        connect_s: Longest time for a connection.
        read_s: Longest silence of a server.
        picture_s: Longest time for one attempt at a picture.
        tries: How often one picture is asked for in a run where asking again may help.
        give_up_after: The run ends when so many pictures fail one after another.

    Raises:
        FetchError: If there is no contact, or a number makes no sense.
    """

    contact: str
    width: int = 330
    hosts: tuple[str, ...] = ()
    max_bytes: int = 20_000_000
    requests_per_s: float = 5.0
    retry_missing: bool = False
    connect_s: float = 10.0
    read_s: float = 30.0
    picture_s: float = 120.0
    tries: int = 4
    give_up_after: int = 5
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
    """What fetching came to, in rows of `image` whose source is a web address, but for the size.

    Attributes:
        fetched: Have a file since this run.
        present: Had one before.
        missing: The server has none.
        refused: Our rules forbid asking.
        unusable: Came, and are no picture that can be read, or too large.
        failed: The network or the server failed; the next run asks again.
        left: Were not asked for, as the run was given up.
        fetched_bytes: What was written in this run.
        changes: Rows of the graph, of any source, that now have to change.
    """

    fetched: int = 0
    present: int = 0
    missing: int = 0
    refused: int = 0
    unusable: int = 0
    failed: int = 0
    left: int = 0
    fetched_bytes: int = 0
    changes: int = 0
