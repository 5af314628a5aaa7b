"""Ranking: from what is known of candidates to one entity or NIL for each mention."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import AliasIndex, Graph, build_graph
from linker import Mention
from linker.ranker import CLUES, NIL_CLUES, PAIR_CLUES, load_ranker, scores, softmax
from linker.ranking import LinkRanker, PostToLink, Ranking, agreed_type

ENTITIES = """iri,label,type,class,aliases,prior
urn:giants_ny,New York Giants,ORG,football team,Giants,900
urn:giants_sf,San Francisco Giants,ORG,baseball team,Giants,90
urn:dodgers,Los Angeles Dodgers,ORG,baseball team,Dodgers,30
urn:cowboys,Dallas Cowboys,ORG,football team,Cowboys,30
urn:mlb,Major League Baseball,ORG,league,,1
urn:nfl,National Football League,ORG,league,,1
urn:columbus_oh,"Columbus, Ohio",LOC,city,Columbus,90
urn:columbus_ga,"Columbus, Georgia",LOC,city,Columbus,10
urn:georgia,Georgia,LOC,state,,50
urn:ohio,Ohio,LOC,state,,50
urn:springfield_1,Springfield,LOC,city,,5
urn:springfield_2,Springfield,LOC,city,,5
urn:chad_place,Chad,LOC,country,,60
urn:chad_man,Chad Smith,PER,musician,Chad,2
urn:jordan_place,Jordan,LOC,country,,60
urn:jordan_man,Michael Jordan,PER,basketball player,Jordan,30
urn:collins_place,Collins,LOC,city,,1
urn:collins_man,Phil Collins,PER,singer,Collins,30
urn:phelps_swimmer,Michael Phelps,PER,,,5
urn:phelps_farmer,Michael Phelps,PER,,,5
"""
TRIPLES = """subject,predicate,object
urn:giants_ny,urn:league,urn:nfl
urn:cowboys,urn:league,urn:nfl
urn:giants_sf,urn:league,urn:mlb
urn:dodgers,urn:league,urn:mlb
urn:columbus_ga,urn:state,urn:georgia
urn:columbus_oh,urn:state,urn:ohio
urn:phelps_swimmer,http://schema.org/description,An American swimmer who won many Olympic gold medals
urn:phelps_farmer,http://schema.org/description,An English farmer of sheep and wheat in Kent
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    folder = tmp_path_factory.mktemp("leagues")
    (folder / "entities.csv").write_text(ENTITIES, "utf-8")
    (folder / "triples.csv").write_text(TRIPLES, "utf-8")
    build_graph(folder / "kg.sqlite", sources=[folder / "entities.csv", folder / "triples.csv"])
    with Graph.open(folder / "kg.sqlite") as opened:
        yield opened


def rank(graph: Graph, text: str, *named: str, hops: dict[str, int] | None = None) -> list[Ranking]:
    tokens = tuple(text.split())
    mentions = tuple(Mention(tokens.index(name), tokens.index(name) + 1, name) for name in named)
    aliases = AliasIndex(graph)
    matches = tuple(aliases.candidates(mention.text, limit=50) for mention in mentions)
    seen = {graph.find(iri).id: hop for iri, hop in (hops or {}).items()}
    return LinkRanker(graph).rank(PostToLink(tokens, mentions, matches, seen))


def chosen(rankings: list[Ranking]) -> list[str | None]:
    return [ranking.chosen.entity.iri if ranking.chosen else None for ranking in rankings]


def test_probabilities_sum_to_one(graph: Graph) -> None:
    for ranking in rank(graph, "Giants beat Dodgers in Columbus", "Giants", "Dodgers", "Columbus"):
        assert sum(candidate.score for candidate in ranking.candidates) + ranking.nil + ranking.other == pytest.approx(
            1
        )


def test_teams_of_one_league_where_the_prior_alone_is_wrong(graph: Graph) -> None:
    assert chosen(rank(graph, "Giants tonight", "Giants")) == ["urn:giants_ny"]
    assert chosen(rank(graph, "Giants beat Dodgers", "Giants", "Dodgers")) == ["urn:giants_sf", "urn:dodgers"]
    assert chosen(rank(graph, "Giants beat Cowboys", "Giants", "Cowboys")) == ["urn:giants_ny", "urn:cowboys"]


def test_a_city_and_its_state(graph: Graph) -> None:
    assert chosen(rank(graph, "Living in Columbus today", "Columbus")) == ["urn:columbus_oh"]
    assert chosen(rank(graph, "Columbus in Georgia", "Columbus", "Georgia")) == ["urn:columbus_ga", "urn:georgia"]


def test_nil_is_said_only_where_it_is_likelier_than_the_best_candidate(graph: Graph) -> None:
    """Many equal candidates, an unknown entity and NIL share the probability: none is likelier than one half."""
    mention = Mention(0, 1, "Springfield")
    post = PostToLink(("Springfield",), (mention,), (AliasIndex(graph).candidates("Springfield"),))
    [(_, clues)] = LinkRanker(graph).clues(post)
    bias = NIL_CLUES.index("bias")

    def ranked(nil: float, other: float) -> Ranking:
        rows = [np.zeros(len(NIL_CLUES)) for _ in range(2)]
        for row, value in zip(rows, (nil, other), strict=True):
            row[bias] = value / clues[bias]
        ranker = replace(load_ranker(), weights=np.zeros(len(CLUES)), nil=rows[0], other=rows[1], temperature=1.0)
        [ranking] = LinkRanker(graph, ranker=ranker).rank(post)
        return ranking

    unsure = ranked(-0.1, 3.0)  # e^0 for each of two candidates, a little less for NIL
    assert unsure.nil + unsure.other > 0.5
    assert chosen([unsure]) == ["urn:springfield_1"]
    assert chosen([ranked(0.1, 3.0)]) == [None]


def test_words_of_the_post_against_descriptions(graph: Graph) -> None:
    swimmer, farmer = "gold medals for swimming at the Olympic games", "the sheep and wheat on his farm"
    for told, meant in ((swimmer, "urn:phelps_swimmer"), (farmer, "urn:phelps_farmer")):
        tokens = ("Michael", "Phelps", *told.split())
        mention = Mention(0, 2, "Michael Phelps")
        post = PostToLink(tokens, (mention,), (AliasIndex(graph).candidates(mention.text),))
        assert chosen(LinkRanker(graph).rank(post)) == [meant]
        caption = replace(post, tokens=tokens[:2], further=(told,))
        assert chosen(LinkRanker(graph).rank(caption)) == [meant]


def test_ties_are_said(graph: Graph) -> None:
    [springfield] = rank(graph, "Off to Springfield", "Springfield")
    assert springfield.ambiguous
    assert chosen([springfield]) == ["urn:springfield_1"]
    assert springfield.candidates[0].score == pytest.approx(springfield.candidates[1].score)
    [giants] = rank(graph, "Giants tonight", "Giants")
    assert not giants.ambiguous


def test_the_picture_is_stronger_than_the_prior(graph: Graph) -> None:
    assert chosen(rank(graph, "Off to Springfield", "Springfield", hops={"urn:springfield_2": 0})) == [
        "urn:springfield_2"
    ]
    assert chosen(rank(graph, "Living in Columbus", "Columbus", hops={"urn:columbus_ga": 0})) == ["urn:columbus_ga"]


def test_counts_are_stronger_than_the_prior(graph: Graph) -> None:
    mention = Mention(0, 1, "Columbus")
    matches = AliasIndex(graph).candidates("Columbus", limit=50)
    ohio, georgia = graph.find("urn:columbus_oh").id, graph.find("urn:columbus_ga").id
    for counts, meant in (({}, "oh"), ({georgia: 95.0, ohio: 5.0}, "ga"), ({georgia: 5.0, ohio: 95.0}, "oh")):
        post = PostToLink(("Columbus",), (mention,), (matches,), counts=(counts,))
        assert chosen(LinkRanker(graph).rank(post)) == [f"urn:columbus_{meant}"]


@pytest.mark.parametrize("name", ["Chad", "Jordan", "Collins"])
@pytest.mark.parametrize("person", [0.3, 0.7])
@pytest.mark.parametrize("hop", [0, 1])
def test_who_is_pictured_is_meant(graph: Graph, name: str, person: float, hop: int) -> None:
    aliases = AliasIndex(graph)
    types = (("PER", person), ("LOC", 0.9 - person), ("ORG", 0.05), ("OTHER", 0.05))
    mention = Mention(0, 1, name, 0.9, types)
    matches = aliases.candidates(name, limit=50)
    for meant in ("place", "man"):
        entity = graph.find(f"urn:{name.lower()}_{meant}")
        post = PostToLink((name, "looks", "great"), (mention,), (matches,), {entity.id: hop})
        [ranking] = LinkRanker(graph).rank(post)
        assert hop or chosen([ranking]) == [entity.iri]
        [unseen] = LinkRanker(graph).rank(replace(post, hops={}))
        assert probability(ranking, entity.id) > probability(unseen, entity.id)
        assert ranking.chosen is None or agreed_type(mention, ranking) == ranking.chosen.entity.type


def probability(ranking: Ranking, entity: int) -> float:
    return sum(candidate.score for candidate in ranking.candidates if candidate.match.entity.id == entity)


def test_every_clue_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs" / "linking.md").read_text("utf-8")
    assert [name for name in (*CLUES, *NIL_CLUES, *PAIR_CLUES) if f"`{name}`" not in page] == []


def test_no_candidates_is_nil(graph: Graph) -> None:
    [ranking] = rank(graph, "Hello Xyzzyx", "Xyzzyx")
    assert (ranking.chosen, ranking.candidates) == (None, ())
    assert ranking.nil + ranking.other == pytest.approx(1)


def test_what_speaks_for_a_candidate_is_said(graph: Graph) -> None:
    giants, _ = rank(graph, "Giants beat Dodgers", "Giants", "Dodgers")
    assert giants.chosen is not None
    assert giants.chosen.coherence > 0
    assert set(dict(giants.chosen.clues)) <= set(CLUES)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 5), st.randoms(use_true_random=False))
def test_any_clues_give_probabilities(count: int, random) -> None:
    rows = np.array([[random.uniform(-5, 5) for _ in CLUES] for _ in range(count)]).reshape(count, len(CLUES))
    probabilities = softmax(scores(load_ranker(), rows, np.array([random.uniform(-2, 2) for _ in NIL_CLUES])))
    assert probabilities.shape == (count + 2,)
    assert probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("types", "meant", "expected"),
    [
        ((("PRODUCT", 0.9), ("EVENT", 0.1)), "place", "PRODUCT"),  # a type that the graph has not excludes nothing
        ((("person", 0.9), ("location", 0.1)), "man", "person"),  # one that it has by another name counts as that
        ((("person", 0.1), ("location", 0.9)), "place", "location"),
        ((("PRODUCT", 0.05), ("PER", 0.95)), "man", "PER"),
    ],
)
def test_a_taggers_own_types_are_kept_and_exclude_no_candidate(
    graph: Graph, types: tuple[tuple[str, float], ...], meant: str, expected: str
) -> None:
    mention = Mention(0, 1, "Jordan", 0.9, types)
    matches = AliasIndex(graph).candidates("Jordan", limit=50)
    [ranking] = LinkRanker(graph).rank(PostToLink(("Jordan", "was", "amazing"), (mention,), (matches,)))
    assert chosen([ranking]) == [f"urn:jordan_{meant}"]
    assert agreed_type(mention, ranking) == expected
