"""The report's page of 10,000 posts in headless Chromium: its size, until it is seen, and until a filter has worked.

python -m benchmarks.report_page

The results are made up: three names a post, ten candidates a name, every part of every score, 600 different pictures. A
busy machine slows the clock, and hardly the processor time of the page's main thread.
"""

import io
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
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
_FILTER = """values => {
    const form = document.getElementById("filters");
    form.reset();
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    form.dispatchEvent(new Event("input"));
}"""


def main() -> None:
    """Make the page, and look at it three times."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        file, pictures = Path(folder) / "report.html", _pictures(random.Random(3))
        begin = time.process_time()
        with file.open("w", encoding="utf-8") as page:
            page.writelines(report_html(_results(random.Random(4)), (pictures[n % PICTURES] for n in range(POSTS))))
        size, seconds = file.stat().st_size / 1e6, time.process_time() - begin
        print(
            f"{POSTS:,} posts, {PICTURES} pictures: {size:.1f} MB (target 60), {seconds:.0f} s of a processor to make"
        )
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        rounds = [_look(browser, file) for _ in range(3)]
        browser.close()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name, target in (("first view", 2.0), ("slowest filter", 0.3), ("to the last post", None)):
        clock, thread = ([found[name][way] for found in rounds] for way in (0, 1))
        told = f" (target {target})" if target else ""
        took = [f"{statistics.median(seconds):.2f} s" for seconds in (clock, thread)]
        print(f"{name}: {took[0]} by the clock, {took[1]} of the page's thread{told}")
    print(f"elements at the end: {rounds[-1]['elements'][0]:,.0f}")


def _look(browser: Any, file: Path) -> dict[str, tuple[float, ...]]:
    """Seconds by the clock and of the page's main thread."""
    tab = browser.new_page(viewport={"width": 1200, "height": 900})
    session = tab.context.new_cdp_session(tab)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def timed(work: Callable[[], object]) -> tuple[float, float]:
        begin, thread = time.perf_counter(), busy()
        work()
        tab.evaluate(_AFTER_TWO_FRAMES)
        return time.perf_counter() - begin, busy() - thread

    def busy() -> float:
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return float(metrics["TaskDuration"])

    found: dict[str, tuple[float, ...]] = {"first view": timed(lambda: tab.goto(file.as_uri()))}
    found["slowest filter"] = max(timed(partial(tab.evaluate, _FILTER, values)) for values in _FILTERS)
    tab.evaluate(_FILTER, {})
    found["to the last post"] = timed(lambda: tab.evaluate(f"location.hash = '#post-{POSTS - 1}'"))
    found["elements"] = (tab.evaluate("document.getElementsByTagName('*').length"),)
    tab.close()
    return found


def _results(source: random.Random) -> Iterator[Result]:
    rest = {"knowledge": [["It", "is a", "thing"]] * 3, "attributes": [["flagpole", 0.4]], "image_error": None}
    for number in range(POSTS):
        tokens = source.choices(_WORDS, k=20)
        starts = range(0, 6 * NAMES, 6)
        for start in starts:
            tokens[start] = f"Name{source.randrange(5000)}"
        mentions = [_mention(source, tokens, start, source.choice(("PER", "LOC", "ORG", "OTHER"))) for start in starts]
        shown = {"hop": 1, "cosine": 0.93, "image": "x", "path": [["a", "b", "c"]]}
        pictured = _entity(source.randrange(ENTITIES)) | shown if source.random() < 0.5 else None
        post = {"id": number, "text": " ".join(tokens), "tokens": tokens, "tags": ["O"] * len(tokens)}
        yield result_from_json({**post, **rest, "mentions": mentions, "pictured": pictured})


def _mention(source: random.Random, tokens: list[str], start: int, kind: str) -> dict[str, Any]:
    at = len(" ".join(tokens[:start])) + (start > 0)
    candidates = []
    for place in range(CANDIDATES):
        numbers = {"score": 0.5 / 2**place, "fuzzy": source.random(), "prior": source.random(), "count": 3, "hop": None}
        numbers |= {name: source.gauss(0, 2) for name in ("context", "coherence")}
        clues = {clue: source.gauss(0, 2) for clue in _CLUES}
        candidates.append(_entity(source.randrange(ENTITIES)) | numbers | {"clues": clues})
    said = {"start": start, "end": start + 1, "start_char": at, "end_char": at + len(tokens[start])}
    said |= {"text": tokens[start], "type": kind, "score": 0.9, "nil_score": 0.3, "other_score": 0.1}
    said |= {"ambiguous": source.random() < 0.05, "candidates": candidates}
    return said | {"entity": candidates[0] if source.random() < 0.7 else None}


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
