"""kg-cache serve over a cache of 100,000 posts: each page, each query, each order and facet that it offers, in seconds.

python -m benchmarks.serve_pages [--posts 100000] [--index INDEX]

The cache holds what link-and-tag keeps of the sample's 600 posts, again and again under new ids, with a picture for
each and what that shows; regions and local features, whose tables are hidden, are left out. Each page is asked for
three times, and the middle one counts.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote

import httpx

from benchmarks.sample import SAMPLE, WORK, sample_index
from kg import CachedDecision, CacheEntry, KnowledgeCache

_TARGET_S = 1.0


def main() -> None:
    """Make the cache, where it is not there, and ask for each page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--index", type=Path, help="the graph to serve  [default: the sample's]")
    options = parser.parse_args()
    cache = WORK / f"serve-{options.posts}.sqlite"
    if not cache.exists():
        _make(cache, options.posts)
    index = str(options.index or sample_index())
    command = [sys.executable, "-m", "scripts.kg_cache", "--cache", str(cache), index, "serve", "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        address = next(found[0] for line in server.stderr or () if (found := re.search(r"http://[\d.:]+", line)))
        with httpx.Client(base_url=address, timeout=60) as client:
            _ask_all(client)
    finally:
        server.terminate()


def _make(cache: Path, posts: int) -> None:
    small = WORK / "serve-600.sqlite"
    command = [sys.executable, "-m", "scripts.link_and_tag", str(sample_index()), f"{SAMPLE}/posts/posts.jsonl"]
    subprocess.run([*command, "-o", "/dev/null", "--cache", str(small)], check=True)
    with KnowledgeCache.open(small) as known, KnowledgeCache.open(cache.with_suffix(".part")) as large:
        read = [(post, known.decisions(post.id)[post.file]) for post in known.posts()]
        shown = known.pictured(post.key for post, _ in read if post.key)
        encoder = json.loads((sample_index() / "index.json").read_text())["encoder"]["identity"]
        seen = known.pictures((record.sha256 for record in shown.values()), encoder)
        for turn in range(-(-posts // len(read))):
            entries = list[CacheEntry]()
            for post, result in read[: posts - turn * len(read)]:
                new, key = f"{post.id}-{turn}", post.key and f"{post.key}-{turn}"
                entries.append(replace(post, id=new, key=key))
                entries.append(CachedDecision(post.file, new, json.dumps(json.loads(result) | {"id": new})))
                if post.key and key:
                    sha256 = shown[post.key].sha256
                    entries.append(replace(shown[post.key], key=key, sha256=f"{sha256}-{turn}"))
                    entries.append(replace(seen[sha256], sha256=f"{sha256}-{turn}"))
            large.put(entries)
    cache.with_suffix(".part").rename(cache)


def _ask_all(client: httpx.Client) -> None:
    post = client.get("/cache/post.json?_size=1&_shape=array").json()[0]["id"]
    iri = quote("http://dbpedia.org/resource/National_Basketball_Association", safe="")  # the one that is linked most
    pages = ["/", "/kg", "/cache", f"/cache/posts_of_an_entity?entity_iri={iri}", f"/-/post?id={quote(post)}"]
    meant = quote(client.get("/kg/most_meant_entities.json?_shape=array").json()[0]["iri"], safe="")
    pages += [f"/-/entity?q={meant}", f"/-/entity?q={iri}", f"/-/entity?q={iri}&posts=200"]
    for database in ("kg", "cache"):
        told = client.get(f"/{database}.json").json()
        pages += [f"/{database}/{query['name']}" for query in told["queries"]]
        tables = [table["name"] for table in told["tables"] if not table["hidden"]]
        for page in (f"/{database}/{name}" for name in [*tables, *(view["name"] for view in told["views"])]):
            orders = re.findall(rf'"({page}\?_[^"]*)"', client.get(page).text)
            columns = client.get(f"{page}.json?_size=1").json()["columns"]
            pages += [page, *sorted(set(map(unescape, orders))), *(f"{page}?_facet={name}" for name in columns)]
    times = {page: statistics.median(_ask(client, page) for _ in range(3)) for page in pages}
    for page, seconds in sorted(times.items(), key=lambda one: -one[1]):
        print(f"{seconds:6.2f} s  {page}{f'  LONGER THAN {_TARGET_S} s' if seconds > _TARGET_S else ''}")


def _ask(client: httpx.Client, page: str) -> float:
    begin = time.perf_counter()
    answer, seconds = client.get(page), time.perf_counter() - begin
    if answer.status_code != 200 or "timed out" in answer.text:
        print(f"{page}: {answer.status_code}{' a facet timed out' if answer.status_code == 200 else ''}")
    return seconds


if __name__ == "__main__":
    main()
