"""A graph from a SPARQL endpoint: from some seeds, a hop or two along their links, into files that a build reads.

Links are triples between two IRIs, in both directions, but not classes, `owl:sameAs`, page links and what else no build
keeps. Of every entity that is reached the labels, literals, classes and pictures are fetched, and the redirects and
disambiguation pages that point to it; of those that are less than `hops` away also the links.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from kg.errors import EndpointError
from kg.iris import canonical_iri
from kg.lock import build_lock
from kg.vocabulary import REDIRECT

from . import questions
from .batches import ANSWER_ROWS, ask_about
from .client import Manner, Progress, SparqlClient
from .questions import Question
from .reply import Row
from .request import CutLinks, SparqlReport, SparqlRequest
from .responses import ResponseCache
from .seeds import find_instances
from .statement_files import StatementFiles
from .terms import BadTermError, iri_of, is_iri, literal, node, spellings
from .transport import check_endpoint, is_loopback, open_transport, user_agent

DEFAULT_REQUESTS_PER_SECOND = 2.0
"""For hosts other than this machine."""

_CHUNK = 600  # IRIs between two lines of progress
_EXAMPLES = 5
_PROBE_ROWS = ANSWER_ROWS + 2


def fetch_sparql(
    request: SparqlRequest,
    folder: Path,
    *,
    responses: Path,
    contact: str | None = None,
    requests_per_second: float | None = None,
    timeout_s: float = 100.0,
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
        requests_per_second: The most; 2 where not given, and no limit for an endpoint on this machine.
        timeout_s: How long to wait for an answer.
        refresh: Ask again what was answered before.
        progress: Told the step, what is done of it, and how much there is (0: unknown).
        manner: Rate and clocks, in place of what `requests_per_second` says.

    Raises:
        EndpointError: If the endpoint does not answer, or knows nothing of the seeds.
        BuildLockedError: If another process fetches into the same folder.
        CacheError: If the file of responses cannot be used.
    """
    endpoint = check_endpoint(request.endpoint)
    _check(request)
    if requests_per_second is None and not is_loopback(endpoint):
        requests_per_second = DEFAULT_REQUESTS_PER_SECOND
    agent = user_agent(contact)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        build_lock(folder),
        ResponseCache.open(responses) as cache,
        open_transport(endpoint, agent=agent, timeout_s=timeout_s) as send,
    ):
        client = SparqlClient(endpoint, cache, send, manner or Manner(requests_per_second), progress or _silent)
        if refresh:
            cache.begin_refresh(endpoint)
        files = StatementFiles(folder)
        try:
            report = _Fetch(request, client, files, progress or _silent).run()
        finally:
            files.close()
        cache.end_refresh(endpoint)
    return report


class _Fetch:
    """One fetch. Entities are known by the one form of their IRIs, and asked for in every form that was seen."""

    def __init__(self, request: SparqlRequest, client: SparqlClient, files: StatementFiles, progress: Progress) -> None:
        self._request = request
        self._client = client
        self._files = files
        self._progress = progress
        self._forms: dict[str, tuple[str, ...]] = {}  # of those with more than one
        self._described: set[str] = set()
        self._with_rows: set[str] = set()
        self._cut: list[CutLinks] = []
        self._missing: list[CutLinks] = []
        self._unusable = 0
        self._examples: list[str] = []

    def run(self) -> SparqlReport:
        """Fetch everything, and write the files."""
        self._probe()
        seeds = self._seeds()
        reached = set(seeds)
        level = set(seeds)
        for hop in range(self._request.hops + 1):
            level |= self._describe(level, hop)
            reached |= level
            if hop == self._request.hops:
                break
            level = self._follow(level, hop + 1) - reached
            reached |= level
        unknown = tuple(seed for seed in seeds if seed not in self._with_rows)
        if len(unknown) == len(seeds):
            raise self._error(
                f"knows nothing of the {len(seeds)} seeds, like {seeds[0]}: check how their IRIs are written"
            )
        self._cut.sort(key=lambda cut: (-(cut.total or 1 << 62), cut.iri, cut.what))
        request = self._request
        hops = "1 hop" if request.hops == 1 else f"{request.hops} hops"
        comment = f"{len(seeds)} seeds, {hops}, at most {request.max_links} links of an entity in each direction"
        files = self._files.write(self._client.endpoint.split("?")[0], comment)
        return SparqlReport(
            endpoint=self._client.endpoint,
            files=files,
            seeds=len(seeds),
            entities=len(self._described & self._with_rows),
            unknown_seeds=unknown,
            cut=tuple(self._cut),
            missing=tuple(self._missing),
            unusable=self._unusable,
            unusable_examples=tuple(self._examples),
            queries=self._client.queries,
            requests=self._client.requests,
        )

    def _probe(self) -> None:
        """Find out whether this is an endpoint, and after how many rows it cuts its answers."""
        answer = self._client.ask(questions.probe(_PROBE_ROWS, self._request.graphs), limit=_PROBE_ROWS, is_first=True)
        if not answer.rows:
            where = f" in {', '.join(self._request.graphs)}" if self._request.graphs else ""
            raise self._error(f"holds no statement{where}: check the address")
        if len(answer.rows) < _PROBE_ROWS:
            self._client.cut_at = len(answer.rows)

    def _seeds(self) -> list[str]:
        """Return the seeds, each entity once, in the order given."""
        seeds: dict[str, None] = {}
        for seed in self._request.seeds:
            seeds[self._entity(seed)] = None
        for class_iri in self._request.seed_classes:
            limit = self._request.class_limit
            found, total = find_instances(self._client, class_iri, most=limit, graphs=self._request.graphs)
            seeds.update(dict.fromkeys(map(self._entity, found)))
            if total is None or total > len(found):
                self._cut.append(CutLinks(class_iri, "instances", len(found), total))
        if not seeds:
            classes = ", ".join(self._request.seed_classes)
            raise self._error(f"knows no instance of {classes}: check how the classes' IRIs are written")
        return list(seeds)

    def _describe(self, level: Iterable[str], hop: int) -> set[str]:
        """Fetch what there is about entities, besides links; return the entities that they redirect to."""
        properties = questions.properties(self._request.languages, self._request.graphs)
        targets: set[str] = set()
        todo = set(level) - self._described
        while todo:
            self._described |= todo
            found: set[str] = set()
            for row in self._ask(properties, todo, f"hop {hop}: properties"):
                if row["p"]["value"] == REDIRECT and self._is_usable(row["y"]):
                    found.add(self._entity(row["y"]["value"]))
            targets |= found
            todo = found - self._described
        self._fetch_pages(set(level) | targets, hop)
        return targets

    def _fetch_pages(self, entities: set[str], hop: int) -> None:
        """Fetch the pages that point to entities, those that point to these, and so on, with their labels."""
        request = self._request
        pages_of, labels = questions.pages(request.graphs), questions.labels(request.languages, request.graphs)
        known: set[str] = set()
        todo = entities
        while todo:
            pages = {
                self._entity(row["y"]["value"])
                for row in self._ask(pages_of, todo, f"hop {hop}: pages")
                if self._is_usable(row["y"])
            }
            todo = pages - known - entities
            known |= todo
        for _ in self._ask(labels, known, f"hop {hop}: labels of pages"):
            pass

    def _follow(self, level: Iterable[str], hop: int) -> set[str]:
        """Fetch the links of entities; return what they lead to."""
        found = set()
        for question in (questions.links_out(self._request.graphs), questions.links_in(self._request.graphs)):
            rows = self._ask(question, level, f"hop {hop}: {question.name}", most=self._request.max_links)
            found |= {self._entity(row["y"]["value"]) for row in rows if self._is_usable(row["y"])}
        return found

    def _ask(self, question: Question, entities: Iterable[str], step: str, *, most: int | None = None) -> Iterable[Row]:
        """Ask about entities in all their forms, keep the statements, and yield the rows."""
        forms = sorted({form for entity in entities for form in self._forms.get(entity, (entity,))})
        for start in range(0, len(forms), _CHUNK):
            chunk = forms[start : start + _CHUNK]
            self._progress(step, start, len(forms))
            for found in ask_about(self._client, question, chunk, most=most):
                self._with_rows.add(canonical_iri(found.iri))
                if found.total is None or found.total > len(found.rows):
                    has_limit = most is not None and len(found.rows) >= most
                    short = self._cut if has_limit else self._missing
                    short.append(CutLinks(found.iri, question.name, len(found.rows), found.total))
                usable = [row for row in found.rows if self._is_usable(row.get("p", {})) and "y" in row]
                self._files.add(self._statements(question, found.iri, usable))
                yield from usable
        self._progress(step, len(forms), len(forms))

    def _statements(self, question: Question, iri: str, rows: Sequence[Row]) -> Iterable[tuple[str, str, str]]:
        """Write rows as statements; those that hold what no graph can hold are counted."""
        for row in rows:
            try:
                other = row["y"]
                is_literal = other.get("type") in ("literal", "typed-literal")
                end = literal(other, row.get("v", {}).get("value", "")) if is_literal else node(iri_of(other))
                subject, target = (end, node(iri)) if question.asks_for_subjects else (node(iri), end)
            except BadTermError as error:
                self._reject(f"{iri}: {error}", row["y"])
                continue
            yield subject, canonical_iri(row["p"]["value"]), target

    def _reject(self, reason: str, term: object) -> None:
        if isinstance(term, dict) and term.get("type") == "bnode":
            return
        self._unusable += 1
        if len(self._examples) < _EXAMPLES:
            self._examples.append(reason)

    def _entity(self, iri: str) -> str:
        """Return the one form of an IRI, and remember the form it was seen in."""
        plain = canonical_iri(iri)
        forms = spellings(iri)
        if len(forms) > 1:
            self._forms[plain] = tuple(dict.fromkeys((*self._forms.get(plain, ()), *forms)))
        return plain

    def _error(self, text: str) -> EndpointError:
        return EndpointError(f"{self._client.endpoint} {text}, and --graph")

    @staticmethod
    def _is_usable(term: object) -> bool:
        return isinstance(term, dict) and term.get("type") == "uri" and is_iri(term.get("value", ""))


def _check(request: SparqlRequest) -> None:
    """Check what would be written into queries before the first is asked."""
    for name, iris in (("seed", request.seeds), ("class", request.seed_classes), ("graph", request.graphs)):
        for iri in iris:
            if not is_iri(iri):
                raise EndpointError(f"the {name} {iri[:200]!r} is not an absolute IRI; give one like http://host/name")
    if not request.seeds and not request.seed_classes:
        raise EndpointError("no seeds: give IRIs or classes to start from")
    if not all(map(questions.is_language, request.languages)):
        raise EndpointError(f"not languages: {', '.join(request.languages)}; give tags like en or pt-BR")
    if request.hops not in (1, 2) or request.max_links < 1 or request.class_limit < 1:
        raise EndpointError("hops are 1 or 2, and the limits at least 1")


def _silent(_step: str, _done: int, _total: int) -> None:
    """Report nothing."""
