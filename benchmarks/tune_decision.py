"""Fit the weights of the decision on the first 400 posts of kg-sample, and write linker/data/decision.json.

    python -m benchmarks.tune_decision

Logistic regression with an L2 penalty over (gold mention, candidate) pairs; half of the passes see the picture and
half do not, so that the weights serve posts without one. What the picture counts is set, not fitted: in the sample
hardly any name is ambiguous, so a fit would learn that the picture does not matter, which is only true where
nothing is in doubt. The penalty is a strong one, since the tagger was trained on most of these posts and is surer
of them than of new ones. The thresholds are settings too, and are kept as they stand in the file.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import torch

import linker
from benchmarks.options import take_no_options
from benchmarks.sample import TRAIN, GoldPost, read_sample, sample_index
from linker import FEATURES, Pipeline, describe

L2 = 1e-2
SET = {"is_pictured": 3.0, "pictured_at_hop_1": 1.0, "pictured_at_hop_2": 0.5}
COMMAND = "python -m benchmarks.tune_decision"


def collect(
    pipeline: Pipeline, gold: Sequence[GoldPost], *, with_pictures: bool
) -> tuple[list[tuple[float, ...]], list[float]]:
    """Features and labels of every candidate of every gold mention."""
    rows: list[tuple[float, ...]] = []
    labels: list[float] = []
    for item in gold:
        post = item.with_gold_mentions
        if not with_pictures:
            post = linker.Post(post.id, post.tokens, None, post.caption, post.mentions, post.line)
        [evidence] = pipeline.gather([post])
        for mention, matches, link in zip(evidence.mentions, evidence.matches, item.links, strict=True):
            rows.extend(describe(mention, matches, evidence.hops))
            labels.extend(float(match.entity.iri == link[3]) for match in matches)
    return rows, labels


def fit(rows: list[tuple[float, ...]], labels: list[float]) -> list[float]:
    """Weights of least penalised log loss."""
    x, y = torch.tensor(rows, dtype=torch.float64), torch.tensor(labels, dtype=torch.float64)
    fixed = torch.tensor([SET.get(name, 0.0) for name in FEATURES], dtype=torch.float64)
    is_free = torch.tensor([name not in SET for name in FEATURES], dtype=torch.float64)
    weights = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=500, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        scores = x @ (fixed + is_free * weights)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, y) + L2 * weights[:-1].square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return [round(value, 4) for value in (fixed + is_free * weights).tolist()]


def main() -> None:
    """Fit and write."""
    path = Path(linker.__file__).parent / "data" / "decision.json"
    gold = read_sample()[:TRAIN]
    with Pipeline.open(sample_index()) as pipeline:
        seen = collect(pipeline, gold, with_pictures=True)
        unseen = collect(pipeline, gold, with_pictures=False)
    weights = fit(seen[0] + unseen[0], seen[1] + unseen[1])
    data = json.loads(path.read_text("utf-8"))
    data |= {
        "made_by": COMMAND,
        "made_from": f"the gold mentions of the first {TRAIN} posts of kg-sample, with and without their pictures",
        "weights": dict(zip(FEATURES, weights, strict=True)),
    }
    path.write_text(json.dumps(data, indent=2) + "\n", "utf-8")
    for name, weight in data["weights"].items():
        print(f"{name:<20}{weight:>9.4f}")


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
