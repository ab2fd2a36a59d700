"""Five lines in a fixed order, complete in both languages, that claim no cause."""

from __future__ import annotations

import json
import re

import pandas as pd

from features.messages import BilingualText
from recommender.lists.reasons.reason_lines import KINDS, as_json, as_reasons

CAUSAL = re.compile(r"because of|caus|effect|impact|improves|导致|促使|使成绩|效果", re.IGNORECASE)
EMPTY = re.compile(r"\bnan\b|None|NaT|\binf\b")


def test_five_lines_in_order_and_in_both_languages(rows: pd.DataFrame) -> None:
    for lines in rows["lines"]:
        assert tuple(lines) == KINDS
        for line in lines.values():
            assert line["zh"].endswith("。") and line["en"].endswith((".", '."'))
            assert not EMPTY.search(line["zh"] + line["en"])


def test_nothing_is_claimed_to_cause_anything(rows: pd.DataFrame) -> None:
    for lines in rows["lines"]:
        assert not CAUSAL.search(lines["evidence"]["zh"] + lines["evidence"]["en"])
        assert "classroom change: not measured" in lines["evidence"]["en"]


def test_the_file_and_the_answer_have_the_same_lines() -> None:
    one, two, three, four, five = (BilingualText(f"第{i}行", f"line {i}") for i in range(5))
    lines = (one, two, three, four, five)
    cells = json.loads(as_json(lines))
    assert [cell["kind"] for cell in cells] == [reason.kind for reason in as_reasons(lines)] == list(KINDS)
    assert [(cell["zh"], cell["en"]) for cell in cells] == list(lines)
    assert [(reason.zh, reason.en) for reason in as_reasons(lines)] == list(lines)
