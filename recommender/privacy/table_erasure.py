"""One person leaves the imported tables: rows about her go, and what she did for others loses her id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from features.personal_rows import TEACHER_ID, naming_columns, personal_rows
from features.schema import TABLES
from features.tables import Tables
from recommender.privacy.traces import id_pattern

BY_CLASS: Final = "results"


def person_rows(tables: Tables, teacher_id: str) -> dict[str, int]:
    """Rows about her by table, where there are any."""
    return {name: len(rows) for name, rows in personal_rows(tables, teacher_id).items() if len(rows)}


def without_person(tables: Tables, teacher_id: str, pseudonym: str) -> Tables:
    """The tables without rows that name her as a teacher, and without results of classes in subjects that nobody else teaches.

    Where she observed another teacher's lesson, the row is about that teacher and stays: a pseudonym takes her place, so
    that her severity as a rater is still told apart. So it does inside longer ids and texts.
    """
    frames = dict(tables.frames)
    for name, table in TABLES.items():
        if TEACHER_ID in (column.name for column in table.columns):
            frames[name] = _without(frames[name], frames[name][TEACHER_ID] == teacher_id)
    frames[BY_CLASS] = _without(frames[BY_CLASS], _hers_alone(tables, frames, teacher_id))
    for name, table in TABLES.items():
        naming = [column for column in naming_columns(table) if column != TEACHER_ID]
        frames[name] = _renamed(frames[name], teacher_id, pseudonym, naming)
    return Tables(frames, tables.made_up)


def _hers_alone(before: Tables, after: Mapping[str, pd.DataFrame], teacher_id: str) -> pd.Series:
    """Results of classes in a subject that she taught and nobody else does: they are about her, in the others' case about
    them, too. Those of a class that nobody teaches any more go in every subject."""
    classes = before["classes"]
    own = classes[classes[TEACHER_ID] == teacher_id]
    pairs = _pairs(own["class_id"], own["subject"])
    pairs = pairs[~pairs.isin(_pairs(after["classes"]["class_id"], after["classes"]["subject"]))]
    gone = set(own["class_id"]) - set(after["classes"]["class_id"])
    results = before[BY_CLASS]
    subjects = before["assessments"].set_index("assessment_id")["subject"]
    of_subject = _pairs(results["unit_id"], results["assessment_id"].map(subjects))
    return (results["unit_kind"] == "class") & (of_subject.isin(pairs) | results["unit_id"].isin(gone))


def _pairs(class_ids: pd.Series, subjects: pd.Series) -> pd.Series:
    return class_ids.astype("object").fillna("") + "\n" + subjects.astype("object").fillna("")


def _without(frame: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    return frame[~rows].reset_index(drop=True) if rows.any() else frame


def _renamed(frame: pd.DataFrame, teacher_id: str, pseudonym: str, naming: list[str]) -> pd.DataFrame:
    """Cells that hold her id, whole in `naming` columns, as a word in any text; unchanged ones are shared."""
    changed = {}
    for name in frame.columns:
        column = frame[name]
        if not isinstance(column.dtype, pd.StringDtype):
            continue
        if name in naming:
            mask = (column == teacher_id).fillna(False)
        else:
            mask = column.str.contains(teacher_id, regex=False, na=False)
            mask &= column.where(mask, "").str.contains(id_pattern(teacher_id), na=False)
        if mask.any():
            changed[name] = column.where(~mask, column.str.replace(id_pattern(teacher_id), pseudonym, regex=True))
    return frame.assign(**changed) if changed else frame
