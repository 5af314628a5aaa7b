"""Fits the model of the second look to changed pictures of one half of the sample's entities, and to its first posts.

python -m benchmarks.train_second_look           # writes linker/data/second_look.json
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.options import take_no_options
from benchmarks.picture_changes import KINDS, MORE_KINDS, change_picture
from benchmarks.sample import TRAIN, WORK, read_sample, sample_index
from kg import Graph, ImageRecord
from linker import Pipeline, Post
from linker.candidates import CandidateFinder
from linker.index import Index
from linker.knowledge import text_scores
from linker.mentions import find_mentions, match_aliases
from linker.pictured import find_nearest, find_pictured
from linker.pictures import read_pictures
from linker.results import PostPicture
from linker.second_look import CLUES, Compared, SecondLook, clues_of, load_look_model

THETA = 0.9  # the rule's; what is more alike is answered by it
# Set by hand: flags out of reach that look like one in reach were answered with up to 0.987 (Ukraine for Rwanda).
WITHOUT_PLACEMENT = 0.99
STRENGTHS = (0.1, 0.5, 0.9)
_OF_A_KIND = 50
_LEFT_OUT = 20  # of each kind, with a text from whose reach the entity is left out
_LOOK_ALIKES = 250  # pairs of pictures, such as flags, crests and portraits, each as it is and in a mirror
_WRONG_AT_MOST = 0.002  # of the answers, when each fifth of the entities is answered by the others' model
_MODEL = Path(__file__).parents[1] / "linker/data/second_look.json"


@dataclass(frozen=True, slots=True)
class Question:
    """A picture, what was compared with it, and what it shows."""

    kind: str
    group: int  # questions about one entity belong together
    clues: NDArray[np.float64]  # (n, len(CLUES))
    right: NDArray[np.bool_]  # (n,)


def is_for_calibration(sha256: str) -> bool:
    """Which half of the entities' pictures, by their content; the test takes the other."""
    return hashlib.sha256(sha256.encode()).digest()[0] % 2 == 0


def text_near(graph: Graph, entity: int, random: np.random.Generator) -> tuple[tuple[str, ...], int]:
    """A text that names an entity, or one a hop or two away; and how far away."""
    around = graph.neighbours([entity], hops=int(random.choice((0, 0, 1, 2))))
    hop = max(around.values())
    named = sorted(one for one, distance in around.items() if distance == hop)
    return about(graph.entity(int(random.choice(named))).label), hop


def text_away(graph: Graph, entity: int, random: np.random.Generator) -> tuple[str, ...]:
    """A text that names an entity from which a given one is out of reach."""
    near = graph.neighbours([entity], hops=2)
    others = [record.entity_id for record in graph.images(status="embedded") if record.entity_id not in near]
    return about(graph.entity(int(random.choice(others))).label)


def look_alikes(index: Index, records: Sequence[ImageRecord]) -> list[tuple[ImageRecord, ImageRecord]]:
    """For each of some pictures the one of them most like it that is out of its entity's reach, and no copy.

    Returns:
        A picture and the other one; the most alike first.
    """
    rows = index.images.vectors([record.id for record in records]).astype(np.float32)
    pairs: list[tuple[float, ImageRecord, ImageRecord]] = []
    for record, cosines in zip(records, rows @ rows.T, strict=True):
        near = index.graph.neighbours([record.entity_id], hops=2)
        for place in np.argsort(-cosines, kind="stable"):
            if cosines[place] < THETA and records[place].entity_id not in near:
                pairs.append((float(cosines[place]), record, records[place]))
                break
    return [(record, other) for _, record, other in sorted(pairs, key=lambda pair: (-pair[0], pair[1].id))]


def about(label: str) -> tuple[str, ...]:
    """A text that names an entity."""
    return ("look", "at", "this", ",", "it", "is", "all", "about", *label.split(), "today")


def fit(rows: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Weights and bias of a logistic model."""
    from sklearn.linear_model import LogisticRegression

    spread = np.maximum(rows.std(axis=0), 1e-6)
    model = LogisticRegression(C=1.0, max_iter=5000).fit(rows / spread, right)
    return model.coef_[0] / spread, float(model.intercept_[0])


def choose_threshold(questions: Sequence[Question], *, wrong_at_most: float = 0.0) -> tuple[float, float, float]:
    """The least threshold without (many) wrong answers, each fifth of the entities answered by the others' model.

    Returns:
        The threshold, and precision and recall at it.
    """
    answers = []
    for fold in range(5):
        others = [question for question in questions if question.group % 5 != fold]
        weights, bias = fit(np.vstack([q.clues for q in others]), np.concatenate([q.right for q in others]))
        for question in (question for question in questions if question.group % 5 == fold):
            likely = 1 / (1 + np.exp(-(question.clues @ weights + bias)))
            best = int(likely.argmax())
            answers.append((float(likely[best]), bool(question.right[best])))
    answers.sort(reverse=True)
    known = sum(bool(question.right.any()) for question in questions)
    best_place = 0
    for place in range(1, len(answers) + 1):
        if sum(not right for _, right in answers[:place]) <= wrong_at_most * place:
            best_place = place
    right_ones = sum(right for _, right in answers[:best_place])
    return answers[best_place - 1][0], right_ones / best_place, right_ones / known


def main() -> None:
    """Fit the model and write it."""
    with Pipeline.open(sample_index(), second_look=False, cache=WORK / "second-look.sqlite") as pipeline:
        asker = Asker(pipeline)
        questions = [*_changed(pipeline, asker), *_alike(pipeline, asker), *_posts(pipeline, asker)]
        pipeline.memory.flush()
    np.savez(WORK / "second-look-questions.npz", **_as_arrays(questions))
    threshold, precision, recall = choose_threshold(questions, wrong_at_most=_WRONG_AT_MOST)
    weights, bias = fit(np.vstack([q.clues for q in questions]), np.concatenate([q.right for q in questions]))
    model = {
        "made_by": "python -m benchmarks.train_second_look",
        "weights": {name: round(float(weight), 4) for name, weight in zip(CLUES, weights, strict=True)},
        "bias": round(bias, 4),
        "threshold": round(threshold, 4),
        "threshold_without_placement": WITHOUT_PLACEMENT,
    }
    _MODEL.write_text(json.dumps(model, indent=2) + "\n", "utf-8")
    print(f"{len(questions)} questions; held out at {threshold:.3f}: precision {precision:.4f}, recall {recall:.4f}")


class Asker:
    """Asks what the second look sees of posts, with the candidates of the names in their texts.

    Args:
        pipeline: An opened pipeline.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._candidates = CandidateFinder(pipeline.index.graph, pipeline.index.aliases)
        self._look = SecondLook(pipeline.index, pipeline.memory)

    def prepare(self, post: Post) -> tuple[Post, PostPicture, dict[int, float]] | None:
        """The picture of a post and how well names fit the candidates; None where the second look would not look."""
        index, memory = self._pipeline.index, self._pipeline.memory
        [picture] = read_pictures([post.image], self._pipeline.encoder, memory, with_regions=False)
        spans = find_mentions(post.tokens, (), match_aliases(post.tokens, index.aliases))
        text = text_scores(self._candidates.find(spans))
        if picture.vector is None or not text or find_pictured(index.graph, index.images, picture.vector, list(text)):
            return None
        return post, picture, text

    def look(self, post: Post, picture: PostPicture, text: dict[int, float]) -> NDArray[np.float64] | None:
        """The probabilities that the second look gives to the nearest entities' pictures; None where there is none."""
        compared = self._compare(post, picture, text)
        return load_look_model().probabilities(clues_of(compared, text)) if compared else None

    def ask(self, post: Post, entity: int | None, kind: str, group: int) -> Iterator[Question]:
        """What the second look sees of a post, and what it sees where nobody but the nearest is, as in a small graph.

        Nothing where it would not look.
        """
        prepared = self.prepare(post)
        compared = self._compare(*prepared) if prepared else []
        for some in (compared, compared[:1]):
            if some and prepared:
                right = np.array([one.match.entity_id == entity for one in some])
                yield Question(kind, group, clues_of(some, prepared[2]), right)

    def _compare(self, post: Post, picture: PostPicture, text: dict[int, float]) -> list[Compared]:
        assert picture.vector is not None
        assert post.image is not None
        index = self._pipeline.index
        nearest = find_nearest(index.graph, index.images, picture.vector, sorted(text), hops=2)
        return self._look.compare(nearest, post.image, picture.sha256)


def _changed(pipeline: Pipeline, asker: Asker) -> Iterator[Question]:
    random, graph = np.random.default_rng(12), pipeline.index.graph
    records = [r for r in graph.images(status="embedded") if is_for_calibration(r.sha256 or "")]
    photos = [_open(record).resize((700, 700)) for record in records if (record.file or "").endswith(".jpg")][:80]
    file = WORK / "changed.png"
    for kind in KINDS | MORE_KINDS:
        for number in range(_OF_A_KIND + _LEFT_OUT):
            record = records[int(random.integers(len(records)))]
            change_picture(_open(record), kind, random, photos, STRENGTHS).save(file)
            away = number >= _OF_A_KIND
            near = text_near(graph, record.entity_id, random)[0]
            tokens = text_away(graph, record.entity_id, random) if away else near
            post = Post(f"{kind} {number}", tokens, file)
            yield from asker.ask(post, None if away else record.entity_id, kind, record.entity_id)


def _alike(pipeline: Pipeline, asker: Asker) -> Iterator[Question]:
    """Pictures that look much like one in reach, and are not of it."""
    graph, file = pipeline.index.graph, WORK / "changed.png"
    records = [r for r in graph.images(status="embedded") if is_for_calibration(r.sha256 or "")]
    for number, (named, shown) in enumerate(look_alikes(pipeline.index, records)[:_LOOK_ALIKES]):
        for image in (picture := _open(shown), ImageOps.mirror(picture)):
            image.save(file)
            post = Post(f"alike {number}", about(graph.entity(named.entity_id).label), file)
            yield from asker.ask(post, None, "look-alike", shown.entity_id)


def _posts(pipeline: Pipeline, asker: Asker) -> Iterator[Question]:
    """The sample's first posts, but those whose rule-made answer stands."""
    for number, gold in enumerate(read_sample()[:TRAIN]):
        entity = pipeline.index.graph.entity_by_iri(gold.image_entity) if gold.image_entity else None
        yield from asker.ask(gold.post, entity.id if entity else None, "post", -1 - number)


def _as_arrays(questions: Sequence[Question]) -> dict[str, NDArray[np.generic]]:
    return {
        "clues": np.vstack([q.clues for q in questions]),
        "right": np.concatenate([q.right for q in questions]),
        "of": np.repeat(np.arange(len(questions)), [len(q.right) for q in questions]),
        "kind": np.array([q.kind for q in questions]),
        "group": np.array([q.group for q in questions]),
    }


def _open(record: ImageRecord) -> Image.Image:
    from vision import load_picture

    return load_picture(Path(record.file or "")).image


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
