"""Letters to words, against plain loops."""

import pytest
import torch

from ner.encoders.letters import LetterFilters, LetterLstm
from ner.inputs.word_shapes import LETTERS, WORD_LETTERS, letter_ids

WORDS = ["Chad", "", "a", "extraordinarily-long-word", "😀ñ"]


def letters_of(words):
    return torch.tensor([[letter_ids(word) for word in words]])


@torch.no_grad()
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_filters_are_their_greatest_answers(kernel):
    """Ma and Hovy 2016, section 2.1: filter by filter, place by place."""
    torch.manual_seed(1)
    module = LetterFilters(4, kernel=kernel, embedding=3).double()
    found = module(letters_of(WORDS))
    table, weight, bias = module.embedding.weight, module.convolution.weight, module.convolution.bias
    for at, word in enumerate(WORDS):
        ids = letter_ids(word)
        for number in range(4):
            answers = []
            for place in range(WORD_LETTERS):
                answer = float(bias[number])
                for offset in range(kernel):
                    letter = place + offset - kernel // 2
                    if 0 <= letter < WORD_LETTERS:
                        answer += float(weight[number, :, offset] @ table[ids[letter]])
                answers.append(answer)
            assert float(found[0, at, number]) == pytest.approx(max(0.0, *answers), abs=1e-12)


def test_the_lstm_ends_where_the_letters_do():
    """Lample et al. 2016, equations of section 2.1 and 4.1, letter by letter, each direction for itself."""
    torch.manual_seed(2)
    module = LetterLstm(6, embedding=3).double()
    found = module(letters_of(WORDS))
    for at, word in enumerate(WORDS):
        vectors = [module.embedding.weight[i] for i in letter_ids(word) if i]
        expected = torch.cat([run(module.lstm, vectors, ""), run(module.lstm, vectors[::-1], "_reverse")])
        torch.testing.assert_close(found[0, at], expected)
    assert not found[0, 1].any()


def run(lstm, vectors, direction):
    w_in, w_own, b_in, b_own = (
        getattr(lstm, f"{name}_l0{direction}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    hidden = cell = torch.zeros(3, dtype=torch.float64)
    for x in vectors:
        i, f, g, o = (w_in @ x + b_in + w_own @ hidden + b_own).chunk(4)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        hidden = torch.sigmoid(o) * torch.tanh(cell)
    return hidden


@pytest.mark.parametrize("make", [LetterFilters, LetterLstm])
def test_a_word_is_the_same_among_others(make):
    torch.manual_seed(3)
    module = make(4)
    together = module(letters_of(WORDS))
    for at, word in enumerate(WORDS):
        torch.testing.assert_close(module(letters_of([word]))[0, 0], together[0, at])


@pytest.mark.parametrize("make", [LetterFilters, LetterLstm])
def test_no_words(make):
    empty = torch.zeros((2, 0, WORD_LETTERS), dtype=torch.int64)
    assert make(4)(empty).shape == (2, 0, 4)


@pytest.mark.parametrize("make", [LetterFilters, LetterLstm])
def test_gradients(make):
    torch.manual_seed(4)
    module = make(2, embedding=2).double()
    letters = letters_of(["ab", "c"])
    parameters = [p for p in module.parameters() if p.shape != (LETTERS, 2)]

    def forward(*_):
        return module(letters)

    assert torch.autograd.gradcheck(forward, parameters)


def test_an_odd_width_has_no_two_directions():
    with pytest.raises(ValueError, match="even number"):
        LetterLstm(5)
