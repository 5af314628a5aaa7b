"""A tiny encoder made on the spot, and posts to train it on."""

import json
import random
import string
from collections.abc import Sequence
from pathlib import Path

import pytest

_WORDS = (
    "the",
    "in",
    "is",
    "a",
    "great",
    "visits",
    "looks",
    "chad",
    "smith",
    "paris",
    "lakers",
    "http",
    "rt",
    "country",
)


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random two-layer BERT of width 16 that takes 64 positions."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    letters = [*string.ascii_lowercase, *string.digits, *"#@.,!'-:/_"]
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *_WORDS,
        *letters,
        *(f"##{letter}" for letter in letters),
    ]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    special = {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]"}
    inner = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    PreTrainedTokenizerFast(tokenizer_object=inner._tokenizer, mask_token="[MASK]", **special).save_pretrained(folder)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=64, **sizes)
        BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def write_posts(path: Path, posts: Sequence[tuple[str, str]]) -> Path:
    """Write posts, each words and tags parted by blanks, as plain columns."""
    blocks = ["\n".join(map("\t".join, zip(w.split(), t.split(), strict=True))) for w, t in posts]
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def train_file(tmp_path: Path) -> Path:
    """Eight posts."""
    posts = [
        ("Chad Smith visits Paris", "B-PER I-PER O B-LOC"),
        ("the Lakers visits Paris", "O B-ORG O B-LOC"),
        ("Chad looks great", "B-LOC O O"),
        ("Smith is in Paris", "B-PER O O B-LOC"),
    ]
    return write_posts(tmp_path / "train.txt", posts * 2)


@pytest.fixture
def valid_file(tmp_path: Path) -> Path:
    """Two posts."""
    posts = [("Smith visits Paris", "B-PER O B-LOC"), ("the Lakers looks great", "O B-ORG O O")]
    return write_posts(tmp_path / "valid.txt", posts)


@pytest.fixture
def tiny_recipe(tiny_encoder: Path) -> dict[str, object]:
    """A recipe's values for a run of a second."""
    return json.loads(
        json.dumps(
            {
                "encoder": str(tiny_encoder),
                "network": {"adapter_rank": 2, "letter_width": 8, "lstm_width": 8},
                "schedule": {"epochs": 3, "batch_size": 4, "auxiliary_epochs": 1, "encoder_learning_rate": 0.001},
            }
        )
    )


@pytest.fixture(scope="session")
def tiny_vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of published vectors, twelve numbers a word."""
    source = random.Random(0)
    lines = [" ".join([word, *(f"{source.gauss(0, 1):.4f}" for _ in range(12))]) for word in _WORDS]
    path = tmp_path_factory.mktemp("vectors") / "vectors.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def tiny_words_recipe(tiny_vectors: Path) -> dict[str, object]:
    """A recipe's values for a run of a second, of a network that reads words."""
    return {
        "tagger": "cnn-bilstm-crf",
        "vectors": str(tiny_vectors),
        "network": {"letter_width": 6, "lstm_width": 8},
        "schedule": {"epochs": 3, "batch_size": 4, "auxiliary_epochs": 1, "head_learning_rate": 0.01},
    }


@pytest.fixture(params=["pieces", "words"])
def any_recipe(request: pytest.FixtureRequest) -> dict[str, object]:
    """A recipe of each family in turn."""
    return request.getfixturevalue({"pieces": "tiny_recipe", "words": "tiny_words_recipe"}[request.param])
