"""Applies the [[pupils]] of a mapping file: rows of pupils become results of their classes and are discarded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.messages import message
from features.sources.issues import Issues
from features.sources.map.mapping_spec import LinkedPriorScoreSpec, PupilSpec
from features.sources.map.pupil_rows import ids_in, note_rows, numbers_in, problem_rows
from features.sources.map.pupil_tables import PupilRows, chunks_of
from features.sources.map.source_columns import column_of, read_source
from features.sources.read.sheet import Sheet, texts
from features.sources.staging import Chunk

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PupilSource:
    """One [[pupils]] with its files, and those with earlier scores."""

    spec: PupilSpec
    files: Sequence[Path]
    prior_files: Sequence[Path] = ()

    @property
    def whole(self) -> tuple[object, ...]:
        """What sections agree in whose pupils took one test: their classes are reduced together, on one scale."""
        spec = self.spec
        about = tuple(sorted(spec.about.items()))
        reliability = (*sorted(spec.reliability.items()), *sorted(spec.prior_reliability.items()))
        linked = (spec.teacher is not None, spec.school is not None, type(spec.prior))
        return spec.assessment, _shape(spec.scores), _shape(spec.prior.scores if spec.prior else {}), about, reliability, linked


def pupil_chunks(sources: Sequence[PupilSource], issues: Issues) -> list[Chunk]:
    """Chunks of results, result_covariances and assessment_dimensions, and of assessments and classes where
    the mapping has their columns; none, with problems, where a column is missing.

    sources: of one test, such as the sheets of a workbook with one class each.
    """
    rows = _rows(sources, issues)
    return [] if rows is None or not len(rows.names) else chunks_of(sources[0].spec, rows)


def _rows(sources: Sequence[PupilSource], issues: Issues) -> PupilRows | None:
    spec = sources[0].spec
    sheets: list[tuple[PupilSpec, Sheet]] = []
    frames: list[pd.DataFrame] = []
    for source in sources:
        prior_scores = _prior_scores(source.spec, source.prior_files, issues)
        for file in source.files:
            sheet = read_source(file, source.spec, issues)
            frame = _frame(source.spec, sheet, issues)
            if frame is None:
                return None
            frame = frame if prior_scores is None else frame.merge(prior_scores, on="pupil", how="left")
            frames.append(frame.assign(sheet=len(sheets)))
            sheets.append((source.spec, sheet))
    if not frames:
        return None
    frame = pd.concat(frames, ignore_index=True)
    frame = frame[~_duplicates(sheets, frame, issues)]
    codes, names = pd.factorize(frame["class"], sort=True)
    first = frame.groupby(codes)["row"].min().to_numpy(dtype=np.int64)
    prior = _matrices(spec.prior.scores if spec.prior is not None else {}, "prior ", frame)
    linked_again = frame.duplicated(
        ["class", "pupil"]
    ).to_numpy()  # to another teacher: one pupil counts once
    frame.loc[linked_again, [key for key, _ in _columns(spec.scores, "")]] = np.nan
    scores = _matrices(spec.scores, "", frame)
    return PupilRows(
        sheets[0][1].file, sheets[0][1].name, [str(name) for name in names], first, codes.astype(np.intp),
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
    sheets: Sequence[tuple[PupilSpec, Sheet]], frame: pd.DataFrame, issues: Issues
) -> NDArray[np.bool_]:
    """(P,) rows that repeat a pupil of a class and teacher; with other scores they are a problem."""
    identifiers = [key for key in ("class", "pupil", "teacher") if key in frame]
    duplicate = frame.duplicated(identifiers).to_numpy()
    identical = frame.drop(columns=["row", "sheet"]).duplicated().to_numpy()
    expected = message("sources.pupil_twice_in_class")
    for i, (spec, sheet) in enumerate(sheets):
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


def _shape(scores: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, int], ...]:
    """The dimensions and how many columns each has."""
    return tuple(sorted((name, len(headers)) for name, headers in scores.items()))


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
