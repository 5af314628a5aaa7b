"""Spans and BIO tags: two readings, and the round trip."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner.errors import TagError
from ner.spans import TAGS, TYPES, Span, repair_tags, spans_from_tags, tags_from_spans

sentences = st.lists(st.sampled_from(TAGS), max_size=12)


def seqeval_spans(tags):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from seqeval.metrics.sequence_labeling import get_entities
    return [Span(start, end + 1, kind) for kind, start, end in get_entities(tags)]


def seqeval_strict_spans(tags):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from seqeval.scheme import IOB2, Entities
    return [Span(e.start, e.end, e.tag) for e in Entities([tags], IOB2).entities[0]]


@settings(deadline=None)
@given(sentences)
def test_the_lenient_reading_is_seqevals_default(tags):
    assert list(spans_from_tags(tags)) == seqeval_spans(tags)


@settings(deadline=None)
@given(sentences)
def test_the_strict_reading_is_seqevals_strict_iob2(tags):
    assert list(spans_from_tags(tags, strict=True)) == seqeval_strict_spans(tags)


@settings(deadline=None)
@given(sentences)
def test_repaired_tags_spell_the_same_entities_in_both_readings(tags):
    repaired = repair_tags(tags)
    assert spans_from_tags(repaired) == spans_from_tags(repaired, strict=True) == spans_from_tags(tags)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from(TYPES)), max_size=5))
def test_spans_to_tags_and_back(pieces):
    spans, at = [], 0
    for gap, length, kind in pieces:
        spans.append(Span(at + gap, at + gap + length, kind))
        at += gap + length
    assert spans_from_tags(tags_from_spans(spans, at + 1)) == tuple(spans)


def test_an_orphan_opens_an_entity_only_leniently():
    tags = ("O", "I-PER", "I-PER", "B-LOC", "I-ORG")
    assert spans_from_tags(tags) == (Span(1, 3, "PER"), Span(3, 4, "LOC"), Span(4, 5, "ORG"))
    assert spans_from_tags(tags, strict=True) == (Span(3, 4, "LOC"),)


@pytest.mark.parametrize("tag", ["", "B", "B-", "X-PER", "PER", "b-PER"])
def test_other_tags_are_named(tag):
    with pytest.raises(TagError, match="is not 'O'"):
        spans_from_tags(["O", tag])


@pytest.mark.parametrize("spans", [[Span(0, 0, "PER")], [Span(1, 4, "PER")], [Span(0, 2, "PER"), Span(1, 3, "LOC")]])
def test_impossible_spans_are_refused(spans):
    with pytest.raises(ValueError, match=r"span|lie within"):
        tags_from_spans(spans, 3)
