"""The work of ``evaluate-tagger``: the answers of a tagger to tagged posts, and all that can be said of them."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from scripts._cli import CommandError, say
from scripts._graph_context import GraphContext, encoder_of_index
from scripts._picture_features import DEFAULT_ENCODER, FEATURES, PictureFeatures, check_pictures

if TYPE_CHECKING:
    from ner import (
        Comparison,
        Confusion,
        Evaluation,
        Interval,
        PostCounts,
        TaggedPost,
        Tagger,
        TaggerInput,
        TaggerOutput,
        TypeTable,
        WrongPost,
    )
    from scripts._progress import Progress

PICTURES = ("right", "none", "wrong", "all")
"""What may stand beside a post in place of its own picture; ``all`` is each in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What ``evaluate-tagger`` was asked to do; the fields are its options and arguments, explained there."""

    tagger: str
    posts: Path
    types: Path | None
    against: str | None
    captions: Path | None
    images: Path | None
    picture_encoder: str | None
    picture_cache: Path | None
    index: Path | None
    pictures: str
    worst: int
    plot: Path | None
    samples: int
    seed: int
    device: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A tagger's answers in one setting; the last two by the reading of the tags, ``lenient`` or ``strict``."""

    outputs: list["TaggerOutput"]
    evaluation: "Evaluation"
    counts: Mapping[str, "PostCounts"]
    intervals: Mapping[str, Mapping[str, "Interval"]]

    def to_dict(self) -> dict[str, Any]:
        """Scores with their intervals as plain values."""
        values = self.evaluation.to_dict()
        for reading, groups in self.intervals.items():
            values[reading]["intervals"] = _plain(groups)
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that ``evaluate-tagger`` has to say."""

    # the scores with the right picture, none, a wrong one: those that were asked for, the main ones first
    pictures: Mapping[str, Scored]
    # each of them against none, where that was asked for: what the pictures are worth
    worth: Mapping[str, "Comparison"]
    confusion: "Confusion"  # what is taken for what in the main ones, by the lenient reading
    worst: Sequence["WrongPost"]  # the posts that are most wrong
    against: Scored | None  # the answers of the other tagger to the same posts
    comparison: Mapping[str, "Comparison"]  # the tagger against the other one, by group, by the lenient reading

    @property
    def main(self) -> Scored:
        """The scores that come first: with the posts' own pictures, where they were asked for."""
        return next(iter(self.pictures.values()))

    def to_dict(self, job: Job) -> dict[str, Any]:
        """Everything as plain values, with what was asked for."""
        values = {"tagger": job.tagger, "file": str(job.posts), **self.main.to_dict()}
        values["confusion"] = self.confusion.to_dict()
        worth = dict.fromkeys(self.pictures) | _plain(self.worth)
        values["pictures"] = {
            name: {**scored.to_dict(), "against_none": worth[name]} for name, scored in self.pictures.items()
        }
        if self.against is not None:
            comparison = _plain(self.comparison)
            values["against"] = {"tagger": job.against, **self.against.to_dict(), "comparison": comparison}
        values["worst"] = [post.to_dict() for post in self.worst]
        return values


def evaluate(job: Job, progress: "Progress") -> Report:
    """Tag the posts, in each setting, by each tagger, and score the answers.

    Raises:
        CommandError: There is nothing to evaluate, or no picture where one was asked for.
        NerError: A file or a tagger cannot be read, or no plot can be drawn.
        VisionError: The picture encoder cannot be had.
        OSError: A file or folder cannot be read or written.
    """
    from ner import (
        TYPES,
        check_plot,
        confusion_of_tags,
        load_tagger,
        plot_evaluation,
        tag_in_steps,
        type_table,
        unfamiliar,
        worst_posts,
    )

    if job.plot is not None:
        check_plot(job.plot)
    check_pictures(job.images, job.picture_cache)
    taggers = [load_tagger(name, device=job.device) for name in (job.tagger, job.against) if name is not None]
    told_apart = [getattr(tagger, "types", TYPES) for tagger in taggers]
    types = told_apart[0] if len(set(map(frozenset, told_apart))) == 1 else TYPES
    table = type_table(job.types, types=types)
    posts = _read(job, table)
    for line in unfamiliar(posts, getattr(taggers[0], "reads", None), types):
        say(f"note: {line}")
    inputs = _inputs(job, posts, taggers, progress)
    settings = _settings(job, posts, inputs)

    def score(tagger: "Tagger", setting: str, what: str) -> Scored:
        outputs = tag_in_steps(tagger, settings[setting], what=f"evaluate ({what})", progress=progress)
        return _score(job, posts, [_in_types(output, types, table) for output in outputs])

    pictures = {name: score(taggers[0], name, name) for name in settings}
    first, main = next(iter(pictures.items()))
    against = score(taggers[1], first, "the other tagger") if job.against is not None else None
    none = pictures.get("none")
    confusion = confusion_of_tags([post.tags for post in posts], [output.tags for output in main.outputs])
    if job.plot is not None:
        title = f"{job.tagger} on {job.posts.name}"
        plot_evaluation(job.plot, main.evaluation.lenient, main.intervals["lenient"], confusion, title=title)
    return Report(
        pictures=pictures,
        worth={name: _compare(job, one, none)["all"] for name, one in pictures.items() if none and one is not none},
        confusion=confusion,
        worst=worst_posts(posts, main.outputs, job.worst),
        against=against,
        comparison=_compare(job, main, against) if against else {},
    )


def _read(job: Job, types: "TypeTable") -> list["TaggedPost"]:
    from ner import captioned, read_captions, read_posts, with_captions

    posts = read_posts(job.posts, types=types, tell=say)
    if not posts:
        raise CommandError(f"{job.posts}: no posts: give a file of tagged posts")
    if job.captions is not None:
        posts = with_captions(posts, read_captions(job.captions))
        say(f"{job.captions}: {captioned(posts)}")
    return posts


def _in_types(output: "TaggerOutput", types: Sequence[str], table: "TypeTable") -> "TaggerOutput":
    """What a tagger found, by the types of the comparison, as gold is read; a type that is left out is nothing."""
    from ner import TagError, our_tag, spans_from_tags, tags_from_spans

    def ours(kind: str) -> str:
        try:
            return kind if kind in types else our_tag(f"B-{kind}", table)[2:]
        except TagError:
            return kind

    if all(span.type in types for span in output.spans):
        return output
    named = [replace(span, type=kind) for span in spans_from_tags(output.tags) if (kind := ours(span.type))]
    spans = tuple(replace(span, type=kind) for span in output.spans if (kind := ours(span.type)))
    return replace(output, tags=tags_from_spans(named, len(output.tags)), spans=spans)


def _inputs(
    job: Job, posts: Sequence["TaggedPost"], taggers: Sequence["Tagger"], progress: "Progress"
) -> list["TaggerInput"]:
    """The posts as the taggers see them, with what their pictures show where these are at hand."""
    from ner import tagger_input

    looking = [tagger for tagger in taggers if tagger.needs_regions]
    features = None
    encoder = encoder_of_index(job.index, job.picture_encoder) if job.index is not None else job.picture_encoder
    with ExitStack() as opened:
        if job.images is None:
            for name in sorted({tagger.name for tagger in looking}):
                say(f"note: {name} looks at pictures; --images DIR lets it see them")
        else:
            trained_with = [tagger.picture_encoder for tagger in looking if tagger.picture_encoder]
            folder = Path(opened.enter_context(TemporaryDirectory()))
            cache = job.picture_cache or _features_file(job.tagger) or folder / FEATURES
            encoder = encoder or next(iter(trained_with), DEFAULT_ENCODER)
            if other := next((name for name in trained_with if name != encoder), None):
                raise CommandError(f"picture encoder {encoder!r}: expected {other!r}, of a tagger: leave out --images")
            features = opened.enter_context(closing(PictureFeatures(job.images, cache, encoder, job.device)))
            say(str(features.prepare(posts, progress)))
            posts = features.informed(posts)
        if job.index is not None:
            posts = opened.enter_context(closing(GraphContext(job.index, features, job.device))).informed(posts)
        regions = features.regions if features and looking else lambda _: None
        return [replace(tagger_input(post), regions=regions(post)) for post in posts]


def _features_file(tagger: str) -> Path | None:
    """Where the run that trained a tagger keeps what it saw; None where there is no such folder or it is read-only."""
    return Path(tagger) / FEATURES if Path(tagger).is_dir() and os.access(tagger, os.W_OK) else None


def _settings(job: Job, posts: Sequence["TaggedPost"], inputs: list["TaggerInput"]) -> dict[str, list["TaggerInput"]]:
    """What the tagger is given in each setting that was asked for, the main one first."""
    from ner import has_picture, with_wrong_pictures, without_picture

    names = PICTURES[:-1] if job.pictures == "all" else (job.pictures,)
    if "wrong" in names and not any(map(has_picture, inputs)):
        raise CommandError(
            f"--pictures {job.pictures}: {job.posts} says nothing of pictures: give --images DIR or --captions TSV"
        )
    ways = {
        "right": lambda: inputs,
        "none": lambda: [without_picture(post) for post in inputs],
        "wrong": lambda: with_wrong_pictures(inputs, [post.image for post in posts], seed=job.seed),
    }
    return {name: ways[name]() for name in names}


def _score(job: Job, posts: Sequence["TaggedPost"], outputs: list["TaggerOutput"]) -> Scored:
    from ner import Evaluation, count_posts, f1_intervals, score_counts

    gold, found = [post.tags for post in posts], [output.tags for output in outputs]
    counts = {name: count_posts(gold, found, strict=name == "strict") for name in ("lenient", "strict")}
    intervals = {name: f1_intervals(value, samples=job.samples, seed=job.seed) for name, value in counts.items()}
    evaluation = Evaluation(len(posts), sum(map(len, gold)), *map(score_counts, counts.values()))
    return Scored(outputs, evaluation, counts, intervals)


def _compare(job: Job, one: Scored, other: Scored) -> Mapping[str, "Comparison"]:
    from ner import compare_counts

    return compare_counts(one.counts["lenient"], other.counts["lenient"], samples=job.samples, seed=job.seed)


def _plain(values: Mapping[str, "Interval"] | Mapping[str, "Comparison"]) -> dict[str, Any]:
    return {name: value.to_dict() for name, value in values.items()}
