"""``link-and-tag``: posts in; tags, links and the evidence for them out."""

from pathlib import Path
from typing import Any

import click

from scripts._cli import FILE, FOLDER, Command, check_file_place, device, weights
from scripts._output_forms import FORMS, outputs, places_of
from scripts._read_posts import Reading, reading_options

_EXAMPLES = """
link-and-tag demo/index examples/posts/posts.jsonl -o results.jsonl
link-and-tag demo/index examples/posts/posts.jsonl -o results.jsonl -o results.csv -o results.html
link-and-tag demo/index --text "Chad looks great" --image examples/posts/images/chad-flag.jpg
cat posts.jsonl | link-and-tag demo/index - | head
link-and-tag demo/index posts.jsonl -o results.jsonl --resume
link-and-tag demo/index posts.jsonl -o results.jsonl --ray 10.0.0.1:6379
"""


@click.command(
    cls=Command,
    examples=_EXAMPLES,
    sections={
        "Posts": ("text", "image", "images", "errors"),
        "Output": ("outs", "form", "iris", "explain", "resume"),
        "Pictures": ("threshold", "hops", "weights"),
    },
    going_on="results so far are kept beside -o: the same command with --resume goes on from them",
)
@click.argument("index", type=FILE)
@click.argument("posts", required=False)
@outputs("Write here, not to stdout")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    show_default=False,
    help="What to write.  [default: as -o ends, jsonl on stdout]",
)
@click.option(
    "--tagger",
    default="default",
    metavar="NAME|DIR",
    help="The text tagger: default, base (larger and slower; needs an encoder that is installed apart), or a trained "
    "one's folder.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(-1, 1),
    default=0.9,
    help="Least cosine at which two pictures show the same entity.",
)
@click.option(
    "--second-look",
    type=click.Choice(["on", "off"]),
    default="on",
    callback=lambda _context, _option, value: value == "on",
    help="Look again, point by point, where no picture has that cosine; off is the papers' method alone.",
)
@click.option(
    "--hops",
    type=click.IntRange(0, 2),
    default=2,
    help="How far from what the text may mean the pictured entity may be.",
)
@click.option(
    "--min-link-score",
    type=click.FloatRange(0, 1),
    help="Say no entity whose probability is less than this.  [default: 0.25, that of the span counted in; none for "
    "mentions that come with a post, and for what the picture shows]",
)
@click.option(
    "--iris",
    type=click.Choice(["own", "dbpedia", "wikidata"]),
    default="own",
    help="Whose IRIs to give: the graph's own, or another graph's where owl:sameAs of the sources told them.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Say why each mention means its entity: every part of every score, and in words; and where the tagger looks "
    "at pictures, where each word looks.",
)
@click.option("--text", help="Read this one text instead of a file of posts.")
@click.option("--image", metavar="FILE", help="The picture of --text.")
@click.option(
    "--images",
    type=FOLDER,
    metavar="DIR",
    help="Folder that pictures are looked up in: relative paths, and IMGID.jpg for CoNLL.  [default: that of POSTS]",
)
@click.option(
    "--cache",
    metavar="FILE|none",
    help="The knowledge cache, or none.  [default: INDEX/cache.sqlite]",
    show_default=False,
)
@click.option(
    "--resume", is_flag=True, help="Go on from the results that a stopped run of the same command left beside -o."
)
@click.option(
    "--errors",
    type=FILE,
    metavar="FILE",
    help="Write the lines that are not posts here, with the reasons, as JSON lines.",
)
@click.option(
    "--batch-size", type=click.IntRange(1), default=32, help="Posts at once; the results do not depend on it."
)
@click.option(
    "--ray",
    metavar="[ADDRESS]",
    is_flag=False,
    flag_value="",
    help="Read on the machines of a Ray cluster, where INDEX and pictures are at the same places; without ADDRESS the "
    "cluster of RAY_ADDRESS, or this machine (docs/cluster.md).",
)
@reading_options
@weights
@device
def main(
    index: Path,
    posts: str | None,
    outs: tuple[Path, ...],
    form: str | None,
    text: str | None,
    image: str | None,
    images: Path | None,
    cache: str | None,
    resume: bool,
    errors: Path | None,
    batch_size: int,
    explain: bool,
    ray: str | None,
    **settings: Any,
) -> None:
    """Find, type and link the named entities of posts with the help of an index and the posts' pictures.

    INDEX is a directory that build-kg-index made. POSTS is a file of posts, or - for standard input: JSON ({"id",
    "text" or "tokens", "image", "caption", "mentions"}), a table with a header, Parquet, columns of words, or a text a
    line (docs/posts.md). The tagger is for English; names of the graph are found in any script.
    """
    from linker import Settings
    from scripts._link_posts import Job, link_posts, link_text

    if (text is None) == (posts is None):
        raise click.UsageError("give either POSTS or --text.")
    if image is not None and text is None:
        raise click.UsageError("--image needs --text: it is the picture of that text.")
    if resume and (not outs or posts is None):
        raise click.UsageError("--resume needs POSTS and -o: it goes on from the results kept beside OUT.")
    if form is not None and len(outs) > 1:
        raise click.UsageError("--format goes with one -o: of several, each is written as its name ends.")
    if errors is not None:
        check_file_place("--errors", errors)
    reading = Reading.take(settings)
    chosen = Settings.called(cache, explain=explain, **settings)
    places = places_of(outs, form, posts)
    job = Job(index, chosen, places, form or "jsonl", images, resume, errors, batch_size, explain, reading, ray)
    if text is not None:
        link_text(job, text, image, readable=form is None or bool(outs))
    else:
        link_posts(job, posts or "-")


if __name__ == "__main__":
    main()
