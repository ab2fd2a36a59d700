"""Pictures are one language, without script, and show every group and part."""

from __future__ import annotations

import re

import pytest

from models.evaluation.calibration import CalibrationGroup
from models.evaluation.list_metrics import MetricRow
from models.evaluation.parts import PartRow
from recommender.registry.version_pictures import calibration_picture, parts_picture, scorers_picture

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAN = float("nan")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_dot_a_group_part_and_scorer_in_the_language_of_the_page(lang):
    groups = [CalibrationGroup("gain", x, x + 0.1, x, x + 0.2, 30, 20) for x in (0.1, 0.2, 0.3)]
    parts = [PartRow("stage", "primary", "served", 0.5, None, None, -0.1, None, None, 12),
             PartRow("evidence", "thin", "served", 0.5, 0.4, 0.6, 0.1, 0.0, 0.2, 40)]  # fmt: skip
    rows = [MetricRow("observed", s, "ndcg@10", 0.5, low, low + 0.1, "need_rule", 0.0, NAN, NAN, 9, 9)
            for s, low in (("served", 0.45), ("mine", NAN))]  # fmt: skip
    for picture, dots, bars in ((calibration_picture(groups, lang), 3, 3), (parts_picture(parts, lang), 2, 1),
                                (scorers_picture(rows, lang), 2, 1)):  # fmt: skip
        assert picture.count('class="dot"') == dots and picture.count('class="range"') == bars
        assert "nan" not in picture and "<script" not in picture
        assert bool(CHINESE.search(picture)) == (lang == "zh")
