"""The tables that reduced rows of pupils become: results, covariances, dimensions, the assessment, classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features.schema import TABLES
from features.sources.map.mapping_spec import PupilSpec
from features.sources.map.pupil_moments import (
    Moments,
    Scores,
    class_moments,
    equated,
    scale_of,
    within_covariance,
)
from features.sources.map.pupil_rows import number_cells
from features.sources.read.sheet import Sheet, Texts, texts
from features.sources.staging import Chunk, Field

Array = NDArray[np.float64]
Index = NDArray[np.intp]
MOMENTS: Final = ("mean", "sd", "n_effective", "prior_mean", "prior_sd", "prior_cov", "pv_variance")


@dataclass(frozen=True)
class PupilRows:
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


def chunks_of(spec: PupilSpec, rows: PupilRows) -> list[Chunk]:
    """All chunks of one test; assessments and classes where the mapping has their columns."""
    scores = {name: _scores(rows, name) for name in spec.scores}
    chunks = [*_results(spec, rows, scores), *_covariances(spec, rows, scores), *_dimensions(spec, rows, scores)]
    if "date" in spec.about:
        chunks.append(_assessment(spec, rows))
    if rows.teacher is not None and rows.school is not None:
        chunks.append(_classes(spec, rows))
    return chunks


def _scores(rows: PupilRows, name: str) -> Scores:
    return equated(Scores(rows.classes, rows.weight, rows.scores[name], rows.prior.get(name)))


def _chunk(
    table: str, rows: PupilRows, cells: Mapping[str, Sequence[str] | Texts], numbers: NDArray[np.int64]
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


def _results(spec: PupilSpec, rows: PupilRows, scores: Mapping[str, Scores]) -> list[Chunk]:
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


def _covariances(spec: PupilSpec, rows: PupilRows, scores: Mapping[str, Scores]) -> list[Chunk]:
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


def _dimensions(spec: PupilSpec, rows: PupilRows, scores: Mapping[str, Scores]) -> list[Chunk]:
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


def _assessment(spec: PupilSpec, rows: PupilRows) -> Chunk:
    row = {"name": spec.assessment, "programme": "other", **spec.about}
    cells = {key: [value] for key, value in row.items()}
    return _chunk("assessments", rows, {"assessment_id": [spec.assessment], **cells}, rows.first[:1])


def _classes(spec: PupilSpec, rows: PupilRows) -> Chunk:
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
