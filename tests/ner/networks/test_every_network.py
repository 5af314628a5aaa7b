"""What is asked of every tagger in the registry: blind to padding, learning in all its parts, the same after saving."""

import copy
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from ner.checkpoints import load_checkpoint, save_checkpoint
from ner.embeddings.word_table import WordTable
from ner.inputs.context import words_beside
from ner.inputs.words import WordBatch
from ner.network_tagger import NetworkTagger, output_from_emissions
from ner.networks.building import Design, build_network
from ner.networks.registry import REGISTRY
from ner.spans import TAGS, tags_of
from ner.taggers import TaggerInput, TaggerOutput

REGION_WIDTH, REGIONS = 6, 4


def picture(seed):
    return np.random.default_rng(seed).normal(size=(REGIONS, REGION_WIDTH)).astype(np.float32)


COUNTRY = ("Chad", "is a", "country in Africa")
PLAYER = ("Kobe Bryant", "is a", "basketball player")
POSTS = (
    TaggerInput(
        ("Chad", "Smith", "visits", "#Paris", "in", "July"),
        attributes=(("flagpole", 0.41), ("desert", 0.2), ("tent", 0.1)),
        caption="a flag over a desert",
        knowledge=(COUNTRY, PLAYER),
        regions=picture(0),
    ),
    TaggerInput(("the", "Lakers")),
    TaggerInput(("RT", "@chad", "looks", "great"), attributes=(("suit", 0.9),), regions=picture(1)),
    TaggerInput(("Smith", "is", "http://t.co/x"), knowledge=(COUNTRY,)),
)
COMPLETE = tuple(
    replace(post, attributes=POSTS[0].attributes, knowledge=(PLAYER,), regions=picture(number))
    for number, post in enumerate(POSTS)
)


@dataclass
class Built:
    design: Design
    network: torch.nn.Module
    inputs: object
    table: WordTable | None

    def batch(self, posts):
        return self.inputs.collate([window for post in posts for window in self.inputs.windows(post)])

    def tagger(self):
        return NetworkTagger(
            self.design.tagger,
            copy.deepcopy(self.network),
            self.inputs,
            device=torch.device("cpu"),
            picture_encoder=self.design.picture_encoder,
            region_width=self.design.region_width,
        )


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Random vectors of most words of the posts."""
    words = {word.lower() for post in POSTS for word in (*post.tokens, *words_beside(post))} - {"lakers", "july"}
    source = np.random.default_rng(6)
    path = tmp_path_factory.mktemp("vectors") / "vectors.txt"
    path.write_text("".join(f"{word} {' '.join(map(str, source.normal(size=8)))}\n" for word in sorted(words)))
    return WordTable.build(path, [post.tokens for post in POSTS], [tuple(words_beside(post)) for post in POSTS])


@pytest.fixture(scope="module", params=REGISTRY)
def built(request, table):
    """A network whose weights are as far from their first values as training would take them, and fit half floats."""
    spec = REGISTRY[request.param]
    reads = {"vectors": "made up"} if spec.family == "words" else {"encoder": "all-MiniLM-L6-v2"}
    design = Design(
        tagger=spec.name,
        options=spec.options_class()(),
        picture_encoder="made up",
        region_width=REGION_WIDTH,
        **reads,
    )
    own_table = table if spec.family == "words" else None
    network, inputs = build_network(design, seed=1, table=own_table)
    source = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in network.own_state().values():
            parameter += 0.02 * torch.randn(parameter.shape, generator=source)
            parameter.copy_(parameter.half().float())
    return Built(design, network.eval(), inputs, own_table)


def garbage(values, where, source):
    """``values`` with something else, as valid as they are, wherever ``where``."""
    if values.is_floating_point():
        other = 30 * torch.randn(values.shape, generator=source)
    else:
        other = values.flatten()[torch.randint(values.numel(), values.shape, generator=source)]
    return torch.where(where.reshape(where.shape + (1,) * (values.dim() - where.dim())), other, values)


def with_garbage(batch):
    """A batch with garbage wherever nothing is."""
    source = torch.Generator().manual_seed(4)
    regions = garbage(batch.regions, ~batch.has_regions, source)
    if isinstance(batch, WordBatch):
        return replace(
            batch,
            text=words_with_garbage(batch.text, source),
            knowledge=words_with_garbage(batch.knowledge, source),
            attributes=garbage(batch.attributes, batch.attribute_weights == 0, source),
            regions=regions,
        )
    fields = ("pool", "first", "letters", "features")
    changed = {name: garbage(getattr(batch, name), ~batch.mask, source) for name in fields}
    changed |= {name: garbage(getattr(batch, name), batch.attention == 0, source) for name in ("ids", "segments")}
    return replace(batch, **changed, regions=regions)


def words_with_garbage(words, source):
    fields = ("vectors", "ids", "letters", "speech")
    return replace(words, **{name: garbage(getattr(words, name), ~words.mask, source) for name in fields})


def test_a_post_does_not_depend_on_its_neighbours_padding_or_a_picture_that_is_not_there(built):
    with torch.no_grad():
        found = built.network.emissions(with_garbage(built.batch(POSTS)))
        for row, post in enumerate(POSTS):
            alone = built.network.emissions(built.batch([post]))
            assert alone.shape == (1, len(post.tokens), len(TAGS))
            torch.testing.assert_close(found[row, : len(post.tokens)], alone[0], rtol=1e-5, atol=1e-5)


def test_a_network_that_takes_regions_looks_at_them(built):
    batch = built.batch(COMPLETE)
    with torch.no_grad():
        seen = built.network.emissions(batch)
        other = built.network.emissions(replace(batch, regions=batch.regions.flip(0)))
        none = built.network.emissions(replace(batch, has_regions=torch.zeros(len(COMPLETE), dtype=torch.bool)))
    for found in (other, none):
        assert torch.equal(found, seen) != built.network.takes_regions


def test_the_loss_is_finite_and_reaches_every_parameter(built):
    batch = built.batch(COMPLETE)
    network = copy.deepcopy(built.network)
    tags = torch.randint(len(TAGS), batch.mask.shape, generator=torch.Generator().manual_seed(5))
    loss = network.loss(batch, tags)
    loss.backward()
    assert torch.isfinite(loss)
    gradients = {name: parameter.grad for name, parameter in network.own_state().items()}
    assert all(gradient is None or torch.isfinite(gradient).all() for gradient in gradients.values())
    assert [name for name, gradient in gradients.items() if gradient is None or not gradient.any()] == []


def test_it_tags_the_same_after_saving(built, tmp_path):
    save_checkpoint(tmp_path, built.network.own_state(), built.design, built.table)
    network, inputs = build_network(built.design, seed=9, table=built.table, for_tagging=True)
    network.load_state_dict(built.network.own_state(), strict=False)
    tagger = replace(built, network=network, inputs=inputs).tagger()
    assert load_checkpoint(tmp_path, device="cpu").tag(POSTS) == tagger.tag(POSTS)


def test_tagging_is_the_same_each_time_whatever_the_posts_around(built):
    tagger = built.tagger()
    found = tagger.tag(POSTS)
    assert tagger.tag(POSTS[::-1]) == found[::-1]
    assert [len(output.tags) for output in found] == [len(post.tokens) for post in POSTS]
    empty = TaggerInput((), attributes=POSTS[0].attributes, knowledge=(PLAYER,), regions=picture(0))
    assert tagger.tag([empty, *POSTS]) == [TaggerOutput((), ()), *found]


def test_it_learns_types_of_ones_own(built):
    network, batch = copy.deepcopy(built.network), built.batch(COMPLETE)
    own = tags_of(("EVENT", "PRODUCT"))
    network.set_tags(own)
    tags = torch.randint(len(own), batch.mask.shape, generator=torch.Generator().manual_seed(5))
    network.loss(batch, tags).backward()
    emissions = network.eval().emissions(batch)
    assert emissions.shape[2] == len(own)
    rows = [name for name in network.own_state() if name.startswith(network.of_tags)]
    assert rows
    assert all(network.get_parameter(name).grad is not None for name in rows)
    found = output_from_emissions(network.chain(), emissions[0].detach().double().numpy())
    assert all(dict(span.type_scores).keys() == {"EVENT", "PRODUCT"} for span in found.spans)
    assert set(found.tags) <= set(own)


def test_how_words_look_at_a_picture_is_told_and_changes_nothing(built):
    tagger, post = built.tagger(), COMPLETE[0]
    tagged = tagger.tag([post])
    looks = tagger.looks(post)
    assert tagger.tag([post]) == tagged
    assert tagger.looks(POSTS[1]) is None  # it has no picture
    assert tagger.looks(TaggerInput((), regions=picture(0))) is None
    if not tagger.needs_regions or built.design.tagger == "modality-attention":
        assert looks is None
        return
    words = len(post.tokens)
    assert (looks.attention.shape, looks.gates.shape) == ((words, REGIONS), (words,))
    assert looks.attention.sum(axis=1).tolist() == pytest.approx([1.0] * words, abs=1e-5)
    assert ((looks.gates > 0) & (looks.gates < 1)).all()
    other = tagger.looks(replace(post, regions=picture(9)))
    assert not np.allclose(other.attention, looks.attention)
    if built.design.encoder:  # a long post is read in windows
        long = tagger.looks(replace(post, tokens=post.tokens * 60))
        assert long.attention.sum(axis=1).tolist() == pytest.approx([1.0] * words * 60, abs=1e-5)
