"""The report's page of 10,000 posts in headless Chromium: its size, until it is seen, and until a filter has worked.

python -m benchmarks.report_page

The results are made up: three names a post, ten candidates a name, every part of every score, 600 different pictures.
"""

import io
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageFilter

from benchmarks.options import take_no_options
from kgmner import report_html
from linker import Result, result_from_json

POSTS, PICTURES, NAMES, CANDIDATES, ENTITIES = 10_000, 600, 3, 10, 20_000
_WORDS = ("the", "a", "great", "looks", "today", "in", "with", "from", "new", "old", "big", "see", "went", "match")
_CLUES = ("exact", "fuzzy", "same_letters", "likeness", "shared_words", "prior_share", "counted", "type_agreement")
_FILTERS: tuple[dict[str, str], ...] = (
    {"search": "entity 77"},
    {"search": ""},
    {"type": "PER", "link": "linked"},
    {"link": "nil", "picture": "unknown"},
    {"entity": "Entity 123"},
    {"order": "unsure"},
)
_AFTER_TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
_FILTER = f"""async values => {{
    const form = document.getElementById("filters"), start = performance.now();
    form.reset();
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    form.dispatchEvent(new Event("input"));
    await {_AFTER_TWO_FRAMES};
    return performance.now() - start;
}}"""


def main() -> None:
    """Make the page, and look at it three times."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        file, begin = Path(folder) / "report.html", time.perf_counter()
        pictures = _pictures(random.Random(3))
        images = (pictures[number % PICTURES] for number in range(POSTS))
        with file.open("w", encoding="utf-8") as page:
            page.writelines(report_html(_results(random.Random(4)), images))
        size, took = file.stat().st_size / 1e6, time.perf_counter() - begin
        print(f"{POSTS:,} posts, {PICTURES} pictures: {size:.1f} MB (target 60), made in {took:.0f} s")
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        rounds = [_look(browser, file) for _ in range(3)]
        browser.close()
    for name, target in (("first view", 2.0), ("slowest filter", 0.3), ("to the last post", None)):
        values = [found[name] for found in rounds]
        told = f" (target {target})" if target else ""
        print(f"{name}: {statistics.median(values):.2f} s, at most {max(values):.2f} s{told}")
    print(f"elements at the end: {rounds[-1]['elements']:,.0f}; JavaScript's memory: {rounds[-1]['heap'] / 1e6:.0f} MB")


def _look(browser: Any, file: Path) -> dict[str, float]:
    tab = browser.new_page(viewport={"width": 1200, "height": 900})
    begin = time.perf_counter()
    tab.goto(file.as_uri())
    tab.locator("article").first.wait_for()
    tab.evaluate(_AFTER_TWO_FRAMES)
    found = {"first view": time.perf_counter() - begin}
    found["slowest filter"] = max(tab.evaluate(_FILTER, values) for values in _FILTERS) / 1000
    tab.evaluate(_FILTER, {})
    begin = time.perf_counter()
    tab.evaluate(f"location.hash = '#post-{POSTS - 1}'")
    tab.locator(f"#post-{POSTS - 1}:focus").wait_for()
    found["to the last post"] = time.perf_counter() - begin
    found["elements"] = tab.evaluate("document.getElementsByTagName('*').length")
    found["heap"] = tab.evaluate("performance.memory.usedJSHeapSize")
    tab.close()
    return found


def _results(source: random.Random) -> Iterator[Result]:
    for number in range(POSTS):
        tokens = source.choices(_WORDS, k=20)
        mentions = []
        for place in range(NAMES):
            start = 6 * place
            tokens[start] = f"Name{source.randrange(5000)}"
            mentions.append((start, source.choice(("PER", "LOC", "ORG", "OTHER"))))
        text = " ".join(tokens)
        shown = source.randrange(ENTITIES) if source.random() < 0.5 else None
        yield result_from_json(
            {
                "id": number,
                "text": text,
                "image": f"{number % PICTURES}.jpg",
                "tokens": tokens,
                "tags": ["O"] * len(tokens),
                "mentions": [_mention(source, tokens, start, kind) for start, kind in mentions],
                "pictured": None
                if shown is None
                else {**_entity(shown), "hop": 1, "cosine": 0.93, "image": "x", "path": [["a", "b", "c"]]},
                "knowledge": [["It", "is a", "thing"]] * 3,
                "attributes": [["flagpole", 0.4], ["web site", 0.2]],
                "image_error": None,
            }
        )


def _mention(source: random.Random, tokens: list[str], start: int, kind: str) -> dict[str, Any]:
    at = len(" ".join(tokens[:start])) + (start > 0)
    candidates = [
        {
            **_entity(source.randrange(ENTITIES)),
            "score": 0.5 / 2**place,
            "fuzzy": source.random(),
            "count": 3,
            "prior": source.random(),
            "hop": None,
            "context": source.gauss(0, 2),
            "coherence": source.gauss(0, 1),
            "clues": {clue: source.gauss(0, 2) for clue in _CLUES},
        }
        for place in range(CANDIDATES)
    ]
    return {
        "start": start,
        "end": start + 1,
        "start_char": at,
        "end_char": at + len(tokens[start]),
        "text": tokens[start],
        "type": kind,
        "score": 0.9,
        "nil_score": 0.3,
        "other_score": 0.1,
        "ambiguous": source.random() < 0.05,
        "candidates": candidates,
        "entity": candidates[0] if source.random() < 0.7 else None,
    }


def _entity(number: int) -> dict[str, Any]:
    return {"iri": f"http://example.org/resource/Entity_{number}", "label": f"Entity {number}", "type": "PER"}


def _pictures(source: random.Random) -> list[bytes]:
    """Pictures that weigh as much as photographs do."""
    found = []
    for _ in range(PICTURES):
        noise = Image.frombytes("RGB", (90, 68), source.randbytes(90 * 68 * 3)).resize((480, 360))
        data = io.BytesIO()
        noise.filter(ImageFilter.GaussianBlur(1)).save(data, "JPEG", quality=90)
        found.append(data.getvalue())
    return found


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
