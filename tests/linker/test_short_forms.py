"""Short forms: the candidates of longer names that mentions stand for."""

from pathlib import Path

import pytest

from kg import AliasIndex, Graph, build_graph
from linker import Mention
from linker.name_clues import initials_of
from linker.short_forms import InitialsIndex, states_in, widen, write_initials


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("short")
    rows = [
        "iri,label,prior",
        'urn:1,"Columbus, Georgia",1',
        'urn:2,"Columbus, Ohio",9',
        "urn:3,Georgia,5",
        "urn:4,Jessica Simpson,1",
        "urn:5,Homer Simpson,9",
        "urn:6,Atlantic Coast Conference,3",
        "urn:7,Australian Cricket Club,8",
        "urn:8,Federal Bureau of Investigation,8",
    ]
    (folder / "entities.csv").write_text("\n".join(rows), "utf-8")
    build_graph(folder / "kg.sqlite", sources=[folder / "entities.csv"])
    return Graph.open(folder / "kg.sqlite")


def widened(graph: Graph, text: str, spans: list[tuple[int, int]], folder: Path | None = None) -> list[list[str]]:
    tokens = text.split()
    mentions = [Mention(start, end, " ".join(tokens[start:end])) for start, end in spans]
    aliases = AliasIndex(graph)
    initials = None
    if folder is not None:
        write_initials(graph, folder / "initials.npy")
        initials = InitialsIndex.open(graph, folder / "initials.npy")
    found = [aliases.candidates(mention.text, limit=1, min_fuzzy=0.9) for mention in mentions]
    return [[match.entity.label for match in row] for row in widen(tokens, mentions, found, aliases, initials)]


@pytest.mark.parametrize("text", ["Off to Columbus , GA today", "Off to Columbus , Georgia", "Off to Columbus, GA !"])
def test_a_city_before_its_state(graph: Graph, text: str) -> None:
    assert widened(graph, text, [(2, 3)]) == [["Columbus, Georgia"]]


def test_a_state_by_its_letters(graph: Graph) -> None:
    assert widened(graph, "Living in GA", [(2, 3)]) == [["Georgia"]]
    assert widened(graph, "Living in ga", [(2, 3)]) == [[]]


def test_a_part_of_a_name_whose_full_form_is_in_the_post(graph: Graph) -> None:
    assert widened(graph, "Jessica Simpson sings . Simpson won", [(0, 2), (4, 5)]) == [["Jessica Simpson"]] * 2
    assert widened(graph, "Simpson won", [(0, 1)]) == [[]]


def test_initials_the_most_meant_first(graph: Graph, tmp_path: Path) -> None:
    assert widened(graph, "ACC today", [(0, 1)], tmp_path) == [["Australian Cricket Club", "Atlantic Coast Conference"]]
    assert widened(graph, "F.B.I. today", [(0, 1)], tmp_path) == [["Federal Bureau of Investigation"]]
    assert widened(graph, "acc today", [(0, 1)], tmp_path) == [[]]


def test_an_acronym_in_brackets_behind_its_name(graph: Graph) -> None:
    text = "At Federal Bureau of Investigation ( FBN ) and Homer Simpson ( FBI )"
    spans = [(1, 5), (6, 7), (9, 11), (12, 13)]
    names = ["Federal Bureau of Investigation", "Federal Bureau of Investigation", "Homer Simpson"]
    assert widened(graph, text, spans) == [*([name] for name in names), []]


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("Off to Columbus , GA today", ["georgia"]),
        ("Off to Columbus, WV.", ["west", "virginia"]),
        ("HI there , all in OR", []),
    ],
)
def test_states_after_commas(text: str, states: list[str]) -> None:
    assert states_in(text.split()) == states


@pytest.mark.parametrize(
    ("label", "initials"),
    [("Chad", ()), ("New York City", ("nyc",)), ("University of Michigan (Ann Arbor)", ("uom", "um"))],
)
def test_initials_of_a_label(label: str, initials: tuple[str, ...]) -> None:
    assert initials_of(label) == initials
