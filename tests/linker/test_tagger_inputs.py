"""Training posts are given what the pipeline gives its tagger before anything is tagged."""

from pathlib import Path

import pytest
from small_world import CapitalsTagger, draw_flag, draw_portrait

from linker import InputFinder, Memory, Pipeline, Post, Settings, load_encoder_of, open_index


def test_the_first_look_is_what_the_tagger_of_a_pipeline_sees_first(index_dir: Path, tmp_path: Path) -> None:
    draw_flag("Chad").save(tmp_path / "flag.png")
    draw_portrait().save(tmp_path / "portrait.png")
    posts = [
        Post("1", ("Chad", "looks", "great"), tmp_path / "flag.png", "a flag"),
        Post("2", ("Chad", "looks", "great"), tmp_path / "portrait.png"),
        Post("3", ("Ireland", "and", "Mali")),
        Post("4", ("nothing", "here"), tmp_path / "missing.png"),
    ]
    tagger = CapitalsTagger()
    index = open_index(index_dir)
    encoder = load_encoder_of(index, weights=None, device="cpu")
    Pipeline(index, tagger, encoder, Memory()).process(posts)
    finder = InputFinder(index, encoder, Memory(), Settings())
    inputs = finder.first_look(posts, with_regions=False).inputs
    assert inputs == tagger.seen[: len(posts)]
    assert inputs[0].knowledge[0] == ("Chad", "is a", "country")
    assert inputs[0].known_names[0].nearness == 1.0
    assert len(inputs[2].known_names) == 2
    assert inputs[0].attributes
    blind = InputFinder(index, None, Memory(), Settings()).first_look(posts, with_regions=False).inputs
    assert [post.known_names[:1] != () for post in blind] == [True, True, True, False]
    assert not any(post.knowledge or post.attributes for post in blind)
    index.close()


@pytest.mark.parametrize("encoder_of_tagger", ["efficientnet-lite0", "vgg16", None])
def test_a_tagger_is_shown_regions_of_the_encoder_that_it_knows(
    index_dir: Path, tmp_path: Path, encoder_of_tagger: str | None
) -> None:
    draw_flag("Chad").save(tmp_path / "flag.png")
    tagger = CapitalsTagger()
    tagger.needs_regions, tagger.picture_encoder = True, encoder_of_tagger
    with open_index(index_dir) as index:
        encoder = load_encoder_of(index, weights=None, device="cpu")
        pipeline = Pipeline(index, tagger, encoder, Memory())
        pipeline.process([Post("1", ("Chad", "looks", "great"), tmp_path / "flag.png")])
    assert pipeline.shows_regions == (encoder_of_tagger == encoder.name)
    assert all((post.regions is not None) == pipeline.shows_regions for post in tagger.seen)
    assert tagger.seen[0].attributes
