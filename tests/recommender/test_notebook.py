"""`import recommender`: the functions of the road, and a guard against hidden siblings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import recommender
from features.errors import UsageError


def test_every_name_is_there() -> None:
    assert all(callable(getattr(recommender, name)) for name in recommender.__all__)
    with pytest.raises(AttributeError):
        recommender.nothing  # noqa: B018


def test_the_road_of_a_notebook(city) -> None:
    held = recommender.load(city.workspace.root)
    assert recommender.diagnose(held).report["unit_kind"].nunique() >= 2
    report = recommender.judge(held, held.root / "simulated" / "truth")
    table = recommender.compare(report, report)
    assert set(table["report"]) == {0, 1} and {"scorer", "metric", "value"} <= set(table.columns)
    teacher = str(held.tables["teachers"]["teacher_id"].iloc[0])
    assert recommender.advise(held).teacher_advice(teacher).unit_id == teacher


class _Hours:
    """A researcher's own idea: shorter courses first."""

    def fit(self, x, y):
        self.columns = x.shape[1]
        return self

    def predict(self, x):
        assert x.shape[1] == self.columns and np.isfinite(x).all()
        return -x[:, 0]


def test_a_researchers_scorer_stands_in_the_same_table_and_may_be_the_rival(city) -> None:
    held = recommender.load(city.workspace.root)
    truth = held.root / "simulated" / "truth"
    judged = recommender.judge(held, truth, rival="mine", scorers={"mine": _Hours()})
    table = recommender.compare(judged)
    assert {"mine", "need_rule", "served"} <= set(table["scorer"]) and set(table["rival"]) == {"mine"}
    assert table["p"].dropna().between(0, 1).all()
    parts = recommender.slices(judged)
    assert set(parts["by"]) and (parts["lists"] >= 1).all()
    twice = recommender.pool(judged, judged, rival="need_rule")
    whole = recommender.compare(judged)
    one = whole[(whole["test"] == "truth") & (whole["metric"] == "ndcg@10") & (whole["scorer"] == "served")]
    both = twice[(twice["metric"] == "ndcg@10") & (twice["scorer"] == "served")]
    assert both["lists"].iloc[0] == 2 * one["lists"].iloc[0]
    assert both["value"].iloc[0] == pytest.approx(one["value"].iloc[0])
    with pytest.raises(UsageError, match="no scorer"):
        recommender.judge(held, rival="nobody")
    with pytest.raises(UsageError, match="cannot score"):
        recommender.judge(held, scorers={"mine": 3})


def test_the_report_of_a_version_on_the_shelf_is_kept_with_what_made_it(city) -> None:
    held = recommender.load(city.workspace.root)
    trained = recommender.fit(held, truth=held.root / "simulated" / "truth")
    assert "truth" in {row.test for row in trained.report.rows}
    kept = recommender.report(held, trained.version)
    assert kept.manifest["code"] and kept.manifest["data"] and kept.manifest["libraries"]["lightgbm"]
    assert len(recommender.compare(trained, kept)) == 2 * len(kept.rows)
    study = recommender.split(held)
    assert study.before is not None and study.before.as_of < study.now.as_of


def test_the_value_of_a_new_ranking_from_a_log() -> None:
    rng = np.random.default_rng(0)
    given = rng.random(2000) < 0.4
    log = pd.DataFrame({
        "outcome": np.where(given, 0.3, 0.1) + rng.normal(0, 0.1, 2000), "wanted": given.astype(float),
        "propensity": np.where(given, 0.4, 0.6), "expected": 0.2, "expected_new": 0.2,
        "school_id": [f"S{i % 50}" for i in range(2000)],
    })  # fmt: skip
    value = recommender.policy_value(log)
    assert value.trusted and value.dr.low < 0.3 < value.dr.high
    with pytest.raises(UsageError, match="propensity"):
        recommender.policy_value(log.drop(columns="propensity"))


@pytest.mark.parametrize("hiding", ["models.py", "features/__init__.py"])
def test_a_file_that_hides_a_sibling_is_named(tmp_path: Path, hiding: str) -> None:
    (tmp_path / hiding).parent.mkdir(exist_ok=True)
    (tmp_path / hiding).write_text("")
    done = subprocess.run(
        [sys.executable, "-c", "import recommender"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert str(tmp_path / hiding) in done.stderr and "rename" in done.stderr


def test_nothing_is_hidden_here() -> None:
    assert recommender.find_hidden() is None
