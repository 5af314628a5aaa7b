"""What lies around some seeds of an endpoint: from them a hop or two along their links.

Links are triples between two IRIs, in both directions, but not classes, `owl:sameAs`, page links and what else no build
keeps. Of every entity that is reached the labels, literals, classes and pictures are fetched, and the redirects and
disambiguation pages that point to it; of those that are less than `hops` away also the links. Labels come in the wanted
languages, their regional forms, `mul` and none; where an entity has none of these, in all others.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kg.errors import EndpointError
from kg.iris import canonical_iri, is_iri
from kg.vocabulary import LABEL, TYPE, WIKIDATA_CLAIM, WIKIDATA_ENTITY

from . import questions
from .batches import Found, ask_about, count_about
from .client import Progress, SparqlClient
from .questions import BadTermError, Question, Row, Term, spellings
from .recipe import begins_as
from .request import CutLinks, SparqlReport, SparqlRequest
from .statement_files import StatementFiles, node, written

_CHUNK = 600  # IRIs between two lines of progress
_EXAMPLES = 5
_NAMELESS = "/.well-known/genid/"  # a blank node as an IRI (RDF 1.1, section 3.5): somebody or something unknown


@dataclass(slots=True)
class Crawl:
    """One walk. Entities are known by the one form of their IRIs, and asked for in every form that was seen."""

    request: SparqlRequest
    client: SparqlClient
    files: StatementFiles
    progress: Progress
    forms: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of those with more than one
    described: set[str] = field(default_factory=set)
    with_rows: set[str] = field(default_factory=set)
    labelled: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    claims: set[str] = field(default_factory=set)  # Wikidata's properties, as items
    meanings: dict[str, str] = field(default_factory=dict)
    cut: list[CutLinks] = field(default_factory=list)
    missing: list[CutLinks] = field(default_factory=list)
    unusable: int = 0
    examples: list[str] = field(default_factory=list)

    def run(self) -> SparqlReport:
        """Fetch everything, and write the files."""
        request = self.request
        self.meanings = request.recipe.meanings
        self._probe()
        seeds = self._seeds()
        level = self._describe(set(seeds), 0)
        silent = [seed for seed in seeds if seed not in self.with_rows]
        known = self._find_silent(silent)
        seeds = list(dict.fromkeys(known.get(seed, seed) for seed in seeds))
        level |= self._describe({*known.values()}, 0)
        for hop in range(1, request.hops + 1):
            level = self._describe(self._follow(level, hop) - self.described, hop)
        self._name_classes()
        unknown = tuple(seed for seed in silent if seed not in known)
        bare = tuple(seed for seed in seeds if seed not in self.with_rows and seed not in unknown)
        if len(unknown) + len(bare) == len(seeds):
            what = "says of" if bare else "knows nothing of"
            rest = " nothing that a graph takes" if bare else ""
            wrong = f"{what} the seeds ({len(seeds):,}), like {seeds[0]},{rest}"
            raise self._error(f"{wrong.rstrip(',')}: check how their IRIs are written")
        hops = "1 hop" if request.hops == 1 else f"{request.hops} hops"
        comment = f"{len(seeds)} seeds, {hops}, at most {request.max_links} links of an entity in each direction"
        return SparqlReport(
            endpoint=self.client.endpoint,
            files=self.files.write(self.client.endpoint.split("?")[0], comment),
            seeds=len(seeds),
            entities=len(self.described & self.with_rows),
            unknown_seeds=unknown,
            bare_seeds=bare,
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
        limit = self.client.manner.answer_rows + 2
        answer = self.client.ask(questions.probe(limit, graphs), limit=limit)
        if not answer.rows:
            where = f" in {', '.join(graphs)}" if graphs else ""
            raise self._error(f"holds no statement{where}: check the address")
        if len(answer.rows) < limit:
            self.client.cut_at = len(answer.rows)

    def _seeds(self) -> list[str]:
        """Return the seeds, each entity once: those given in their order, then the instances of classes in theirs."""
        request = self.request
        seeds = list(request.seeds)
        for class_iri in request.seed_classes:
            question = questions.instances(request.graphs, request.recipe)
            for found in self._find(question, [class_iri], request.class_limit):
                seeds += sorted(row["y"]["value"] for row in found.rows if _is_usable(row.get("y", {})))
        if not seeds:
            classes = ", ".join(request.seed_classes)
            raise self._error(f"knows no instance of {classes}: check how the classes' IRIs are written")
        return list(dict.fromkeys(map(self._entity, seeds)))

    def _find_silent(self, seeds: Sequence[str]) -> dict[str, str]:
        """Return the entities that stand for seeds of which no property was found, as the endpoint writes them.

        What no statement at all is about is left out.
        """
        known: dict[str, str] = {}
        for question in questions.anything(self.request.graphs):
            forms = {form: seed for seed in seeds if seed not in known for form in questions.rare_spellings(seed)}
            for form, total in count_about(self.client, question, list(forms)):
                if total != 0:
                    known.setdefault(forms[form], self._entity(form))
        return known

    def _describe(self, level: set[str], hop: int) -> set[str]:
        """Fetch what there is about entities, besides links; return them and the entities that they redirect to."""
        languages, graphs, recipe = self.request.languages, self.request.graphs, self.request.recipe
        properties = questions.properties(languages, graphs, recipe)
        level = self._ask_on(properties, level, f"hop {hop}: properties", known=self.described)
        self.described |= level
        unlabelled = level - self.labelled
        self._ask(questions.labels(None, graphs, recipe), unlabelled, f"hop {hop}: labels in other languages")
        pages = self._ask_on(questions.pages(graphs, recipe), level, f"hop {hop}: pages") - level
        self._ask(questions.labels(languages, graphs, recipe), pages, f"hop {hop}: labels of pages")
        return level

    def _name_classes(self) -> None:
        """Fetch the labels of classes, and of those above them, and of Wikidata's properties."""
        languages, graphs, recipe = (*self.request.languages, "en"), self.request.graphs, self.request.recipe
        if recipe.superclasses:
            self._ask_on(questions.labels(languages, graphs, recipe), self.classes, "labels of classes")
        if self.claims:
            self._ask(questions.labels(languages, graphs, recipe), self.claims, "labels of properties")

    def _follow(self, level: set[str], hop: int) -> set[str]:
        """Fetch the links of entities; return what they lead to."""
        found: set[str] = set()
        for question in questions.links(self.request.graphs, self.request.recipe):
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

        Of the values of an entity only those are such that lead on, like what it redirects to.
        """
        forms = sorted({form for entity in entities for form in self.forms.get(entity, (entity,))})
        ends: set[str] = set()
        for start in range(0, len(forms), _CHUNK):
            self.progress(step, start, len(forms))
            for found in self._find(question, forms[start : start + _CHUNK], most):
                rows = [row for row in found.rows if _is_usable(row.get("p", {})) and self._is_taken(question, row)]
                if rows:
                    self.with_rows.add(canonical_iri(found.iri))
                self.files.add(self._statements(question, found.iri, rows))
                for row in rows:
                    self._note(found.iri, row)
                    is_end = question.onward is None or row["p"]["value"] in question.onward
                    if is_end and _is_usable(row["y"]):
                        ends.add(self._entity(row["y"]["value"]))
        self.progress(step, len(forms), len(forms))
        return ends

    def _is_taken(self, question: Question, row: Row) -> bool:
        """Say whether a statement is one that a graph may have."""
        end, recipe = row.get("y", {}).get("value"), self.request.recipe
        if end is None or _NAMELESS in end:
            return False
        if question.onward is None:
            return begins_as(end, recipe.entities)
        return self._meaning(row) != TYPE or begins_as(end, recipe.classes)

    def _meaning(self, row: Row) -> str:
        """Return the predicate of a statement, by the IRI that a build knows it by."""
        predicate = row["p"]["value"]
        return self.meanings.get(predicate) or canonical_iri(predicate)

    def _note(self, iri: str, row: Row) -> None:
        """Remember what has a label, and what is a class or a property."""
        predicate, end = row["p"]["value"], row["y"]
        if self._meaning(row) == LABEL:
            self.labelled.add(canonical_iri(iri))
        elif _is_usable(end) and (self._meaning(row) == TYPE or predicate in self.request.recipe.superclasses):
            self.classes.add(self._entity(end["value"]))
        if predicate.startswith(WIKIDATA_CLAIM):  # properties have names as items do, and other IRIs in statements
            self.claims.add(predicate.replace(WIKIDATA_CLAIM, WIKIDATA_ENTITY))

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
            yield subject, self._meaning(row), target

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
