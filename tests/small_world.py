"""A small graph with drawn pictures, and a tagger that needs no weights: what the linker is tested in."""

import csv
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from ner import ScoredSpan, TaggerInput, TaggerOutput

FLAGS = {
    "Chad": [(0, 38, 100), (254, 203, 0), (198, 12, 48)],
    "Ireland": [(22, 155, 98), (255, 255, 255), (255, 136, 62)],
    "Mali": [(20, 181, 58), (252, 209, 22), (206, 17, 38)],
}


def draw_flag(name: str) -> Image.Image:
    """Three upright stripes."""
    flag = Image.new("RGB", (300, 200))
    pen = ImageDraw.Draw(flag)
    for place, colour in enumerate(FLAGS[name]):
        pen.rectangle((place * 100, 0, place * 100 + 99, 199), fill=colour)
    return flag


def draw_portrait() -> Image.Image:
    """A head and shoulders, more or less."""
    portrait = Image.new("RGB", (200, 260), (90, 110, 140))
    pen = ImageDraw.Draw(portrait)
    pen.ellipse((20, 170, 180, 400), fill=(40, 40, 45))
    pen.ellipse((60, 50, 140, 170), fill=(214, 170, 140))
    pen.pieslice((55, 40, 145, 130), 180, 360, fill=(60, 40, 30))
    return portrait


def write_graph(folder: Path) -> Path:
    """Write the tables and pictures of the graph into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FLAGS:
        draw_flag(name).save(folder / f"{name}.png")
    draw_portrait().save(folder / "Smith.png")
    (folder / "Broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    rows = [
        ("urn:Chad", "Chad", "LOC", "country", "", "Chad.png"),
        ("urn:Ireland", "Ireland", "LOC", "country", "Eire", "Ireland.png"),
        ("urn:Mali", "Mali", "LOC", "country", "", "Mali.png"),
        ("urn:Dublin", "Dublin", "LOC", "city", "", ""),
        ("urn:Liffey", "Liffey", "LOC", "river", "", "Broken.png"),
        ("urn:Chad_Smith", "Chad Smith", "PER", "musician", "Chad", "Smith.png"),
        ("urn:Band", "Red Hot Chili Peppers", "ORG", "band", "RHCP", "none.png"),
    ]
    triples = [
        ("urn:Ireland", "urn:capital", "urn:Dublin"),
        ("urn:Liffey", "urn:flowsThrough", "urn:Dublin"),
        ("urn:Chad_Smith", "urn:memberOf", "urn:Band"),
    ]
    with (folder / "entities.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("iri", "label", "type", "class", "aliases", "image"), *rows])
    with (folder / "triples.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("subject", "predicate", "object"), *triples])
    return folder


class CapitalsTagger:
    """Tags each run of capitalised words: a person, or what the first fact about it says."""

    name = "capitals"
    needs_regions = False
    picture_encoder: str | None = None

    def __init__(self) -> None:
        self.seen: list[TaggerInput] = []

    def tag(self, posts: Sequence[TaggerInput]) -> list[TaggerOutput]:
        """Tag posts."""
        self.seen.extend(posts)
        return [self._tag(post) for post in posts]

    def _tag(self, post: TaggerInput) -> TaggerOutput:
        tags, spans = ["O"] * len(post.tokens), []
        kind = "LOC" if any(fact[2] == "country" for fact in post.knowledge) else "PER"
        for place, token in enumerate(post.tokens):
            if token[:1].isupper():
                tags[place] = f"B-{kind}"
                scores = tuple((name, 0.7 if name == kind else 0.1) for name in ("PER", "LOC", "ORG", "OTHER"))
                spans.append(ScoredSpan(place, place + 1, kind, 0.9, scores))
        return TaggerOutput(tuple(tags), tuple(spans))
