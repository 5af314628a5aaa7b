"""Types of a user's own, the whole way: trained, evaluated, linked, shown; and a start from another tagger."""

import json
import random
from pathlib import Path

import pytest

from ner import read_posts, type_table, types_in_files

TYPES = ("EVENT", "PRODUCT")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Posts tagged with types that are none of ours, a recipe for a run of a second, and its vectors."""
    folder = tmp_path_factory.mktemp("own")
    rows = [
        ("Chad looks great", "B-PRODUCT O O"),
        ("Jordan was amazing", "B-EVENT O O"),
        ("back home in Georgia", "O O O B-EVENT"),
        ("the new Chad", "O O B-PRODUCT"),
    ]
    blocks = ["\n".join(map(" ".join, zip(w.split(), t.split(), strict=True))) for w, t in rows * 6]
    (folder / "posts.conll").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    words = {word.lower() for text, _ in rows for word in text.split()}
    source = random.Random(0)
    lines = [" ".join([word, *(f"{source.gauss(0, 1):.3f}" for _ in range(8))]) + "\n" for word in sorted(words)]
    (folder / "vectors.txt").write_text("".join(lines), encoding="utf-8")
    recipe = 'tagger = "bilstm-crf"\n[network]\nlstm_width = 8\ndropout = 0.0\n[schedule]\nepochs = 12\n'
    recipe += "batch_size = 4\nhead_learning_rate = 0.05\nencoder_learning_rate = 0.05\n"
    (folder / "own.toml").write_text(recipe + "average = 0.5\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tagger(own: Path, run) -> Path:
    posts, vectors = own / "posts.conll", own / "vectors.txt"
    result = run(
        "train-tagger", own / "own.toml", "--own-types", "--train", posts, "--vectors", vectors, "-o", own / "run"
    )
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("types: EVENT, PRODUCT\n")
    assert "there is nothing to validate on" in result.stderr
    return own / "run"


def test_without_the_flag_an_unknown_type_is_refused_with_the_fix(own: Path, run) -> None:
    posts = own / "gadgets.conll"
    posts.write_text((own / "posts.conll").read_text(encoding="utf-8").replace("EVENT", "GADGET"), encoding="utf-8")
    result = run("train-tagger", own / "own.toml", "--train", posts, "-o", own / "refused")
    assert result.exit_code == 1
    assert "type 'GADGET' is unknown" in result.stderr
    assert "--own-types" in result.stderr


def test_a_type_written_in_several_ways_is_one(tmp_path: Path) -> None:
    posts = tmp_path / "posts.conll"
    posts.write_text("a\tB-Soft_Drink\nb\tI-SOFT-DRINK\nc\tB-per\nd\tB-PER\n")
    assert types_in_files([str(posts)]) == ("PER", "Soft_Drink")
    [post] = read_posts(str(posts), types=type_table(types=("PER", "Soft_Drink")))
    assert post.tags == ("B-Soft_Drink", "I-Soft_Drink", "B-PER", "B-PER")


def test_the_checkpoint_and_the_evaluation_have_them(tagger: Path, own: Path, run) -> None:
    config = json.loads((tagger / "config.json").read_text(encoding="utf-8"))
    assert config["tags"] == ["O", "B-EVENT", "I-EVENT", "B-PRODUCT", "I-PRODUCT"]
    result = run("evaluate-tagger", tagger, own / "posts.conll", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["lenient"]["overall"]["f1"] == 1.0
    assert set(found["lenient"]["by_type"]) == set(TYPES)
    assert found["confusion"]["types"] == list(TYPES)


def test_posts_are_linked_to_a_graph_that_knows_none_of_them_and_shown(
    tagger: Path, own: Path, index: Path, run
) -> None:
    posts = own / "posts.jsonl"
    posts.write_text(json.dumps({"id": "1", "text": "Chad looks great"}) + "\n", encoding="utf-8")
    result = run("link-and-tag", index, posts, "--tagger", tagger, "--cache", "none")
    assert result.exit_code == 0, result.output
    [mention] = json.loads(result.stdout)["mentions"]
    assert (mention["text"], mention["type"]) == ("Chad", "PRODUCT")
    assert mention["entity"] is not None
    page = own / "page.html"
    assert run("link-and-tag", index, posts, "--tagger", tagger, "--cache", "none", "-o", page).exit_code == 0
    assert '"type":"PRODUCT"' in page.read_text(encoding="utf-8")


def test_a_run_starts_from_it_and_names_what_is_new(tagger: Path, own: Path, run, tmp_path: Path) -> None:
    posts = tmp_path / "more.conll"
    posts.write_text("Chad B-PRODUCT\nsmiles O\n\nParis B-PLACE\n", encoding="utf-8")
    arguments = ["--own-types", "--train", posts, "--vectors", own / "vectors.txt", "--epochs", 1]
    result = run("train-tagger", own / "own.toml", *arguments, "--init", tagger, "-o", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert f"tensors start from {tagger}" in result.stderr
    assert "types: PLACE is new, PRODUCT starts as PRODUCT" in result.stderr


def test_two_taggers_with_other_types_are_compared_by_ours(tagger: Path, own: Path, run, tmp_path: Path) -> None:
    posts = tmp_path / "ours.conll"
    posts.write_text("Chad B-product\nsmiles O\n\nParis B-PER\n", encoding="utf-8")
    arguments = ["--train", posts, "--vectors", own / "vectors.txt", "--epochs", 1, "-o", tmp_path / "ours"]
    assert run("train-tagger", own / "own.toml", *arguments).exit_code == 0
    result = run("evaluate-tagger", tagger, posts, "--against", tmp_path / "ours", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["lenient"]["by_type"]["OTHER"]["gold"] == 1
    (tmp_path / "types.csv").write_text("tag,type\nPRODUCT,ORG\nEVENT,O\n")
    arguments = ["--against", tmp_path / "ours", "--types", tmp_path / "types.csv", "--json"]
    result = run("evaluate-tagger", tagger, own / "posts.conll", *arguments)
    found = json.loads(result.stdout)["lenient"]
    assert (found["overall"]["f1"], found["overall"]["gold"], found["by_type"]["ORG"]["correct"]) == (1.0, 12, 12)
