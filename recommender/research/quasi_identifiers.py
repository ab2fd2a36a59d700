"""What an outsider may know of a teacher, each with its levels from fine to nothing.

Schools and districts are not among them: their sizes are public, and school with subject singles most people out. Nor are
titles and weekly lessons, which tell little that years and ladder do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import pandas as pd

from features.tables import Tables, split_list
from recommender.research.k_anonymity import ANY

SEVERAL: Final = "several"
OTHER: Final = "other"
FIELDS: Final = {
    "languages": ("语文", "英语", "日语", "俄语", "法语", "德语", "西班牙语"),
    "mathematics and science": ("数学", "科学", "物理", "化学", "生物", "信息科技", "通用技术"),
    "humanities": ("道德与法治", "思想政治", "历史", "地理"),
    "arts, sports and practice": ("体育与健康", "艺术", "音乐", "美术", "劳动", "综合实践活动", "心理健康"),
    "early and general": ("学前", "generalist", "特殊教育"),
}
FIELD_OF: Final = {subject: field for field, subjects in FIELDS.items() for subject in subjects}
YOUNGER: Final = ("kindergarten", "primary")
Hierarchies = dict[str, list[pd.Series]]


def quasi_identifiers(tables: Tables, as_of: date) -> Hierarchies:
    """Column -> its values of all N teachers at each level, in the order of the teachers table."""
    teachers = tables["teachers"]
    schools = tables["organizations"].set_index("org_id")["location"]
    years = (pd.Timestamp(as_of) - teachers["start_date"]).dt.days / 365.25
    taken = tables["enrolments"].query("status == 'completed'").groupby("teacher_id").size()
    trainings = teachers["teacher_id"].map(taken).fillna(0)
    columns = {
        "role": [_text(teachers["role"])],
        "stage": [_text(teachers["stage"]), _each(teachers["stage"], _younger)],
        "subject": [_each(teachers["subject"], _subject), _each(teachers["subject"], _field)],
        "years_of_service": [_bands(years, (4, 10, 20, 30)), _bands(years, (10, 20))],
        "ladder_step": [_text(teachers["ladder_step"]), _each(teachers["ladder_step"], _ladder)],
        "location": [_text(teachers["school_id"].map(schools))],
        "trainings_completed": [_bands(trainings, (1, 3, 6)), _bands(trainings, (1,))],
    }
    return {name: [*levels, pd.Series(ANY, index=teachers.index)] for name, levels in columns.items()}


def _text(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), "unknown")


def _each(column: pd.Series, code: Callable[[str], str]) -> pd.Series:
    return _text(column).map(lambda cell: cell if cell == "unknown" else code(cell))


def _bands(column: pd.Series, edges: Sequence[int]) -> pd.Series:
    """0-3, 4-9, 10 and more: bands that begin at 0 and at each edge."""
    starts = (0, *edges)
    names = [f"{low}-{high - 1}" for low, high in zip(starts, edges, strict=False)] + [f"{starts[-1]}+"]
    cut = pd.cut(column, [float("-inf"), *edges, float("inf")], right=False, labels=names)
    return _text(cut.astype(object))


def _younger(stage: str) -> str:
    return "kindergarten or primary" if stage in YOUNGER else "secondary"


def _subject(cell: str) -> str:
    subjects = split_list(cell)
    return subjects[0] if len(subjects) == 1 else SEVERAL


def _field(cell: str) -> str:
    """The field of all her subjects, where they have one."""
    fields = {FIELD_OF.get(subject, OTHER) for subject in split_list(cell)}
    return fields.pop() if len(fields) == 1 else SEVERAL


def _ladder(step: str) -> str:
    return "principal" if step.startswith("P") else "T1-T2" if step in ("T1", "T2") else "T3-T6"
