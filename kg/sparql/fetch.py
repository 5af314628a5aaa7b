"""A graph from a SPARQL endpoint, into files that a build reads."""

from contextlib import closing
from pathlib import Path

from kg.lock import build_lock

from .client import Manner, Progress, SparqlClient, open_transport
from .crawl import Crawl
from .request import SparqlReport, SparqlRequest, check_request, is_loopback, user_agent
from .responses import ResponseCache
from .statement_files import StatementFiles

DEFAULT_REQUESTS_PER_SECOND = 2.0  # for hosts other than this machine


def fetch_sparql(
    request: SparqlRequest,
    folder: Path,
    *,
    responses: Path,
    contact: str | None = None,
    requests_per_second: float | None = None,
    timeout_s: float | None = None,
    refresh: bool = False,
    progress: Progress | None = None,
    manner: Manner | None = None,
) -> SparqlReport:
    """Fetch a part of an endpoint's graph, or go on with a fetch that was stopped.

    Args:
        request: What to fetch.
        folder: Where the files go; it is made.
        responses: The file that keeps every answer; it is made.
        contact: Who the endpoint's keeper can write to: a mail or web address.
        requests_per_second: The most; what the recipe says where not given, or 2, or no limit for an endpoint on this
            machine.
        timeout_s: How long to wait for an answer, in place of what the recipe says.
        refresh: Ask again what was answered before.
        progress: Told the step, what is done of it, and how much there is (0: unknown).
        manner: Rate and clocks, in place of what `requests_per_second` says.

    Raises:
        EndpointError: If the endpoint does not answer, or knows nothing of the seeds.
        BuildLockedError: If another process fetches into the same folder.
        CacheError: If the file of responses cannot be used.
    """
    endpoint, recipe = check_request(request), request.recipe
    agent = user_agent(contact, endpoint, recipe)
    if requests_per_second is None and not is_loopback(endpoint):
        requests_per_second = recipe.requests_per_second or DEFAULT_REQUESTS_PER_SECOND
    tell = progress or (lambda _step, _done, _total: None)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        build_lock(folder),
        ResponseCache.open(responses) as cache,
        open_transport(endpoint, agent=agent, timeout_s=timeout_s or recipe.timeout_s) as send,
        closing(StatementFiles(folder)) as files,
    ):
        if refresh:
            cache.begin_refresh(endpoint)
        manner = manner or Manner(requests_per_second, recipe.page_rows)
        client = SparqlClient(endpoint, cache, send, manner, tell)
        report = Crawl(request, client, files, tell).run()
        cache.end_refresh(endpoint)
    return report
