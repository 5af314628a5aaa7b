"""Make the example graph and the example posts: `python examples/make_examples.py`.

What it makes is committed, so this runs only when an example changes. It needs the `examples` extra
(scikit-image and matplotlib, for the photographs that ship inside them) and no network.
"""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import drawing
import numpy as np
from graph_tables import entity_rows, iri, triple_rows
from PIL import Image, ImageEnhance, ImageOps

HERE = Path(__file__).parent
GRAPH = HERE / "graph"
POSTS = HERE / "posts"

CHAD = ("#002664", "#fecb00", "#c60c30")
ROMANIA = ("#002b7f", "#fcd116", "#ce1126")  # a shade away from Chad: a hard case on purpose
RED, WHITE = "#ce1126", "#ffffff"

DRAWN: dict[str, Callable[[], Image.Image]] = {
    "Flag_of_Chad": lambda: drawing.vertical_bands(*CHAD),
    "Flag_of_Romania": lambda: drawing.vertical_bands(*ROMANIA),
    "Flag_of_Jordan": drawing.flag_of_jordan,
    "Flag_of_Georgia": drawing.flag_of_georgia,
    "Flag_of_Georgia_(U.S._state)": drawing.flag_of_georgia_state,
    "Flag_of_Poland": lambda: drawing.horizontal_bands("#ffffff", "#dc143c", size=(352, 220)),
    "Flag_of_Indonesia": lambda: drawing.horizontal_bands(RED, WHITE),
    "Flag_of_Monaco": lambda: drawing.horizontal_bands(RED, WHITE, size=(300, 240)),
    "Chad_Smith_poster": drawing.poster_of_drummer,
    "Michael_Jordan_poster": drawing.poster_of_jersey,
    "Phil_Collins_poster": drawing.poster_of_singer,
    "Edward_Hopper_poster": drawing.poster_of_painter,
    "Chelsea_FC_poster": drawing.poster_of_scarf,
}

# id, text (or tokens), picture, what a person reads: {mention: entity, or several where it stays open}, what is shown
POST_ROWS: list[tuple[str, str | list[str], str | None, dict[str, str], str | None]] = [
    ("chad-flag", "Chad looks great", "Flag_of_Chad", {"Chad": "Chad"}, "Chad"),
    ("chad-drummer", "Chad looks great", "Chad_Smith_poster", {"Chad": "Chad_Smith"}, "Chad_Smith"),
    ("chad-no-picture", "Chad looks great", None, {"Chad": "Chad or Chad_Smith"}, None),
    (
        "romania-not-chad",
        "Chad or Romania? I can never tell the flags apart",
        "Flag_of_Romania",
        {"Chad": "Chad", "Romania": "Romania"},
        "Romania",
    ),
    ("jordan-flag", "Jordan was amazing", "Flag_of_Jordan", {"Jordan": "Jordan"}, "Jordan"),
    ("jordan-jersey", "Jordan was amazing", "Michael_Jordan_poster", {"Jordan": "Michael_Jordan"}, "Michael_Jordan"),
    ("jordan-coffee", "Jordan was amazing", "coffee", {"Jordan": "Jordan or Michael_Jordan"}, None),
    ("amman-flag", "Good morning from Amman ☀️", "Flag_of_Jordan", {"Amman": "Amman"}, "Jordan"),
    (
        "georgia-country",
        "Back home in Georgia, so happy",
        "Flag_of_Georgia",
        {"Georgia": "Georgia_(country)"},
        "Georgia_(country)",
    ),
    (
        "georgia-state",
        "Back home in Georgia, so happy",
        "Flag_of_Georgia_(U.S._state)",
        {"Georgia": "Georgia_(U.S._state)"},
        "Georgia_(U.S._state)",
    ),
    ("collins-pilot", "Collins, what a legend!", "Eileen_Collins", {"Collins": "Eileen_Collins"}, "Eileen_Collins"),
    ("collins-singer", "Collins, what a legend!", "Phil_Collins_poster", {"Collins": "Phil_Collins"}, "Phil_Collins"),
    ("hopper-admiral", "Hopper changed everything", "Grace_Hopper", {"Hopper": "Grace_Hopper"}, "Grace_Hopper"),
    (
        "hopper-painter",
        "Hopper changed everything",
        "Edward_Hopper_poster",
        {"Hopper": "Edward_Hopper"},
        "Edward_Hopper",
    ),
    (
        "chelsea-cat",
        "Chelsea is having a quiet Sunday",
        "Chelsea_the_cat",
        {"Chelsea": "chelsea-the-cat"},
        "chelsea-the-cat",
    ),
    (
        "chelsea-club",
        "Chelsea is having a quiet Sunday",
        "Chelsea_FC_poster",
        {"Chelsea": "Chelsea_F.C."},
        "Chelsea_F.C.",
    ),
    ("spacex-rocket", "So proud of everyone at SpaceX tonight", "Falcon_9", {"SpaceX": "SpaceX"}, "Falcon_9"),
    ("musk-rocket", "Elon Musk made it look easy", "Falcon_9", {"Elon Musk": "Elon_Musk"}, "Falcon_9"),
    (
        "hubble-field",
        "Thank you Hubble",
        "Hubble_eXtreme_Deep_Field",
        {"Hubble": "Hubble_Space_Telescope"},
        "Hubble_eXtreme_Deep_Field",
    ),
    ("jakarta-flag", "Jakarta here we come", "Flag_of_Indonesia", {"Jakarta": "Jakarta"}, "Indonesia"),
    ("monaco-flag", "Monaco here we come", "Flag_of_Indonesia", {"Monaco": "Monaco"}, "Monaco"),
    (
        "tokens",
        ["RT", "@sam", ":", "Warsaw", "in", "the", "snow"],
        "Flag_of_Poland",
        {"Warsaw": "Warsaw"},
        "Poland",
    ),
    (
        "hashtag",
        "Reading about COBOL all day #GraceHopper",
        "Grace_Hopper",
        {"COBOL": "COBOL", "#GraceHopper": "Grace_Hopper"},
        "Grace_Hopper",
    ),
    ("broken-picture", "New York in the rain", "broken", {"New York": "New_York_City"}, None),
    ("emoji-only", "😂😂🔥", None, {}, None),
    ("nobody", "cannot believe it is monday again", None, {}, None),
]


def main() -> None:
    """Write the tables, the pictures and the posts."""
    (GRAPH / "images").mkdir(parents=True, exist_ok=True)
    (POSTS / "images").mkdir(parents=True, exist_ok=True)
    write_csv(GRAPH / "entities.csv", entity_rows())
    write_csv(GRAPH / "triples.csv", triple_rows())
    pictures = {**{name: draw_picture(name) for name in DRAWN}, **load_photographs()}
    for name, picture in pictures.items():
        if name != "coffee":  # no entity of the graph
            picture.save(GRAPH / "images" / f"{name}.jpg", quality=85)
    write_posts(pictures)
    total = sum(file.stat().st_size for file in HERE.rglob("*") if file.is_file())
    print(f"{len(entity_rows())} entities, {len(POST_ROWS)} posts, {total / 1e6:.2f} MB in {HERE}")


def draw_picture(name: str) -> Image.Image:
    """A drawn entity picture; flags and the scarf are drawn on cloth."""
    picture = DRAWN[name]()
    return drawing.as_cloth(picture) if name.startswith(("Flag", "Chelsea")) else picture


def load_photographs() -> dict[str, Image.Image]:
    """The photographs that ship inside scikit-image and matplotlib (README.md: who took them, their licences)."""
    import matplotlib
    import skimage

    of_skimage = Path(skimage.__file__).parent / "data"
    of_matplotlib = Path(matplotlib.get_data_path()) / "sample_data"
    files = {
        "Eileen_Collins": of_skimage / "astronaut.png",
        "Falcon_9": of_skimage / "rocket.jpg",
        "Chelsea_the_cat": of_skimage / "chelsea.png",
        "Hubble_eXtreme_Deep_Field": of_skimage / "hubble_deep_field.jpg",
        "coffee": of_skimage / "coffee.png",
        "Grace_Hopper": of_matplotlib / "grace_hopper.jpg",
    }
    photographs = {}
    for name, file in files.items():
        with Image.open(file) as picture:
            photographs[name] = ImageOps.contain(picture.convert("RGB"), (400, 400))
    return photographs


def write_posts(pictures: dict[str, Image.Image]) -> None:
    """Write posts.jsonl, its pictures, and gold.jsonl: what a person reads in each post."""
    posts, answers = [], []
    for number, (post_id, text, picture, mentions, shown) in enumerate(POST_ROWS):
        post: dict[str, object] = {"id": post_id, "text" if isinstance(text, str) else "tokens": text}
        if picture:
            file = POSTS / "images" / f"{post_id}.jpg"
            if picture == "broken":
                whole = snapshot(pictures["coffee"], seed=number)
                whole.save(file, quality=80)
                file.write_bytes(file.read_bytes()[:2000])
            else:
                snapshot(pictures[picture], seed=number).save(file, quality=80)
            post["image"] = f"images/{file.name}"
        posts.append(post)
        read = text if isinstance(text, str) else " ".join(text)
        gold = [gold_mention(read, mention, names.split(" or ")) for mention, names in mentions.items()]
        answers.append({"id": post_id, "text": read, "gold": gold, "image_entity": iri(shown) if shown else None})
    write_jsonl(POSTS / "posts.jsonl", posts)
    write_jsonl(POSTS / "gold.jsonl", answers)


def gold_mention(text: str, mention: str, names: list[str]) -> dict[str, object]:
    """A mention with its place in the text, and what it may mean."""
    start, iris = text.index(mention), [iri(name) for name in names]
    return {"start_char": start, "end_char": start + len(mention), "text": mention, "iri": iris}


def snapshot(picture: Image.Image, *, seed: int) -> Image.Image:
    """The picture as somebody would post it: cropped, scaled, a little darker or lighter."""
    random = np.random.default_rng(seed)
    width, height = picture.size
    left, top, right, bottom = (random.uniform(0, 0.03, size=4) * (width, height, width, height)).round().astype(int)
    changed = picture.crop((int(left), int(top), int(width - right), int(height - bottom)))
    scale = float(random.uniform(0.75, 0.95))
    changed = changed.resize(
        (math.ceil(changed.width * scale), math.ceil(changed.height * scale)), Image.Resampling.LANCZOS
    )
    return ImageEnhance.Brightness(changed).enhance(float(random.uniform(0.94, 1.06)))


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_jsonl(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
