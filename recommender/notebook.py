"""The functions of `import recommender`: the steps of the command line, with data frames in and out.

The examples in the docstrings run as tests, in a folder with a small simulated city.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import UsageError
from features.needs import diagnose as needs_from
from features.needs.needs import Needs
from features.simulate import simulate as simulate_city
from features.simulate.truth import Truth
from models.bundles.bundle import read_bundle
from models.data.study import Study, open_study
from models.evaluation.ablation import ablate as ablate_study
from models.evaluation.evaluation import EvaluationReport
from models.evaluation.list_metrics import MetricRow, pooled
from models.evaluation.off_policy import PolicyValue
from models.evaluation.off_policy import policy_value as estimate_policy_value
from recommender.advice import AdviceService
from recommender.diagnosis import default_as_of, needs_at, run_diagnose
from recommender.objections.upheld_effects import leave_out_upheld
from recommender.planning.plan_regret import compare_plans, true_values
from recommender.planning.plan_report import PlanReport, report_of
from recommender.planning.problem.limits import Limits
from recommender.plans.planner import Planner
from recommender.settings import Settings
from recommender.training import SEED, Training, run_evaluate, run_train
from recommender.workspace.importing import Mode, import_tables
from recommender.workspace.workspace import Workspace

SIMULATED = "simulated"  # the folder in a workspace with a simulated city and its known truth


def simulate(
    workspace: str | Path, teachers: int = 2000, seed: int = 1, scenario: str = "plain"
) -> Workspace:
    """A simulated city, imported into `workspace`; its known truth is in WORKSPACE/simulated/truth.

    Raises UsageError where the workspace has real tables: these are never replaced.

    >>> other = recommender.simulate("other", teachers=200, seed=2)
    >>> len(other.tables["teachers"]), other.imported
    (200, True)
    """
    root = Path(workspace)
    existing = Workspace(root)
    if existing.imported and not existing.tables.made_up:
        raise UsageError("workspace.real_tables", root=root)
    simulate_city(root / SIMULATED, teachers, seed, scenario)
    import_tables(root, [root / SIMULATED / "tables"], mode=Mode.REPLACE)
    return Workspace(root)


def load(workspace: str | Path) -> Workspace:
    """A workspace with imported tables. Raises UsageError where there are none.

    >>> city = recommender.load("city")
    >>> list(city.tables)[:3]
    ['organizations', 'teachers', 'competencies']
    >>> city.tables.shapes.loc["teachers"].tolist()
    [200, 10]
    """
    opened = Workspace(Path(workspace))
    opened.tables  # noqa: B018 - raises where there are none
    return opened


def diagnose(workspace: Workspace, as_of: date | None = None) -> Needs:
    """Needs of teachers, departments, schools and districts; `.report` is the table.

    >>> needs = recommender.diagnose(recommender.load("city"))
    >>> sorted(needs.report["band"].unique())
    ['clear', 'none', 'possible', 'thin']
    """
    return run_diagnose(workspace, as_of)


def split(workspace: Workspace, as_of: date | None = None, seed: int = SEED) -> Study:
    """The city cut in time and by schools: `.before`, `.later`, `.now`, `.roles` and `.labels(members)`.

    >>> study = recommender.split(recommender.load("city"))
    >>> study.before.as_of < study.now.as_of
    True
    >>> bool((study.roles.train & study.roles.test).any())
    False
    """
    leave_out_upheld(workspace, Settings())
    day = as_of or default_as_of(workspace.tables)
    return open_study(workspace.tables, partial(needs_at, workspace), day, seed)


def fit(workspace: Workspace, as_of: date | None = None, truth: str | Path | None = None) -> Training:
    """A new version in the registry, evaluated (also by `truth`, where given) but not promoted; `save` promotes it.

    >>> trained = recommender.fit(recommender.load("city"))
    >>> trained.promoted, trained.report.decision.objective
    (False, 'gain')
    """
    return run_train(workspace, Settings(), as_of, promote=False, truth=None if truth is None else Path(truth))


def judge(
    workspace: Workspace,
    truth: str | Path | None = None,
    as_of: date | None = None,
    rival: str | None = None,
    scorers: Mapping[str, Any] | None = None,
) -> EvaluationReport:
    """Every scorer on test schools, and by the known truth of a simulated city.

    rival: the scorer to which differences are taken. scorers: your own by name, any object with `fit(X, y)` and
    `predict` (or `predict_proba`), fitted to the same labels as ours, with `score(snapshot, t_idx, c_idx)`, or with
    `prepare(snapshot)`.

    >>> city = recommender.load("city")
    >>> evaluated = recommender.judge(city, truth="city/simulated/truth")
    >>> sorted({row.test for row in evaluated.rows})
    ['observed', 'truth']
    """
    path = None if truth is None else Path(truth)
    return run_evaluate(workspace, path, as_of=as_of, rival=rival, others=scorers)


@dataclass(frozen=True, repr=False)
class StoredReport:
    """The evaluation of a version when it was trained, from its signed manifest."""

    version: str
    rows: list[MetricRow]
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        return self._title()

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._title())}</p>{compare(self).to_html(index=False, max_rows=12)}"

    def _title(self) -> str:
        ranked = f"{self.manifest['objective']}, ranked by {self.manifest['ranked_by']}"
        return f"Evaluation of {self.version} ({ranked}): {len(self.rows)} rows; recommender.compare tabulates them"


def report(workspace: Workspace, version: str | None = None) -> StoredReport:
    """The evaluation in the manifest of `version`, by default of the promoted one.

    Raises UsageError for an unknown version, and where none was promoted.

    >>> stored = recommender.report(recommender.load("city"))
    >>> stored.version == recommender.load("city").registry().current()
    True
    """
    key = Settings().bundle_key()
    registry = workspace.registry(key)
    name = version or registry.current()
    if name is None:
        raise UsageError("workspace.not_promoted")
    manifest = read_bundle(registry.path(name), key).manifest
    return StoredReport(name, [_row(values) for values in manifest["metrics"]], manifest)


def _row(values: Mapping[str, Any]) -> MetricRow:
    complete: dict[str, Any] = {key: float("nan") if value is None else value for key, value in values.items()}
    complete.setdefault("clusters", complete["schools"])  # manifests of before had no other clusters named
    return MetricRow(**complete)


def compare(*reports: EvaluationReport | Training | StoredReport) -> pd.DataFrame:
    """One row for each report, test, metric and scorer, with intervals and differences; `report` counts from 0.

    >>> stored = recommender.report(recommender.load("city"))
    >>> table = recommender.compare(stored, stored)
    >>> sorted(table["report"].unique().tolist())
    [0, 1]
    """
    evaluations = [one.report if isinstance(one, Training) else one for one in reports]
    rows = [{"report": i, **row.as_json()} for i, one in enumerate(evaluations) for row in one.rows]
    return _table(rows, ["report"])


def pool(*reports: EvaluationReport, rival: str = "need_rule", test: str = "truth") -> pd.DataFrame:
    """Several districts as one, schools staying clusters of their own; as `compare`, one row a metric and scorer.

    Raises UsageError where a report lacks the test or the scorers differ.

    >>> evaluated = recommender.judge(recommender.load("city"), truth="city/simulated/truth")
    >>> both = recommender.pool(evaluated, evaluated)
    >>> set(both["scorer"]) == {row.scorer for row in evaluated.rows if row.test == "truth"}
    True
    """
    parts = [one.metrics[test] for one in reports if test in one.metrics]
    scorers = {tuple(next(iter(part.values.values()))) for part in parts}
    if len(parts) < max(len(reports), 1) or len(scorers) != 1:
        raise UsageError("workspace.not_pooled", test=test)
    return _table([row.as_json() for row in pooled(parts).rows(rival, SEED)], [])


def ablate(
    workspace: Workspace, truth: str | Path | None = None, as_of: date | None = None, threads: int = 2
) -> pd.DataFrame:
    """What lists lose without one kind of evidence (without one family of candidate sources, where there is none).

    One row for each part left out and metric, `difference` to the whole; by known truth where it is given. Trains once
    for each part.
    """
    leave_out_upheld(workspace, Settings())
    day = as_of or default_as_of(workspace.tables)
    known_gains = None if truth is None else Truth.read(Path(truth))
    rows = ablate_study(workspace.tables, needs_from, day, known_gains, SEED, threads)
    return _table([row.as_json() for row in rows], []).rename(columns={"scorer": "without"})


def policy_value(log: pd.DataFrame, cluster: str = "school_id") -> PolicyValue:
    """The value of a new ranking, from a log of seats given with known probabilities (`propensity`).

    log: one row a decision with `outcome`, `propensity` (of what was given), `wanted` (its probability under the new
    ranking), `expected` (by a model, of what was given), `expected_new` (under the new ranking) and the cluster column.
    The estimates are unreliable where `.trusted` is False. Raises UsageError on a missing column.

    >>> log = pd.DataFrame({"outcome": [0.1, 0.4] * 100, "propensity": 0.5, "wanted": [0.0, 1.0] * 100,
    ...                     "expected": 0.25, "expected_new": 0.25, "school_id": [i // 20 for i in range(200)]})
    >>> value = recommender.policy_value(log)
    >>> round(value.snips.value, 2), value.trusted
    (0.4, True)
    """
    names = ["outcome", "propensity", "wanted", "expected", "expected_new"]
    missing = [name for name in [*names, cluster] if name not in log]
    if missing:
        columns = ", ".join([*names, cluster])
        raise UsageError("workspace.log_columns", missing=", ".join(missing), columns=columns)
    outcome, propensity, target, expected, expected_new = (log[name].to_numpy(np.float64) for name in names)
    return estimate_policy_value(
        outcome, propensity, target, expected, expected_new, log[cluster].to_numpy(), SEED
    )


def slices(evaluated: EvaluationReport) -> pd.DataFrame:
    """The comparison by district, stage, subject, ladder and strength of evidence; parts of 30 lists or more.

    >>> evaluated = recommender.judge(recommender.load("city"), truth="city/simulated/truth")
    >>> bool((recommender.slices(evaluated)["lists"] <= 200).all())
    True
    """
    rows = [{"by": one.by, "part": one.part, **one.row.as_json()} for one in evaluated.slices]
    return _table(rows, ["by", "part"])


def _table(rows: list[dict[str, Any]], first: list[str]) -> pd.DataFrame:
    names = [*first, *(field.name for field in fields(MetricRow))]
    numbers = [field.name for field in fields(MetricRow) if field.type == "float"]
    return pd.DataFrame(rows, columns=names).astype({name: "float64" for name in numbers})


def save(workspace: Workspace, trained: Training) -> Path:
    """Promote this version; returns the folder with its card and signed manifest.

    >>> city = recommender.load("city")
    >>> folder = recommender.save(city, recommender.fit(city))
    >>> (folder / "card.md").exists()
    True
    """
    registry = workspace.registry(Settings().bundle_key())
    registry.promote(trained.version)
    return registry.path(trained.version)


def advise(workspace: Workspace) -> AdviceService:
    """Lists, needs and courses of one unit at a time.

    >>> city = recommender.load("city")
    >>> advice = recommender.advise(city).teacher_advice(city.tables["teachers"]["teacher_id"][0])
    >>> [recommendation.rank for recommendation in advice.recommendations][:3]
    [1, 2, 3]
    """
    return AdviceService(workspace)


def plan_for(
    workspace: Workspace, district: str, yuan: float, limits: Mapping[str, Any] | None = None, draws: int = 20
) -> PlanReport:
    """The plan of an organization with its prices, frontiers and stability; nothing is written.

    limits: keys and values of `limits.toml`. Raises UsageError, UnknownIdError and DataError.

    >>> recommender.plan_for(recommender.load("city"), "nowhere", 100_000)
    Traceback (most recent call last):
    features.errors.UnknownIdError: ...
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
    """True gains of plans at these budgets (yuan) in a simulated city: ours, greedy, popularity, habit, oracle."""
    planner = Planner(workspace)
    values = true_values(planner.district(district), Truth.read(Path(truth)))
    parsed = Limits.of(limits or {})
    return pd.concat(
        [compare_plans(values, parsed, yuan).assign(budget=yuan) for yuan in budgets], ignore_index=True
    )
