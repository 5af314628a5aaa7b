"""The quick encoder against that of transformers, and 8 bits against floats."""

import json
import shutil

import pytest
import torch
from torch import nn

from ner.checkpoints import load_state, load_tagger, read_design, tagger_folder
from ner.encoders.eight_bit import EightBitLinear, eight_bit_is_fast
from ner.encoders.hub import find_encoder, load_encoder
from ner.encoders.quick_bert import QuickBert, load_quick_bert, quicken
from ner.network_tagger import NetworkTagger
from ner.networks.building import build_network
from ner.taggers import TaggerInput

TEXTS = (
    "Chad looks great",
    "",
    "Barack Obama met Angela Merkel in Berlin",
    "RT @user : the lakers beat the celtics in boston http://t.co/abc #NBA",
    "😀 مرحبا naïve Σίσυφος 東京 St. Louis",
    "so tired today , going to bed",
    "Kobe Bryant of the Lakers visits Paris with Smith " * 30,
    "Jordan",
)
FACTS = (("Chad", "is a", "country"), ("Chad", "capital", "N'Djamena"))

eight_bits = pytest.mark.skipif(not eight_bit_is_fast(), reason="this processor is not fast at 8-bit numbers")


def posts():
    for number, text in enumerate(TEXTS):
        words = tuple(text.split())
        yield TaggerInput(words)
        yield TaggerInput(words, caption="a man with a flag", knowledge=FACTS[: number % 3])


def test_it_is_the_encoder_of_transformers(tiny_encoder):
    plain, tokenizer = load_encoder(str(tiny_encoder))
    quick, pieces = load_quick_bert(str(tiny_encoder))
    given = {
        "input_ids": torch.randint(5, 60, (3, 12), generator=torch.Generator().manual_seed(0)),
        "attention_mask": torch.tensor([[1] * 12, [1] * 7 + [0] * 5, [1] + [0] * 11]),
        "token_type_ids": torch.tensor([[0] * 5 + [1] * 7] * 3),
    }
    with torch.inference_mode():
        expected, found = plain(**given, output_hidden_states=True).hidden_states, quick(**given).hidden_states
    seen = given["attention_mask"].bool()
    for before, after in zip(expected, found, strict=True):
        torch.testing.assert_close(before[seen], after[seen], atol=1e-5, rtol=1e-4)
    names = {name for name, _ in plain.named_parameters()}
    assert names == {name for name, _ in quick.named_parameters()}
    assert (pieces.cls_token_id, pieces.sep_token_id) == (tokenizer.cls_token_id, tokenizer.sep_token_id)


def test_words_are_cut_as_by_transformers():
    place = find_encoder("all-MiniLM-L6-v2")
    tokenizer, pieces = load_encoder(place)[1], load_quick_bert(place)[1]
    words = [" " + word for text in TEXTS for word in text.split()]
    expected = tokenizer(words, add_special_tokens=False)["input_ids"]
    assert pieces(words, add_special_tokens=False)["input_ids"] == expected
    assert pieces(TEXTS[4])["input_ids"] == tokenizer(TEXTS[4], add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("changed", [{"model_type": "mpnet"}, {"hidden_act": "relu"}, {"num_hidden_layers": 3}, None])
def test_another_encoder_is_left_to_transformers(tiny_encoder, tmp_path, changed):
    folder = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    if changed is None:
        (folder / "model.safetensors").write_bytes(b"damaged")
    else:
        config = json.loads((folder / "config.json").read_text()) | changed
        (folder / "config.json").write_text(json.dumps(config))
    assert load_quick_bert(str(folder)) is None


@pytest.fixture(scope="module")
def quick_and_plain():
    folder = tagger_folder("default")
    network, inputs = build_network(read_design(folder), seed=0)
    load_state(network, folder)
    return load_tagger(device="cpu"), NetworkTagger("plain", network, inputs, device=torch.device("cpu"))


def test_the_quick_tagger_gives_nearly_all_tags_of_the_plain_one(quick_and_plain):
    quick, plain = (tagger.tag(list(posts())) for tagger in quick_and_plain)
    # Where two taggings are nearly as likely, either may win.
    tags = [pair for one, other in zip(quick, plain, strict=True) for pair in zip(one.tags, other.tags, strict=True)]
    assert sum(one == other for one, other in tags) >= 0.98 * len(tags)
    for one, other in zip(quick, plain, strict=True):
        scores = {(span.start, span.end, span.type): span.score for span in other.spans}
        for span in one.spans:
            assert abs(span.score - scores.get((span.start, span.end, span.type), span.score)) < 0.05


@pytest.mark.parametrize("size", [1, 2, 3, 7, 9])
def test_the_batch_size_changes_no_bit(quick_and_plain, size):
    tagger, given = quick_and_plain[0], list(posts())
    together = tagger.tag(given)
    assert together == [one for start in range(0, len(given), size) for one in tagger.tag(given[start : start + size])]


@eight_bits
def test_a_row_in_8_bits_depends_on_no_other_row():
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(0)
        layers = nn.Linear(96, 64), nn.Linear(96, 32)
        x = torch.randn(1, 29, 96) * torch.logspace(-3, 3, 29)[:, None]
        x[0, 3] = 0
        layer = EightBitLinear(*layers)
        found, expected = layer(x), torch.cat([one(x) for one in layers], dim=-1)
        assert float((found - expected).norm() / expected.norm()) < 0.02
        for row in range(29):
            assert torch.equal(layer(x[:, row : row + 1]), found[:, row : row + 1])
        assert layer(x[:, :0]).shape == (1, 0, 96)


@eight_bits
def test_coarse_rows_behind_a_norm_are_as_near_where_columns_differ_much():
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(0)
        norm, layer = nn.LayerNorm(96), nn.Linear(96, 64)
        norm.weight.copy_(torch.where(torch.arange(96) % 32 == 0, 20.0, 0.5))
        layer.weight[:, ::32] /= 20
        x = norm(torch.randn(1, 29, 96))

        def error(**how):
            found, expected = EightBitLinear(layer, **how)(x), layer(x)
            return float((found - expected).norm() / expected.norm())

        assert error(coarse=True, after=norm) < 0.5 * error(coarse=True)
        for row in range(29):
            one = EightBitLinear(layer, coarse=True, after=norm)
            assert torch.equal(one(x[:, row : row + 1]), one(x)[:, row : row + 1])


@eight_bits
def test_where_it_is_fast_the_encoder_is_in_8_bits():
    encoder = load_quick_bert(find_encoder("all-MiniLM-L6-v2"))[0]
    assert isinstance(encoder, QuickBert)
    quicken(encoder)
    layers = [module for module in encoder.modules() if isinstance(module, EightBitLinear)]
    assert len(layers) == 4 * encoder.config.num_hidden_layers
    assert not any(isinstance(module, nn.Linear) for module in encoder.modules())
