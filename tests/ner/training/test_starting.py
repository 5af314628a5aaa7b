"""Where a run starts from: what fits is taken over row by row, and what does not is made anew and named."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ner.checkpoints import save_checkpoint
from ner.embeddings.word_table import WordTable
from ner.errors import CheckpointError
from ner.networks.bert import BertOptions
from ner.networks.bilstm import BiLstmCrfOptions
from ner.networks.building import Design, build_network
from ner.networks.kg_transformer import KgTransformerOptions
from ner.networks.umt import UmtOptions
from ner.spans import tags_of
from ner.training.starting import fitting_design, start_from

OPTIONS = KgTransformerOptions(adapter_rank=2, letter_width=8, lstm_width=8, visual_width=4, trust=3.0)
SEEING = {"picture_encoder": "lite", "region_width": 6}


@pytest.fixture
def design(tiny_encoder: Path) -> Design:
    return Design(tagger="kg-transformer", options=OPTIONS, encoder=str(tiny_encoder), styles=3, **SEEING)


@pytest.fixture
def start(design: Design, tmp_path: Path) -> Path:
    """A tagger whose every weight is a number of its own that half a float can hold."""
    network, _ = build_network(design, seed=1)
    state = {name: torch.randint(-900, 900, value.shape) / 64 for name, value in network.own_state().items()}
    save_checkpoint(tmp_path / "start", state, design)
    return tmp_path / "start"


def started(start: Path, design: Design, table: WordTable | None = None) -> tuple[dict[str, torch.Tensor], list[str]]:
    network, _ = build_network(design, seed=2, table=table)
    lines = start_from(start, network, design, table)
    return {name: value.detach() for name, value in network.own_state().items()}, lines


def test_a_tagger_of_the_same_design_is_taken_over_whole(start: Path, design: Design) -> None:
    state, lines = started(start, design)
    assert lines == [f"{len(state)} of {len(state)} tensors start from {start}"]
    again, _ = started(start, replace(design))
    assert all(torch.equal(state[name], again[name]) for name in state)


def test_types_start_as_those_they_are_called_here_and_others_anew(start: Path, design: Design) -> None:
    before, _ = started(start, design)
    types = ("PER", "corporation", "GADGET", "product")
    state, lines = started(start, replace(design, types=types))
    untouched = build_network(replace(design, types=types), seed=2)[0].own_state()
    assert "types: PER starts as PER, corporation starts as ORG, GADGET is new, product starts as OTHER" in lines
    old, new = tags_of(("PER", "LOC", "ORG", "OTHER")), tags_of(types)
    origin = {"PER": "PER", "corporation": "ORG", "product": "OTHER"}
    weight, transitions = "head.tag_scores.weight", "head.crf.transitions"
    for row, tag in enumerate(new):
        kind = origin.get(tag[2:])
        was = 0 if tag == "O" else old.index(tag[:2] + kind) if kind else None
        for name in (weight, "head.tag_scores.bias", "sight.answer.weight", "head.crf.start_transitions"):
            assert torch.equal(state[name][row], untouched[name][row] if was is None else before[name][was])
        if was is not None:
            assert state[transitions][row, 0] == before[transitions][was, 0]
            assert state[transitions][0, row] == before[transitions][0, was]


def test_the_first_styles_are_taken_over(start: Path, design: Design) -> None:
    before, _ = started(start, design)
    for styles in (1, 5):
        state, lines = started(start, replace(design, styles=styles))
        assert f"styles: 3 there, {styles} here" in lines
        count = min(styles, 3)
        assert torch.equal(state["corpus.weight"][:count], before["corpus.weight"][:count])


def test_a_run_without_pictures_keeps_the_eyes_and_the_trust_of_its_start(start: Path, design: Design) -> None:
    blind = replace(design, picture_encoder=None, region_width=0, options=replace(OPTIONS, trust=0.0))
    assert fitting_design(blind, start) == design
    assert fitting_design(blind, None) == blind
    assert fitting_design(replace(design, tagger="umt"), start).tagger == "umt"
    _, lines = started(start, blind)
    assert "left behind: sight" in lines
    _, lines = started(start, replace(design, picture_encoder="vgg16", region_width=9))
    assert "picture encoder: lite there, vgg16 here" in lines
    assert any(line.startswith("made anew: sight (") for line in lines)


def test_another_encoder_is_not_taken_for_the_same_though_it_fits(start: Path, design: Design, tmp_path: Path) -> None:
    other = tmp_path / "other-encoder"
    other.symlink_to(str(design.encoder))
    state, lines = started(start, replace(design, encoder=str(other)))
    assert f"encoder: {design.encoder} there, {other} here" in lines
    assert any(line.startswith("made anew: encoder (") for line in lines)
    assert not state["encoder.encoder.layer.0.attention.self.query.up"].any()


def test_an_encoder_that_is_trained_whole_starts_from_the_merged_adapters(start: Path, design: Design) -> None:
    adapted, _ = build_network(design, seed=2)
    start_from(start, adapted, design, None)
    layer = adapted.get_submodule("encoder.encoder.layer.0.attention.self.query")
    state, lines = started(start, replace(design, options=replace(OPTIONS, adapter_rank=0)))
    assert not any(line.startswith("made anew: encoder") for line in lines if "pooler" not in line)
    merged = layer.base.weight + layer.up @ layer.down
    torch.testing.assert_close(state["encoder.encoder.layer.0.attention.self.query.weight"], merged)


def test_adapters_start_as_the_nearest_to_those_of_another_rank(start: Path, design: Design, tmp_path: Path) -> None:
    query = "encoder.encoder.layer.0.attention.self.query"
    whole_design = replace(design, options=replace(OPTIONS, adapter_rank=0))
    whole, _ = started(start, whole_design)
    save_checkpoint(tmp_path / "whole", whole, whole_design)
    for place, rank in ((start, 3), (tmp_path / "whole", 2), (tmp_path / "whole", 1), (start, 1)):
        network, _ = build_network(other := replace(design, options=replace(OPTIONS, adapter_rank=rank)), seed=2)
        lines = start_from(place, network, other, None)
        assert f"rank of adapters: {2 if place == start else 0} there, {rank} here" in lines
        assert not any(line.startswith("made anew: encoder") for line in lines)
        layer = network.get_submodule(query)
        left, values, right = torch.linalg.svd(whole[f"{query}.weight"] - layer.base.weight)
        nearest = (left[:, :rank] * values[:rank]) @ right[:rank]
        torch.testing.assert_close(layer.up @ layer.down, nearest, rtol=2e-3, atol=0.1)  # of numbers in the hundreds
        torch.testing.assert_close(layer.base.bias, whole[f"{query}.bias"])


@pytest.mark.parametrize(("tagger", "options"), [("bert-crf", BertOptions()), ("umt", UmtOptions())])
def test_an_encoder_goes_over_to_a_papers_tagger_and_back(
    start: Path, design: Design, tmp_path: Path, tagger: str, options: object
) -> None:
    query = "encoder.layer.0.attention.self.query"
    papers = Design(tagger=tagger, options=options, encoder=design.encoder)
    whole, lines = started(start, papers)
    assert not any("made anew: encoder" in line for line in lines)
    save_checkpoint(tmp_path / "papers", whole, papers)
    merged = []
    for place in (start, tmp_path / "papers"):
        network, _ = build_network(design, seed=2)
        lines = start_from(place, network, design, None)
        assert not any("made anew: encoder" in line for line in lines)
        merged.append(network.get_submodule(f"encoder.{query}").merged().weight)
    torch.testing.assert_close(whole[f"encoder.model.{query}.weight"], merged[0])
    torch.testing.assert_close(merged[1], merged[0], rtol=2e-3, atol=0.1)


def test_words_keep_what_was_learned_of_them(tiny_vectors: Path, tmp_path: Path) -> None:
    options = BiLstmCrfOptions(letter_width=4, lstm_width=4)
    tables = [WordTable.build(tiny_vectors, [words]) for words in (("chad", "smith", "paris"), ("a", "paris", "chad"))]
    design = Design(tagger="bilstm-crf", options=options, vectors=str(tiny_vectors))
    network, _ = build_network(design, seed=1, table=tables[0])
    change = network.own_state()["encoder.change.weight"]
    with torch.no_grad():
        change.copy_(torch.arange(change.numel()).reshape(change.shape) / 8)
    save_checkpoint(tmp_path / "start", network.own_state(), design, tables[0])
    state, _ = started(tmp_path / "start", design, tables[1])
    for word in ("paris", "chad"):
        assert torch.equal(state["encoder.change.weight"][tables[1].id(word)], change[tables[0].id(word)])
    assert not state["encoder.change.weight"][tables[1].id("a")].any()


def test_a_tagger_of_which_nothing_fits_is_refused(start: Path, tiny_vectors: Path) -> None:
    table = WordTable.build(tiny_vectors, [("chad",)])
    options = BiLstmCrfOptions(letter_width=4, lstm_width=5)
    design = Design(tagger="bilstm-crf", options=options, vectors=str(tiny_vectors), types=("EVENT",))
    with pytest.raises(CheckpointError, match="nothing of this kg-transformer fits a bilstm-crf like that of the"):
        started(start, design, table)
