"""The trainer: it learns, goes on after a kill, and stops with a word where it cannot go on."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import ner.training.run
from ner.checkpoints import load_tagger
from ner.errors import FormatError, TrainingError
from ner.spans import TAGS
from ner.taggers import TaggerInput
from ner.training.recipes import recipe_from_dict
from ner.training.train import train_tagger


class KilledError(Exception):
    """The process ends here."""


def kill_in_epoch(number):
    def progress(what, done, total):
        if what == f"epoch {number}" and done == 2:
            raise KilledError

    return progress


def trained(recipe, train_file, valid_file, output, **options):
    return train_tagger(recipe_from_dict(recipe), train=[train_file], valid=[valid_file], output=output, **options)


def test_a_run_writes_a_tagger_its_recipe_and_its_course(tiny_recipe, train_file, valid_file, tmp_path):
    heard = []
    output = tmp_path / "run"
    report = trained(
        tiny_recipe, train_file, valid_file, output, auxiliary=[train_file], progress=lambda *a: heard.append(a)
    )
    tagger, course = {"config.json", "model.safetensors"}, {"training.json", "curves.csv", "curves.png"}
    assert {p.name for p in output.iterdir()} == {*tagger, "recipe.json", *course}
    assert json.loads((output / "recipe.json").read_text())["seed"] == 13
    course = json.loads((output / "training.json").read_text())["epochs"]
    assert [epoch["epoch"] for epoch in course] == [epoch.epoch for epoch in report.epochs] == [1, 2, 3]
    assert report.best in report.epochs
    assert ("epoch 1", 4, 4) in heard
    assert ("epoch 2", 2, 2) in heard
    tags = load_tagger(output, device="cpu").tag([TaggerInput(("Smith", "visits", "Paris"))])[0].tags
    assert set(tags) <= set(TAGS)


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_killed_run_ends_as_one_that_was_not(any_recipe, train_file, valid_file, tmp_path, epoch):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    expected = trained(any_recipe, train_file, valid_file, whole)
    with pytest.raises(KilledError):
        trained(any_recipe, train_file, valid_file, cut, progress=kill_in_epoch(epoch))
    torch.rand(7)  # what happened in between has no part in it
    report = trained(any_recipe, train_file, valid_file, cut)
    assert report.epochs == expected.epochs
    for name in ("model.safetensors", "config.json", "recipe.json", "training.json", "curves.csv"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()


def test_a_network_that_reads_words_carries_their_vectors_with_it(
    tiny_words_recipe, tiny_vectors, train_file, valid_file, tmp_path
):
    vectors, lines = tmp_path / "moved.txt", []
    vectors.write_bytes(tiny_vectors.read_bytes())
    recipe = tiny_words_recipe | {"vectors": str(vectors)}
    trained(recipe, train_file, valid_file, tmp_path / "run", tell=lines.append)
    vectors.unlink()
    assert {"words.json", "words.safetensors"} <= {path.name for path in (tmp_path / "run").iterdir()}
    assert lines[0].startswith(f"{vectors}: 10 of 10 words have a published vector")
    tagger = load_tagger(tmp_path / "run", device="cpu")
    assert (tagger.name, tagger.needs_regions) == ("cnn-bilstm-crf", False)
    assert len(tagger.tag([TaggerInput(("Smith", "visits", "Atlantis"))])[0].tags) == 3


def test_a_finished_run_is_not_begun_again(tiny_recipe, train_file, valid_file, tmp_path):
    first = trained(tiny_recipe, train_file, valid_file, tmp_path / "run")
    again = trained(tiny_recipe, train_file, valid_file, tmp_path / "run", progress=kill_in_epoch(1))
    assert again == first


def test_another_recipe_does_not_go_on_with_a_run(tiny_recipe, train_file, valid_file, tmp_path):
    trained(tiny_recipe, train_file, valid_file, tmp_path / "run")
    with pytest.raises(
        TrainingError, match="run holds a run with seed 13, not 14: choose another folder, or remove it"
    ):
        trained(tiny_recipe | {"seed": 14}, train_file, valid_file, tmp_path / "run")
    with pytest.raises(TrainingError, match="holds a run with other data, pictures or --init"):
        trained(tiny_recipe, train_file, train_file, tmp_path / "run")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("training.json", "{", r"training\.json: is damaged .*remove it"),
        ("training.json", "{}", r"training\.json: is damaged .*remove it"),
        ("model.safetensors", None, r"the run is over, but model\.safetensors is gone"),
        ("recipe.json", None, "another recipe or other data"),
    ],
)
def test_a_folder_of_a_run_that_is_not_whole_is_named(tiny_words_recipe, train_file, tmp_path, file, text, message):
    tiny_words_recipe["schedule"]["epochs"] = 1
    trained(tiny_words_recipe, train_file, train_file, tmp_path / "run")
    (tmp_path / "run" / file).unlink()
    if text is not None:
        (tmp_path / "run" / file).write_text(text)
    seed = 14 if file == "recipe.json" else 13
    with pytest.raises(TrainingError, match=message):
        trained(tiny_words_recipe | {"seed": seed}, train_file, train_file, tmp_path / "run")


def test_what_it_makes_of_the_posts_is_told(tiny_words_recipe, train_file, valid_file, tmp_path, monkeypatch):
    tiny_words_recipe["schedule"]["epochs"] = 1
    captions, told = tmp_path / "captions.tsv", []
    captions.write_text("1\ta man\n3\ta town\nelsewhere\ta lake\n")
    monkeypatch.chdir(tmp_path)
    report = train_tagger(
        recipe_from_dict(tiny_words_recipe),
        train=[train_file],
        valid=["valid.txt", train_file],
        captions=[captions],
        output=tmp_path / "run",
        regions=lambda _post: None,
        picture_encoder="any",
        region_width=4,
        tell=told.append,
    )
    assert f"{train_file}: 2 of 8 posts have a caption" in told
    assert "valid.txt: 1 of 2 posts have a caption" in told
    assert f"{train_file}: 8 of 8 posts are trained on too, word for word" in told
    assert not any(line.startswith("valid.txt") and "trained on too" in line for line in told)
    assert "cnn-bilstm-crf looks at no regions of pictures by this recipe" in told
    assert f"{tmp_path.name}/valid.txt" in report.best.f1


def test_a_run_that_goes_on_says_so_and_one_without_entities_too(tiny_words_recipe, tmp_path):
    posts, told = tmp_path / "none.txt", []
    posts.write_text("the\tO\nLakers\tO\n\n" * 6)
    with pytest.raises(KilledError):
        trained(tiny_words_recipe, posts, posts, tmp_path / "run", progress=kill_in_epoch(2), tell=told.append)
    assert "no post has an entity" in told
    assert not any("goes on" in line for line in told)
    trained(tiny_words_recipe, posts, posts, tmp_path / "run", tell=told.append)
    assert f"{tmp_path / 'run'}: goes on after epoch 1" in told


def test_steps_of_several_batches_go_on_after_a_kill_too(tiny_recipe, train_file, valid_file, tmp_path):
    tiny_recipe["schedule"] |= {"batch_size": 3, "accumulate": 2, "optimizer": "adagrad", "course": "constant"}
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    trained(tiny_recipe, train_file, valid_file, whole)
    with pytest.raises(KilledError):
        trained(tiny_recipe, train_file, valid_file, cut, progress=kill_in_epoch(2))
    trained(tiny_recipe, train_file, valid_file, cut)
    assert (cut / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_each_epoch_is_told_in_a_line(tiny_recipe, train_file, valid_file, tmp_path):
    lines = []
    report = trained(tiny_recipe, train_file, valid_file, tmp_path / "run", tell=lines.append)
    assert [line.split(":")[0] for line in lines] == ["epoch 1 of 3", "epoch 2 of 3", "epoch 3 of 3"]
    assert f"loss {report.epochs[1].loss:.4f}; F1 {tmp_path.name}/valid.txt {report.epochs[1].mean_f1:.4f}" in lines[1]
    assert lines[0].endswith("left")
    assert not lines[2].endswith("left")


def test_it_stops_early(tiny_recipe, train_file, valid_file, tmp_path, monkeypatch):
    monkeypatch.setattr(ner.training.run.Run, "_validate", lambda self: {"valid": 0.5})
    tiny_recipe["schedule"] |= {"epochs": 9, "patience": 2}
    report = trained(tiny_recipe, train_file, valid_file, tmp_path / "run")
    assert (len(report.epochs), report.best.epoch) == (3, 1)


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_tagger(
    tiny_recipe, train_file, valid_file, tmp_path, monkeypatch
):
    original, steps = ner.training.run.Run._loss, []

    def loss(self, examples):
        steps.append(1)
        return original(self, examples) * (float("nan") if len(steps) == 4 else 1.0)

    monkeypatch.setattr(ner.training.run.Run, "_loss", loss)
    output = tmp_path / "run"
    with pytest.raises(TrainingError) as caught:
        trained(tiny_recipe, train_file, valid_file, output)
    assert "loss is nan at epoch 2, batch 2 of 2 (posts " in str(caught.value)
    assert f"the checkpoint of epoch 1 is kept in {output}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(load_tagger(output, device="cpu").tag([TaggerInput(("Chad",))])[0].tags) == 1


def test_it_can_start_from_another_tagger(tiny_recipe, train_file, valid_file, tmp_path):
    trained(tiny_recipe, train_file, valid_file, tmp_path / "first")
    report = trained(tiny_recipe, train_file, valid_file, tmp_path / "second", init=tmp_path / "first")
    assert report.epochs[0].loss < trained(tiny_recipe, train_file, valid_file, tmp_path / "third").epochs[0].loss


def test_context_is_validated_with_and_without(tiny_recipe, train_file, tmp_path):
    rows = [
        {"tokens": ["Smith", "looks"], "tags": ["B-PER", "O"], "caption": "a man", "attributes": [["suit", 0.5]]},
        {"tokens": ["Paris"], "tags": ["B-LOC"], "known_names": [{"start": 0, "end": 1, "types": [["LOC", 1.0]]}]},
    ]
    valid = tmp_path / "valid.jsonl"
    valid.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report = trained(tiny_recipe, train_file, valid, tmp_path / "run")
    name = f"{tmp_path.name}/valid.jsonl"
    assert list(report.best.f1) == [name, f"{name} + captions", f"{name} + context"]


def test_captions_are_validated_with_and_without(tiny_recipe, train_file, valid_file, tmp_path):
    captions = tmp_path / "captions.tsv"
    captions.write_text("1\ta country\n", encoding="utf-8")
    report = trained(tiny_recipe, train_file, valid_file, tmp_path / "run", captions=[captions])
    name = f"{tmp_path.name}/valid.txt"
    assert list(report.best.f1) == [name, f"{name} + captions"]


def test_files_of_one_name_are_validated_apart_and_a_relative_encoder_is_found_from_elsewhere(
    tiny_recipe, tiny_encoder, train_file, tmp_path, monkeypatch
):
    for language in ("de", "en"):
        (tmp_path / language / "data").mkdir(parents=True)
        (tmp_path / language / "data" / "dev.txt").write_text(train_file.read_text())
    monkeypatch.chdir(tiny_encoder.parent)
    tiny_recipe["schedule"]["epochs"] = 1
    report = train_tagger(
        recipe_from_dict(tiny_recipe | {"encoder": tiny_encoder.name}),
        train=[train_file],
        valid=[tmp_path / "de" / "data" / "dev.txt", tmp_path / "en" / "data" / "dev.txt"],
        output=tmp_path / "run",
    )
    assert list(report.best.f1) == ["de/data/dev.txt", "en/data/dev.txt"]
    monkeypatch.chdir(tmp_path)
    assert len(load_tagger(tmp_path / "run", device="cpu").tag([TaggerInput(("Chad",))])[0].tags) == 1


def test_what_pictures_show_stands_beside_the_posts(tiny_words_recipe, train_file, valid_file, tmp_path):
    asked = []

    def informed(posts):
        asked.extend(posts)
        return [replace(post, attributes=(("country", 0.9),) if "Paris" in post.tokens else ()) for post in posts]

    report = trained(tiny_words_recipe, train_file, valid_file, tmp_path / "run", informed=informed)
    assert list(report.best.f1) == [f"{tmp_path.name}/valid.txt", f"{tmp_path.name}/valid.txt + context"]
    assert len(asked) == 8 + 2


@pytest.mark.parametrize("empty", ["", "\n\n"])
def test_a_file_without_posts_is_named(tiny_recipe, valid_file, tmp_path, empty):
    path = tmp_path / "empty.txt"
    path.write_text(empty, encoding="utf-8")
    with pytest.raises(TrainingError, match=r"empty\.txt: no posts"):
        trained(tiny_recipe, path, valid_file, tmp_path / "run")


def test_without_anything_to_validate_on_the_last_epoch_is_kept(tiny_recipe, train_file, tmp_path):
    lines = []
    report = train_tagger(
        recipe_from_dict(tiny_recipe), train=[train_file], valid=[], output=tmp_path / "run", tell=lines.append
    )
    assert (len(report.epochs), report.best.epoch, report.best.f1) == (3, 3, {})
    assert lines[-1].endswith("there is nothing to validate on")
    assert len(load_tagger(tmp_path / "run", device="cpu").tag([TaggerInput(("Chad",))])[0].tags) == 1


def test_a_tag_outside_the_set_is_named(tiny_recipe, valid_file, tmp_path):
    path = tmp_path / "odd.txt"
    path.write_text("Rex\tB-DOG\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"odd\.txt:1: type 'DOG' is unknown"):
        trained(tiny_recipe, path, valid_file, tmp_path / "run")


def test_a_post_longer_than_the_encoder_is_trained_on_in_windows(tiny_recipe, valid_file, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("Paris\tB-LOC\nis\tO\n" * 100, encoding="utf-8")
    tiny_recipe["schedule"] |= {"epochs": 1}
    assert trained(tiny_recipe, path, valid_file, tmp_path / "run").train_posts == 1


def test_the_inputs_are_left_alone(tiny_recipe, train_file, valid_file, tmp_path):
    before: dict[Path, bytes] = {path: path.read_bytes() for path in (train_file, valid_file)}
    trained(tiny_recipe, train_file, valid_file, tmp_path / "run")
    assert {path: path.read_bytes() for path in before} == before


def test_bf16_trains_too_and_is_float32_where_a_processor_has_none(any_recipe, train_file, valid_file, tmp_path):
    any_recipe["schedule"] |= {"precision": "bf16"}
    report = trained(any_recipe, train_file, valid_file, tmp_path / "run", device="auto")
    assert report.epochs[-1].loss < report.epochs[0].loss
    assert len(load_tagger(tmp_path / "run").tag([TaggerInput(("Chad",))])[0].tags) == 1
