"""Applies the [[pupils]] of a mapping file: rows of pupils become results of their classes and are discarded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features.messages import message
from features.schema import TABLES
from features.sources.issues import Issues
from features.sources.map.mapping_spec import LinkedPriorScoreSpec, PupilSpec
from features.sources.map.pupil_moments import (
    Moments,
    Scores,
    class_moments,
    equated,
    scale_of,
    within_covariance,
)
from features.sources.map.pupil_rows import ids_in, note_rows, number_cells, numbers_in, problem_rows
from features.sources.map.source_columns import column_of, read_source
from features.sources.read.sheet import Sheet, Texts, texts
from features.sources.staging import Chunk, Field

Array = NDArray[np.float64]
Index = NDArray[np.intp]
MOMENTS: Final = ("mean", "sd", "n_effective", "prior_mean", "prior_sd", "prior_cov", "pv_variance")


@dataclass(frozen=True)
class _Rows:
    """P pupils' rows. classes (P,) index into `names`; first: the row of the file where each class begins."""

    file: str
    sheet: str | None
    names: Sequence[str]
    first: NDArray[np.int64]
    classes: Index
    weight: Array
    scores: Mapping[str, Array]
    prior: Mapping[str, Array]
    teacher: Texts | None
    school: Texts | None


def pupil_chunks(
    spec: PupilSpec, files: Sequence[Path], prior_files: Sequence[Path], issues: Issues
) -> list[Chunk]:
    """Chunks of results, result_covariances and assessment_dimensions, and of assessments and classes where
    the mapping has their columns; none, with problems, where a column is missing."""
    chunks: list[Chunk] = []
    prior = _prior_scores(spec, prior_files, issues)
    sheets = [read_source(file, spec, issues) for file in files]
    rows = _rows(spec, sheets, prior, issues)
    if rows is None or not len(rows.names):
        return chunks
    scores = {name: _scores(rows, name) for name in spec.scores}
    chunks += _results(spec, rows, scores)
    chunks += _covariances(spec, rows, scores)
    chunks += _dimensions(spec, rows, scores)
    if "date" in spec.about:
        chunks.append(_assessment(spec, rows))
    if rows.teacher is not None and rows.school is not None:
        chunks.append(_classes(spec, rows))
    return chunks


def _rows(
    spec: PupilSpec, sheets: Sequence[Sheet], prior_scores: pd.DataFrame | None, issues: Issues
) -> _Rows | None:
    read = [_frame(spec, sheet, issues) for sheet in sheets]
    frames = [frame.assign(sheet=i) for i, frame in enumerate(read) if frame is not None]
    if len(frames) < len(read) or not frames:
        return None
    frame = pd.concat(frames, ignore_index=True)
    frame = frame[~_duplicates(spec, sheets, frame, issues)]
    codes, names = pd.factorize(frame["class"], sort=True)
    first = frame.groupby(codes)["row"].min().to_numpy(dtype=np.int64)
    if prior_scores is not None:
        frame = frame.merge(prior_scores, on="pupil", how="left")
    prior = _matrices(spec.prior.scores if spec.prior is not None else {}, "prior ", frame)
    linked_again = frame.duplicated(
        ["class", "pupil"]
    ).to_numpy()  # to another teacher: one pupil counts once
    frame.loc[linked_again, [key for key, _ in _columns(spec.scores, "")]] = np.nan
    scores = _matrices(spec.scores, "", frame)
    return _Rows(
        sheets[0].file, sheets[0].name, [str(name) for name in names], first, codes.astype(np.intp),
        frame["weight"].to_numpy(dtype=np.float64), scores, prior,
        *(texts(frame[key].tolist()) if key in frame else None for key in ("teacher", "school")),
    )  # fmt: skip


def _frame(spec: PupilSpec, sheet: Sheet, issues: Issues) -> pd.DataFrame | None:
    """One row a pupil and class; None, with problems, where a column is missing."""
    columns: dict[str, Any] = {"row": sheet.rows}
    texts_of = {
        "class": column_of(sheet, spec.classes, issues, ids=True),
        "pupil": ids_in(sheet, spec.pupil, issues),
    }
    for key, column in (("teacher", spec.teacher), ("school", spec.school)):
        if column is not None:
            texts_of[key] = column_of(sheet, column, issues, ids=True)
    columns |= {key: None if cells is None else cells.to_pylist() for key, cells in texts_of.items()}
    headers = dict(_columns(spec.scores, ""))
    if spec.prior is not None and not isinstance(spec.prior, LinkedPriorScoreSpec):
        headers |= dict(_columns(spec.prior.scores, "prior "))
    for key, header in headers.items():
        columns[key] = numbers_in(sheet, header, spec.missing, issues)
    columns["weight"] = (
        np.ones(len(sheet.rows)) if spec.weight is None else numbers_in(sheet, spec.weight, (), issues)
    )
    if any(cells is None for cells in columns.values()):
        return None
    frame = pd.DataFrame(columns)
    unidentified = ((frame["class"] == "") | (frame["pupil"] == "")).to_numpy()
    weightless = ~(frame["weight"] > 0).to_numpy() & ~unidentified
    note_rows(sheet, unidentified, message("sources.no_class_or_pupil"), issues)
    note_rows(sheet, weightless, message("sources.no_weight"), issues)
    return frame[~unidentified & ~weightless]


def _duplicates(
    spec: PupilSpec, sheets: Sequence[Sheet], frame: pd.DataFrame, issues: Issues
) -> NDArray[np.bool_]:
    """(P,) rows that repeat a pupil of a class and teacher; with other scores they are a problem."""
    identifiers = [key for key in ("class", "pupil", "teacher") if key in frame]
    duplicate = frame.duplicated(identifiers).to_numpy()
    identical = frame.drop(columns=["row", "sheet"]).duplicated().to_numpy()
    expected = message("sources.pupil_twice_in_class")
    for i, sheet in enumerate(sheets):
        in_sheet = (frame["sheet"] == i).to_numpy()
        problem_rows(sheet, spec.pupil, frame[duplicate & ~identical & in_sheet], expected, issues)
        identical_rows = frame.loc[duplicate & identical & in_sheet, "row"].to_numpy(dtype=np.int64)
        note_rows(sheet, np.isin(sheet.rows, identical_rows), message("sources.identical_pupil_row"), issues)
    return np.asarray(duplicate)


def _prior_scores(spec: PupilSpec, files: Sequence[Path], issues: Issues) -> pd.DataFrame | None:
    """pupil -> earlier scores, from files of their own; pupils with two different ones are a problem."""
    if not isinstance(spec.prior, LinkedPriorScoreSpec):
        return None
    frames: list[pd.DataFrame] = []
    headers = dict(_columns(spec.prior.scores, "prior "))
    for file in files:
        sheet = read_source(file, spec.prior, issues)
        pupil = ids_in(sheet, spec.prior.on, issues)
        scores = {key: numbers_in(sheet, header, spec.missing, issues) for key, header in headers.items()}
        if pupil is None or any(cells is None for cells in scores.values()):
            continue
        frame = pd.DataFrame({"pupil": pupil.to_pylist(), **scores, "row": sheet.rows})
        frame = frame[frame["pupil"] != ""].drop_duplicates(["pupil", *scores])
        expected = message("sources.second_prior_score")
        problem_rows(sheet, spec.prior.on, frame[frame.duplicated("pupil")], expected, issues)
        frames.append(frame.drop(columns="row"))
    if not frames:
        return pd.DataFrame({"pupil": pd.Series([], dtype="str"), **dict.fromkeys(headers, np.nan)})
    return pd.concat(frames).drop_duplicates("pupil")


def _columns(scores: Mapping[str, tuple[str, ...]], prefix: str) -> Iterator[tuple[str, str]]:
    for name, headers in scores.items():
        for i, header in enumerate(headers):
            yield f"{prefix}{name} {i}", header


def _matrices(scores: Mapping[str, tuple[str, ...]], prefix: str, frame: pd.DataFrame) -> dict[str, Array]:
    """dimension -> (P, M) its columns."""
    return {
        name: frame[[key for key, _ in _columns({name: headers}, prefix)]].to_numpy(dtype=np.float64)
        for name, headers in scores.items()
    }


def _scores(rows: _Rows, name: str) -> Scores:
    return equated(Scores(rows.classes, rows.weight, rows.scores[name], rows.prior.get(name)))


# ---- the chunks ----


def _chunk(
    table: str, rows: _Rows, cells: Mapping[str, Sequence[str] | Texts], numbers: NDArray[np.int64]
) -> Chunk:
    """A chunk whose rows have the number of the first row of their class in the pupils' file."""
    sheet = Sheet(rows.file, rows.sheet, (), (), numbers)
    fields = {
        name: Field(
            texts(column) if isinstance(column, Sequence) else column, "", TABLES[table].column(name).zh
        )
        for name, column in cells.items()
    }
    return Chunk(table, sheet, fields, numbers)


def _results(spec: PupilSpec, rows: _Rows, scores: Mapping[str, Scores]) -> list[Chunk]:
    chunks = []
    for name, dimension_scores in scores.items():
        moments: Moments = class_moments(dimension_scores, len(rows.names))
        classes = np.flatnonzero(moments.n > 0)
        cells: dict[str, Sequence[str]] = {
            "assessment_id": [spec.assessment] * len(classes),
            "dimension": [name] * len(classes),
            "unit_kind": ["class"] * len(classes),
            "unit_id": [rows.names[int(c)] for c in classes],
            "n": [str(int(n)) for n in moments.n[classes]],
            **{key: number_cells(getattr(moments, key)[classes]) for key in MOMENTS},
        }
        chunks.append(_chunk("results", rows, cells, rows.first[classes]))
    return chunks


def _covariances(spec: PupilSpec, rows: _Rows, scores: Mapping[str, Scores]) -> list[Chunk]:
    pairs = list(combinations(scores, 2))
    covariances = np.array([within_covariance(scores[a], scores[b], len(rows.names)) for a, b in pairs])
    finite = [i for i in range(len(pairs)) if np.isfinite(covariances[i])]
    if not finite:
        return []
    cells: dict[str, Sequence[str]] = {
        "assessment_id": [spec.assessment] * len(finite),
        "dimension_1": [pairs[i][0] for i in finite],
        "dimension_2": [pairs[i][1] for i in finite],
        "within_cov": number_cells(covariances[finite]),
    }
    return [_chunk("result_covariances", rows, cells, np.full(len(finite), rows.first.min()))]


def _dimensions(spec: PupilSpec, rows: _Rows, scores: Mapping[str, Scores]) -> list[Chunk]:
    scales = {name: scale_of(dimension_scores) for name, dimension_scores in scores.items()}
    dimensions = [name for name, (_, sd) in scales.items() if sd > 0]
    cells: dict[str, Sequence[str]] = {
        "assessment_id": [spec.assessment] * len(dimensions),
        "dimension": dimensions,
        "scale_mean": number_cells(np.array([scales[name][0] for name in dimensions])),
        "scale_sd": number_cells(np.array([scales[name][1] for name in dimensions])),
    }
    for key, shares in (("reliability", spec.reliability), ("prior_reliability", spec.prior_reliability)):
        if shares:
            cells[key] = number_cells(np.array([shares.get(name, np.nan) for name in dimensions]))
    return [_chunk("assessment_dimensions", rows, cells, np.full(len(dimensions), rows.first.min()))]


def _assessment(spec: PupilSpec, rows: _Rows) -> Chunk:
    row = {"name": spec.assessment, "programme": "other", **spec.about}
    cells = {key: [value] for key, value in row.items()}
    return _chunk("assessments", rows, {"assessment_id": [spec.assessment], **cells}, rows.first[:1])


def _classes(spec: PupilSpec, rows: _Rows) -> Chunk:
    """One row a class and teacher; of a class with several, each has the share of the rows linked to that teacher."""
    assert rows.teacher is not None and rows.school is not None
    frame = pd.DataFrame(
        {"c": rows.classes, "teacher": rows.teacher.to_pylist(), "school": rows.school.to_pylist()}
    )
    size = frame.groupby("c").size()
    links = frame.groupby(["c", "teacher", "school"], sort=True).size().reset_index(name="linked")
    share = links["linked"].to_numpy() / size.to_numpy()[links["c"]]
    codes = links["c"].to_numpy()
    cells: dict[str, Sequence[str] | Texts] = {
        "class_id": [rows.names[int(c)] for c in codes],
        "teacher_id": links["teacher"].tolist(),
        "school_id": links["school"].tolist(),
        "share": ["" if s == 1 else repr(round(float(s), 6)) for s in share],
        "students": links["linked"].astype(str).tolist(),
        **{
            key: texts([value]).take(pa.array(np.zeros(len(codes), np.int64)))
            for key, value in spec.about.items()
            if key in ("subject", "term", "grade")
        },
    }  # fmt: skip
    return _chunk("classes", rows, cells, rows.first[codes])
