"""Changed pictures of entities through the whole of link-and-tag: how many are recognised, by kind, and at what cost.

python -m benchmarks.second_look

The entities are of the half that the model was not fitted on, the changes differ in strength and in what lies behind,
and a third of the texts names the entity, the others one a hop or two away. Unrelated pictures must not be answered.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.linking import Rate, pictured_precision, pictured_recall
from benchmarks.options import take_no_options
from benchmarks.picture_changes import KINDS, change_picture
from benchmarks.sample import SAMPLE, SHARED, TRAIN, WORK, GoldPost, read_sample, sample_index
from benchmarks.train_second_look import about, is_for_calibration, look_alikes, text_away, text_near
from kg import Graph, ImageRecord
from linker import Pipeline
from linker.index import Index, open_index
from scripts.link_and_tag import main as link_and_tag
from vision import load_picture

_STRENGTHS = (0.0, 0.25, 0.75, 1.0)
_OF_A_KIND = 30
_OUT_OF_REACH = 100
_TEXTS = 3  # with each unrelated photograph
_FLAG = "flag out of reach"


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture, the text beside it, and what it shows."""

    kind: str
    tokens: tuple[str, ...]
    image: Image.Image
    iri: str | None
    hop: int | None


def main() -> None:
    """Print every figure with its target."""
    index = sample_index()
    folder = WORK / "second-look"
    folder.mkdir(exist_ok=True)
    with open_index(index) as opened:
        asked = [*_changed(opened.graph), *_unrelated(opened.graph), *_flags(opened)]
    found = _link(index, asked, folder)
    _print_kinds(asked, found)
    _print_sample(index)


def _changed(graph: Graph) -> Iterator[Asked]:
    random = np.random.default_rng(77)
    records = [r for r in graph.images(status="embedded") if not is_for_calibration(r.sha256 or "")]
    photos = [load_picture(path).image for path in _photographs()]
    for kind in KINDS:
        for place in random.choice(len(records), _OF_A_KIND, replace=False):
            record = records[int(place)]
            image = change_picture(_open(record), kind, random, photos, _STRENGTHS)
            tokens, hop = text_near(graph, record.entity_id, random)
            yield Asked(kind, tokens, image, graph.entity(record.entity_id).iri, hop)


def _unrelated(graph: Graph) -> Iterator[Asked]:
    """Photographs of nothing in the graph, and pictures of entities that no text leads to."""
    random = np.random.default_rng(78)
    records = [r for r in graph.images(status="embedded") if not is_for_calibration(r.sha256 or "")]
    for path in _photographs():
        for _ in range(_TEXTS):
            tokens, _ = text_near(graph, records[int(random.integers(len(records)))].entity_id, random)
            yield Asked("unrelated photograph", tokens, load_picture(path).image, None, None)
    for place in random.choice(len(records), _OUT_OF_REACH, replace=False):
        record = records[int(place)]
        yield Asked("entity out of reach", text_away(graph, record.entity_id, random), _open(record), None, None)


def _flags(index: Index) -> Iterator[Asked]:
    """Beside each name of a flag's owner the flag most like its own that is out of reach, also in a mirror."""
    records = [r for r in index.graph.images(status="embedded") if not is_for_calibration(r.sha256 or "")]
    for named, shown in look_alikes(index, [record for record in records if "Flag_of" in (record.file or "")]):
        for image in (flag := _open(shown), ImageOps.mirror(flag)):
            yield Asked(_FLAG, about(index.graph.entity(named.entity_id).label), image, None, None)


def _photographs() -> list[Path]:
    """Those of the tweets, and those that scikit-image, scikit-learn and matplotlib ship."""
    folders = [SHARED / "data/tweet-images/images"]
    for package, inside in (
        ("skimage", "data"),
        ("sklearn", "datasets/images"),
        ("matplotlib", "mpl-data/sample_data"),
    ):
        spec = find_spec(package)
        folders += [Path(spec.origin).parent / inside] if spec and spec.origin else []
    return [path for folder in folders for path in sorted(folder.glob("*.[jp][pn]g"))]


def _link(index: Path, asked: Sequence[Asked], folder: Path) -> list[dict[str, object]]:
    """What link-and-tag says, post by post."""
    with (folder / "posts.jsonl").open("w", encoding="utf-8") as file:
        for number, one in enumerate(asked):
            one.image.save(folder / f"{number}.jpg", quality=88)
            file.write(json.dumps({"id": number, "tokens": one.tokens, "image": f"{number}.jpg"}) + "\n")
    results = folder / "results.jsonl"
    arguments = [str(index), str(folder / "posts.jsonl"), "-o", str(results), "--cache", "none"]
    with suppress(SystemExit):
        link_and_tag.main(arguments)
    return [json.loads(line) for line in results.read_text("utf-8").splitlines()]


def _print_kinds(asked: Sequence[Asked], found: Sequence[dict[str, object]]) -> None:
    answers = [(one, said["pictured"]) for one, said in zip(asked, found, strict=True)]
    rows: dict[str, list[tuple[Asked, dict[str, object] | None]]] = {}
    for one, said in answers:
        rows.setdefault(one.kind, []).append((one, said))  # type: ignore[arg-type]
    print(f"{'picture':24}{'right':>7}{'wrong':>7}{'of':>6}   how")
    for kind, pairs in rows.items():
        right = sum(said is not None and said["iri"] == one.iri for one, said in pairs)
        wrong = sum(said is not None and said["iri"] != one.iri for one, said in pairs)
        how = [str(said["how"]) for _, said in pairs if said]
        counts = ", ".join(f"{name} {how.count(name)}" for name in ("copy", "geometry", "encoder") if name in how)
        print(f"{kind:24}{right:>7}{wrong:>7}{len(pairs):>6}   {counts}")
        for one, said in pairs:
            is_by_rule = kind == _FLAG and said is not None and said["how"] == "copy"
            if said is not None and said["iri"] != one.iri and not is_by_rule:
                print(f"    wrong: {one.iri} -> {said['iri']} {said['how']} {said['cosine']} {said['score']}")
    changed = [(one, said) for one, said in answers if one.iri]
    said_of = [(one, said) for one, said in changed if said]
    right = sum(said["iri"] == one.iri for one, said in said_of)  # type: ignore[index]
    others = [said for one, said in answers if not one.iri and one.kind != _FLAG]
    flags = [said and said["how"] for one, said in answers if one.kind == _FLAG]  # type: ignore[index]
    rates = Rate(right, len(said_of)), Rate(right, len(changed))
    print(f"changed pictures: precision {rates[0]} (>= 0.99), recall {rates[1]} (>= 0.85)")
    print(f"unrelated pictures answered: {Rate(sum(map(bool, others)), len(others))} (<= 0.01)")
    by_rule = flags.count("copy")
    looked_at = Rate(len(flags) - flags.count(None) - by_rule, len(flags) - by_rule)
    print(
        f"flags out of reach answered: {looked_at} by the second look (<= 0.01), {by_rule} of {len(flags)} by the rule"
    )


def _print_sample(index: Path) -> None:
    """The sample's posts: what is recognised with and without the second look, and what it costs."""
    gold = read_sample()
    rows = (SAMPLE / "posts/posts.jsonl").read_text("utf-8").splitlines()
    other = [json.loads(row)["image_is_another_picture"] for row in rows]
    for look in (False, True):
        with Pipeline.open(index, second_look=look, keep_cache=False) as pipeline:
            results = list(pipeline.run(one.post for one in gold))
        for name, part in (("all 600", slice(None)), ("last 200", slice(TRAIN, None))):
            rates = pictured_precision(gold[part], results[part]), pictured_recall(gold[part], results[part])
            print(f"second look {look!s:6} {name:9} precision {rates[0]}, recall {rates[1]}")
        pairs = [(g, r.pictured) for g, r, is_other in zip(gold, results, other, strict=True) if is_other]
        right = sum(said is not None and said.entity.iri == g.image_entity for g, said in pairs)
        wrong = sum(said is not None and said.entity.iri != g.image_entity for g, said in pairs)
        print(f"    really another picture: {right} right, {wrong} wrong, of {len(pairs)}")
    _print_times(index, gold)


def _print_times(index: Path, gold: Sequence[GoldPost]) -> None:
    """What the second look adds to a post that reaches it: entity pictures' features unmade, then made."""
    from benchmarks.train_second_look import Asker

    with Pipeline.open(index, keep_cache=False) as pipeline:
        asker = Asker(pipeline)  # remembers the features that it made
        for name in ("unmade", "made"):
            times = []
            for one in gold:
                prepared = asker.prepare(one.post)
                start, cpu = time.perf_counter(), time.process_time()
                if prepared is not None and asker.look(*prepared) is not None:
                    times.append((time.perf_counter() - start, time.process_time() - cpu))
            wall, spent = (1000 * np.array(column) for column in zip(*times, strict=True))
            print(
                f"second look, features {name}: {len(times)} posts, mean {wall.mean():.0f} ms, p99"
                f" {np.percentile(wall, 99):.0f} ms (<= 60, <= 300); CPU mean {spent.mean():.0f} ms"
            )


def _open(record: ImageRecord) -> Image.Image:
    return load_picture(Path(record.file or "")).image


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
