"""What `import recommender` offers: thin names over the same steps that the commands take."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path

import pandas as pd

from features.errors import WrongUse
from features.needs.needs import Needs
from features.simulate import simulate as draw
from models.evaluate import EvaluationReport
from models.judging import Row
from recommender.advice import Desk
from recommender.importing import import_tables
from recommender.pipeline import diagnose_step
from recommender.settings import Settings
from recommender.training import Training, evaluate_step, train_step
from recommender.workspace import Workspace

SIMULATED = "simulated"  # the folder in a workspace that holds a simulated city and its known truth


def simulate(
    workspace: str | Path, teachers: int = 2000, seed: int = 1, scenario: str = "plain"
) -> Workspace:
    """A simulated city, imported into `workspace`; its known truth is in WORKSPACE/simulated/truth.

    Raises WrongUse where the workspace holds tables that are not made up: these are never replaced.
    """
    root = Path(workspace)
    held = Workspace(root)
    if held.imported and not held.tables.made_up:
        raise WrongUse(f"{root} holds real tables: simulate into another workspace")
    draw(root / SIMULATED, teachers, seed, scenario)
    import_tables(root, [root / SIMULATED / "tables"])
    return Workspace(root)


def load(workspace: str | Path) -> Workspace:
    """A workspace with imported tables (`.tables`). Raises WrongUse where there are none."""
    held = Workspace(Path(workspace))
    held.tables  # noqa: B018 - say at once that something is missing
    return held


def diagnose(workspace: Workspace, as_of: date | None = None) -> Needs:
    """Needs of everybody; `.report` is the table."""
    return diagnose_step(workspace, as_of)


def fit(workspace: Workspace, as_of: date | None = None) -> Training:
    """A new version on the shelf, judged but not served; `save` serves it."""
    return train_step(workspace, Settings(), as_of, promote=False)


def judge(workspace: Workspace, truth: str | Path | None = None) -> EvaluationReport:
    """Every scorer on schools held out, and by the known truth of a simulated city."""
    return evaluate_step(workspace, None if truth is None else Path(truth))


def compare(*reports: EvaluationReport | Training) -> pd.DataFrame:
    """One row a report, test, metric and scorer, with intervals and differences; `report` counts from 0."""
    judged = [held.report if isinstance(held, Training) else held for held in reports]
    rows = [{"report": i, **row.as_json()} for i, report in enumerate(judged) for row in report.rows]
    names = ["report", *(field.name for field in fields(Row))]
    numbers = [field.name for field in fields(Row) if field.type == "float"]
    return pd.DataFrame(rows, columns=names).astype({name: "float64" for name in numbers})


def save(workspace: Workspace, trained: Training) -> Path:
    """Serve this version from now on; the folder with its card and signed manifest."""
    shelf = workspace.shelf(Settings().bundle_key())
    shelf.promote(trained.version)
    return shelf.path(trained.version)


def advise(workspace: Workspace) -> Desk:
    """Lists, needs and courses of one unit at a time."""
    return Desk(workspace)
