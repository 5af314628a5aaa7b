"""Every shipped recipe trains: an epoch on posts with and without a picture, on a small encoder or small vectors."""

import dataclasses
import json
import math

import numpy as np
import pytest
from safetensors.numpy import load_file

from ner.checkpoints import load_tagger, read_design, tagger_folder
from ner.networks.registry import REGISTRY
from ner.taggers import TaggerInput
from ner.training.recipes import RECIPES, changed_recipe, load_recipe, recipe_names
from ner.training.train import train_tagger

SHIPPED = sorted(path.stem for path in RECIPES.glob("*.toml"))
ABLATIONS = [name for name in recipe_names() if "-without-" in name and load_recipe(name).vectors]
REGION_WIDTH = 6


def regions_of(post):
    """Regions for the posts with a picture, the same for the same post."""
    if post.image is None:
        return None
    return np.random.default_rng(len(post.tokens)).normal(size=(49, REGION_WIDTH)).astype(np.float32)


@pytest.fixture(scope="module")
def posts(tmp_path_factory):
    rows = [
        {"tokens": ["Chad", "looks", "great"], "tags": ["B-LOC", "O", "O"], "image": "a.jpg"},
        {
            "tokens": ["Smith", "visits", "Paris"],
            "tags": ["B-PER", "O", "B-LOC"],
            "knowledge": [["Smith", "is a", "man"]],
        },
        {"tokens": ["the", "Lakers"], "tags": ["O", "B-ORG"], "image": "b.jpg", "attributes": [["jersey", 0.4]]},
        {"tokens": ["RT"], "tags": ["O"], "caption": "a country"},
    ]
    path = tmp_path_factory.mktemp("posts") / "posts.jsonl"
    path.write_text("\n".join(json.dumps({"id": str(n)} | row) for n, row in enumerate(rows)), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", [*SHIPPED, *ABLATIONS])
def test_a_shipped_recipe_trains_a_tagger(name, posts, tiny_vectors, tmp_path):
    recipe = load_recipe(name)
    if REGISTRY[recipe.tagger].family == "words":
        recipe = changed_recipe(recipe, vectors=str(tiny_vectors))
    else:
        recipe = changed_recipe(recipe, encoder="all-MiniLM-L6-v2")
    recipe = dataclasses.replace(recipe, schedule=dataclasses.replace(recipe.schedule, epochs=1, batch_size=2))
    report = train_tagger(
        recipe,
        train=[posts],
        valid=[posts],
        output=tmp_path,
        regions=regions_of,
        picture_encoder="some-encoder",
        region_width=REGION_WIDTH,
        device="cpu",
    )
    assert math.isfinite(report.best.loss)
    assert all(np.isfinite(value).all() for value in load_file(tmp_path / "model.safetensors").values())
    tagger = load_tagger(tmp_path, device="cpu")
    assert tagger.name == recipe.tagger
    assert tagger.picture_encoder == ("some-encoder" if tagger.needs_regions else None)
    looked = tagger.tag([TaggerInput(("Chad", "looks"), regions=np.ones((49, REGION_WIDTH), np.float32))])
    assert [len(output.tags) for output in (*looked, *tagger.tag([TaggerInput(("Chad", "looks"))]))] == [2, 2]


def test_a_recipe_of_a_taggers_name_trains_that_tagger():
    assert {name: load_recipe(name).tagger for name in SHIPPED if name in REGISTRY} == {
        name: name for name in SHIPPED if name in REGISTRY
    }


@pytest.mark.parametrize("name", ["default", "base"])
def test_a_shipped_tagger_is_of_the_recipe_of_its_name(name):
    """So that training by the recipe can start from it, and each part fits."""
    design, recipe = read_design(tagger_folder(name)), load_recipe(name)
    assert (design.tagger, design.encoder) == (recipe.tagger, recipe.encoder)
    assert dataclasses.replace(design.options, trust=0.0) == dataclasses.replace(recipe.network, trust=0.0)
