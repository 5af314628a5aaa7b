"""The work of ``link-and-tag``: posts through the pipeline, results to a file or stdout, troubles to stderr."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import _results_file
from scripts._cli import CommandError, check_file_place, counted, say, some
from scripts._output_forms import STREAMED, Source, is_special, write_results
from scripts._progress import Progress
from scripts._read_posts import PostNotes, Reading, read, with_fetched

if TYPE_CHECKING:
    from kgmner import OnRay
    from linker import Index, Pipeline, Post, PostError, Result, Settings

_SHOWN = 5  # bad lines and pictures that are named in the summary


@dataclass(frozen=True, slots=True)
class Job:
    """What ``link-and-tag`` was asked to do; the fields are its options, explained there."""

    index: Path
    settings: "Settings"
    outs: Mapping[Path, str]  # where to write, and in which form
    form: str  # of what goes to stdout, where there are no such places
    images: Path | None
    resume: bool
    errors: Path | None
    batch_size: int
    explain: bool
    reading: Reading = field(default_factory=Reading)
    ray: str | None = None  # the address of a cluster of Ray's to read on; "": a new one on this machine; None: here


@dataclass(slots=True)
class _Seen:
    """What went by: for the summary, for the pictures of the report, and for going on from a stopped run."""

    posts: int = 0
    images: list[Path | bytes | None] | None = None  # of the posts; None: nobody needs them
    hidden_fields: set[str] = field(default_factory=set)
    bad_lines: list["PostError"] = field(default_factory=list)
    bad_pictures: list[str] = field(default_factory=list)
    notes: PostNotes = field(default_factory=PostNotes)

    def note_picture(self, result: "Result | _results_file.Done") -> None:
        """Note the picture of a result, if it could not be used."""
        if result.image_error:
            is_missing = result.image_error == "no such file"
            self.bad_pictures.append(f"{result.id} ({result.image_error}{f': {result.image}' if is_missing else ''})")


def link_posts(job: Job, source: str) -> None:
    """Read the posts of a file ("-": stdin), link them, and write the results."""
    if source != "-" and "://" not in source and not Path(source).is_fifo():  # which can be opened but once
        with Path(source).open("rb"):  # find out now, not after the models are loaded
            pass
    seen = _Seen(images=[] if "html" in _forms(job) else None)
    written = [*job.outs, *([job.errors] if job.errors else [])]
    with _results_file.hold(written), _open_pipeline(job) as pipeline, Progress() as progress:
        posts = _only_posts(read(source, job.images, job.reading), seen)
        fetched = _noted(with_fetched(posts, job.reading), seen)
        results = _link(pipeline, fetched, job, seen, progress, total=_count_lines(source))
        files = [out for out in job.outs if not is_special(out)]
        if files:
            _write_by_way_of_file(files, posts, results, seen, job, pipeline)
        else:
            is_kept = len(job.outs) > 1 or not _forms(job) <= set(STREAMED)
            found = list(results) if is_kept else results
            _write(job, Source(lambda: found, job.explain, lambda: seen.images or (), pipeline.index))
        _say_unknown(pipeline)
        _summarise(seen, source, job)


def _write_by_way_of_file(
    files: Sequence[Path],
    posts: Iterator["Post"],
    results: "Iterator[Result]",
    seen: _Seen,
    job: Job,
    pipeline: "Pipeline | OnRay",
) -> None:
    """Write results as they come beside one of the files, where a stopped run leaves them, and then to every place."""
    place = _results_file.waiting_place(files)
    explain = job.explain or "html" in _forms(job)  # the page says why
    options = _options(job, pipeline.index) | {"explain": explain}
    _skip_done(posts, _results_file.begin(place, options, resume=job.resume), place, seen)
    _results_file.append(place, results, flush_every=job.batch_size, explain=explain)
    as_written = job.outs[place] == "jsonl" and explain == job.explain
    source = Source(lambda: _results_file.written(place), job.explain, lambda: seen.images or (), pipeline.index)
    _write(job, source, but=place if as_written else None)
    _results_file.finish(place, as_written=as_written)


def link_text(job: Job, text: str, image: str | None, *, readable: bool) -> None:
    """Link one text, and print it for a reader on a terminal, as JSON elsewhere; files are written too."""
    from linker import post_from_json

    post = post_from_json({"id": "text", "text": text, "image": image}, folder=Path())
    with _results_file.hold(job.outs), _open_pipeline(job, pictures=image is not None) as pipeline:
        results = list(pipeline.run([post]))
        is_shown = readable and sys.stdout.isatty()
        if is_shown:
            import click

            from scripts._decisions import passed_over_in_words
            from scripts._show import print_result

            print_result(results[0], explain=job.explain)
            for line in passed_over_in_words(results[0], pipeline.index) if job.explain else ():
                click.echo(f"  {line}")
        if job.outs or not is_shown:
            _write(job, Source(lambda: results, job.explain, lambda: [post.image], pipeline.index))
            if results[0].image_error:
                say(f"picture not used: {image} ({results[0].image_error})")
        _say_unknown(pipeline)


def _open_pipeline(job: Job, *, pictures: bool = True) -> "Pipeline | OnRay":
    from linker import Pipeline

    if job.settings.cache is not None:
        check_file_place("--cache", job.settings.cache)
    if job.ray is not None:
        from kgmner import OnRay

        on_ray = OnRay(job.index, job.settings, job.ray)
        say(on_ray.told)
        return on_ray
    pipeline = Pipeline.open(job.index, job.settings, pictures=pictures)
    if pipeline.memory.problem:
        say(pipeline.memory.problem)
    tagger, encoder = pipeline.tagger, pipeline.encoder
    if encoder is not None and tagger.needs_regions and not pipeline.shows_regions:
        say(
            f"note: tagger {job.settings.tagger} looks at pictures by {tagger.picture_encoder}, the index was built by "
            f"{encoder.name}: it reads the posts without looking at theirs"
        )
    return pipeline


def _say_unknown(pipeline: "Pipeline | OnRay") -> None:
    """Say which linked entities kept their own IRIs, as the other graph's are not known; on Ray nobody counts them."""
    from linker import Pipeline

    if isinstance(pipeline, Pipeline) and pipeline.other_iris and (unknown := sorted(pipeline.other_iris.unknown)):
        wanted = pipeline.settings.iris
        say(
            f"{counted(len(unknown), 'linked entity', 'linked entities')} kept their own IRI, as the graph does not"
            f" know {wanted}'s ({some(unknown)}): build it with a file of owl:sameAs that leads to {wanted}"
        )


def _forms(job: Job) -> set[str]:
    """The forms in which results are written."""
    return set(job.outs.values()) or {job.form}


def _write(job: Job, source: Source, *, but: Path | None = None) -> None:
    """Write results to every place but one, or to stdout where there is none."""
    for out, form in job.outs.items():
        if out != but:
            _results_file.write_whole(out, partial(write_results, form, source))
    if not job.outs:
        write_results(job.form, source, sys.stdout.buffer)


def _only_posts(entries: Iterator["Post | PostError"], seen: _Seen) -> Iterator["Post"]:
    from linker import RESULT_FIELDS, PostError

    for entry in entries:
        if isinstance(entry, PostError):
            seen.bad_lines.append(entry)
            continue
        seen.posts += 1
        seen.notes.note(entry)
        seen.hidden_fields |= RESULT_FIELDS & entry.fields.keys()
        if seen.images is not None:
            seen.images.append(entry.image)
        yield entry


def _noted(posts: Iterator["Post"], seen: _Seen) -> Iterator["Post"]:
    """The posts, with small copies of pictures that lie in no file, as the page has them: of the last that was read."""
    from linker import make_thumbnail

    for post in posts:
        if seen.images is not None and isinstance(post.image, bytes):
            seen.images[-1] = make_thumbnail(post.image)
        yield post


def _options(job: Job, index: "Index") -> dict[str, object]:
    """What the results depend on, beside the posts."""
    settings = job.settings
    chosen = {
        "tagger": settings.tagger,
        "threshold": settings.threshold,
        "hops": settings.hops,
        "second-look": settings.second_look,
        "min-link-score": settings.min_link_score,
        "iris": settings.iris,
        "field": dict(job.reading.names),
        "images": str(job.images.resolve()) if job.images else None,
        "fetch-images": job.reading.fetch is not None,
    }
    return {"index": index.manifest.identity, **chosen}


def _skip_done(posts: Iterator["Post"], all_done: Sequence[_results_file.Done], out: Path, seen: _Seen) -> None:
    """Pass over the posts whose results are there, and see of them what those of this run are seen to have."""
    for place, done in enumerate(all_done, 1):
        post = next(posts, None)
        if post is None or post.id != done.id:
            found = f"the post there is {post.id!r}" if post else f"there are {counted(place - 1, 'post')}"
            raise CommandError(
                f"{_results_file.part_path(out)} is of other posts (result {place} is of {done.id!r}, {found}): "
                "give the same posts, or leave out --resume to start anew"
            )
        seen.note_picture(done)
    if all_done:
        say(f"going on after {counted(len(all_done), 'post')}")


def _link(
    pipeline: "Pipeline | OnRay", posts: Iterator["Post"], job: Job, seen: _Seen, progress: Progress, *, total: int
) -> "Iterator[Result]":
    known_problem, passed = pipeline.memory.problem, seen.posts
    for done, result in enumerate(pipeline.run(posts, batch_size=job.batch_size), 1):
        seen.note_picture(result)
        yield result
        progress("posts", passed + done + len(seen.bad_lines), total)
    if pipeline.memory.problem not in (None, known_problem):
        say(str(pipeline.memory.problem))


def _count_lines(source: str) -> int:
    """How many posts a file of JSON lines has; 0 (not known) for any other, where a post is no line."""
    if not Path(source).is_file():  # a pipe can be read only once
        return 0
    with Path(source).open("rb") as file:
        lines = (line for line in file if not line.isspace())
        try:
            is_object = isinstance(json.loads(next(lines, b"")), dict)
        except (ValueError, RecursionError):
            return 0
        count = 1 + sum(1 for _ in lines)
    return count if is_object and count > 1 else 0  # a single one may hold all posts


def _summarise(seen: _Seen, source: str, job: Job) -> None:
    """Say on stderr what could not be used; fail if there was nothing that could."""
    if job.errors is not None:
        rows = ({"line": bad.line or None, "reason": bad.reason, "text": bad.text} for bad in seen.bad_lines)
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        _results_file.write_whole(job.errors, lambda file: file.write("".join(lines).encode()))
    if seen.hidden_fields:
        say(
            f"the posts' own {', '.join(sorted(seen.hidden_fields))} did not come out again, as results have fields "
            "called so: call them otherwise to keep them"
        )
    for note in seen.notes:
        say(note)
    if seen.bad_pictures:
        is_lost = job.images is None and any("(no such file: " in picture for picture in seen.bad_pictures)
        hint = "; --images DIR says where they are" if is_lost else ""
        say(f"{counted(len(seen.bad_pictures), 'picture')} not used: {some(seen.bad_pictures, most=_SHOWN)}{hint}")
    if seen.bad_lines:
        lines = [f"line {bad.line} {bad.reason}" if bad.line else bad.reason for bad in seen.bad_lines]
        hint = "" if job.errors else " (--errors FILE writes them out)"
        nameless = [bad.reason for bad in seen.bad_lines if bad.reason.startswith('has neither "text"')]
        if nameless and not any("--field" in reason for reason in nameless):
            hint += "; --field text=NAME says what the text is called, or text=record.text where it is in another field"
        say(f"{counted(len(seen.bad_lines), 'line')} skipped: {some(lines, most=_SHOWN)}{hint}")
    if not seen.posts:
        name = "standard input" if source == "-" else source
        if seen.bad_lines:
            bad = counted(len(seen.bad_lines), "line")
            raise CommandError(f"{name}: none of its {bad} is a post: expected a text or tokens in each")
        say(f"{name} holds no posts")
