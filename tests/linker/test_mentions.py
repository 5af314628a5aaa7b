"""First-pass mentions: the tagger's spans, and aliases that look like names."""

from collections.abc import Collection, Mapping, Sequence

import pytest

from kg import AliasMatch, Entity, normal_form
from linker import GivenMention, Mention, find_mentions, looks_english, match_aliases
from linker.candidates import CandidateFinder
from ner import ScoredSpan, tokenize


class Names:
    """An alias index of a few names."""

    def __init__(self, *names: str) -> None:
        self.names = {
            normal_form(name): AliasMatch(Entity(i, f"urn:{i}", name, "ORG", 0.0), name, "label", 1.0, 1.0)
            for i, name in enumerate(names)
        }

    def lookup(self, normals: Collection[str]) -> Mapping[str, Sequence[AliasMatch]]:
        return {normal: (self.names[normal],) for normal in normals if normal in self.names}


NAMES = Names(
    "Chad", "Los Angeles Lakers", "Los Angeles", "NBA", "IT", "Warriors", "The", "Golden State", "Åland Islands", "US"
)


def find(
    tokens: Sequence[str], spans: Sequence[ScoredSpan], given: Sequence[GivenMention] | None = None
) -> tuple[Mention, ...]:
    return find_mentions(tokens, spans, match_aliases(tokens, NAMES), given=given)


def found(text: str, *spans: ScoredSpan) -> list[str]:
    return [mention.text for mention in find(text.split(), spans)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chad looks great", ["Chad"]),
        ("chad looks great", ["chad"]),
        ("CHAD LOOKS GREAT", ["CHAD"]),
        ("go #LosAngelesLakers go", ["#LosAngelesLakers"]),
        ("go #losangeleslakers go", []),  # joined without capitals: for the fuzzy candidates, where the tagger tags it
        ("Los Angeles Lakers win in Los Angeles", ["Los Angeles Lakers", "Los Angeles"]),
        ("thanks @NBA", ["@NBA"]),
        ("# NBA finals", ["NBA"]),
        ("the warriors win it all", ["warriors"]),
        ("golden state wins", ["golden state"]),
        ("how it works , The end", []),
        ("IT works", ["IT"]),
        ("LOOK HOW IT WORKS", []),
        ("he told us", []),
        ("åland islands", ["åland islands"]),
        ("ALAND ISLANDS", ["ALAND ISLANDS"]),
        ("😀 😀", []),
        ("", []),
    ],
)
def test_an_alias_counts_where_it_looks_like_a_name(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_the_taggers_spans_and_the_aliases_stand_side_by_side() -> None:
    span = ScoredSpan(0, 2, "PER", 0.9, (("PER", 0.8), ("LOC", 0.2), ("ORG", 0.0), ("OTHER", 0.0)))
    alias, tagged = find(["Chad", "Smith", "plays"], [span])
    assert (alias.text, alias.exact, alias.score) == ("Chad", True, 0.0)
    assert (tagged.text, tagged.exact, tagged.score) == ("Chad Smith", False, 0.9)
    assert dict(tagged.type_scores)["PER"] == 0.8


def test_given_mentions_are_the_only_ones() -> None:
    span = ScoredSpan(0, 1, "PER", 0.9, (("PER", 1.0),))
    mentions = find(["Chad", "NBA", "x"], [span], given=[GivenMention(0, 1), GivenMention(2, 3)])
    assert [(mention.text, mention.score) for mention in mentions] == [("Chad", 0.9), ("x", 0.0)]


def test_ten_thousand_tokens_are_read() -> None:
    mentions = find(["Chad", "looks", "great", "!"] * 2500, [])
    assert len(mentions) == 2500


def test_candidates_are_asked_for_with_what_stands_in_the_post() -> None:
    asked = []

    class Aliases:
        def candidates(self, mention: str, *, limit: int) -> Sequence[AliasMatch]:
            asked.append(mention)
            return ()

    class Uncounted:
        def has_name_counts(self) -> bool:
            return False

    spans = [ScoredSpan(0, 2, "PER", 0.9, (("PER", 1.0),)), ScoredSpan(2, 3, "ORG", 0.9, (("ORG", 1.0),))]
    CandidateFinder(Uncounted(), Aliases()).find(find(["Kobe", "Bryant's", "#LosAngelesLakers", "win"], spans))
    assert asked == ["Kobe Bryant's", "Los Angeles Lakers"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我爱北京天安门", ["北京"]),
        ("東京タワーへ行く", ["東京タワー"]),
        ("ฉันรักกรุงเทพมหานครมาก", ["กรุงเทพมหานคร"]),
        ("أحب مصر كثيرا", ["مصر"]),
        ("서울 사랑해요", ["서울"]),
        ("В Москве и Москва", ["Москва"]),
        ("#北京 rocks", ["#北京"]),
        ("京", []),
        ("من في", []),
    ],
)
def test_names_in_any_script_with_blanks_between_words_or_without(text: str, found: list[str]) -> None:
    names = Names("北京", "京", "東京", "東京タワー", "กรุงเทพ", "กรุงเทพมหานคร", "مصر", "من", "서울", "Москва")
    tokens = [token.text for token in tokenize(text)]
    matched = match_aliases(tokens, names)  # type: ignore[arg-type]
    assert ["".join(tokens[start:end]) for start, end in sorted(matched)] == found
    assert [mention.text for mention in find_mentions(tokens, (), matched)] == found


@pytest.mark.parametrize(
    ("text", "is_english"),
    [
        ("So proud of everyone at SpaceX who made this", True),
        ("𝐒𝐨 𝐩𝐫𝐨𝐮𝐝 𝐨𝐟 𝐞𝐯𝐞𝐫𝐲𝐨𝐧𝐞 𝐰𝐡𝐨 𝐦𝐚𝐝𝐞 𝐭𝐡𝐢𝐬", True),
        ("Gestern war ich mit Freunden in Berlin", False),
        ("我爱北京天安门", False),
        ("Chad!", None),
    ],
)
def test_posts_that_are_not_in_english_are_seen(text: str, is_english: bool | None) -> None:
    assert looks_english([token.text for token in tokenize(text)]) is is_english


def test_an_acronym_that_is_explained_is_what_its_name_is() -> None:
    tokens = ["At", "Midway", "Airport", "(", "MDW", ")", "and", "Chad", "(", "USA", ")"]
    spans = [ScoredSpan(1, 3, "LOC", 0.8, (("LOC", 1.0),)), ScoredSpan(7, 8, "PER", 0.9, (("PER", 1.0),))]
    found = {mention.text: (mention.score, mention.type_scores) for mention in find_mentions(tokens, spans, {})}
    assert found == {
        "Midway Airport": (0.8, (("LOC", 1.0),)),
        "MDW": (0.8, (("LOC", 1.0),)),
        "Chad": (0.9, (("PER", 1.0),)),
    }
    own = ScoredSpan(4, 5, "ORG", 0.7, (("ORG", 1.0),))
    assert {m.text: m.score for m in find_mentions(tokens, [*spans, own], {})}["MDW"] == 0.7
