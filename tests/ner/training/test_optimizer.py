"""Rates and their course, optimizers, the average of the weights, gathered gradients."""

import pytest
import torch
from torch import nn

from ner.training.optimizer import Steps, WeightAverage, make_optimizer, parameter_part, rate_factor, total_steps
from ner.training.recipes import ScheduleRecipe, recipe_from_dict


class Quadratic(nn.Module):
    """Four numbers that should be as the batch says."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(2, 1, bias=False)
        self.head = nn.Linear(2, 1, bias=True)
        self.crf = nn.Linear(1, 1, bias=False)

    def own_state(self):
        return dict(self.named_parameters())

    def loss(self, x):
        return ((self.encoder(x) + self.head(x) + self.crf.weight.sum() - 1) ** 2).mean()


def recipe(**schedule):
    return recipe_from_dict({"schedule": schedule})


@pytest.mark.parametrize("name", ["adamw", "adam", "adagrad"])
def test_each_part_has_its_rate_and_only_matrices_decay(name):
    optimizer = make_optimizer(
        Quadratic(),
        recipe(
            optimizer=name,
            encoder_learning_rate=0.1,
            head_learning_rate=0.2,
            crf_learning_rate=0.3,
            weight_decay=0.5,
        ),
    )
    assert type(optimizer).__name__.lower() == name
    found = {(group["peak"], group["weight_decay"]): len(group["params"]) for group in optimizer.param_groups}
    assert found == {(0.1, 0.5): 1, (0.2, 0.5): 1, (0.2, 0.0): 1, (0.3, 0.0): 1}


def test_the_parts_of_networks_of_both_families():
    assert parameter_part("encoder.layer.0.weight", "pieces") == "encoder"
    assert parameter_part("encoder.lstm.weight", "words") == "head"
    assert parameter_part("words.change.weight", "words") == "encoder"
    assert parameter_part("head.crf.transitions", "words") == parameter_part("crf.transitions", "pieces") == "crf"
    assert parameter_part("exchange.weight", "words") == "head"


def test_rates_rise_and_then_fall_or_stay():
    falling = ScheduleRecipe(warm_up=0.2)
    assert [rate_factor(step, 10, falling) for step in (0, 1, 2, 6, 10)] == [0.5, 1.0, 1.0, 0.5, 0.01]
    staying = ScheduleRecipe(warm_up=0.2, course="constant")
    assert [rate_factor(step, 10, staying) for step in (0, 1, 2, 9, 99)] == [0.5, 1.0, 1.0, 1.0, 1.0]
    assert rate_factor(0, 10, ScheduleRecipe(warm_up=0.0, course="constant")) == 1.0


def test_gathered_batches_step_as_one_large_batch():
    torch.manual_seed(0)
    x = torch.randn(6, 2)
    networks = [Quadratic(), Quadratic()]
    networks[1].load_state_dict(networks[0].state_dict())
    whole, parts = (Steps(network, recipe(clip=0.1), 3) for network in networks)
    for _ in range(3):
        whole.gather(networks[0].loss(x), 1)
        assert whole.take()
        for rows in (x[:3], x[3:]):
            parts.gather(networks[1].loss(rows), 2)
        assert parts.take()
    for one, other in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_a_gradient_that_is_no_number_changes_nothing():
    network = Quadratic()
    before = {name: value.detach().clone() for name, value in network.own_state().items()}
    steps = Steps(network, recipe(), 3)
    steps.gather(network.loss(torch.full((2, 2), 1e30)), 1)
    assert not steps.take()
    for name, value in network.own_state().items():
        torch.testing.assert_close(value.detach(), before[name], atol=0, rtol=0)


def test_the_steps_of_a_run_count_its_batches_and_what_is_gathered():
    assert total_steps(100, 0, recipe(epochs=2, batch_size=10)) == 20
    assert total_steps(100, 50, recipe(epochs=2, batch_size=10, auxiliary_epochs=1, auxiliary_share=0.4)) == 22
    assert total_steps(100, 0, recipe(epochs=2, batch_size=10, accumulate=4)) == 5
    assert total_steps(1, 0, recipe(epochs=1)) == 1


def test_the_average_is_put_in_place_and_taken_out_again():
    weights = {"a": torch.zeros(2)}
    average = WeightAverage(weights, keep=0.5)
    weights["a"].fill_(1.0)
    average.update(weights)
    expected = 1 - 1 / 11  # the first step counts more than `keep` says
    torch.testing.assert_close(average.values["a"], torch.full((2,), expected))
    with average.applied(weights):
        torch.testing.assert_close(weights["a"], torch.full((2,), expected))
    torch.testing.assert_close(weights["a"], torch.ones(2))
