"""Recipes are checked, and say what is wrong."""

import json

import pytest

import ner.training.recipes
from ner.errors import RecipeError
from ner.training.recipes import Recipe, changed_recipe, load_recipe, recipe_from_dict, recipe_to_dict

SHIPPED = sorted(path.stem for path in ner.training.recipes.RECIPES.glob("*.toml"))


def test_there_are_shipped_recipes():
    assert "default" in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_recipe_loads(name):
    assert isinstance(load_recipe(name), Recipe)


def test_a_recipe_survives_the_way_through_json(tmp_path):
    recipe = load_recipe("default")
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(recipe_to_dict(recipe)), encoding="utf-8")
    assert load_recipe(path) == recipe


def test_what_is_left_out_has_its_default():
    assert recipe_from_dict({}) == Recipe()
    assert recipe_from_dict({"network": {"dropout": 0}}).network.dropout == 0.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"sed": 1},
            "sed is unknown: expected one of tagger, encoder, vectors, picture_encoder, types, seed, table, net",
        ),
        ({"network": {"width": 1}}, "network.width is unknown: expected one of adapter_rank, "),
        ({"encoder": 3}, "encoder = 3: expected a text"),
        ({"vectors": "x.vec"}, "vectors = 'x.vec': expected none, as kg-transformer is built on encoder"),
        ({"schedule": {"optimizer": "magic"}}, "schedule.optimizer = 'magic': expected one of adamw, adam, adagrad"),
        ({"schedule": {"course": "up"}}, "schedule.course = 'up': expected one of linear, constant"),
        ({"schedule": {"precision": "fp8"}}, "schedule.precision = 'fp8': expected one of float32, bf16"),
        ({"tagger": 3}, "tagger = 3: expected a text"),
        ({"tagger": "magic"}, "tagger = 'magic': expected one of kg-transformer"),
        ({"encoder": ""}, "encoder = ''"),
        ({"seed": "x"}, "seed = 'x': expected a whole number"),
        ({"seed": True}, "seed = True: expected a whole number"),
        ({"schedule": {"epochs": 0}}, "schedule.epochs = 0: expected 1 or more"),
        ({"schedule": {"clip": -1.0}}, "schedule.clip = -1.0: expected more than 0"),
        ({"network": {"adapter_rank": -1}}, "network.adapter_rank = -1: expected 0 or more"),
        ({"context": {"caption": 1.5}}, "context.caption = 1.5: expected a share from 0 to 1"),
        ({"context": {"caption": float("nan")}}, "context.caption = nan: expected a finite number"),
        ({"schedule": {"clip": float("inf")}}, "schedule.clip = inf: expected a finite number"),
        ({"types": "PER"}, "types = 'PER': expected a list"),
        ({"types": ["PER", "O"]}, "types: 'O' is no name of a type"),
        ({"context": 3}, "context = 3: expected a section"),
    ],
)
def test_a_wrong_name_or_value_is_named_with_what_is_allowed(values, message):
    with pytest.raises(RecipeError) as caught:
        recipe_from_dict(values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_users_choices_take_the_place_of_the_recipes():
    recipe = load_recipe("default")
    changed = changed_recipe(recipe, encoder="my-encoder", seed=7, epochs=2, batch_size=3)
    assert (changed.encoder, changed.seed, changed.schedule.epochs, changed.schedule.batch_size) == (
        "my-encoder",
        7,
        2,
        3,
    )
    assert (changed.network, changed.context) == (recipe.network, recipe.context)
    assert changed_recipe(recipe) == recipe
    with pytest.raises(RecipeError, match="vectors = 'x': expected none"):
        changed_recipe(recipe, vectors="x")


def test_files_that_are_none(tmp_path):
    with pytest.raises(RecipeError, match=r"give a file, or one of .*default"):
        load_recipe("no-such-recipe")
    broken = tmp_path / "broken.toml"
    broken.write_text("seed = ", encoding="utf-8")
    for name in ("broken.toml", "broken.yaml"):
        with pytest.raises(RecipeError, match=rf"{name}: is not TOML"):
            load_recipe(broken.rename(tmp_path / name))
        broken = tmp_path / name
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("sed = 1", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"wrong\.toml: sed is unknown"):
        load_recipe(wrong)
    wrong.write_text("seed = 1", encoding="utf-8-sig")  # as some editors save it
    assert load_recipe(wrong).seed == 1
