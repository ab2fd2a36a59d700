"""Train one version: evaluate on test schools first, then fit the model that passed the gate to all schools."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import Any, Final

from features.builders.feature_set import default_features
from features.tables import Tables
from models.data.study import Progress, Study, fit, open_study
from models.data.temporal_split import Diagnosis, without_test
from models.evaluation.calibration import rounded
from models.evaluation.evaluation import EvaluationReport, KnownGains, evaluate_study
from models.rankers.scoring_model import ScoringModel

LIBRARIES: Final = ("numpy", "pandas", "scipy", "scikit-learn", "lightgbm")


@dataclass(frozen=True)
class TrainedVersion:
    """The files of a bundle but its card, the manifest but its verdict, and the evaluation report.

    Both are words; the layer above adds them before `write_bundle`.
    """

    files: Mapping[str, bytes]
    about: Mapping[str, Any]
    report: EvaluationReport
    scoring_model: ScoringModel


def train_version(
    tables: Tables,
    needs_at: Diagnosis,
    as_of: date,
    seed: int = 0,
    progress: Progress = None,
    threads: int = 1,
    truth: KnownGains | None = None,
    code: str = "",
) -> TrainedVersion:
    """A version from everything known at `as_of`; with too few data it has no ranker and the report says so.

    The same tables, date, seed, code and libraries give the same bytes. truth: of a simulated city, only for the
    report. code: the version of the code, for the manifest. Raises DataError on a leak.
    """
    study = open_study(tables, needs_at, as_of, seed, progress)
    report = evaluate_study(study, truth, progress, threads)
    ranked_by = report.decision.ranked_by
    full = fit(
        study, without_test(study.roles), study.now, threads, progress, with_ranker=report.decision.promoted
    )
    if ranked_by == "ranker" and full.ranker is None:
        raise RuntimeError("the ranker passed the gate on fewer schools but cannot be fitted on all of them")
    final = ScoringModel(full.objective, ranked_by, full.rule, full.completion, full.enrolment, full.ranker)
    about = _about(study, report) | {"code": code}
    return TrainedVersion(final.files(), about, report, final)


def _about(study: Study, report: EvaluationReport) -> dict[str, Any]:
    tables = study.now.tables
    return {
        "as_of": study.as_of.isoformat(),
        "objective": study.objective,
        "ranked_by": report.decision.ranked_by,
        "made_up": study.tables.made_up,
        "window": None
        if study.window is None
        else {"t0": study.window.t0.isoformat(), "t1": study.window.t1.isoformat()},
        "seed": study.seed,
        "data": tables.fingerprint(),
        "features": default_features().fingerprint(),
        "libraries": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "teachers": len(tables["teachers"]),
        "schools": int(tables["teachers"]["school_id"].nunique()),
        "courses": len(tables["courses"]),
        "enrolments": len(tables["enrolments"]),
        "labels": report.labels,
        "held_out": report.held_out.as_json(),
        "metrics": [row.as_json() for row in report.rows],
        "parts": [rounded(row.as_json()) for row in report.parts],
        "calibration": [rounded(group.as_json()) for group in report.calibration],
    }
