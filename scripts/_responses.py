"""What ``kg-cache`` says of the endpoints' answers that an index keeps."""

from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from scripts._cli import CommandError


def describe_responses(path: Path) -> dict[str, Any] | str:
    """Say how many answers are kept, of whom, and since when."""
    from kg import ResponseCache

    if not path.is_file():
        return f"{path} (none: no endpoint was asked)"
    with closing(ResponseCache.open(path, read_only=True)) as opened:
        return {"file": str(path), **opened.stats()}


def list_responses(
    path: Path, endpoint: str | None, *, limit: int, query_length: int | None = None
) -> list[tuple[Any, ...]]:
    """List the kept answers, the newest first, with the beginning of their queries or with the whole.

    Raises:
        CacheError: There are none.
    """
    from kg import ResponseCache

    with closing(ResponseCache.open(path, read_only=True)) as opened:
        kept = islice(opened.responses(endpoint), limit)
        return [(r.created, r.endpoint, r.state, r.rows, r.size_bytes, r.note, r.query[:query_length]) for r in kept]


def prune_all(cache: Path, responses: Path, *, only: str | None, older_than_days: float | None) -> dict[str, Any]:
    """Forget what is older than so many days, or all: what the knowledge cache remembers, and what endpoints answered.

    Args:
        cache: The knowledge cache.
        responses: The endpoints' answers.
        only: ``knowledge`` or ``responses``, to leave the other alone.
        older_than_days: Age; None for everything.

    Raises:
        CommandError: There is nothing that could be forgotten.
    """
    from scripts._looking import prune_cache

    if only == "responses" and not responses.is_file():
        raise CommandError(f"{responses} does not exist: there is nothing to forget")
    fields: dict[str, Any] = {}
    has_responses = only != "knowledge" and responses.is_file()
    if only != "responses" and (cache.is_file() or not has_responses):
        fields |= prune_cache(cache, older_than_days=older_than_days)
    if has_responses:
        fields |= _prune_responses(responses, older_than_days)
    return fields


def _prune_responses(path: Path, older_than_days: float | None) -> dict[str, Any]:
    from kg import ResponseCache

    with closing(ResponseCache.open(path)) as opened:
        gone = opened.prune(older_than_days=older_than_days)
        return {"responses file": str(path), "responses forgotten": gone, "responses left": opened.stats()["responses"]}
