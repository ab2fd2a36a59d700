"""What `import recommender` offers: thin names over the same steps that the commands take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import UsageError
from features.needs import diagnose as needs_from
from features.needs.needs import Needs
from features.simulate import simulate as draw
from features.simulate.truth import Truth
from models.bundles.bundle import read_bundle
from models.data.study import Study, open_study
from models.evaluation.ablation import ablate as without_parts
from models.evaluation.evaluation import EvaluationReport
from models.evaluation.list_metrics import MetricRow, pooled
from models.evaluation.off_policy import PolicyValue
from models.evaluation.off_policy import policy_value as value_of
from recommender.advice import AdviceService
from recommender.diagnosis import default_as_of, needs_at, run_diagnose
from recommender.planning.plan_regret import compare_plans, true_values
from recommender.planning.plan_report import PlanReport, report_of
from recommender.planning.problem.limits import Limits
from recommender.plans.planner import Planner
from recommender.settings import Settings
from recommender.training import SEED, Training, run_evaluate, run_train
from recommender.workspace.importing import import_tables
from recommender.workspace.workspace import Workspace

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
        raise UsageError("workspace.real_tables", root=root)
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
    return run_diagnose(workspace, as_of)


def split(workspace: Workspace, as_of: date | None = None, seed: int = SEED) -> Study:
    """What is known when, which schools may be learnt from, and the labels: `.before`, `.roles`, `.labels(...)`."""
    day = as_of or default_as_of(workspace.tables)
    return open_study(workspace.tables, partial(needs_at, workspace), day, seed)


def fit(workspace: Workspace, as_of: date | None = None, truth: str | Path | None = None) -> Training:
    """A new version on the registry, judged (also by `truth`, where given) but not served; `save` serves it."""
    known = None if truth is None else Path(truth)
    return run_train(workspace, Settings(), as_of, promote=False, truth=known)


def judge(
    workspace: Workspace,
    truth: str | Path | None = None,
    as_of: date | None = None,
    rival: str | None = None,
    scorers: Mapping[str, Any] | None = None,
) -> EvaluationReport:
    """Every scorer on schools held out, and by the known truth of a simulated city.

    rival: whom differences are to. scorers: your own by name, any object with `fit(X, y)` and `predict` (or
    `predict_proba`), with `score(snapshot, t_idx, c_idx)`, or with `prepare(snapshot)`; they learn from the same labels as ours.
    """
    known = None if truth is None else Path(truth)
    return run_evaluate(workspace, known, as_of=as_of, rival=rival, others=scorers)


@dataclass(frozen=True)
class KeptReport:
    """How a version on the registry was judged when it was trained."""

    version: str
    rows: list[MetricRow]
    manifest: Mapping[str, Any]


def report(workspace: Workspace, version: str | None = None) -> KeptReport:
    """The report in the manifest of `version`, by default of the one that is served. Raises WrongUse."""
    key = Settings().bundle_key()
    registry = workspace.registry(key)
    name = version or registry.current()
    if name is None:
        raise UsageError("workspace.not_promoted")
    manifest = read_bundle(registry.path(name), key).manifest
    rows = [_row(held) for held in manifest["metrics"]]
    return KeptReport(name, rows, manifest)


def _row(held: Mapping[str, Any]) -> MetricRow:
    told: dict[str, Any] = {name: float("nan") if value is None else value for name, value in held.items()}
    return MetricRow(**told)


def compare(*reports: EvaluationReport | Training | KeptReport) -> pd.DataFrame:
    """One row a report, test, metric and scorer, with intervals and differences; `report` counts from 0."""
    judged = [held.report if isinstance(held, Training) else held for held in reports]
    rows = [{"report": i, **row.as_json()} for i, report in enumerate(judged) for row in report.rows]
    return _table(rows, ["report"])


def pool(*reports: EvaluationReport, rival: str = "need_rule", test: str = "truth") -> pd.DataFrame:
    """Several districts as one, schools staying clusters of their own; as `compare`, one row a metric and scorer.

    Raises WrongUse where a report lacks the test or the scorers differ.
    """
    held = [one.judged[test] for one in reports if test in one.judged]
    scorers = {tuple(next(iter(one.values.values()))) for one in held}
    if len(held) < max(len(reports), 1) or len(scorers) != 1:
        raise UsageError("workspace.not_pooled", test=test)
    return _table([row.as_json() for row in pooled(held).rows(rival, SEED)], [])


def ablate(
    workspace: Workspace, truth: str | Path | None = None, as_of: date | None = None, threads: int = 2
) -> pd.DataFrame:
    """What lists lose without one kind of evidence (without one family of sources, where there is none): one row a
    part and metric, `difference` to the whole. By known truth where it is given. Takes a training a part."""
    day = as_of or default_as_of(workspace.tables)
    known = None if truth is None else Truth.read(Path(truth))
    rows = without_parts(workspace.tables, needs_from, day, known, SEED, threads)
    return _table([row.as_json() for row in rows], []).rename(columns={"scorer": "without"})


def policy_value(log: pd.DataFrame, cluster: str = "school_id") -> PolicyValue:
    """What a new ranking would bring, from a log of seats given with known probabilities (`propensity`).

    log: one row a decision with `outcome`, `propensity` (of what was given), `wanted` (its probability under the new
    ranking), `expected` (by a model, of what was given), `expected_new` (under the new ranking) and the cluster column.
    Nothing is to be believed where `.trusted` is False. Raises WrongUse on a missing column.
    """
    names = ["outcome", "propensity", "wanted", "expected", "expected_new"]
    missing = [name for name in [*names, cluster] if name not in log]
    if missing:
        raise UsageError("workspace.log_columns", missing=", ".join(missing), columns=", ".join([*names, cluster]))
    outcome, logged, wanted, expected, new = (log[name].to_numpy(np.float64) for name in names)
    return value_of(outcome, logged, wanted, expected, new, log[cluster].to_numpy(), SEED)


def slices(judged: EvaluationReport) -> pd.DataFrame:
    """The comparison by district, stage, subject, ladder and strength of evidence; parts of 30 lists or more."""
    rows = [{"by": held.by, "part": held.part, **held.row.as_json()} for held in judged.slices]
    return _table(rows, ["by", "part"])


def _table(rows: list[dict[str, Any]], first: list[str]) -> pd.DataFrame:
    names = [*first, *(field.name for field in fields(MetricRow))]
    numbers = [field.name for field in fields(MetricRow) if field.type == "float"]
    return pd.DataFrame(rows, columns=names).astype({name: "float64" for name in numbers})


def save(workspace: Workspace, trained: Training) -> Path:
    """Serve this version from now on; the folder with its card and signed manifest."""
    registry = workspace.registry(Settings().bundle_key())
    registry.promote(trained.version)
    return registry.path(trained.version)


def advise(workspace: Workspace) -> AdviceService:
    """Lists, needs and courses of one unit at a time."""
    return AdviceService(workspace)


def plan_for(
    workspace: Workspace, district: str, yuan: float, limits: Mapping[str, Any] | None = None, draws: int = 20
) -> PlanReport:
    """The plan of an organization with its prices, frontiers and stability; nothing is written.

    limits: keys and values of `limits.toml`. Raises WrongUse, UnknownUnit and DataRefused.
    """
    return report_of(
        Planner(workspace).plan(district, yuan, Limits.of(limits or {})), "", workspace.fingerprint, draws
    )


def plan_regret(
    workspace: Workspace,
    district: str,
    budgets: Sequence[float],
    truth: str | Path,
    limits: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """What plans at these budgets (yuan) are truly worth in a simulated city: ours, greedy, popularity, habit, oracle."""
    planner = Planner(workspace)
    known = true_values(planner.district(district), Truth.read(Path(truth)))
    asked = Limits.of(limits or {})
    return pd.concat(
        [compare_plans(known, asked, yuan).assign(budget=yuan) for yuan in budgets], ignore_index=True
    )
