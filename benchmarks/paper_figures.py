"""What the papers report: F1 on the test sets of Twitter-2015 and 2017, for each type and overall.

The test sets are not here, so these stand beside figures on ``valid``: their order can be compared, they cannot.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reported:
    """A row of a paper's table, in percent.

    Attributes:
        by_type: F1 of PER, LOC, ORG and OTHER (MISC); empty where the paper gives none.
        f1: Overall.
        source: The paper and its table.
    """

    by_type: tuple[float, ...]
    f1: float
    source: str


_YU, _CHEN, _TIAN = "Yu 2020, table 2", "Chen 2021, table 2", "Tian 2021, table 3"
_YU_ABLATIONS, _TIAN_ABLATIONS = "Yu 2020, table 3", "Tian 2021, table 5"

REPORTED: Mapping[int, Mapping[str, Reported]] = {
    2015: {
        "bilstm-crf": Reported((76.77, 72.56, 41.33, 26.80), 64.42, _YU),
        "cnn-bilstm-crf": Reported((80.86, 75.39, 47.77, 32.61), 67.15, _YU),
        "hbilstm-crf": Reported((82.34, 76.83, 51.59, 32.52), 69.17, _YU),
        "bert": Reported((84.72, 79.91, 58.26, 38.81), 71.32, _YU),
        "bert-crf": Reported((84.74, 80.51, 60.27, 37.29), 71.81, _YU),
        "gvatt": Reported((82.66, 77.21, 55.06, 35.25), 70.80, _YU),
        "adacan": Reported((81.98, 78.95, 53.07, 34.02), 70.69, _YU),
        "mt": Reported((85.30, 81.21, 61.10, 37.97), 72.58, _YU),
        "umt": Reported((85.24, 81.58, 63.03, 39.45), 73.41, _YU),
        "visual-self-attention": Reported((83.98, 78.65, 59.27, 39.54), 72.91, _CHEN),
        "knowledge-attention": Reported((84.28, 79.43, 58.97, 41.47), 73.27, _CHEN),
        "hsn": Reported((85.87, 78.63, 61.93, 42.74), 74.18, _TIAN),
        "knowledge-attention-without-picture": Reported((83.51, 77.26, 58.06, 37.03), 72.09, "Chen 2021, table 3"),
        "umt-without-conversion": Reported((), 72.63, _YU_ABLATIONS),
        "umt-without-image-aware": Reported((), 72.79, _YU_ABLATIONS),
        "umt-without-visual-gate": Reported((), 73.19, _YU_ABLATIONS),
        "hsn-without-integration": Reported((), 73.02, _TIAN_ABLATIONS),
        "hsn-without-hierarchical-attention": Reported((), 72.46, _TIAN_ABLATIONS),
        "hsn-without-heads": Reported((), 73.71, _TIAN_ABLATIONS),
        "hsn-without-visual-feature": Reported((), 72.11, _TIAN_ABLATIONS),
    },
    2017: {
        "bilstm-crf": Reported((85.12, 72.68, 72.50, 52.56), 76.31, _YU),
        "cnn-bilstm-crf": Reported((87.99, 77.44, 74.02, 60.82), 79.37, _YU),
        "hbilstm-crf": Reported((87.91, 78.57, 76.67, 59.32), 80.37, _YU),
        "bert": Reported((90.88, 84.00, 79.25, 61.63), 82.95, _YU),
        "bert-crf": Reported((90.25, 83.05, 81.13, 62.21), 83.44, _YU),
        "gvatt": Reported((89.34, 78.53, 79.12, 62.21), 81.87, _YU),
        "adacan": Reported((89.63, 77.46, 79.24, 62.77), 82.15, _YU),
        "mt": Reported((91.47, 82.05, 81.84, 65.80), 84.42, _YU),
        "umt": Reported((91.56, 84.73, 82.24, 70.10), 85.31, _YU),
        "umt-without-conversion": Reported((), 84.85, _YU_ABLATIONS),
        "umt-without-image-aware": Reported((), 84.87, _YU_ABLATIONS),
        "umt-without-visual-gate": Reported((), 84.99, _YU_ABLATIONS),
    },
}
"""By year and the name of a recipe, without its folder.

``umt`` without span detection is ``mt``, ``gvatt`` is GVATT-HBiLSTM-CRF, ``adacan`` is AdaCAN-CNN-BiLSTM-CRF, and
``visual-self-attention`` is Arshad 2019, "Self-Attention Network" in Chen's table.
"""
