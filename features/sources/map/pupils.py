"""[[pupils]] of a mapped file at work: rows of pupils become results of their classes and are forgotten."""

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

from features.schema import TABLES
from features.sources.issue import Message
from features.sources.issues import Issues
from features.sources.map.apply_mapping import column_of, read_place
from features.sources.map.mapping_spec import ColumnSpec, PupilSpec
from features.sources.map.pupil_moments import (
    Moments,
    Scores,
    class_moments,
    on_scale,
    scale_of,
    within_covariance,
)
from features.sources.map.pupil_rows import ids_in, note_rows, numbers_in, tell_twice, told
from features.sources.read.sheet import Sheet, Texts, texts
from features.sources.staging import Chunk, Field

Array = NDArray[np.float64]
Index = NDArray[np.intp]
MOMENTS: Final = ("mean", "sd", "n_effective", "prior_mean", "prior_sd", "prior_cov", "pv_variance")


@dataclass(frozen=True)
class _Rows:
    """P pupils' rows. classes (P,) place in `names`, which are `first` seen in these rows of the file."""

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


def pupil_parts(
    plan: PupilSpec, files: Sequence[Path], prior_files: Sequence[Path], findings: Issues
) -> list[Chunk]:
    """Parts of results, result_covariances and assessment_dimensions, and of assessments and classes where
    the mapping tells enough of them; none, with problems told, where a column is missing."""
    parts: list[Chunk] = []
    earlier = _earlier(plan, prior_files, findings)
    sheets = [read_place(file, plan.place) for file in files]
    rows = _rows(plan, sheets, earlier, findings)
    if rows is None or not len(rows.names):
        return parts
    scores = {name: _scores(rows, name) for name in plan.scores}
    parts += _results(plan, rows, scores)
    parts += _covariances(plan, rows, scores)
    parts += _dimensions(plan, rows, scores)
    if "date" in plan.about:
        parts.append(_assessment(plan, rows))
    if rows.teacher is not None and rows.school is not None:
        parts.append(_classes(plan, rows))
    return parts


def _rows(
    plan: PupilSpec, sheets: Sequence[Sheet], earlier: pd.DataFrame | None, findings: Issues
) -> _Rows | None:
    read = [_frame(plan, sheet, findings) for sheet in sheets]
    found = [frame.assign(sheet=i) for i, frame in enumerate(read) if frame is not None]
    if len(found) < len(read) or not found:
        return None
    frame = pd.concat(found, ignore_index=True)
    frame = frame[~_repeated(plan, sheets, frame, findings)]
    codes, names = pd.factorize(frame["class"], sort=True)
    first = frame.groupby(codes)["row"].min().to_numpy(dtype=np.int64)
    if earlier is not None:
        frame = frame.merge(earlier, on="pupil", how="left")
    prior = _matrices(plan.prior.scores if plan.prior is not None else {}, "prior ", frame)
    linked = frame.duplicated(["class", "pupil"]).to_numpy()  # to another teacher: one pupil counts once
    frame.loc[linked, [key for key, _ in _columns(plan.scores, "")]] = np.nan
    scores = _matrices(plan.scores, "", frame)
    return _Rows(
        sheets[0].file, sheets[0].name, [str(name) for name in names], first, codes.astype(np.intp),
        frame["weight"].to_numpy(dtype=np.float64), scores, prior,
        *(texts(frame[key].tolist()) if key in frame else None for key in ("teacher", "school")),
    )  # fmt: skip


def _frame(plan: PupilSpec, sheet: Sheet, findings: Issues) -> pd.DataFrame | None:
    """One row a pupil and class; None, with problems told, where a column is missing."""
    held: dict[str, Any] = {"row": sheet.rows}
    texts_of = {
        "class": column_of(sheet, ColumnSpec(plan.classes), findings, ids=True),
        "pupil": ids_in(sheet, plan.pupil, findings),
    }
    for key, made in (("teacher", plan.teacher), ("school", plan.school)):
        if made is not None:
            texts_of[key] = column_of(sheet, made, findings, ids=True)
    held |= {key: None if cells is None else cells.to_pylist() for key, cells in texts_of.items()}
    wanted = dict(_columns(plan.scores, ""))
    if plan.prior is not None and plan.prior.place is None:
        wanted |= dict(_columns(plan.prior.scores, "prior "))
    for key, header in wanted.items():
        held[key] = numbers_in(sheet, header, plan.missing, findings)
    held["weight"] = (
        np.ones(len(sheet.rows)) if plan.weight is None else numbers_in(sheet, plan.weight, (), findings)
    )
    if any(cells is None for cells in held.values()):
        return None
    frame = pd.DataFrame(held)
    nobody = ((frame["class"] == "") | (frame["pupil"] == "")).to_numpy()
    weightless = ~(frame["weight"] > 0).to_numpy() & ~nobody
    note_rows(sheet, nobody, Message("班级或学生为空,此行未计入", "no class or no pupil; left out"), findings)
    note_rows(
        sheet, weightless, Message("权重为空或不大于 0,此行未计入", "no weight above 0; left out"), findings
    )
    return frame[~nobody & ~weightless]


def _repeated(
    plan: PupilSpec, sheets: Sequence[Sheet], frame: pd.DataFrame, findings: Issues
) -> NDArray[np.bool_]:
    """(P,) rows of a pupil who is in the class already with the same teacher; other scores are a problem."""
    who = [key for key in ("class", "pupil", "teacher") if key in frame]
    again = frame.duplicated(who).to_numpy()
    same = frame.drop(columns=["row", "sheet"]).duplicated().to_numpy()
    said = Message(
        "同一学生在同一班级中只能有一组成绩", "a pupil only once in a class; here again with other scores"
    )
    for i, sheet in enumerate(sheets):
        here = (frame["sheet"] == i).to_numpy()
        tell_twice(sheet, plan.pupil, frame[again & ~same & here], said, findings)
        rows = np.isin(sheet.rows, frame.loc[again & same & here, "row"].to_numpy(dtype=np.int64))
        note_rows(
            sheet, rows, Message("与前面的行相同,只计一次", "the same as a row before; counted once"), findings
        )
    return np.asarray(again)


def _earlier(plan: PupilSpec, files: Sequence[Path], findings: Issues) -> pd.DataFrame | None:
    """pupil -> earlier scores, from files of their own; pupils with two different ones are a problem."""
    if plan.prior is None or plan.prior.place is None:
        return None
    read: list[pd.DataFrame] = []
    wanted = dict(_columns(plan.prior.scores, "prior "))
    for file in files:
        sheet = read_place(file, plan.prior.place)
        pupil = ids_in(sheet, plan.prior.on, findings)
        found = {key: numbers_in(sheet, header, plan.missing, findings) for key, header in wanted.items()}
        if pupil is None or any(cells is None for cells in found.values()):
            continue
        frame = pd.DataFrame({"pupil": pupil.to_pylist(), **found, "row": sheet.rows})
        frame = frame[frame["pupil"] != ""].drop_duplicates(["pupil", *found])
        said = Message("每个学生只能有一组前测成绩", "one earlier score for each pupil; here is another")
        tell_twice(sheet, plan.prior.on, frame[frame.duplicated("pupil")], said, findings)
        read.append(frame.drop(columns="row"))
    if not read:
        return pd.DataFrame({"pupil": pd.Series([], dtype="str"), **dict.fromkeys(wanted, np.nan)})
    return pd.concat(read).drop_duplicates("pupil")


def _columns(scores: Mapping[str, tuple[str, ...]], before: str) -> Iterator[tuple[str, str]]:
    for name, headers in scores.items():
        for i, header in enumerate(headers):
            yield f"{before}{name} {i}", header


def _matrices(scores: Mapping[str, tuple[str, ...]], before: str, frame: pd.DataFrame) -> dict[str, Array]:
    """dimension -> (P, M) its columns."""
    return {
        name: frame[[key for key, _ in _columns({name: headers}, before)]].to_numpy(dtype=np.float64)
        for name, headers in scores.items()
    }


def _scores(rows: _Rows, name: str) -> Scores:
    return on_scale(Scores(rows.classes, rows.weight, rows.scores[name], rows.prior.get(name)))


# ---- what becomes of them ----


def _part(
    table: str, rows: _Rows, cells: Mapping[str, Sequence[str] | Texts], numbers: NDArray[np.int64]
) -> Chunk:
    """A part whose rows stand where their class is first seen in the pupils' file."""
    sheet = Sheet(rows.file, rows.sheet, (), (), numbers)
    fields = {
        name: Field(texts(found) if isinstance(found, Sequence) else found, "", TABLES[table].column(name).zh)
        for name, found in cells.items()
    }
    return Chunk(table, sheet, fields, numbers)


def _results(plan: PupilSpec, rows: _Rows, scores: Mapping[str, Scores]) -> list[Chunk]:
    parts = []
    for name, held in scores.items():
        found: Moments = class_moments(held, len(rows.names))
        kept = np.flatnonzero(found.n > 0)
        cells: dict[str, Sequence[str]] = {
            "assessment_id": [plan.assessment] * len(kept),
            "dimension": [name] * len(kept),
            "unit_kind": ["class"] * len(kept),
            "unit_id": [rows.names[int(c)] for c in kept],
            "n": [str(int(n)) for n in found.n[kept]],
            **{key: told(getattr(found, key)[kept]) for key in MOMENTS},
        }
        parts.append(_part("results", rows, cells, rows.first[kept]))
    return parts


def _covariances(plan: PupilSpec, rows: _Rows, scores: Mapping[str, Scores]) -> list[Chunk]:
    pairs = list(combinations(scores, 2))
    found = np.array([within_covariance(scores[a], scores[b], len(rows.names)) for a, b in pairs])
    kept = [i for i in range(len(pairs)) if np.isfinite(found[i])]
    cells: dict[str, Sequence[str]] = {
        "assessment_id": [plan.assessment] * len(kept),
        "dimension_1": [pairs[i][0] for i in kept],
        "dimension_2": [pairs[i][1] for i in kept],
        "within_cov": told(found[kept]),
    }
    return [_part("result_covariances", rows, cells, np.full(len(kept), rows.first.min()))] if kept else []


def _dimensions(plan: PupilSpec, rows: _Rows, scores: Mapping[str, Scores]) -> list[Chunk]:
    scales = {name: scale_of(held) for name, held in scores.items()}
    kept = [name for name, (_, sd) in scales.items() if sd > 0]
    cells: dict[str, Sequence[str]] = {
        "assessment_id": [plan.assessment] * len(kept),
        "dimension": kept,
        "scale_mean": told(np.array([scales[name][0] for name in kept])),
        "scale_sd": told(np.array([scales[name][1] for name in kept])),
    }
    for key, given in (("reliability", plan.reliability), ("prior_reliability", plan.prior_reliability)):
        if given:
            cells[key] = told(np.array([given.get(name, np.nan) for name in kept]))
    return [_part("assessment_dimensions", rows, cells, np.full(len(kept), rows.first.min()))]


def _assessment(plan: PupilSpec, rows: _Rows) -> Chunk:
    told = {"name": plan.assessment, "programme": "other", **plan.about}
    cells = {key: [value] for key, value in told.items()}
    return _part("assessments", rows, {"assessment_id": [plan.assessment], **cells}, rows.first[:1])


def _classes(plan: PupilSpec, rows: _Rows) -> Chunk:
    """One row a class and teacher; of a class with several, each has the share of rows linked to her."""
    assert rows.teacher is not None and rows.school is not None
    frame = pd.DataFrame(
        {"c": rows.classes, "teacher": rows.teacher.to_pylist(), "school": rows.school.to_pylist()}
    )
    size = frame.groupby("c").size()
    links = frame.groupby(["c", "teacher", "school"], sort=True).size().reset_index(name="linked")
    share = links["linked"].to_numpy() / size.to_numpy()[links["c"]]
    at = links["c"].to_numpy()
    cells: dict[str, Sequence[str] | Texts] = {
        "class_id": [rows.names[int(c)] for c in at],
        "teacher_id": links["teacher"].tolist(),
        "school_id": links["school"].tolist(),
        "share": ["" if part == 1 else repr(round(float(part), 6)) for part in share],
        "students": links["linked"].astype(str).tolist(),
        **{
            key: texts([value]).take(pa.array(np.zeros(len(at), np.int64)))
            for key, value in plan.about.items()
            if key in ("subject", "term", "grade")
        },
    }  # fmt: skip
    return _part("classes", rows, cells, rows.first[at])
