"""The kg-sample posts: reading them with their gold answers, and the index that is built from its graph."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kg import canonical_iri
from linker import BuildSettings, GivenMention, Post, update_index

SHARED = Path(os.environ.get("KGMNER_SHARED", Path(__file__).parents[2] / "shared"))
WORK = Path(os.environ.get("KGMNER_BENCH", Path(__file__).parents[1] / "bench-data"))
SAMPLE = SHARED / "data" / "kg-sample"
TRAIN = 400
"""The first 400 posts are for tuning, the last 200 for reporting."""


@dataclass(frozen=True, slots=True)
class GoldPost:
    """A post of the sample with its gold answers.

    Attributes:
        post: The post, without mentions.
        tags: Gold BIO tags.
        links: (start, end, type, IRI or None) of each gold mention.
        image_entity: IRI of the pictured entity; None where the picture is of nothing near.
    """

    post: Post
    tags: tuple[str, ...]
    links: tuple[tuple[int, int, str, str | None], ...]
    image_entity: str | None

    @property
    def with_gold_mentions(self) -> Post:
        """The same post, its mentions given (without their types)."""
        given = tuple(GivenMention(start, end) for start, end, _, _ in self.links)
        return Post(self.post.id, self.post.tokens, self.post.image, self.post.caption, given, self.post.line)


def read_sample() -> Sequence[GoldPost]:
    """Read the 600 posts."""
    folder = SAMPLE / "posts"
    posts = []
    for number, line in enumerate((folder / "posts.jsonl").read_text("utf-8").splitlines(), start=1):
        data = json.loads(line)
        posts.append(
            GoldPost(
                post=Post(data["id"], tuple(data["tokens"]), folder / data["image"], line=number),
                tags=tuple(data["tags"]),
                links=tuple((link["start"], link["end"], link["type"], _iri(link["entity"])) for link in data["links"]),
                image_entity=_iri(data["image_entity"]),
            )
        )
    return posts


def _iri(iri: str | None) -> str | None:
    """The graph's one form of an IRI: some of the gold ones are percent-encoded."""
    return canonical_iri(iri) if iri else None


def sample_index() -> Path:
    """Build the sample's index, bring one that an older version made up to date, or find it built."""
    index = WORK / "kg-sample-index"
    update_index(index, BuildSettings(sources=[SAMPLE / "kg" / "dumps"], images_dir=SAMPLE / "kg" / "images"))
    return index
