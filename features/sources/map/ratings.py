"""[[ratings]] of a mapped file at work: pupils' answers become surveys of their teachers and are forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.schema import TABLES
from features.sources.issue import Message
from features.sources.issues import Issues
from features.sources.map.apply_mapping import column_of, read_place
from features.sources.map.mapping_spec import JOINT, ColumnSpec, LinkSpec, RatingSpec
from features.sources.map.pupil_rows import ids_in, note_rows, numbers_in, tell_twice, told
from features.sources.read.sheet import Sheet, texts
from features.sources.staging import Chunk, Field

KEYS: Final = ("class", "teacher")


def rating_parts(
    plan: RatingSpec, files: Sequence[Path], linked: Sequence[Path], findings: Issues
) -> list[Chunk]:
    """Parts of surveys: one survey a class and teacher; none, with problems told, where a column is missing.

    linked: the files that name the teachers, where another file does.
    """
    teachers = _teachers(plan.teacher, linked, findings) if isinstance(plan.teacher, LinkSpec) else None
    parts: list[Chunk] = []
    for file in files:
        sheet = read_place(file, plan.place)
        frame = _frame(plan, sheet, findings)
        if frame is None:
            continue
        if teachers is not None:
            frame = frame.merge(teachers, on="pupil", how="left").fillna({"teacher": ""})
        nobody = frame["teacher"] == ""
        said = Message("没有教师，此行未计入", "no teacher; left out")
        note_rows(sheet, np.isin(sheet.rows, frame.loc[nobody, "row"]), said, findings)
        frame = frame[~nobody]
        if len(frame):
            parts += [_part(plan, sheet, frame, item) for item in plan.items]
    return parts


def _teachers(plan: LinkSpec, files: Sequence[Path], findings: Issues) -> pd.DataFrame:
    """pupil -> teacher; a pupil of several teachers has several rows."""
    read = []
    for file in files:
        sheet = read_place(file, plan.place)
        pupil, teacher = ids_in(sheet, plan.on, findings), column_of(sheet, plan.column, findings, ids=True)
        if pupil is not None and teacher is not None:
            read.append(pd.DataFrame({"pupil": pupil.to_pylist(), "teacher": teacher.to_pylist()}))
    found = pd.concat(read) if read else pd.DataFrame({"pupil": [], "teacher": []}, dtype="str")
    return found[(found != "").all(axis=1)].drop_duplicates()


def _frame(plan: RatingSpec, sheet: Sheet, findings: Issues) -> pd.DataFrame | None:
    """One row a pupil, the best answer of each item being the highest; None where a column is missing."""
    cells: dict[str, Any] = {"row": sheet.rows}
    made = {"class": ColumnSpec(plan.classes)} if plan.classes else {}
    made |= {"teacher": plan.teacher} if isinstance(plan.teacher, ColumnSpec) else {}
    for key, column in made.items():
        found = column_of(sheet, column, findings, ids=True)
        cells[key] = None if found is None else found.to_pylist()
    if plan.pupil is not None:
        found = ids_in(sheet, plan.pupil, findings)
        cells["pupil"] = None if found is None else found.to_pylist()
    for item, header in plan.items.items():
        cells[f"item {item}"] = _answers(plan, sheet, item, header, findings)
    if any(column is None for column in cells.values()):
        return None
    frame = pd.DataFrame(cells)
    nowhere = np.zeros(len(frame), dtype=bool)
    for key in ("class", "pupil"):
        nowhere |= (frame[key] == "").to_numpy() if key in frame else False
    note_rows(sheet, nowhere, Message("班级或学生为空，此行未计入", "no class or no pupil; left out"), findings)
    frame = frame[~nowhere]
    if plan.pupil is None:
        return frame
    frame = frame[~frame.drop(columns="row").duplicated()]
    again = frame.duplicated([key for key in ("pupil", *KEYS) if key in frame])
    said = Message(
        "同一学生对同一教师只能有一份答卷",
        "a pupil answers once about a teacher; here again with other answers",
    )
    tell_twice(sheet, plan.pupil, frame[again], said, findings)
    return frame[~again]


def _answers(
    plan: RatingSpec, sheet: Sheet, item: str, header: str, findings: Issues
) -> NDArray[np.float64] | None:
    """(P,) NaN where there is none; an answer outside the scale is a problem and none."""
    values = numbers_in(sheet, header, plan.missing, findings)
    if values is None:
        return None
    low, high = plan.scale
    outside = (values < low) | (values > high)
    frame = pd.DataFrame({"row": sheet.rows, "pupil": [f"{value:g}" for value in values]})
    said = Message(f"应在 {low:g} 与 {high:g} 之间", f"an answer from {low:g} to {high:g}", f"{low:g}")
    tell_twice(sheet, header, frame[outside], said, findings)
    values = np.where(outside, np.nan, values)
    return np.asarray(low + high - values if item in plan.reverse else values)


def _part(plan: RatingSpec, sheet: Sheet, frame: pd.DataFrame, item: str) -> Chunk:
    """One item of all classes; a class without an answer makes no row."""
    keys = [key for key in KEYS if key in frame]
    found = frame.dropna(subset=f"item {item}").groupby(keys)
    told_of = found[f"item {item}"].agg(["count", "mean", "std"]).reset_index()
    first = found["row"].min().to_numpy(dtype=np.int64)
    named = [JOINT.join((plan.survey, *ids)) for ids in told_of[keys].itertuples(index=False, name=None)]
    size = len(told_of)
    cells: Mapping[str, list[str]] = {
        "survey_id": named,
        "item": [item] * size,
        "kind": ["student_feedback"] * size,
        "teacher_id": told_of["teacher"].tolist(),
        "date": [plan.date] * size,
        "n": told_of["count"].astype(str).tolist(),
        "mean": told(told_of["mean"].to_numpy(dtype=np.float64)),
        "sd": told(told_of["std"].to_numpy(dtype=np.float64)),
        "scale_min": [f"{plan.scale[0]:g}"] * size,
        "scale_max": [f"{plan.scale[1]:g}"] * size,
    }
    table = TABLES["surveys"]
    fields = {name: Field(texts(column), "", table.column(name).zh) for name, column in cells.items()}
    return Chunk("surveys", Sheet(sheet.file, sheet.name, (), (), first), fields, first)
