"""Posts as numbers for tests of networks that read words, drawn at random, with garbage wherever nothing may look."""

from dataclasses import replace

import torch

from ner.encoders.words import WordSizes
from ner.inputs.word_shapes import LETTERS, WORD_LETTERS
from ner.inputs.words import WordBatch, WordTensors
from ner.spans import TAGS

SIZES = WordSizes(vector_width=5, words=7, region_width=4)
REGIONS = 3


def word_batch(lengths, pictures, *, seed=0):
    """Posts of so many words each, with or without a picture; padding and absent pictures hold garbage."""
    source = torch.Generator().manual_seed(seed)
    count, longest = len(lengths), max(lengths)
    mask = torch.arange(longest) < torch.tensor(lengths)[:, None]
    text = WordTensors(
        vectors=torch.randn(count, longest, SIZES.vector_width, generator=source),
        ids=torch.randint(1, SIZES.words, (count, longest), generator=source),
        letters=torch.randint(1, LETTERS, (count, longest, WORD_LETTERS), generator=source),
        speech=torch.randint(1, 11, (count, longest), generator=source),
        mask=mask,
    )
    text.vectors[~mask] = 1e3
    regions = torch.randn(count, REGIONS, SIZES.region_width, generator=source)
    has_regions = torch.tensor(pictures)
    regions[~has_regions] = torch.nan
    nothing = torch.zeros(count, 0, dtype=torch.int64)
    knowledge = WordTensors(
        torch.zeros(count, 0, SIZES.vector_width),
        nothing,
        torch.zeros(count, 0, WORD_LETTERS, dtype=torch.int64),
        nothing,
        nothing.bool(),
    )
    attributes = torch.zeros(count, 0, SIZES.vector_width)
    return WordBatch(text, knowledge, attributes, torch.zeros(count, 0), regions, has_regions)


def one_post(batch, row, *, picture=True):
    """The post of a row by itself, without padding; without ``picture`` as a batch that has none."""
    length, rows = int(batch.mask[row].sum()), slice(row, row + 1)
    text = replace(batch.text, **{name: getattr(batch.text, name)[rows, :length] for name in _WORD_FIELDS})
    knowledge = replace(batch.knowledge, **{name: getattr(batch.knowledge, name)[rows] for name in _WORD_FIELDS})
    return WordBatch(
        text,
        knowledge,
        batch.attributes[rows],
        batch.attribute_weights[rows],
        batch.regions[rows] if picture else torch.zeros(1, 0, 0),
        batch.has_regions[rows] if picture else torch.zeros(1, dtype=torch.bool),
    )


def random_tags(batch, *, seed=0):
    """A tag for every place of a batch."""
    return torch.randint(0, len(TAGS), batch.mask.shape, generator=torch.Generator().manual_seed(seed))


def assert_posts_are_alone(network, *, lengths=(4, 1, 3, 5), pictures=(True, False, False, True)):
    """Each post's emissions are those of the post by itself, whatever stands beside it, in padding or for a picture."""
    batch = word_batch(lengths, pictures)
    with torch.no_grad():
        together = network.emissions(batch)
        assert together.shape == (len(lengths), max(lengths), len(TAGS))
        for row, (length, picture) in enumerate(zip(lengths, pictures, strict=True)):
            alone = network.emissions(one_post(batch, row, picture=picture))[0]
            torch.testing.assert_close(together[row, :length], alone, rtol=0, atol=1e-5)


def assert_loss_falls(network, *, steps=30):
    """Some steps on one batch, with and without pictures, halve its loss, and every parameter takes part."""
    batch = word_batch([4, 1, 3, 5], [True, False, False, True])
    tags = random_tags(batch)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        loss = network.loss(batch, tags)
        loss.backward()
        losses.append(float(loss.detach()))
        optimizer.step()
    assert [name for name, parameter in network.named_parameters() if parameter.grad is None] == []
    assert all(bool(torch.isfinite(parameter).all()) for parameter in network.parameters())
    assert losses[-1] < losses[0] / 2


_WORD_FIELDS = ("vectors", "ids", "letters", "speech", "mask")
