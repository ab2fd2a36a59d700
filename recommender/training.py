"""Train and judge a version from a workspace's tables, and keep it on the shelf."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Final

from features.simulate.truth import Truth
from models.bundle import write_bundle
from models.evaluate import EvaluationReport, evaluate
from models.train import train
from recommender.pipeline import Progress, default_as_of, needs_at
from recommender.settings import Settings
from recommender.workspace import Workspace

SEED: Final = 0


@dataclass(frozen=True)
class Training:
    """A version on the shelf, how it was judged, and whether it is served now."""

    version: str
    report: EvaluationReport
    promoted: bool


def train_step(
    workspace: Workspace,
    settings: Settings,
    as_of: date | None = None,
    promote: bool = True,
    threads: int = 2,
    progress: Progress = None,
) -> Training:
    """Always writes a bundle; the gate decides which scorer ranks in it, `promote` whether it is served."""
    key = settings.bundle_key()
    day = as_of or default_as_of(workspace.tables)
    trained = train(workspace.tables, partial(needs_at, workspace), day, SEED, progress, threads)
    created = datetime.now(UTC)
    version = write_bundle(workspace.bundles, trained.files, trained.about, key, created)
    workspace.note("bundles", version, workspace.fingerprint)
    if promote:
        workspace.shelf(key).promote(version)
    elif day == default_as_of(workspace.tables):
        workspace.decide()
    return Training(version, trained.report, promote)


def evaluate_step(
    workspace: Workspace, truth: Path | None = None, threads: int = 2, progress: Progress = None
) -> EvaluationReport:
    """Judge every scorer on schools held out, and by the known truth where it is given."""
    day = default_as_of(workspace.tables)
    known = Truth.read(truth) if truth is not None else None
    return evaluate(workspace.tables, partial(needs_at, workspace), day, known, SEED, progress, threads)
