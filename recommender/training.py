"""Train and evaluate a version from a workspace's tables, and store it in the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from features.simulate.truth import Truth
from models.bundles.bundle import write_bundle
from models.evaluation.evaluation import EvaluationReport, evaluate
from models.evaluation.promotion_gate import GateDecision
from models.train_version import train_version
from recommender.diagnosis import Progress, bilingual, default_as_of, needs_at
from recommender.objections.upheld_effects import leave_out_upheld
from recommender.registry.mlflow_tracking import MlflowTracker, TrackedVersion, documents_of, tracker_of
from recommender.reports.model_card import model_card
from recommender.settings import Settings
from recommender.text import in_both
from recommender.workspace.workspace import Workspace, code_fingerprint

SEED: Final = 0


@dataclass(frozen=True)
class Training:
    """A version in the registry, its evaluation, and whether it was promoted."""

    version: str
    report: EvaluationReport
    promoted: bool
    tracking_error: str = ""  # why the version is not on the tracking server that was set


def run_train(
    workspace: Workspace,
    settings: Settings,
    as_of: date | None = None,
    promote: bool = True,
    threads: int = 2,
    progress: Progress = None,
    truth: Path | None = None,
) -> Training:
    """Always writes a bundle; the gate decides which model ranks in it, `promote` whether it is put into use.

    With `MLFLOW_TRACKING_URI` the version is recorded there too; a server that fails costs the record, not the version.
    """
    key = settings.bundle_key()
    tracker = tracker_of(settings)  # before hours of work: a missing client is an error now
    leave_out_upheld(workspace, settings)
    day = as_of or default_as_of(workspace.tables)
    known_gains = Truth.read(truth) if truth is not None else None
    code = code_fingerprint("features", "models")
    trained = train_version(
        workspace.tables, partial(needs_at, workspace), day, SEED, bilingual(progress), threads, known_gains, code
    )
    decision = trained.report.decision
    about = {
        **trained.about, "verdict": in_both(decision.reason)._asdict(), "conditions": _conditions(decision)
    }  # fmt: skip
    card = model_card(about, trained.report.rows, decision)
    files = {**trained.files, "card.md": card.encode("utf-8")}
    version = write_bundle(workspace.bundles, files, about, key, datetime.now(UTC))
    workspace.note("bundles", version, workspace.fingerprint)
    if promote:
        workspace.registry(key).promote(version)
        workspace.undecide()
    elif day == default_as_of(workspace.tables):
        workspace.decide()
    documents = documents_of(card, report_json(trained.report))
    tracking_error = _track(tracker, TrackedVersion(version, about, trained.report.rows, documents))
    return Training(version, trained.report, promote, tracking_error)


def _track(tracker: MlflowTracker | None, tracked: TrackedVersion) -> str:
    if tracker is None:
        return ""
    try:
        tracker.record(tracked)
    except Exception as error:  # whatever a server or its client does, the trained version stands
        return f"{type(error).__name__}: {error}".splitlines()[0][:300]
    return ""


def run_evaluate(
    workspace: Workspace,
    truth: Path | None = None,
    threads: int = 2,
    progress: Progress = None,
    as_of: date | None = None,
    rival: str | None = None,
    others: Mapping[str, Any] | None = None,
) -> EvaluationReport:
    """Evaluate every scorer on test schools, and by known truth where it is given; see `evaluate`."""
    leave_out_upheld(workspace, Settings())
    day = as_of or default_as_of(workspace.tables)
    known_gains = Truth.read(truth) if truth is not None else None
    return evaluate(
        workspace.tables, partial(needs_at, workspace), day, known_gains, SEED, bilingual(progress), threads,
        rival, others,
    )  # fmt: skip


def report_json(report: EvaluationReport) -> dict[str, object]:
    """A report for `evaluate --json`, its verdict and the conditions of promotion in both languages."""
    decision = report.decision
    return report.as_json(in_both(decision.reason)._asdict()) | {"conditions": _conditions(decision)}


def _conditions(decision: GateDecision) -> list[dict[str, object]]:
    """Every condition of the gate by code, with its figures in words."""
    return [
        {"name": c.name, "holds": c.holds, **in_both(c.finding)._asdict()} for c in decision.conditions
    ]
