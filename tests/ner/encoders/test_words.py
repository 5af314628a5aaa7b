"""What a word is made of, and that padding never counts."""

from dataclasses import replace

import pytest
import torch

from ner.encoders.words import WordEncoder, WordOptions, WordSizes
from ner.errors import RecipeError
from ner.inputs.word_shapes import LETTERS
from ner.inputs.words import WordTensors

SIZES = WordSizes(vector_width=3, words=6)


def words(counts, length):
    torch.manual_seed(1)
    b = len(counts)
    return WordTensors(
        torch.randn(b, length, 3),
        torch.randint(1, 6, (b, length)),
        torch.randint(1, LETTERS, (b, length, 16)),
        torch.randint(1, 11, (b, length)),
        torch.arange(length)[None] < torch.tensor(counts)[:, None],
    )


def encoder(**options):
    torch.manual_seed(2)
    return WordEncoder(WordOptions(letter_width=4, letter_embedding=3, **options), SIZES).eval()


@pytest.mark.parametrize(
    ("options", "width"),
    [({}, 7), ({"letters": "lstm"}, 7), ({"letters": "none"}, 3), ({"speech_width": 5, "tune_words": True}, 12)],
)
def test_its_width_is_that_of_its_parts(options, width):
    module = encoder(**options)
    batch = words([2, 4], 4)
    found = module(batch)
    assert found.shape == (2, 4, width) == (2, 4, module.width)
    assert torch.equal(found[batch.mask][:, :3], batch.vectors[batch.mask])


@pytest.mark.parametrize("letters", ["cnn", "lstm"])
def test_padding_is_never_read(letters):
    module = encoder(letters=letters, speech_width=2, tune_words=True)
    torch.nn.init.normal_(module.change.weight)
    batch = words([2, 4, 0], 4)
    found = module(batch)
    assert not found[~batch.mask].any()
    batch.vectors[~batch.mask] = float("nan")
    torch.testing.assert_close(module(batch), found)
    alone = replace(batch, **{name: getattr(batch, name)[:1, :2] for name in batch.__slots__})
    torch.testing.assert_close(module(alone)[0], found[0, :2])


def test_tuning_starts_from_the_published_vectors_and_changes_only_what_was_seen():
    module = encoder(letters="none", tune_words=True)
    batch = words([2], 2)
    batch.ids[:] = torch.tensor([[3, 4]])
    assert torch.equal(module(batch), batch.vectors)
    module(batch).sum().backward()
    assert module.change.weight.grad.any(dim=1).tolist() == [False, False, False, True, True, False]


def test_dropout_is_for_training():
    module = encoder(dropout=0.9)
    batch = words([4], 4)
    assert torch.equal(module(batch), module(batch))
    assert not torch.equal(module.train()(batch), module.eval()(batch))


def test_no_words():
    assert encoder(letters="lstm", speech_width=1)(words([0, 0], 0)).shape == (2, 0, 8)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"letters": "rnn"}, r"letters = 'rnn': expected one of cnn, lstm, none"),
        ({"letter_width": 0}, r"letter_width = 0: expected 1 or more"),
        ({"dropout": 2.0}, r"dropout = 2.0: expected a share"),
    ],
)
def test_a_wrong_option_is_named(options, said):
    with pytest.raises(RecipeError, match=said):
        WordOptions(**options)


def test_an_odd_width_for_two_directions_is_named():
    with pytest.raises(RecipeError, match="letter_width = 5: expected an even number"):
        WordEncoder(WordOptions(letters="lstm", letter_width=5), SIZES)


def test_gradients():
    module = encoder(letters="cnn", tune_words=True, speech_width=2).double()
    batch = words([2, 1], 2)
    batch = replace(batch, vectors=batch.vectors.double().requires_grad_())

    def forward(vectors, change):
        return module(replace(batch, vectors=vectors))

    assert torch.autograd.gradcheck(forward, (batch.vectors, module.change.weight))
