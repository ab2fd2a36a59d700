"""Applies the [[ratings]] of a mapping file: pupils' answers become surveys of their teachers and are discarded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.messages import message
from features.schema import TABLES
from features.sources.issue import with_example
from features.sources.issues import Issues
from features.sources.map.mapping_spec import SEPARATOR, ColumnSpec, LinkedColumnSpec, RatingSpec
from features.sources.map.pupil_rows import ids_in, note_rows, number_cells, numbers_in, problem_rows
from features.sources.map.source_columns import column_of, read_source
from features.sources.read.sheet import Sheet, texts
from features.sources.staging import Chunk, Field

KEYS: Final = ("class", "teacher")


def rating_chunks(
    spec: RatingSpec, files: Sequence[Path], teacher_files: Sequence[Path], issues: Issues
) -> list[Chunk]:
    """Chunks of surveys: one survey a class and teacher; none, with problems, where a column is missing.

    teacher_files: the files with the pupils' teachers, where these are in other files.
    """
    teachers = (
        _teachers(spec.teacher, teacher_files, issues) if isinstance(spec.teacher, LinkedColumnSpec) else None
    )
    chunks: list[Chunk] = []
    for file in files:
        sheet = read_source(file, spec, issues)
        frame = _frame(spec, sheet, issues)
        if frame is None:
            continue
        if teachers is not None:
            frame = frame.merge(teachers, on="pupil", how="left").fillna({"teacher": ""})
        without_teacher = frame["teacher"] == ""
        rows = np.isin(sheet.rows, frame.loc[without_teacher, "row"])
        note_rows(sheet, rows, message("sources.no_teacher"), issues)
        frame = frame[~without_teacher]
        if len(frame):
            chunks += [_chunk(spec, sheet, frame, item) for item in spec.items]
    return chunks


def _teachers(spec: LinkedColumnSpec, files: Sequence[Path], issues: Issues) -> pd.DataFrame:
    """pupil -> teacher; a pupil of several teachers has several rows."""
    frames = []
    for file in files:
        sheet = read_source(file, spec, issues)
        pupil = column_of(sheet, ColumnSpec.of(*spec.on), issues, ids=True)
        teacher = column_of(sheet, spec, issues, ids=True)
        if pupil is not None and teacher is not None:
            frames.append(pd.DataFrame({"pupil": pupil.to_pylist(), "teacher": teacher.to_pylist()}))
    links = pd.concat(frames) if frames else pd.DataFrame({"pupil": [], "teacher": []}, dtype="str")
    return links[(links != "").all(axis=1)].drop_duplicates()


def _frame(spec: RatingSpec, sheet: Sheet, issues: Issues) -> pd.DataFrame | None:
    """One row a pupil, the best answer of each item being the highest; None where a column is missing."""
    columns: dict[str, Any] = {"row": sheet.rows}
    column_specs = {} if spec.classes is None else {"class": spec.classes}
    if not isinstance(spec.teacher, LinkedColumnSpec):
        column_specs["teacher"] = spec.teacher
    for key, column_spec in column_specs.items():
        cells = column_of(sheet, column_spec, issues, ids=True)
        columns[key] = None if cells is None else cells.to_pylist()
    if spec.pupil is not None:
        cells = ids_in(sheet, spec.pupil, issues)
        columns["pupil"] = None if cells is None else cells.to_pylist()
    for item, header in spec.items.items():
        columns[f"item {item}"] = _answers(spec, sheet, item, header, issues)
    if any(column is None for column in columns.values()):
        return None
    frame = pd.DataFrame(columns)
    unidentified = np.zeros(len(frame), dtype=bool)
    for key in ("class", "pupil"):
        unidentified |= (frame[key] == "").to_numpy() if key in frame else False
    note_rows(sheet, unidentified, message("sources.no_class_or_pupil_in_answers"), issues)
    frame = frame[~unidentified]
    if spec.pupil is None:
        return frame
    frame = frame[~frame.drop(columns="row").duplicated()]
    second = frame.duplicated([key for key in ("pupil", *KEYS) if key in frame])
    problem_rows(sheet, spec.pupil, frame[second], message("sources.second_answers"), issues)
    return frame[~second]


def _answers(
    spec: RatingSpec, sheet: Sheet, item: str, header: str, issues: Issues
) -> NDArray[np.float64] | None:
    """(P,) NaN where there is none; an answer outside the scale is a problem and becomes NaN."""
    values = numbers_in(sheet, header, spec.missing, issues, spec.answers)
    if values is None:
        return None
    low, high = spec.scale
    outside = (values < low) | (values > high)
    frame = pd.DataFrame({"row": sheet.rows, "pupil": [f"{value:g}" for value in values]})
    expected = with_example(
        message("sources.answer_outside_scale", low=f"{low:g}", high=f"{high:g}"), f"{low:g}"
    )
    problem_rows(sheet, header, frame[outside], expected, issues)
    values = np.where(outside, np.nan, values)
    return np.asarray(low + high - values if item in spec.reverse else values)


def _chunk(spec: RatingSpec, sheet: Sheet, frame: pd.DataFrame, item: str) -> Chunk:
    """One item of all classes; a class without an answer makes no row."""
    keys = [key for key in KEYS if key in frame]
    groups = frame.dropna(subset=f"item {item}").groupby(keys)
    moments = groups[f"item {item}"].agg(["count", "mean", "std"]).reset_index()
    first = groups["row"].min().to_numpy(dtype=np.int64)
    ids = [SEPARATOR.join((spec.survey, *key)) for key in moments[keys].itertuples(index=False, name=None)]
    size = len(moments)
    cells: Mapping[str, list[str]] = {
        "survey_id": ids,
        "item": [item] * size,
        "kind": [spec.kind] * size,
        "teacher_id": moments["teacher"].tolist(),
        "date": [spec.date] * size,
        "n": moments["count"].astype(str).tolist(),
        "mean": number_cells(moments["mean"].to_numpy(dtype=np.float64)),
        "sd": number_cells(moments["std"].to_numpy(dtype=np.float64)),
        "scale_min": [f"{spec.scale[0]:g}"] * size,
        "scale_max": [f"{spec.scale[1]:g}"] * size,
    }
    table = TABLES["surveys"]
    fields = {name: Field(texts(column), "", table.column(name).zh) for name, column in cells.items()}
    return Chunk("surveys", Sheet(sheet.file, sheet.name, (), (), first), fields, first)
