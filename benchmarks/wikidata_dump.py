"""A dump in Wikidata's own JSON form, made up, and the graph of it: how fast, in how much memory, and killed half-way.

    python -m benchmarks.wikidata_dump             2 GB of plain JSON, as .bz2
    python -m benchmarks.wikidata_dump --mb 250    a smaller one

Items have 10 KB and more in the mean, most of it labels in many languages, references and qualifiers, as real ones
have; a class tree by P279, properties with labels, deprecated and unknown values, redirects and pages are among them.
The rate is that of a whole process, names and indexes included, and of reading alone. Memory is the most that was
resident. Then a build is killed in the middle of the file and gone on with, and every table is compared.
"""

import argparse
import bz2
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from benchmarks.kills import tables_of
from benchmarks.loading import measure
from benchmarks.sample import WORK

_BUILD = """
import sys, time
from pathlib import Path
from kg import GraphSources, build_graph
start, last = time.perf_counter(), [0.0]
def told(step, done, total):
    if step.startswith("load "):
        last[0] = time.perf_counter() - start
        print(done, flush=True)
report = build_graph(Path(sys.argv[1]), sources=GraphSources([Path(sys.argv[2])], keep=sys.argv[3:]), progress=told)
names = ("entity", "alias", "triple", "literal", "image")
peak = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(f"{last[0]:.1f} s of it reading;", ", ".join(f"{report.counts[name]:,} {name}" for name in names) + ";",
      f"at most {int(peak[0]) / 1024:.0f} MiB resident", flush=True)
"""
_SEED = 16
_CHUNK_BYTES = 8 << 20
_TAGS = (
    "en de fr es it pt nl sv nb da fi pl cs sk hu ro bg ru uk be sr hr sl el tr ar fa he hi bn ta te ja zh ko vi th id"
    " ms ca eu gl eo la cy ga is et lv lt ka hy az kk uz en-gb en-ca pt-br de-at de-ch zh-hans zh-hant arz ast"
)
_PARTS = "ka lo mi ren ta bel vo sar un dri pes gol na fim tor eli wu zan che or"
_LANGUAGES, _SYLLABLES = _TAGS.split(), _PARTS.split()
# Below a class that the table of types knows, three steps of made-up ones.
_ROOTS = ("Q5", "Q515", "Q6256", "Q4830453", "Q11424", "Q16521", "Q8502", "Q3918", "Q215380", "Q7278")
_PAGES = ("Q4167410", "Q4167836", "Q11266439", "Q13406463")
_CLASSES, _FIRST_CLASS, _FIRST_ITEM = 300, 9_000_001, 10_000_001
_RANKS = ("normal",) * 8 + ("preferred", "deprecated")


def _name(draw: random.Random) -> str:
    words = ("".join(draw.choices(_SYLLABLES, k=draw.randint(2, 4))).title() for _ in range(draw.randint(1, 3)))
    return " ".join(words)


def _terms(draw: random.Random, label: str, share: float, end: str = "") -> str:
    chosen = [language for language in _LANGUAGES if language == "en" or draw.random() < share]
    return ",".join(f'"{tag}":{{"language":"{tag}","value":"{label}{end and " " + end + tag}"}}' for tag in chosen)


def _snak(name: str, kind: str, datatype: str, value: str, mark: str) -> str:
    return (
        f'{{"snaktype":"value","property":"{name}","hash":"{mark}","datavalue":{{"value":{value},"type":"{kind}"}},'
        f'"datatype":"{datatype}"}}'
    )


def _item_snak(name: str, number: int, mark: str) -> str:
    value = f'{{"entity-type":"item","numeric-id":{number},"id":"Q{number}"}}'
    return _snak(name, "wikibase-entityid", "wikibase-item", value, mark)


def _time_snak(name: str, draw: random.Random, mark: str) -> str:
    day = f"+{draw.randint(1400, 2025)}-{draw.randint(0, 12):02}-{draw.randint(0, 28):02}T00:00:00Z"
    calendar = f"http://www.wikidata.org/entity/Q{draw.choice((1985727, 1985727, 1985786))}"
    value = f'{{"time":"{day}","timezone":0,"before":0,"after":0,"precision":11,"calendarmodel":"{calendar}"}}'
    return _snak(name, "time", "time", value, mark)


def _claim(draw: random.Random, item: int, snak: str, rank: str) -> str:
    mark = f"{draw.getrandbits(160):040x}"
    references = ",".join(
        f'{{"hash":"{mark}","snaks":{{"P248":[{_item_snak("P248", draw.randint(1, 10**8), mark)}],'
        f'"P813":[{_time_snak("P813", draw, mark)}]}},"snaks-order":["P248","P813"]}}'
        for _ in range(draw.choice((0, 1, 1, 2)))
    )
    qualifiers = f'"qualifiers":{{"P580":[{_time_snak("P580", draw, mark)}]}},' if draw.random() < 0.2 else ""
    return (
        f'{{"mainsnak":{snak},"type":"statement",{qualifiers}"id":"Q{item}${mark}","rank":"{rank}",'
        f'"references":[{references}]}}'
    )


def _claims(draw: random.Random, item: int, items: int, is_a: str) -> Iterator[str]:
    def of(snak: str, rank: str = "normal") -> str:
        return _claim(draw, item, snak, rank)

    yield f'"P31":[{of(_item_snak("P31", int(is_a[1:]), ""))}]'
    for number in sorted(draw.sample(range(50, 350), draw.randint(3, 9))):
        ends = (_FIRST_ITEM + int(items ** draw.random()) for _ in range(draw.choice((1, 1, 1, 2, 4))))
        claims = (of(_item_snak(f"P{number}", end, ""), draw.choice(_RANKS)) for end in ends)
        yield f'"P{number}":[{",".join(claims)}]'
    yield f'"P569":[{of(_time_snak("P569", draw, ""))}]'
    nothing = f'{{"snaktype":"{draw.choice(("somevalue", "novalue"))}","property":"P570","datatype":"time"}}'
    yield f'"P570":[{of(nothing)}]'
    for number in sorted(draw.sample(range(2000, 9000), draw.randint(1, 8))):
        catalogue = _snak(f"P{number}", "string", "external-id", f'"{draw.getrandbits(40):x}"', "")
        yield f'"P{number}":[{of(catalogue)}]'
    if draw.random() < 0.3:
        yield f'"P18":[{of(_snak("P18", "string", "commonsMedia", json.dumps(f"{item} view.jpg"), ""))}]'


def lines(size_bytes: int) -> Iterator[str]:
    """Yield the lines of a dump of about so many bytes, between those of `[` and `]`; the same size gives the same."""
    draw, items, size = random.Random(_SEED), size_bytes // 11_000, 0
    for number in (31, 279, 18, 569, 570, *range(50, 350)):
        labels = _terms(draw, f"links {number}", 0.5)
        yield f'{{"type":"property","datatype":"wikibase-item","id":"P{number}","labels":{{{labels}}},"claims":[]}}'
    for number in range(_CLASSES):
        above = int(_ROOTS[number][1:]) if number < len(_ROOTS) else _FIRST_CLASS + number // 3 - 3
        labels = _terms(draw, _name(draw).lower(), 0.5)
        claim = _claim(draw, _FIRST_CLASS + number, _item_snak("P279", above, ""), "normal")
        start = f'{{"type":"item","id":"Q{_FIRST_CLASS + number}","labels":{{{labels}}},"aliases":[]'
        yield f'{start},"claims":{{"P279":[{claim}]}},"sitelinks":[]}}'
    number = 0
    while size < size_bytes:
        item, label = _FIRST_ITEM + number, _name(draw)
        is_a = f"Q{_FIRST_CLASS + draw.randrange(_CLASSES)}" if draw.random() < 0.6 else "Q5"
        if number % 23 == 7:
            is_a = draw.choice(_PAGES)
        aliases = ",".join(f'"{tag}":[{{"language":"{tag}","value":"{label} {tag}"}}]' for tag in ("en", "de", "ja"))
        links = draw.sample(_LANGUAGES[:50], min(50, int(draw.paretovariate(0.7)) - 1))
        sites = ",".join(
            f'"{tag}wiki":{{"site":"{tag}wiki","title":"{label} ({item})","badges":[]}}' for tag in sorted(links)
        )
        line = (
            f'{{"type":"item","id":"Q{item}","labels":{{{_terms(draw, label, 0.5)}}},'
            f'"descriptions":{{{_terms(draw, "made up", 0.4, "in ")}}},"aliases":{{{aliases}}},'
            f'"claims":{{{",".join(_claims(draw, item, items, is_a))}}},"sitelinks":{{{sites}}},'
            f'"pageid":{number},"ns":0,"title":"Q{item}","lastrevid":{number},"modified":"2026-11-01T00:00:00Z"}}'
        )
        size += len(line)
        number += 1
        yield line


def dump_of(megabytes: int) -> tuple[Path, int]:
    """Return a dump as .bz2, made if it is not there, and how many bytes it has unpacked."""
    path, size = WORK / "wikidata" / f"{megabytes}.json.bz2", WORK / "wikidata" / f"{megabytes}.size"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        total = 0
        with path.with_suffix(".part").open("wb") as file, ThreadPoolExecutor(2) as pool:
            parts = chunks(megabytes * 1_000_000)
            while some := list(islice(parts, 4)):
                total += sum(map(len, some))
                for packed in pool.map(bz2.compress, some):
                    file.write(packed)
        size.write_text(str(total))
        path.with_suffix(".part").replace(path)
    return path, int(size.read_text())


def chunks(size_bytes: int) -> Iterator[bytes]:
    """Yield a dump, some megabytes at a time."""
    kept, kept_bytes = "[\n", 0
    some = []
    for line in lines(size_bytes):
        some.append(kept + line)
        kept, kept_bytes = ",\n", kept_bytes + len(line)
        if kept_bytes > _CHUNK_BYTES:
            yield "".join(some).encode()
            some, kept_bytes = [], 0
    yield ("".join(some) + "\n]\n").encode()


def kill_half_way(graph: Path, dump: Path, line_count: int) -> None:
    """Begin a build and kill it when about half of the lines are read."""
    command = [sys.executable, "-c", _BUILD, str(graph), str(dump)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for told in process.stdout:
            if int(told) * 2 >= line_count:
                break
        os.kill(process.pid, signal.SIGKILL)


def main(megabytes: int = 2000) -> None:
    """Print the rates, the memory, and whether a killed build ends as one that was not."""
    dump, size_bytes = dump_of(megabytes)
    print(f"{size_bytes / 1e6:,.0f} MB of plain JSON, {dump.stat().st_size / 1e6:,.0f} MB as .bz2", flush=True)
    folder = WORK / "wikidata" / "graphs"
    for name, keep in (("all", []), ("kept", ["sitelinks>=3", "PER"])):
        shutil.rmtree(folder / name, ignore_errors=True)
        reading = measure([sys.executable, "-c", _BUILD, str(folder / name / "kg.sqlite"), str(dump), *keep])
        *told, said = reading.output.splitlines()
        spent = f"{reading.seconds:.1f} s ({reading.cpu_seconds:.1f} s of CPU)"
        size = (folder / name / "kg.sqlite").stat().st_size / 1e6
        print(f"  {name}: {size_bytes / 1e6 / reading.seconds:.1f} MB/s, {spent}, {said}; {size:,.0f} MB", flush=True)
    line_count = int(told[-1])
    killed = folder / "killed" / "kg.sqlite"
    shutil.rmtree(killed.parent, ignore_errors=True)
    kill_half_way(killed, dump, line_count)
    stage = sum(path.stat().st_size for path in killed.parent.rglob("*") if path.is_file())
    reading = measure([sys.executable, "-c", _BUILD, str(killed), str(dump)])
    is_same = tables_of(killed) == tables_of(folder / "all" / "kg.sqlite")
    print(f"  killed half-way, {stage / 1e6:,.0f} MB of stage: {reading.seconds:.1f} s more, equal: {is_same}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=int, default=2000, help="megabytes of plain JSON")
    main(parser.parse_args().mb)
