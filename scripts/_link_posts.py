"""The work of ``link-and-tag``: posts through the pipeline, results to a file or stdout, troubles to stderr."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts import _results_file
from scripts._cli import CommandError, check_file_place, say
from scripts._progress import Progress
from scripts._read_posts import PostNotes, Reading, read, with_fetched

if TYPE_CHECKING:
    from linker import Index, Pipeline, Post, PostError, Result, Settings

_JSON_ENDINGS = {".jsonl", ".json", ".ndjson"}
_SHOWN = 5  # bad lines and pictures that are named in the summary


@dataclass(frozen=True, slots=True)
class Job:
    """What ``link-and-tag`` was asked to do; the fields are its options, explained there."""

    index: Path
    settings: "Settings"
    out: Path | None
    form: str
    images: Path | None
    resume: bool
    errors: Path | None
    batch_size: int
    explain: bool
    reading: Reading = field(default_factory=Reading)


@dataclass(slots=True)
class _Seen:
    """What went by: for the summary, for the pictures of the report, and for going on from a stopped run."""

    posts: int = 0
    images: list[Path | None] = field(default_factory=list)
    bad_lines: list["PostError"] = field(default_factory=list)
    bad_pictures: list[str] = field(default_factory=list)
    notes: PostNotes = field(default_factory=PostNotes)


def link_posts(job: Job, source: str) -> None:
    """Read the posts of a file ("-": stdin), link them, and write the results."""
    if source != "-":
        with Path(source).open("rb"):  # find out now, not after the models are loaded
            pass
    seen = _Seen()
    with _open_pipeline(job) as pipeline, Progress() as progress:
        posts = _only_posts(read(source, job.images, job.reading), seen)
        results = _link(pipeline, with_fetched(posts, job.reading), job, seen, progress, total=_count_lines(source))
        if job.out is None or _results_file.is_special(job.out):
            _write(_render(results, seen.images, job, pipeline.index), job.out)
        else:
            done = _results_file.begin(job.out, _options(job, pipeline.index), resume=job.resume)
            _skip_done(posts, done, job.out)
            _results_file.append(job.out, results, flush_every=job.batch_size, explain=job.explain)
            written = _results_file.written(job.out)
            rendered = _render(written, seen.images, job, pipeline.index)
            _results_file.finish(job.out, None if job.form == "jsonl" else rendered)
    _summarise(seen, source, job)


def link_text(job: Job, text: str, image: str | None, *, readable: bool) -> None:
    """Link one text, and print it for a reader on a terminal, as JSON elsewhere."""
    from linker import post_from_json

    post = post_from_json({"id": "text", "text": text, "image": image}, folder=Path())
    with _open_pipeline(job) as pipeline:
        results = pipeline.process([post])
        if readable and sys.stdout.isatty():
            from scripts._show import print_result

            print_result(results[0], explain=job.explain)
        else:
            _write(
                _render(results, [post.image if isinstance(post.image, Path) else None], job, pipeline.index), job.out
            )


def _open_pipeline(job: Job) -> "Pipeline":
    from linker import Pipeline

    if job.out is not None:
        check_file_place("-o", job.out)
    if job.settings.cache is not None:
        check_file_place("--cache", job.settings.cache)
    pipeline = Pipeline.open(job.index, job.settings)
    if pipeline.memory.problem:
        say(pipeline.memory.problem)
    return pipeline


def _render(results: "Iterable[Result]", images: Sequence[Path | None], job: Job, index: "Index") -> Iterator[str]:
    """Results in the form that was asked for, in pieces of text."""
    if job.form == "html":
        from scripts.report import render_report

        return render_report(results, images, index)
    if job.form == "conll":
        from linker import result_to_conll

        return map(result_to_conll, results)
    return (_results_file.to_line(result, explain=job.explain) for result in results)


def _write(chunks: Iterable[str], out: Path | None) -> None:
    if out is not None:
        _results_file.write_whole(out, chunks)
        return
    for chunk in chunks:
        click.echo(chunk, nl=False)


def _only_posts(entries: Iterator["Post | PostError"], seen: _Seen) -> Iterator["Post"]:
    from linker import PostError

    for entry in entries:
        if isinstance(entry, PostError):
            seen.bad_lines.append(entry)
            continue
        seen.posts += 1
        seen.notes.note(entry)
        seen.images.append(entry.image if isinstance(entry.image, Path) else None)
        yield entry


def _options(job: Job, index: "Index") -> dict[str, object]:
    """What the results depend on, beside the posts."""
    settings = job.settings
    chosen = {
        "tagger": settings.tagger,
        "threshold": settings.theta,
        "hops": settings.hops,
        "min-link-score": settings.min_link_score,
        "explain": job.explain,
    }
    return {"index": index.manifest.identity, **chosen}


def _skip_done(posts: Iterator["Post"], done_ids: list[str | int], out: Path) -> None:
    passed = [post.id for post in islice(posts, len(done_ids))]
    for place, (done, found) in enumerate(zip_longest(done_ids, passed), 1):
        if done != found:
            raise CommandError(
                f"{_results_file.part_path(out)} is of other posts (result {place} is of {done!r}, the post there is "
                f"{found!r}): give the same posts, or leave out --resume to start anew"
            )
    if done_ids:
        say(f"going on after {len(done_ids):,} posts")


def _link(
    pipeline: "Pipeline", posts: Iterator["Post"], job: Job, seen: _Seen, progress: Progress, *, total: int
) -> "Iterator[Result]":
    known_problem = pipeline.memory.problem
    for result in pipeline.run(posts, batch_size=job.batch_size):
        if result.image_error:
            seen.bad_pictures.append(f"{result.id} ({result.image_error})")
        yield result
        progress("posts", seen.posts, total)
    if pipeline.memory.problem not in (None, known_problem):
        say(str(pipeline.memory.problem))


def _count_lines(source: str) -> int:
    if source == "-" or Path(source).suffix.lower() not in _JSON_ENDINGS:
        return 0
    with Path(source).open("rb") as file:
        return sum(1 for _ in file)


def _summarise(seen: _Seen, source: str, job: Job) -> None:
    """Say on stderr what could not be used; fail if there was nothing that could."""
    if job.errors is not None:
        rows = ({"line": bad.line, "reason": bad.reason, "text": bad.text} for bad in seen.bad_lines)
        _results_file.write_whole(job.errors, (json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    for note in seen.notes:
        say(note)
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
                f"{name}: none of its {len(seen.bad_lines):,} lines is a post: expected a text or tokens in each"
            )
        say(f"{name} holds no posts")


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def _first(texts: list[str]) -> str:
    more = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {more:,} more" if more > 0 else "")
