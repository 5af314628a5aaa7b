"""Pictures a second of embedding a graph's pictures, beside the network alone on tensors that were decoded before.

Both take turns, as other programs on the machine slow them alike; what counts is the ratio.

python -m benchmarks.embedding_rate [--encoder NAME] [--weights FILE] [--pictures 300] [--rounds 5]
"""

import argparse
import csv
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from benchmarks.sample import SAMPLE
from kg import GraphSources, build_graph
from linker.embedding import embed_images
from linker.manifest import GRAPH
from vision import Encoder, load_encoder, load_picture


def main() -> None:
    """Print each round's rates, and the median of the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--encoder", default="efficientnet-lite0")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    folder = SAMPLE / "kg" / "images"
    files = sorted(folder.iterdir())[: asked.pictures]
    encoder = load_encoder(asked.encoder, weights=asked.weights, device="cpu")
    tensors = [encoder.pixels(load_picture(file).image) for file in files]
    encoder.encode([load_picture(files[0]).image])
    ratios = []
    print(f"{len(files)} pictures, {encoder.name}, {torch.get_num_threads()} threads", flush=True)
    for number in range(1, asked.rounds + 1):
        alone = network_alone(encoder, tensors)
        whole = pipeline(encoder, files)
        alone = (alone + network_alone(encoder, tensors)) / 2
        ratios.append(whole / alone)
        print(f"round {number}: network {alone:.1f}, pipeline {whole:.1f} pictures/s: {ratios[-1]:.2f}", flush=True)
    print(f"median of {len(ratios)}: {statistics.median(ratios):.2f} (target 0.9)")


def network_alone(encoder: Encoder, tensors: list[torch.Tensor]) -> float:
    """Pictures a second of the network on as many threads as the encoder takes."""
    with ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,)) as threads:
        start = time.perf_counter()
        list(threads.map(encoder.see, tensors))
        return len(tensors) / (time.perf_counter() - start)


def pipeline(encoder: Encoder, files: list[Path]) -> float:
    """Pictures a second from a graph whose pictures wait, to its image index."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        with (work / "entities.csv").open("w", newline="", encoding="utf-8") as table:
            rows = [(f"urn:{number}", f"Thing {number}", "ORG", file.name) for number, file in enumerate(files)]
            csv.writer(table).writerows([("iri", "label", "type", "image"), *rows])
        build_graph(work / GRAPH, sources=GraphSources([work / "entities.csv"], images_dir=files[0].parent))
        start = time.perf_counter()
        embed_images(work, encoder, progress=lambda *_: None)
        return len(files) / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
