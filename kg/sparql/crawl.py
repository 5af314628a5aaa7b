"""A graph from a SPARQL endpoint: from some seeds, a hop or two along their links, into files that a build reads.

Links are triples between two IRIs, in both directions, but not classes, `owl:sameAs`, page links and what else no build
keeps. Of every entity that is reached the labels, literals, classes and pictures are fetched, and the redirects and
disambiguation pages that point to it; of those that are less than `hops` away also the links.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from kg.errors import EndpointError
from kg.iris import canonical_iri
from kg.lock import build_lock
from kg.vocabulary import REDIRECT

from . import questions
from .batches import ANSWER_ROWS, Found, ask_about
from .client import Manner, Progress, SparqlClient, open_transport
from .questions import BadTermError, Question, Row, Term, is_iri, spellings
from .request import CutLinks, SparqlReport, SparqlRequest, check_request, is_loopback, user_agent
from .responses import ResponseCache
from .statement_files import StatementFiles, node, written

DEFAULT_REQUESTS_PER_SECOND = 2.0  # for hosts other than this machine
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
    endpoint, agent = check_request(request), user_agent(contact)
    if requests_per_second is None and not is_loopback(endpoint):
        requests_per_second = DEFAULT_REQUESTS_PER_SECOND
    tell = progress or (lambda _step, _done, _total: None)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        build_lock(folder),
        ResponseCache.open(responses) as cache,
        open_transport(endpoint, agent=agent, timeout_s=timeout_s) as send,
        closing(StatementFiles(folder)) as files,
    ):
        if refresh:
            cache.begin_refresh(endpoint)
        client = SparqlClient(endpoint, cache, send, manner or Manner(requests_per_second), tell)
        report = _Fetch(request, client, files, tell).run()
        cache.end_refresh(endpoint)
    return report


@dataclass(slots=True)
class _Fetch:
    """One fetch. Entities are known by the one form of their IRIs, and asked for in every form that was seen."""

    request: SparqlRequest
    client: SparqlClient
    files: StatementFiles
    progress: Progress
    forms: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of those with more than one
    described: set[str] = field(default_factory=set)
    with_rows: set[str] = field(default_factory=set)
    cut: list[CutLinks] = field(default_factory=list)
    missing: list[CutLinks] = field(default_factory=list)
    unusable: int = 0
    examples: list[str] = field(default_factory=list)

    def run(self) -> SparqlReport:
        """Fetch everything, and write the files."""
        request = self.request
        self._probe()
        seeds = self._seeds()
        level = set(seeds)
        for hop in range(request.hops + 1):
            level = self._describe(level, hop)
            if hop < request.hops:
                level = self._follow(level, hop + 1) - self.described
        unknown = tuple(seed for seed in seeds if seed not in self.with_rows)
        if len(unknown) == len(seeds):
            wrong = f"knows nothing of the {len(seeds)} seeds, like {seeds[0]}: check how their IRIs are written"
            raise self._error(wrong)
        hops = "1 hop" if request.hops == 1 else f"{request.hops} hops"
        comment = f"{len(seeds)} seeds, {hops}, at most {request.max_links} links of an entity in each direction"
        return SparqlReport(
            endpoint=self.client.endpoint,
            files=self.files.write(self.client.endpoint.split("?")[0], comment),
            seeds=len(seeds),
            entities=len(self.described & self.with_rows),
            unknown_seeds=unknown,
            cut=tuple(sorted(self.cut, key=lambda cut: (-(cut.total or 1 << 62), cut.iri, cut.what))),
            missing=tuple(self.missing),
            unusable=self.unusable,
            unusable_examples=tuple(self.examples),
            queries=self.client.queries,
            requests=self.client.requests,
        )

    def _probe(self) -> None:
        """Find out whether this is an endpoint, and after how many rows it cuts its answers."""
        graphs = self.request.graphs
        answer = self.client.ask(questions.probe(_PROBE_ROWS, graphs), limit=_PROBE_ROWS)
        if not answer.rows:
            where = f" in {', '.join(graphs)}" if graphs else ""
            raise self._error(f"holds no statement{where}: check the address")
        if len(answer.rows) < _PROBE_ROWS:
            self.client.cut_at = len(answer.rows)

    def _seeds(self) -> list[str]:
        """Return the seeds, each entity once: those given in their order, then the instances of classes in theirs."""
        request = self.request
        seeds = list(request.seeds)
        for class_iri in request.seed_classes:
            for found in self._find(questions.instances(request.graphs), [class_iri], request.class_limit):
                seeds += sorted(row["y"]["value"] for row in found.rows if _is_usable(row.get("y", {})))
        if not seeds:
            classes = ", ".join(request.seed_classes)
            raise self._error(f"knows no instance of {classes}: check how the classes' IRIs are written")
        return list(dict.fromkeys(map(self._entity, seeds)))

    def _describe(self, level: set[str], hop: int) -> set[str]:
        """Fetch what there is about entities, besides links; return them and the entities that they redirect to."""
        languages, graphs = self.request.languages, self.request.graphs
        properties = questions.properties(languages, graphs)
        level = self._ask_on(properties, level, f"hop {hop}: properties", known=self.described)
        self.described |= level
        pages = self._ask_on(questions.pages(graphs), level, f"hop {hop}: pages") - level
        self._ask(questions.labels(languages, graphs), pages, f"hop {hop}: labels of pages")
        return level

    def _follow(self, level: set[str], hop: int) -> set[str]:
        """Fetch the links of entities; return what they lead to."""
        found: set[str] = set()
        for question in questions.links(self.request.graphs):
            found |= self._ask(question, level, f"hop {hop}: {question.name}", most=self.request.max_links)
        return found

    def _ask_on(
        self, question: Question, entities: set[str], step: str, known: frozenset[str] | set[str] = frozenset()
    ) -> set[str]:
        """Ask about entities, then about those that are found and not known, and so on; return all of them."""
        asked: set[str] = set()
        while entities:
            asked |= entities
            entities = self._ask(question, entities, step) - asked - known
        return asked

    def _ask(self, question: Question, entities: Iterable[str], step: str, *, most: int | None = None) -> set[str]:
        """Ask about entities in all their forms and keep the statements; return the entities at the other ends.

        Of the values of an entity only those that it redirects to are such.
        """
        forms = sorted({form for entity in entities for form in self.forms.get(entity, (entity,))})
        ends: set[str] = set()
        for start in range(0, len(forms), _CHUNK):
            self.progress(step, start, len(forms))
            for found in self._find(question, forms[start : start + _CHUNK], most):
                self.with_rows.add(canonical_iri(found.iri))
                rows = [row for row in found.rows if _is_usable(row.get("p", {})) and "y" in row]
                self.files.add(self._statements(question, found.iri, rows))
                for row in rows:
                    if _is_usable(row["y"]) and (not question.values or row["p"]["value"] == REDIRECT):
                        ends.add(self._entity(row["y"]["value"]))
        self.progress(step, len(forms), len(forms))
        return ends

    def _find(self, question: Question, iris: Sequence[str], most: int | None) -> Iterator[Found]:
        """Ask about IRIs, and remember where not everything was read."""
        for found in ask_about(self.client, question, iris, most=most):
            kept = len(found.rows)
            if found.total is None or found.total > kept:
                short = self.cut if most is not None and kept >= most else self.missing
                short.append(CutLinks(found.iri, question.name, kept, found.total))
            yield found

    def _statements(self, question: Question, iri: str, rows: Sequence[Row]) -> Iterator[tuple[str, str, str]]:
        """Write rows as statements; those that hold what no graph can hold are counted."""
        for row in rows:
            try:
                subject, target = node(iri), written(row["y"], row.get("v", {}).get("value", ""))
            except BadTermError as error:
                if row["y"].get("type") != "bnode":
                    self.unusable += 1
                    self.examples += [f"{iri}: {error}"][: _EXAMPLES - len(self.examples)]
                continue
            if question.asks_for_subjects:
                subject, target = target, subject
            yield subject, canonical_iri(row["p"]["value"]), target

    def _entity(self, iri: str) -> str:
        """Return the one form of an IRI, and remember the form it was seen in."""
        plain, forms = canonical_iri(iri), spellings(iri)
        if len(forms) > 1:
            self.forms[plain] = tuple(dict.fromkeys((*self.forms.get(plain, ()), *forms)))
        return plain

    def _error(self, text: str) -> EndpointError:
        return EndpointError(f"{self.client.endpoint} {text}, and --graph")


def _is_usable(term: Term) -> bool:
    return term.get("type") == "uri" and is_iri(term.get("value", ""))
