"""The papers' own settings as recipes: each loads and is a network, with small stand-ins for what has to be fetched."""

import pytest
import torch

from ner.embeddings.word_table import WordTable
from ner.errors import RecipeError
from ner.networks.building import Design, build_network
from ner.networks.registry import REGISTRY
from ner.taggers import TaggerInput
from ner.training.recipes import load_recipe, recipe_names

PAPERS = [name for name in recipe_names() if name.startswith("papers/")]
REGION_WIDTH = 6
FULL = {
    "papers/moon-2018/modality-attention",
    "papers/arshad-2019/visual-self-attention",
    "papers/yu-2020/umt",
    "papers/chen-2021/knowledge-attention",
    "papers/tian-2021/hsn",
}


@pytest.fixture(scope="module")
def table(tiny_vectors):
    return WordTable.build(tiny_vectors, [("chad", "looks", "great")])


def built(name, table, tiny_encoder):
    recipe = load_recipe(name)
    words = REGISTRY[recipe.tagger].family == "words"
    design = Design(
        tagger=recipe.tagger,
        options=recipe.network,
        encoder=None if words else str(tiny_encoder),
        vectors="tiny" if words else None,
        picture_encoder=recipe.picture_encoder,
        region_width=REGION_WIDTH,
    )
    return build_network(design, seed=1, table=table if words else None)


def test_each_paper_has_its_recipe():
    assert set(PAPERS) >= FULL


@pytest.mark.parametrize("name", PAPERS)
def test_a_papers_recipe_is_a_network(name, table, tiny_encoder):
    network, inputs = built(name, table, tiny_encoder)
    regions = torch.ones(49, REGION_WIDTH).numpy()
    windows = inputs.windows(TaggerInput(("Chad", "looks", "great"), regions=regions))
    with torch.no_grad():
        words = network.eval().words(inputs.collate(windows))
    assert words.shape[:2] == (1, 3)
    assert torch.isfinite(words).all()
    assert name not in FULL or network.takes_regions
    assert ("without-picture" not in name and "words" not in name) or not network.takes_regions


@pytest.mark.parametrize("name", sorted(set(PAPERS) - FULL))
def test_an_ablation_differs_from_the_model_that_it_is_made_from(name):
    [full] = [whole for whole in FULL if whole.rpartition("/")[0] == name.rpartition("/")[0]]
    ours, theirs = load_recipe(name), load_recipe(full)
    assert (ours.tagger, ours.network) != (theirs.tagger, theirs.network)
    assert (ours.schedule.batch_size, ours.seed) == (theirs.schedule.batch_size, theirs.seed)


def test_a_recipe_starts_from_another(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('like = "umt"\nseed = 7\n[network]\nconversion = false\n', encoding="utf-8")
    further = tmp_path / "further.toml"
    further.write_text('like = "mine.toml"\n[network]\nheads = 2\n', encoding="utf-8")
    recipe, shipped = load_recipe(further), load_recipe("umt")
    assert (recipe.tagger, recipe.seed, recipe.schedule) == ("umt", 7, shipped.schedule)
    assert (recipe.network.conversion, recipe.network.heads) == (False, 2)
    assert recipe.network.span_weight == shipped.network.span_weight


def test_what_a_recipe_starts_from_must_be_there(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('like = "no-such"', encoding="utf-8")
    with pytest.raises(RecipeError, match=r"no-such' cannot be read: give a file, or one of adacan"):
        load_recipe(path)
    path.write_text('like = "mine.toml"', encoding="utf-8")
    with pytest.raises(RecipeError, match="like = 'mine' leads back to itself"):
        load_recipe(path)
