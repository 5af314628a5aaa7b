"""The second look: where the papers' rule recognises nothing, the nearest entities are compared point by point.

Whether a picture shows one of them is decided by more than one number: the cosine and how far the next entity is
behind, how many local features agree on one placement and how well the pixels agree there, how near the entity is to
the text and how well a name of the text fits it. Together they give a probability (a logistic model, fitted by
``python -m benchmarks.train_second_look``); what falls short of the model's threshold is not said.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from linker.entity_features import EntityFeatures, local_features_of
from linker.index import Index
from linker.memory import Memory
from linker.pictured import Match

if TYPE_CHECKING:
    from vision import Placement

CLUES = (
    "cosine",
    "cosine_margin",
    "placed",
    "inliers",
    "inliers_margin",
    "inlier_share",
    "likeness",
    "likeness_margin",
    "hop_1",
    "hop_2",
    "text",
)
"""What the model weighs, of each entity that comes near."""

_MODEL = "data/second_look.json"
_USUAL_COSINE = 0.3  # of pictures that have nothing in common: no margin is greater than that to one
_USUAL_LIKENESS = 0.5  # of pictures laid over each other by chance: likewise
_CHANCE = math.log1p(4)  # agreeing points that chance gives
_PERFECT = 1.02  # of a likeness counts what lacks: flags that differ in a star are alike to 0.93, copies to 0.99
_LEAST_INLIERS = 6  # a placement with fewer speaks of chance, and is not said


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the second look says of a picture."""

    match: Match
    how: str  # ``geometry``: local features agree on a placement; ``encoder``: by cosine and margin alone
    score: float  # probability that the picture shows it


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the nearest entities' pictures, set beside the post's."""

    match: Match
    placement: "Placement | None"
    is_read: bool = True  # whether the entity's picture could be read


@dataclass(frozen=True, slots=True, eq=False)
class LookModel:
    """A logistic model: a weight for each of `CLUES`, and from which probability on its answer is said."""

    weights: NDArray[np.float64]  # (len(CLUES),)
    bias: float
    threshold: float
    threshold_without_placement: float  # flags are much alike (Ukraine, Rwanda): without points it must be surer
    identity: str = ""  # of the numbers: another model may give another answer

    def probabilities(self, clues: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probability of each row of clues, (n, len(CLUES)) to (n,)."""
        found: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(clues @ self.weights + self.bias, -50, 50)))
        return found


class SecondLook:
    """Looks again at pictures in which the rule recognises nothing.

    Args:
        index: The opened index.
        memory: Where the local features of entities' pictures are remembered.
    """

    def __init__(self, index: Index, memory: Memory) -> None:
        self._model = load_look_model()
        self._features = EntityFeatures(index, memory)

    def look(
        self, nearest: Sequence[Match], file: Path | bytes, sha256: str, text: Mapping[int, float]
    ) -> tuple[Recognised | None, bool]:
        """Say which of the nearest entities a picture shows.

        Args:
            nearest: The nearest pictures of entities, from `linker.pictured.find_nearest`.
            file: The post's picture.
            sha256: Its digest; a file that is another one by now is not looked at.
            text: How well a name of the text fits each candidate, 0 to 1, by entity id.

        Returns:
            The likeliest, if it is likely enough; and whether all the pictures could be read, else another time's
            answer may be another.
        """
        compared = self.compare(nearest, file, sha256)
        is_whole = len(compared) == len(nearest) and all(one.is_read for one in compared)
        if not compared:
            return None, is_whole
        likely = self._model.probabilities(clues_of(compared, text))
        best = int(likely.argmax())
        placed = compared[best].placement
        how = "geometry" if placed and placed.inliers >= _LEAST_INLIERS else "encoder"
        if likely[best] < (self._model.threshold if how == "geometry" else self._model.threshold_without_placement):
            return None, is_whole
        return Recognised(compared[best].match, how, float(likely[best])), is_whole

    def compare(self, nearest: Sequence[Match], file: Path | bytes, sha256: str) -> list[Compared]:
        """Set the picture of a post beside those of the nearest entities; empty where it cannot be read any more."""
        from vision import find_placement

        ours = local_features_of(file, sha256) if nearest else None
        if ours is None:
            return []
        theirs = self._features.of([match.image_id for match in nearest])
        return [
            Compared(match, find_placement(theirs[match.image_id], ours))
            if match.image_id in theirs
            else Compared(match, None, is_read=False)
            for match in nearest
        ]


def clues_of(compared: Sequence[Compared], text: Mapping[int, float]) -> NDArray[np.float64]:
    """The clues of each compared picture, (n, len(CLUES)); margins are those to the best other entity."""
    rows = []
    for one in compared:
        match, others = one.match, [other for other in compared if other.match.entity_id != one.match.entity_id]
        margin = match.cosine - max([_USUAL_COSINE, *(other.match.cosine for other in others)])
        near = (float(match.hop == 1), float(match.hop == 2), text.get(match.entity_id, 0.0))
        if one.placement is None:
            rows.append((match.cosine, margin, *[0.0] * 6, *near))
            continue
        rivals = [_strength(other.placement) for other in others if other.placement]
        inliers, likeness = _strength(one.placement)
        rows.append(
            (
                *(match.cosine, margin, 1.0, inliers),
                inliers - max((rival for rival, _ in rivals), default=_CHANCE),
                one.placement.inliers / one.placement.matches,
                -math.log(_PERFECT - likeness),
                likeness - max([_USUAL_LIKENESS, *(rival for _, rival in rivals)]),
                *near,
            )
        )
    return np.array(rows, np.float64).reshape(-1, len(CLUES))


def _strength(placement: "Placement") -> tuple[float, float]:
    """How many points agree, as a logarithm, and how alike the pixels are, 0 to 1."""
    return math.log1p(placement.inliers), max(placement.likeness, 0.0)


@cache
def load_look_model() -> LookModel:
    """The model of the package."""
    text = files("linker").joinpath(_MODEL).read_text("utf-8")
    data = json.loads(text)
    weights = np.array([data["weights"].get(name, 0.0) for name in CLUES], np.float64)
    return LookModel(
        weights,
        data["bias"],
        data["threshold"],
        data["threshold_without_placement"],
        hashlib.sha256(text.encode()).hexdigest()[:16],
    )
