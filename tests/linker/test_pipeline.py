"""The way of a post: the picture decides, broken pictures are said, and output does not depend on batches or caches."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from made_up_results import make_candidate, make_mention
from small_world import CapitalsTagger, draw_flag, draw_portrait

import ner
from linker import GivenMention, Pipeline, Post, Result, Settings, SettingsError, result_from_json, result_to_json
from ner import TAGS

Open = Callable[..., Pipeline]


@pytest.fixture
def open_pipeline(index_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    opened: list[Pipeline] = []
    monkeypatch.setattr(ner, "load_tagger", lambda name, device: CapitalsTagger(), raising=False)

    def open_pipeline(**options: object) -> Pipeline:
        pipeline = Pipeline.open(index_dir, **({"cache": tmp_path / "cache.sqlite"} | options))
        opened.append(pipeline)
        return pipeline

    yield open_pipeline
    for pipeline in opened:
        pipeline.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("Chad", "Ireland", "Mali"):
        draw_flag(name).resize((240, 150)).save(folder / f"{name}.jpg", quality=80)
    draw_portrait().resize((150, 195)).save(folder / "portrait.jpg", quality=80)
    draw_flag("Chad").save(folder / "lies.gif", format="PNG")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "cut.jpg").write_bytes((folder / "Chad.jpg").read_bytes()[:300])
    return folder


def chad(image: Path | None = None) -> Post:
    return Post("1", ("Chad", "looks", "great"), image)


def one(pipeline: Pipeline, post: Post) -> Result:
    [result] = pipeline.process([post])
    return result


def linked(result: Result) -> list[tuple[str, str, str | None]]:
    return [(m.text, m.type, m.entity.entity.iri if m.entity else None) for m in result.mentions]


def lines(results: Sequence[Result]) -> list[str]:
    return [json.dumps(result_to_json(result), ensure_ascii=False) for result in results]


def test_the_picture_says_who_is_meant(open_pipeline: Open, pictures: Path) -> None:
    pipeline = open_pipeline()
    flag, portrait = one(pipeline, chad(pictures / "Chad.jpg")), one(pipeline, chad(pictures / "portrait.jpg"))
    assert linked(flag) == [("Chad", "LOC", "urn:Chad")]
    assert linked(portrait) == [("Chad", "PER", "urn:Chad_Smith")]
    assert flag.tags == ("B-LOC", "O", "O")
    assert flag.pictured is not None
    assert (flag.pictured.entity.iri, flag.pictured.hop, flag.pictured.path) == ("urn:Chad", 0, ())
    assert flag.pictured.cosine > 0.9
    assert ("Chad", "is a", "country") in [(f.subject, f.predicate, f.object) for f in flag.knowledge]
    assert len(flag.attributes) == 5


def test_a_neighbour_may_be_pictured(open_pipeline: Open, pictures: Path) -> None:
    post = Post("1", ("rain", "in", "Dublin"), pictures / "Ireland.jpg")
    result = one(open_pipeline(), post)
    assert result.pictured is not None
    assert (result.pictured.entity.iri, result.pictured.hop) == ("urn:Ireland", 1)
    assert result.pictured.path == (("urn:Ireland", "urn:capital", "urn:Dublin"),)
    near = one(open_pipeline(hops=0, cache=None, keep_cache=False), post)
    assert near.pictured is None
    liffey = Post("2", ("swimming", "in", "the", "Liffey"), pictures / "Ireland.jpg")
    far = one(open_pipeline(), liffey)
    assert far.pictured is not None
    assert far.pictured.hop == 2
    assert len(far.pictured.path) == 2


def test_the_tagger_is_told_what_the_graph_knows(open_pipeline: Open, pictures: Path) -> None:
    pipeline = open_pipeline()
    one(pipeline, Post("1", ("Chad", "wins"), pictures / "Chad.jpg", caption="a flag"))
    assert isinstance(pipeline.tagger, CapitalsTagger)
    [seen] = pipeline.tagger.seen
    assert seen.knowledge[0] == ("Chad", "is a", "country")
    assert len(seen.attributes) == 5
    assert seen.caption == "a flag"


def test_a_post_is_tagged_again_only_where_the_taggers_spans_change_what_is_pictured(
    open_pipeline: Open, pictures: Path
) -> None:
    pipeline = open_pipeline()
    plain = [chad(), chad(pictures / "Ireland.jpg"), chad(pictures / "cut.jpg"), chad(pictures / "Chad.jpg")]
    misspelt = Post("5", ("go", "Irelandd"), pictures / "Ireland.jpg")
    results = pipeline.process([*plain, misspelt])
    assert isinstance(pipeline.tagger, CapitalsTagger)
    assert len(pipeline.tagger.seen) == len(plain) + 2
    assert pipeline.tagger.seen[-2].knowledge == ()
    assert pipeline.tagger.seen[-1].knowledge[0] == ("Ireland", "is a", "country")
    assert results[-1].pictured is not None
    assert results[-1].tags == ("O", "B-LOC")


def test_an_unrelated_picture_says_nothing(open_pipeline: Open, pictures: Path) -> None:
    result = one(open_pipeline(), chad(pictures / "Ireland.jpg"))
    assert result.pictured is None
    assert result.knowledge == ()


@pytest.mark.parametrize(
    ("name", "reason"), [("empty.jpg", "empty"), ("cut.jpg", ""), ("none.jpg", ""), ("lies.gif", None)]
)
def test_a_broken_picture_is_said_and_the_text_is_read(
    open_pipeline: Open, pictures: Path, name: str, reason: str | None
) -> None:
    result = one(open_pipeline(), chad(pictures / name))
    if reason is None:
        assert result.image_error is None
        assert result.pictured is not None
    else:
        assert result.image_error is not None
        assert reason in result.image_error
        assert "\n" not in result.image_error
        assert result.pictured is None
        assert [mention.text for mention in result.mentions] == ["Chad"]


@pytest.mark.parametrize(
    "tokens",
    [
        (),
        ("😀", "👍🏽", "🏳️‍🌈"),
        ("\x00", "\x07", "\u200b", "\ufeff"),
        ("مرحبا", "Chad", "שלום"),
        ("Chad", "looks") * 5000,
        ("",),
        ("Chad" * 2000,),
    ],
)
def test_any_text_is_read(open_pipeline: Open, pictures: Path, tokens: tuple[str, ...]) -> None:
    result = one(open_pipeline(), Post("1", tokens, pictures / "Chad.jpg"))
    assert len(result.tags) == len(tokens)
    assert set(result.tags) <= set(TAGS)
    assert result.tokens == tokens


def posts_for_batches(pictures: Path) -> list[Post]:
    names = ["Chad.jpg", "portrait.jpg", "Mali.jpg", "cut.jpg", None, "Ireland.jpg", "Chad.jpg"]
    texts = ["Chad looks great", "go Mali go", "Dublin and Chad", "nothing here"]
    posts = [(text, name) for text in texts for name in names]
    return [Post(i, tuple(text.split()), pictures / name if name else None) for i, (text, name) in enumerate(posts)]


def test_batches_caches_and_ways_give_the_same_bytes(open_pipeline: Open, pictures: Path, tmp_path: Path) -> None:
    posts = posts_for_batches(pictures)
    wanted = lines(list(open_pipeline(keep_cache=False).run(posts, batch_size=1)))
    for options in (
        {"cache": tmp_path / "one.sqlite"},  # cold
        {"cache": tmp_path / "one.sqlite"},  # remembered
        {"keep_cache": False, "way": "candidates-first"},
        {"keep_cache": False, "way": "image-first"},
    ):
        assert lines(list(open_pipeline(**options).run(posts, batch_size=32))) == wanted
    assert any('"pictured": {' in line for line in wanted)


def test_the_cache_depends_on_the_settings(open_pipeline: Open, pictures: Path) -> None:
    post = Post("1", ("rain", "in", "Dublin"), pictures / "Ireland.jpg")
    assert one(open_pipeline(hops=1), post).pictured is not None
    assert one(open_pipeline(hops=0), post).pictured is None
    assert one(open_pipeline(threshold=1.0), post).pictured is None


def test_an_index_on_a_disk_that_cannot_be_written_is_read(
    index_dir: Path, tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "index"
    shutil.copytree(index_dir, copy)
    (copy / "cache.sqlite").mkdir()  # root may write anywhere; nobody can write a database over a folder
    monkeypatch.setattr(ner, "load_tagger", lambda name, device: CapitalsTagger(), raising=False)
    with Pipeline.open(copy) as pipeline:
        assert pipeline.memory.problem is not None
        assert "--cache" in pipeline.memory.problem
        assert one(pipeline, chad(pictures / "Chad.jpg")).pictured is not None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threshold": 1.5}, "threshold is 1.5: expected a cosine, from -1 to 1"),
        ({"hops": 3}, "hops is 3: expected 0, 1 or 2"),
        ({"way": "both"}, "way is 'both': expected one of auto, candidates-first, image-first"),
        ({"limit": 0}, "limit is 0: expected 1 or more"),
        ({"second_look": "off"}, "second_look is 'off': expected True or False"),
        ({"explain": 1}, "explain is 1: expected True or False"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(index_dir: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        Settings(**changes)
    with pytest.raises(SettingsError, match=re.escape(message)):
        Pipeline.open(index_dir, **changes)


def test_a_result_is_read_back_from_its_json(open_pipeline: Open, pictures: Path) -> None:
    for result in open_pipeline(keep_cache=False).run(posts_for_batches(pictures)):
        value = result_to_json(result)
        assert result_to_json(result_from_json(json.loads(json.dumps(value)))) == value
    twice = [make_candidate(iri="urn:Chad", score=score) for score in (0.6, 0.3)]
    value["mentions"] = [make_mention(0, 1, entity=twice[0], candidates=twice)]
    assert result_from_json(value).mentions[0].entity.score == 0.6
    value["mentions"] = [make_mention(0, 1, entity={"iri": "urn:another"})]
    with pytest.raises(KeyError, match="urn:another"):
        result_from_json(value)


@pytest.mark.parametrize(
    ("given", "type_", "iri"), [(None, "LOC", "urn:Mali"), ("LOC", "LOC", "urn:Mali"), ("ORG", "ORG", None)]
)
def test_given_mentions_are_linked_and_nothing_else(
    open_pipeline: Open, pictures: Path, given: str | None, type_: str, iri: str | None
) -> None:
    """A given type stands, and no entity of another type is said."""
    post = Post("1", ("Chad", "and", "Mali"), pictures / "Chad.jpg", mentions=(GivenMention(2, 3, given),))
    result = one(open_pipeline(), post)
    assert linked(result) == [("Mali", type_, iri)]
    assert result.tags == ("O", "O", f"B-{type_}")


def test_no_link_contradicts_the_type_of_its_mention(open_pipeline: Open, pictures: Path) -> None:
    for result in open_pipeline(keep_cache=False).run(posts_for_batches(pictures)):
        for mention in result.mentions:
            assert mention.entity is None or mention.entity.entity.type in (None, mention.type)
            scores = [candidate.score for candidate in mention.candidates]
            assert sum(scores) + mention.nil_score + mention.other_score == pytest.approx(1)


def test_the_posts_are_left_as_they_are(open_pipeline: Open, pictures: Path) -> None:
    post = chad(pictures / "Chad.jpg")
    before = (post, (pictures / "Chad.jpg").read_bytes())
    one(open_pipeline(), post)
    assert (post, (pictures / "Chad.jpg").read_bytes()) == before
