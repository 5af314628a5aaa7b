"""``train-tagger`` on small files: its choices, its pictures, its mistakes."""

import json
from pathlib import Path

import pytest
from PIL import Image

from kg import KnowledgeCache
from ner import load_recipe, load_tagger, recipe_to_dict

ROOT = Path(__file__).parents[2]


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    rows = [
        {"id": "1", "tokens": ["Chad", "smiles"], "tags": ["B-PER", "O"], "image": "1.png"},
        {"id": "2", "tokens": ["in", "Paris"], "tags": ["O", "B-LOC"], "image": "missing.png"},
    ]
    path = tmp_path / "posts.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    path = tmp_path / "vectors.txt"
    path.write_text("".join(f"{word} {n}.5 1 -{n} 0.25\n" for n, word in enumerate(("chad", "in", "paris", "smiles"))))
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text('tagger = "bilstm-crf"\n[network]\nlstm_width = 4\n', encoding="utf-8")
    return path


def test_a_recipe_with_choices_of_ones_own(run, recipe: Path, posts: Path, vectors: Path, tmp_path: Path) -> None:
    arguments = ["--train", posts, "--valid", posts, "-o", tmp_path / "run", "--vectors", vectors]
    result = run("train-tagger", recipe, *arguments, "--seed", 7, "--epochs", 2, "--batch-size", 1)
    assert result.exit_code == 0, result.output
    assert "trained on 2 posts; epoch" in result.stdout
    assert "epoch 1 of 2: loss " in result.stderr
    kept = json.loads((tmp_path / "run" / "recipe.json").read_text(encoding="utf-8"))
    expected = recipe_to_dict(load_recipe(recipe)) | {"vectors": str(vectors), "seed": 7}
    expected["schedule"] |= {"epochs": 2, "batch_size": 1}
    assert kept == json.loads(json.dumps(expected))
    again = run("train-tagger", "--recipe", tmp_path / "run" / "recipe.json", *arguments)
    assert again.stdout == result.stdout
    assert load_tagger(tmp_path / "run", device="cpu").name == "bilstm-crf"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-recipe"], "recipe 'no-recipe' cannot be read: give a file, or one of "),
        (["default", "--vectors", "x"], "vectors = 'x': expected none, as kg-transformer is built on encoder"),
        (["small.toml", "--encoder", "x"], "encoder = 'x': expected none, as bilstm-crf is built on vectors"),
        (["default", "--epochs", "0"], "schedule.epochs = 0: expected 1 or more"),
        (["default", "--images", "no-folder"], "no-folder: "),
        (["small.toml", "--picture-cache", "x"], "give --images DIR too"),
        (["small.toml", "-o", "posts.jsonl"], "-o posts.jsonl is a file: expected a folder, or a new name"),
    ],
)
def test_a_mistake_is_one_line(
    run, recipe: Path, posts: Path, arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("train-tagger", "-o", tmp_path / "run", *arguments, "--train", posts)
    assert result.exit_code == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("recipes", [[], ["default", "--recipe", "default"]])
def test_one_recipe_is_given(run, posts: Path, tmp_path: Path, recipes: list[str]) -> None:
    result = run("train-tagger", *recipes, "--train", posts, "--valid", posts, "-o", tmp_path / "run")
    assert result.exit_code == 2
    assert "give one RECIPE" in result.stderr


def test_pictures_are_looked_at_once_and_kept_beside_the_run(
    run, recipe: Path, posts: Path, vectors: Path, tmp_path: Path
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    Image.new("RGB", (40, 30), "red").save(images / "1.png")
    arguments = ["--train", posts, "--valid", posts, "--images", images, "--epochs", 1, "--vectors", vectors]
    result = run("train-tagger", recipe, *arguments, "-o", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "1 of 2 pictures can be used; not used: 1 missing" in result.stderr
    with KnowledgeCache.open(tmp_path / "run" / "features.sqlite", read_only=True) as kept:
        assert (kept.stats()["picture"], kept.stats()["regions"]) == (1, 1)


def test_what_an_index_knows_stands_beside_the_posts(
    run, index: Path, recipe: Path, vectors: Path, tmp_path: Path
) -> None:
    images = ROOT / "examples" / "posts" / "images"
    rows = [
        {"id": "1", "tokens": ["Chad", "looks", "great"], "tags": ["B-LOC", "O", "O"], "image": "chad-flag.jpg"},
        {"id": "2", "tokens": ["it", "rains"], "tags": ["O", "O"], "knowledge": [["rain", "is", "weather"]]},
    ]
    rows[1]["attributes"] = [["cloud", 0.5]]  # of what the graph knows nothing of, the file's own is left
    posts = tmp_path / "seen.jsonl"
    posts.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    recipe.write_text(
        'tagger = "knowledge-attention"\n[network]\nletter_width = 4\n[schedule]\nepochs = 1\n', encoding="utf-8"
    )
    vectors.write_text("chad 1.5 1 1 0.25\ncountry 2.5 1 1 0.25\nweather 1 2 3 4\ncloud 4 3 2 1\n")
    arguments = ["--train", posts, "--vectors", vectors, "--index", index, "-o", tmp_path / "run"]
    result = run("train-tagger", recipe, *arguments, "--images", images)
    assert result.exit_code == 0, result.output
    assert "of 2 posts the graph knows names in 1 and the pictures of 1" in result.stderr
    with KnowledgeCache.open(tmp_path / "run" / "features.sqlite", read_only=True) as kept:
        assert kept.stats()["pictured"] == 1
    words = json.loads((tmp_path / "run" / "words.json").read_text(encoding="utf-8"))["words"]
    assert {"country", "weather", "cloud"} <= {word.lower() for word in words}
    result = run("evaluate-tagger", tmp_path / "run", posts, "--index", index, "--images", images, "--pictures", "all")
    assert result.exit_code == 0, result.output


def test_an_index_that_cannot_be_used_is_one_line(run, index: Path, recipe: Path, posts: Path, tmp_path: Path) -> None:
    arguments = ["--train", posts, "-o", tmp_path / "run"]
    result = run("train-tagger", recipe, *arguments, "--index", tmp_path / "none")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "none" in result.stderr
    result = run("train-tagger", recipe, *arguments, "--index", index, "--picture-encoder", "vgg16")
    assert "picture encoder 'vgg16': expected 'efficientnet-lite0', with which" in result.stderr
