"""What a picture changes about words' scores: nothing at first, nothing without a picture, and never a neighbour's."""

import torch

from ner.networks.kg_transformer import WordSight

B, T, H, R, C = 3, 4, 6, 5, 7


def trained_sight() -> WordSight:
    torch.manual_seed(0)
    sight = WordSight(H, 3, C).double()
    torch.nn.init.normal_(sight.answer.weight)
    return sight


def inputs() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    mask = torch.tensor([[True] * 4, [True, True, False, False], [True] * 4])
    return torch.randn(B, T, H).double(), mask, torch.randn(B, R, C).double(), torch.tensor([True, True, False])


def test_an_untrained_sight_changes_nothing() -> None:
    assert not WordSight(H, 3, C)(*(x.float() if x.is_floating_point() else x for x in inputs())).any()


def test_a_post_without_a_picture_keeps_its_scores_whatever_stands_there() -> None:
    words, mask, regions, has_regions = inputs()
    sight = trained_sight()
    change = sight(words, mask, regions, has_regions)
    assert change.shape == (B, T, 9)
    assert change[0].abs().min() > 0
    assert not change[2].any()
    regions[2] = torch.nan
    assert torch.equal(sight(words, mask, regions, has_regions), change)


def test_padding_and_neighbours_change_nothing() -> None:
    words, mask, regions, has_regions = inputs()
    sight = trained_sight()
    change = sight(words, mask, regions, has_regions)
    words[1, 2:] = 1e3
    alone = sight(words[1:2, :2], mask[1:2, :2], regions[1:2], has_regions[1:2])
    torch.testing.assert_close(sight(words, mask, regions, has_regions)[1, :2], alone[0])
    torch.testing.assert_close(change[1, :2], alone[0])


def test_no_picture_in_the_whole_batch() -> None:
    words, mask, _, _ = inputs()
    nowhere = torch.zeros(B, dtype=torch.bool)
    assert not trained_sight()(words, mask, torch.zeros(B, 0, 0).double(), nowhere).any()


def test_it_is_the_gated_difference_of_the_equations() -> None:
    """Chen et al. 2021, equations 7-11, region by region."""
    words, mask, regions, has_regions = inputs()
    sight = trained_sight()
    look = sight.look
    attention, gate = look.attention, look.gate
    a = sight.ask(words[0, 1])
    values = [torch.relu(attention.project(region)) for region in regions[0]]
    scores = torch.stack(
        [attention.to_score(torch.tanh(attention.from_score(a) + attention.from_region(value))) for value in values]
    )
    shares = torch.softmax(scores, dim=0)
    context = sum(share * value for share, value in zip(shares, values, strict=True))
    g = torch.sigmoid(gate.from_context(context) + gate.from_own(a))
    fused = g * context + (1 - g) * a
    torch.testing.assert_close(sight(words, mask, regions, has_regions)[0, 1], sight.answer(fused - a))
