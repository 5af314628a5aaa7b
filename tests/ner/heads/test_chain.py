"""The chain against every tag sequence there is."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchcrf import CRF

from ner.heads.chain import Chain, best_tags, follows, lattice, score_span
from ner.spans import TAGS, TYPES, Span, spans_from_tags

K = len(TAGS)


def random_chain(seed: int, length: int, *, constrained: bool = True) -> tuple[Chain, np.ndarray]:
    source = np.random.default_rng(seed)
    scores = source.normal(size=K), source.normal(size=K), source.normal(size=(K, K))
    return Chain(*scores, constrained), source.normal(size=(length, K)) * 2


def is_bio(tags: list[str]) -> bool:
    return not tags[0].startswith("I-") and all(follows(a, b) for a, b in itertools.pairwise(tags))


def log_probability(chain: Chain, emissions: np.ndarray, tags: tuple[str, ...]) -> float:
    """How probable one whole sequence is, as a logarithm."""
    numbers = [TAGS.index(tag) for tag in tags]
    score = chain.start[numbers[0]] + chain.end[numbers[-1]] + emissions[range(len(numbers)), numbers].sum()
    score += sum(chain.transitions[a, b] for a, b in itertools.pairwise(numbers))
    return float(score - lattice(chain, emissions).log_z)


def every_sequence(chain: Chain, emissions: np.ndarray) -> dict[tuple[str, ...], float]:
    """The score of each sequence that the chain allows, added up one by one."""
    scores = {}
    for numbers in itertools.product(range(K), repeat=len(emissions)):
        tags = [TAGS[n] for n in numbers]
        if chain.constrained and not is_bio(tags):
            continue
        score = chain.start[numbers[0]] + chain.end[numbers[-1]] + sum(emissions[i, n] for i, n in enumerate(numbers))
        scores[tuple(tags)] = score + sum(chain.transitions[a, b] for a, b in itertools.pairwise(numbers))
    return scores


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.booleans())
def test_best_tags_and_probabilities_are_those_of_the_enumeration(seed, length, constrained):
    chain, emissions = random_chain(seed, length, constrained=constrained)
    scores = every_sequence(chain, emissions)
    log_z = math.log(sum(map(math.exp, scores.values())))
    best = max(scores, key=scores.__getitem__)
    assert best_tags(chain, emissions) == best
    found = lattice(chain, emissions)
    assert found.log_z == pytest.approx(log_z)
    assert log_probability(chain, emissions, best) == pytest.approx(scores[best] - log_z)
    weights = {tags: math.exp(score - log_z) for tags, score in scores.items()}
    spans = {tags: set(spans_from_tags(tags)) for tags in weights}
    for start, end in itertools.combinations(range(length + 1), 2):
        exact = [sum(w for tags, w in weights.items() if Span(start, end, kind) in spans[tags]) for kind in TYPES]
        probability, given_span = score_span(found, Span(start, end, "LOC"))
        assert probability == pytest.approx(exact[1])
        np.testing.assert_allclose(given_span, np.array(exact) / sum(exact))


def test_without_forbidden_steps_it_is_pytorch_crf():
    source = np.random.default_rng(3)
    crf = CRF(K, batch_first=True)
    emissions = source.normal(size=(6, K))
    # Make what BIO forbids impossible for the library too.
    with torch.no_grad():
        for i, j in itertools.product(range(K), repeat=2):
            if not follows(TAGS[i], TAGS[j]):
                crf.transitions[i, j] = -1e6
        for i, tag in enumerate(TAGS):
            if tag.startswith("I-"):
                crf.start_transitions[i] = -1e6
    parts = (crf.start_transitions, crf.end_transitions, crf.transitions)
    chain = Chain(*(p.detach().double().numpy() for p in parts))
    scores = torch.tensor(emissions, dtype=torch.float32)[None]
    mask = torch.ones(1, 6, dtype=torch.bool)
    decoded = crf.decode(scores, mask=mask)[0]
    assert best_tags(chain, emissions) == tuple(TAGS[n] for n in decoded)
    likelihood = float(crf(scores, torch.tensor([decoded]), mask=mask).detach())
    assert log_probability(chain, emissions, [TAGS[n] for n in decoded]) == pytest.approx(likelihood, abs=1e-4)


def test_of_equal_sequences_the_lower_tags_are_taken():
    chain = Chain(np.zeros(K), np.zeros(K), np.zeros((K, K)))
    assert best_tags(chain, np.zeros((3, K))) == ("O", "O", "O")
    emissions = np.zeros((2, K))
    emissions[1, TAGS.index("I-LOC")] = emissions[1, TAGS.index("I-ORG")] = 1.0
    assert best_tags(chain, emissions) == ("B-LOC", "I-LOC")


def test_scores_that_outweigh_one_another_beyond_any_float_stay_finite():
    chain, emissions = random_chain(2, 12)
    wide = Chain(*(part * 1e4 for part in (chain.start, chain.end, chain.transitions)))
    found = lattice(wide, emissions * 1e4)
    tags = best_tags(wide, emissions * 1e4)
    assert log_probability(wide, emissions * 1e4, tags) == pytest.approx(0.0, abs=1e-6)
    for span in spans_from_tags(tags):
        probability, given_span = score_span(found, span)
        assert probability == pytest.approx(1.0, abs=1e-6)
        assert sum(given_span) == pytest.approx(1.0)


def test_any_layout_of_emissions_gives_the_same():
    chain, emissions = random_chain(4, 6)
    turned = np.asfortranarray(emissions)
    assert best_tags(chain, turned) == best_tags(chain, emissions)
    assert lattice(chain, turned).log_z == lattice(chain, emissions).log_z
    assert best_tags(chain, emissions.astype(np.float32)) == best_tags(chain, emissions)


def test_no_tokens_no_tags():
    chain, emissions = random_chain(0, 0)
    assert best_tags(chain, emissions) == ()


def test_a_long_post_neither_overflows_nor_forbids():
    chain, emissions = random_chain(1, 3000)
    tags = best_tags(chain, emissions * 50)
    assert len(tags) == 3000
    assert spans_from_tags(tags) == spans_from_tags(tags, strict=True)
    assert np.isfinite(lattice(chain, emissions * 50).log_z)
