"""The work of ``link-and-tag``: posts through the pipeline, results to a file or stdout, troubles to stderr."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts._cli import CommandError, say
from scripts._part import (
    Record,
    flush_to_disk,
    is_special,
    keep_whole_lines,
    part_path,
    read_records,
    replace_whole,
    settings_path,
    write_record,
)
from scripts._progress import Progress

if TYPE_CHECKING:
    from linker import Index, Pipeline, Post, PostError

_SHOWN = 5  # bad lines and pictures that are named in the summary


@dataclass(frozen=True, slots=True)
class Job:
    """What ``link-and-tag`` was asked to do; the fields are its options."""

    index: Path
    out: Path | None
    form: str
    tagger: str
    theta: float
    hops: int
    images: Path | None
    cache: Path | None
    keep_cache: bool
    resume: bool
    errors: Path | None
    batch_size: int
    weights: Path | None
    device: str


@dataclass(slots=True)
class _Seen:
    """What went by: for the summary, for the report's pictures, and for going on from a stopped run."""

    posts: int = 0
    images: list[Path | None] = field(default_factory=list)
    bad_lines: list["PostError"] = field(default_factory=list)
    bad_pictures: list[str] = field(default_factory=list)


def link_posts(job: Job, source: str) -> None:
    """Read the posts of a file ("-": stdin), link them, and write the results."""
    _check_places(job, source)
    seen = _Seen()
    with open_pipeline(job) as pipeline, Progress() as progress:
        posts = _only_posts(_read(source, job.images), seen)
        kept = None if job.out is None or is_special(job.out) else job.out
        if kept is not None:
            _skip_done(posts, _begin(job, kept, pipeline.index), kept)
        records = _link(pipeline, posts, job, seen, progress, total=_count_lines(source))
        if kept is not None:
            _write_out(records, kept, job, seen, pipeline.index)
        elif job.out is not None:
            replace_whole(job.out, _stream(records, job, seen, pipeline.index))
        else:
            for chunk in _stream(records, job, seen, pipeline.index):
                click.echo(chunk, nl=False)
    _summarise(seen, source, job)


def link_text(job: Job, text: str, image: str | None, *, readable: bool) -> None:
    """Link one text, and print it for a reader on a terminal, as JSON elsewhere."""
    from linker import post_from_json, result_to_json

    post = post_from_json({"id": "text", "text": text, "image": image}, folder=Path())
    with open_pipeline(job) as pipeline:
        [result] = pipeline.process([post])
        record = result_to_json(result)
        if readable and sys.stdout.isatty():
            from scripts._rendering import print_result

            print_result(record)
        elif job.out is not None:
            replace_whole(job.out, render([record], [post.image], job.form, pipeline.index))
        else:
            for chunk in render([record], [post.image], job.form, pipeline.index):
                click.echo(chunk, nl=False)


def open_pipeline(job: Job) -> "Pipeline":
    """Open the pipeline that a job asks for."""
    from linker import Pipeline

    pipeline = Pipeline.open(
        job.index,
        tagger=job.tagger,
        theta=job.theta,
        hops=job.hops,
        device=job.device,
        weights=job.weights,
        cache=job.cache,
        keep_cache=job.keep_cache,
    )
    if pipeline.memory.problem:
        say(pipeline.memory.problem)
    return pipeline


def render(
    records: list[Record] | Iterator[Record], images: list[Path | None], form: str, index: "Index"
) -> Iterator[str]:
    """Results in the form that was asked for, in pieces of text."""
    if form == "html":
        from scripts.report import render_report

        yield from render_report(records, images, index)
    elif form == "conll":
        from scripts._conll import to_conll

        yield from map(to_conll, records)
    else:
        yield from map(write_record, records)


def _check_places(job: Job, source: str) -> None:
    """Find out now, not after the models are loaded, that the posts or the place for the results are not there."""
    if source != "-":
        with Path(source).open("rb"):
            pass
    if job.out is not None and not job.out.parent.is_dir():
        raise CommandError(f"-o {job.out}: there is no folder {job.out.parent}: make it first")


def _read(source: str, images: Path | None) -> Iterator["Post | PostError"]:
    from linker import read_json_lines, read_posts

    if source == "-":
        return read_json_lines(sys.stdin.buffer, folder=images or Path())
    return read_posts(Path(source), pictures=images)


def _only_posts(entries: Iterator["Post | PostError"], seen: _Seen) -> Iterator["Post"]:
    from linker import PostError

    for entry in entries:
        if isinstance(entry, PostError):
            seen.bad_lines.append(entry)
            continue
        seen.posts += 1
        seen.images.append(entry.image)
        yield entry


def _begin(job: Job, out: Path, index: "Index") -> list[str | int]:
    """Make ready to write beside `out`.

    Returns:
        The ids of the posts that a stopped run has done; without --resume, none.

    Raises:
        CommandError: The stopped run had other options, so that its results would not go with ours.
    """
    part, settings = part_path(out), settings_path(out)
    ours = {"index": index.manifest.identity, "tagger": job.tagger, "threshold": job.theta, "hops": job.hops}
    if job.resume and part.exists():
        theirs = json.loads(settings.read_text("utf-8")) if settings.exists() else ours
        other = ", ".join(f"{name} {theirs.get(name)!r}" for name in ours if theirs.get(name) != ours[name])
        if other:
            raise CommandError(f"{part} was made with {other}: give the same, or leave out --resume to start anew")
        return keep_whole_lines(part)
    if part.exists():
        say(f"{part}: replacing what a stopped run left (--resume goes on from it)")
        part.unlink()
    settings.write_text(json.dumps(ours), "utf-8")
    return []


def _skip_done(posts: Iterator["Post"], done_ids: list[str | int], out: Path) -> None:
    passed = [post.id for post in islice(posts, len(done_ids))]
    for place, (done, found) in enumerate(zip_longest(done_ids, passed), 1):
        if done != found:
            raise CommandError(
                f"{part_path(out)} is of other posts (result {place} is of {done!r}, the post there is {found!r}): "
                "give the same posts, or leave out --resume to start anew"
            )
    if done_ids:
        say(f"going on after {len(done_ids):,} posts")


def _link(
    pipeline: "Pipeline", posts: Iterator["Post"], job: Job, seen: _Seen, progress: Progress, *, total: int
) -> Iterator[Record]:
    from linker import result_to_json

    for result in pipeline.run(posts, batch_size=job.batch_size):
        if result.image_error:
            seen.bad_pictures.append(f"{result.id} ({result.image_error})")
        yield result_to_json(result)
        progress("posts", seen.posts, total)


def _stream(records: Iterator[Record], job: Job, seen: _Seen, index: "Index") -> Iterator[str]:
    # A page needs all the results; lines can go out as they come.
    ready = list(records) if job.form == "html" else records
    return render(ready, seen.images, job.form, index)


def _write_out(records: Iterator[Record], out: Path, job: Job, seen: _Seen, index: "Index") -> None:
    """Keep results beside `out` as they come, and put `out` in its place when all are there."""
    part = part_path(out)
    with part.open("a", encoding="utf-8", newline="\n") as file:
        for number, record in enumerate(records, 1):
            file.write(write_record(record))
            if number % job.batch_size == 0:
                file.flush()
        file.flush()
        flush_to_disk(file.fileno())
    if job.form == "jsonl":
        part.replace(out)
    else:
        replace_whole(out, render(read_records(part), seen.images, job.form, index))
        part.unlink()
    settings_path(out).unlink(missing_ok=True)


def _count_lines(source: str) -> int:
    if source == "-" or Path(source).suffix.lower() not in {".jsonl", ".json", ".ndjson"}:
        return 0
    with Path(source).open("rb") as file:
        return sum(1 for _ in file)


def _summarise(seen: _Seen, source: str, job: Job) -> None:
    """Say on stderr what could not be used; fail if there was nothing that could."""
    if job.errors is not None:
        rows = ({"line": bad.line, "reason": bad.reason, "text": bad.text} for bad in seen.bad_lines)
        replace_whole(job.errors, (json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    if seen.bad_pictures:
        say(f"{_count(seen.bad_pictures, 'picture')} not used: {_first(seen.bad_pictures)}")
    if seen.bad_lines:
        lines = _first([f"line {bad.line} {bad.reason}" for bad in seen.bad_lines])
        hint = "" if job.errors else " (--errors FILE writes them out)"
        say(f"{_count(seen.bad_lines, 'line')} skipped: {lines}{hint}")
    if not seen.posts:
        name = "standard input" if source == "-" else source
        if seen.bad_lines:
            raise CommandError(
                f"{name}: none of its {len(seen.bad_lines):,} lines is a post: expected JSON with text or tokens"
            )
        say(f"{name} holds no posts")


def _count(things: list[str] | list["PostError"], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def _first(texts: list[str]) -> str:
    more = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {more:,} more" if more > 0 else "")
