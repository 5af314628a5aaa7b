"""What ``evaluate-links`` says of some results: scores, calibration, wrong links, a comparison, what was not used."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from linker.evaluation.annotations import Problems, problem_lines
from linker.evaluation.calibration import Calibration

if TYPE_CHECKING:
    from ner import Comparison


@dataclass(frozen=True, slots=True)
class LinkScore:
    """A group's score.

    Attributes:
        gold: What was to be found.
        found: What was found; None for a share of the gold mentions, which has no precision of its own.
        right: What of it is right.
        precision: The share of what was found that is right, over all posts (micro); None for a share.
        recall: The share of the gold that was found; the share itself, where the group is one.
        f1: The harmonic mean of both; None for a share.
        interval: Where `f1` lies, or the share, with 95 % probability.
        macro: Precision, recall and F1 as means over the posts; None for groups that only split the accuracy.
    """

    gold: int
    found: int | None
    right: int
    precision: float | None
    recall: float
    f1: float | None
    interval: tuple[float, float]
    macro: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class WrongLink:
    """A gold mention whose answer is wrong.

    Attributes:
        post: The post's id.
        text: Its text.
        mention: The mention.
        form: How it names its entity.
        gold: IRI and name of the gold entity; None is NIL.
        found: IRI and name of the answer; None is NIL.
        is_found: Whether the results have a mention there at all.
        score: The probability that was given to the wrong answer; None where it is not told.
        rank: The gold entity's place among the candidates, from 1; None where it is not among them.
    """

    post: str
    text: str
    mention: str
    form: str
    gold: tuple[str, str] | None
    found: tuple[str, str] | None
    is_found: bool
    score: float | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class LinkReport:
    """All that ``evaluate-links`` has to say.

    Attributes:
        posts: Gold posts.
        mentions: Gold mentions.
        answered: Those of them in whose places the results have a mention.
        scores: By group (`linker.evaluation.link_counts.count_links`).
        calibration: Of the answers at gold mentions that tell a score: ``all``, ``entities``, ``NIL``.
        worst: The mentions most surely wrong.
        comparison: The results against the other ones, by group.
        problems: What could not be used.
    """

    posts: int
    mentions: int
    answered: int
    scores: Mapping[str, LinkScore]
    calibration: Mapping[str, Calibration]
    worst: Sequence[WrongLink]
    comparison: Mapping[str, "Comparison"]
    problems: Problems

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        comparison = {group: found.to_dict() for group, found in self.comparison.items()}
        return {**asdict(self), "comparison": comparison}

    def problem_lines(self) -> list[str]:
        """A line for each kind of thing that could not be used."""
        return problem_lines(self.problems)
