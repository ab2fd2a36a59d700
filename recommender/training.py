"""Train and judge a version from a workspace's tables, and keep it on the shelf."""

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
from models.train_version import train_version
from recommender.diagnosis import Progress, default_as_of, needs_at
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace, code_fingerprint

SEED: Final = 0


@dataclass(frozen=True)
class Training:
    """A version on the shelf, how it was judged, and whether it is served now."""

    version: str
    report: EvaluationReport
    promoted: bool


def run_train(
    workspace: Workspace,
    settings: Settings,
    as_of: date | None = None,
    promote: bool = True,
    threads: int = 2,
    progress: Progress = None,
    truth: Path | None = None,
) -> Training:
    """Always writes a bundle; the gate decides which scorer ranks in it, `promote` whether it is served."""
    key = settings.bundle_key()
    day = as_of or default_as_of(workspace.tables)
    known = Truth.read(truth) if truth is not None else None
    code = code_fingerprint("features", "models")
    diagnosis = partial(needs_at, workspace)
    trained = train_version(workspace.tables, diagnosis, day, SEED, progress, threads, known, code)
    created = datetime.now(UTC)
    version = write_bundle(workspace.bundles, trained.files, trained.about, key, created)
    workspace.note("bundles", version, workspace.fingerprint)
    if promote:
        workspace.registry(key).promote(version)
        workspace.undecide()
    elif day == default_as_of(workspace.tables):
        workspace.decide()
    return Training(version, trained.report, promote)


def run_evaluate(
    workspace: Workspace,
    truth: Path | None = None,
    threads: int = 2,
    progress: Progress = None,
    as_of: date | None = None,
    rival: str | None = None,
    others: Mapping[str, Any] | None = None,
) -> EvaluationReport:
    """Judge every scorer on schools held out, and by the known truth where it is given; see `evaluate`."""
    day = as_of or default_as_of(workspace.tables)
    known = Truth.read(truth) if truth is not None else None
    diagnosis = partial(needs_at, workspace)
    return evaluate(workspace.tables, diagnosis, day, known, SEED, progress, threads, rival, others)
