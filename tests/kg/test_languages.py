"""Labels in the languages that are wanted, and names in any script."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kg import AliasIndex, Graph, GraphSources, SourceError, build_difference, build_graph, normal_form

Build = Callable[..., Graph]

LABELS = {
    "mul": ["دوغلاس@ar", "Duglas@bs", "Douglas@mul"],
    "en-gb": ["لوريم@ar", "Lorem@en-gb"],
    "en-ca": ["اختبار@ar", "Harbour@en-ca", "Harbor@en-us"],
    "en": ["Проба@be-tarask", "Probe@en", "Plain@", "Mul@mul", "Probing@en-gb"],
    "none": ["Plain@", "Nom@fr", "Mul@mul"],
    "others": ["Stadt@de", "Ville@fr", "例市@zh-hans", "A@az", "Österreich@de-at"],
}


@pytest.fixture
def dump() -> str:
    """Labels of several languages for each of some entities."""
    lines = []
    for name, labels in LABELS.items():
        for text, tag in (label.split("@") for label in labels):
            end = f'"{text}"@{tag.upper() if tag == "en-GB" else tag}' if tag else f'"{text}"'
            lines.append(f"<http://e/{name}> <http://www.w3.org/2000/01/rdf-schema#label> {end} .\n")
    return "".join(lines)


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (("en",), ["Probe", "Harbour", "Lorem", "Douglas", "Plain", "A"]),
        (("de", "en"), ["Probe", "Harbour", "Lorem", "Douglas", "Plain", "Stadt"]),
        (("zh", "AR"), ["Plain", "اختبار", "لوريم", "دوغلاس", "Plain", "例市"]),
    ],
)
def test_labels_by_language(build: Build, dump: str, languages: tuple[str, ...], expected: list[str]) -> None:
    graph = build({"labels.nt": dump}, languages=languages)
    assert [row[0] for row in graph.connection.execute("SELECT label FROM entity ORDER BY iri")] == expected
    assert graph.counts()["alias"] == sum(map(len, LABELS.values()))  # the others are names


def test_other_languages_make_another_graph_and_what_is_none_is_refused(tmp_path: Path, dump: str) -> None:
    (tmp_path / "labels.nt").write_text(dump, "utf-8")
    sources = [tmp_path / "labels.nt"]
    build_graph(tmp_path / "kg.sqlite", sources=sources)
    assert build_difference(tmp_path / "kg.sqlite", GraphSources(sources)) == ""
    assert "language" in build_difference(tmp_path / "kg.sqlite", GraphSources(sources, languages=("de",)))
    with pytest.raises(SourceError, match="tags like en or pt-BR"):
        build_graph(tmp_path / "kg.sqlite", sources=GraphSources(sources, languages=("'; DROP",)))


@pytest.mark.parametrize(
    ("name", "mention"),
    [
        ("東京", "東京"),
        ("京都市", "#京都市"),
        ("北京大学", "北京大学"),
        ("ประเทศไทย", "ประเทศไทย"),
        ("القاهرة", "القاهرة"),
        ("Москва", "МОСКВА"),
        ("서울", "서울"),
        ("हिन्दी", "हिन्दी"),
        ("Grace Hopper", "𝐆𝐫𝐚𝐜𝐞 𝐇𝐨𝐩𝐩𝐞𝐫"),
        ("Chad", "Ｃｈａｄ"),
        ("Chad", "C\u200bh\u2060a\u00add"),
        ("Chad", "Chad\ufe0f"),
        ("USA", "Ｕ．Ｓ．Ａ．"),
        ("O'Neal", "O＇Neal"),
    ],
)
def test_names_in_any_script_are_found_exactly(build: Build, name: str, mention: str) -> None:
    graph = build({"e.csv": f'iri,label,aliases\nhttp://e/a,"{name}",other\nhttp://e/b,Label,"{name} x|{name}"\n'})
    index = AliasIndex(graph)
    [found] = index.lookup([normal_form(mention)]).values()
    assert {match.entity.iri for match in found} == {"http://e/a", "http://e/b"}
    assert {match.fuzzy for match in index.candidates(mention)[:2]} == {1.0}
