"""The options of ``build-kg-index`` that fetch pictures, and what it says of them at the end."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kg import FetchReport

_WIDTHS = ("330", "500")  # kg.IMAGE_WIDTHS, which would load too much for --help; a test holds them together
_OPTIONS = (
    click.option(
        "--fetch-images",
        is_flag=True,
        help="Fetch the pictures that the sources name by web addresses (Special:FilePath of Wikimedia Commons) into"
        " --images or INDEX/pictures; needs --contact.",
    ),
    click.option("--image-width", type=click.Choice(_WIDTHS), default="330", help="Width of the pictures, in pixels."),
    click.option(
        "--image-host",
        "image_hosts",
        multiple=True,
        metavar="HOST[:PORT]",
        help="A host that may be asked beside Wikimedia's; may be given again.",
    ),
    click.option(
        "--image-rate",
        type=click.FloatRange(0, min_open=True),
        default=5.0,
        metavar="NUMBER",
        help="Requests a second, at most.",
    ),
    click.option(
        "--max-picture-bytes",
        type=click.IntRange(1),
        default=20_000_000,
        metavar="BYTES",
        help="Keep no larger picture.",
    ),
    click.option(
        "--retry-missing",
        is_flag=True,
        help="Ask again for what the servers did not have or could not be used.",
    ),
)


def fetch_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options, and hand them over as one argument `fetch`: settings, or None.

    The command has `--contact` of its own.
    """

    @wraps(command)
    def with_settings(
        *,
        fetch_images: bool,
        contact: str | None,
        image_width: str,
        image_hosts: tuple[str, ...],
        image_rate: float,
        max_picture_bytes: int,
        retry_missing: bool,
        **others: Any,
    ) -> None:
        if not fetch_images:
            if image_hosts or retry_missing:
                raise click.UsageError("--image-host and --retry-missing go with --fetch-images.")
            command(fetch=None, contact=contact, **others)
            return
        if not contact:
            raise click.UsageError(
                "--fetch-images needs --contact with your mail address or a page about you: Wikimedia's policy asks"
                " that a program which fetches pictures says whose it is."
            )
        from kg import FetchSettings

        settings = FetchSettings(
            contact=contact,
            width=int(image_width),
            hosts=image_hosts,
            max_bytes=max_picture_bytes,
            requests_per_s=image_rate,
            retry_missing=retry_missing,
        )
        command(fetch=settings, contact=contact, **others)

    for option in reversed(_OPTIONS):
        with_settings = option(with_settings)
    return with_settings


def describe_fetched(report: "FetchReport") -> str:
    """What fetching came to, in one line."""
    parts = [
        f"{report.fetched:,} fetched ({report.fetched_bytes / 1_000_000:,.1f} MB)",
        f"{report.present:,} there before",
    ]
    others = {
        "missing on the server": report.missing,
        "refused": report.refused,
        "no usable picture": report.unusable,
        "failed": report.failed,
    }
    parts += [f"{number:,} {what}" for what, number in others.items() if number]
    again = "; the same command asks for those that failed again" if report.failed else ""
    return f"web pictures: {', '.join(parts)}{again}"
