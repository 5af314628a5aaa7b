"""The BiLSTM over words, against plain loops, and blind to padding."""

import pytest
import torch

from ner.encoders.recurrent import BiLstm


def read_plainly(lstm, x):
    """One post (T, I), both directions, gate by gate."""
    both = []
    for direction in ("", "_reverse"):
        w_in, w_own, b_in, b_own = (
            getattr(lstm, f"{name}_l0{direction}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        hidden = cell = x.new_zeros(w_own.shape[1])
        found = [None] * len(x)
        for at in range(len(x)) if not direction else reversed(range(len(x))):
            i, f, g, o = (w_in @ x[at] + b_in + w_own @ hidden + b_own).chunk(4)
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            hidden = found[at] = torch.sigmoid(o) * torch.tanh(cell)
        both.append(torch.stack(found))
    return torch.cat(both, dim=1)


def test_it_is_the_plain_recurrence_and_padding_is_not_read():
    torch.manual_seed(1)
    module = BiLstm(3, 2).double()
    counts = [4, 1, 0, 3]
    x = torch.randn(4, 5, 3, dtype=torch.float64)
    mask = torch.arange(5)[None] < torch.tensor(counts)[:, None]
    x[~mask] = float("nan")
    found = module(x, mask)
    assert found.shape == (4, 5, 4)
    assert not found[~mask].any()
    for row, count in enumerate(counts):
        if count:
            torch.testing.assert_close(found[row, :count], read_plainly(module.lstm, x[row, :count]))
            torch.testing.assert_close(
                module(x[row : row + 1, :count], mask[row : row + 1, :count])[0], found[row, :count]
            )


@pytest.mark.parametrize("shape", [(2, 0), (2, 3)])
def test_no_words(shape):
    assert not BiLstm(3, 2)(torch.ones(*shape, 3), torch.zeros(shape, dtype=torch.bool)).any()


def test_gradients():
    torch.manual_seed(2)
    module = BiLstm(2, 2).double()
    x = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[True, True, True], [True, False, False]])
    assert torch.autograd.gradcheck(lambda x: module(x, mask), (x,))
