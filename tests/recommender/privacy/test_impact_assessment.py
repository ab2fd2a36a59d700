"""The template holds the workspace's own figures, counted in another way, and leaves to people what they judge."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd

from recommender.privacy.data_catalogue import GROUPS, data_catalogue
from recommender.privacy.impact_assessment import BLANK, impact_assessment
from recommender.privacy.impact_facts import impact_facts
from recommender.records.audit_lines import record_command
from recommender.records.record_store import RecordStore
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

DAY = date(2026, 6, 30)


def test_figures_are_those_of_the_workspace(copy: Workspace) -> None:
    store = RecordStore.of(copy.root, Settings()).open()
    for _ in range(3):
        record_command(store, "root", "recommender audit", "none", "", "audit inspected")
    store.close()
    facts = impact_facts(copy, Settings())
    teachers = copy.tables["teachers"]
    pairs = [(row.school_id, one) for row in teachers.itertuples() for one in row.subject.split(";")]
    sizes = pd.Series(pairs).value_counts()
    smallest = [min(sizes[row.school_id, one] for one in row.subject.split(";")) for row in teachers.itertuples()]
    assert facts.teachers == len(teachers) and facts.simulated
    assert facts.small == sum(size < 5 for size in smallest) and facts.alone == sum(size == 1 for size in smallest)
    assert facts.rows["tables", "observations"] == len(copy.tables["observations"])
    assert facts.rows["records", "audit"] == 3 and facts.reads == {"operator": 3}
    assert facts.rows["plans", "assignments"] is None and facts.rows["files", "imports"] == 1
    needs = pd.read_parquet(copy.scores / "needs.parquet").query("unit_kind == 'teacher'")
    assert facts.rows["scores", "needs"] == len(pd.read_parquet(copy.scores / "needs.parquet"))
    assert facts.bands == needs["band"].value_counts().to_dict()
    assert facts.overdue == 0
    assert facts.filled["teachers", "ladder_step"] == teachers["ladder_step"].notna().mean()


def test_the_document_has_every_table_every_question_and_blanks(copy: Workspace) -> None:
    text = impact_assessment(impact_facts(copy, Settings()), None, DAY)
    assert [line for line in text.splitlines() if line.startswith("## ")] == sorted(
        line for line in text.splitlines() if line.startswith("## ")
    )
    for group in GROUPS:
        for table, entries in data_catalogue().of(group).items():
            assert f"`{table}` |" in text
            assert all(f"`{column}`" in text for entry in entries for column in entry.columns)
    assert all(f"第五十六条第{item}项" in text for item in "一二三")
    assert text.count(BLANK) > 50 and "模拟数据" in text and "2026-06-30" in text
    assert not re.search(r"\b(None|nan)\b|\{\w*\}", text)
    named = impact_assessment(impact_facts(copy, Settings()), "示例教育局", DAY)
    assert named.count(BLANK) == text.count(BLANK) - 1
