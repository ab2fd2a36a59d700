"""`import recommender`: its functions, the examples of their docstrings, their reprs, and a guard against hidden siblings."""

from __future__ import annotations

import doctest
import pydoc
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import recommender
from features.errors import UsageError
from recommender import notebook
from recommender.planning.plan_report import Line, PlanReport
from recommender.workspace.workspace import Workspace


def test_dir_help_and_the_docstring_list_every_function() -> None:
    assert all(callable(getattr(recommender, name)) for name in recommender.__all__)
    public = [name for name in dir(recommender) if not name.startswith("_")]
    assert public == sorted(recommender.__all__)
    text = pydoc.plain(pydoc.render_doc(recommender))
    assert recommender.__doc__ is not None
    for name in recommender.__all__:
        assert re.search(rf"^    {name} +\S", recommender.__doc__, re.MULTILINE), name
        assert re.search(rf"^    {name}\(", text, re.MULTILINE), name
    with pytest.raises(AttributeError):
        recommender.nothing  # noqa: B018


@pytest.fixture
def folder(city, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a copy of the city in `city`."""
    shutil.copytree(city.workspace.root, tmp_path / "city", symlinks=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


EXAMPLES = [test for test in doctest.DocTestFinder().find(notebook, "notebook") if test.examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=[test.name for test in EXAMPLES])
@pytest.mark.slow
def test_the_examples_of_the_docstrings_run(folder: Path, example: doctest.DocTest) -> None:
    example.globs = {"recommender": recommender, "pd": pd}
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    outcome = runner.run(example, out=output.append, clear_globs=False)
    assert outcome.attempted and not outcome.failed, "".join(output)


def test_every_function_has_an_example_unless_it_trains_many_times() -> None:
    shown = {test.name.removeprefix("notebook.") for test in EXAMPLES}
    assert set(recommender.__all__) - shown == {"ablate", "plan_regret"}


def test_reprs_fit_a_screen(city) -> None:
    workspace = recommender.load(city.workspace.root)
    stored = recommender.report(workspace)
    study = recommender.split(workspace)
    line = Line("C00001", "学情分析工作坊" * 4, "workshop", 8.0, 20, 1, 48, 11_700.0, 1.5, None)
    values: dict[str, Any] = {field.name: None for field in fields(PlanReport)}
    values |= {"district_id": "D1", "status": "optimal", "made_up": True, "cost": 1e5, "budget": 2e5, "seats": 180}
    plan = PlanReport(**values | {"lines": (line,) * 9})
    objects = [
        workspace, workspace.tables, recommender.diagnose(workspace), study, stored,
        plan,
    ]  # fmt: skip
    for value in objects:
        lines = repr(value).splitlines()
        assert 1 <= len(lines) <= 10 and max(map(len, lines)) <= 120, repr(value)
        if value is not study:
            assert value._repr_html_().startswith("<p>") and "<table" in value._repr_html_()
    assert "simulated" in repr(workspace.tables) and stored.version in repr(stored)
    assert repr(plan).startswith("Plan of D1") and "... 3 more courses" in repr(plan)
    assert "none" in repr(Workspace(workspace.root / "nowhere"))


def test_tables_list_and_iterate(city) -> None:
    tables = city.workspace.tables
    assert list(tables) == list(tables.frames) and len(tables) == len(list(tables.items())) == len(tables.shapes)
    assert "teachers" in tables and "pupils" not in tables
    assert tables.shapes.loc["teachers"].tolist() == list(tables["teachers"].shape)


def test_the_steps_of_a_notebook(city) -> None:
    workspace = recommender.load(city.workspace.root)
    assert recommender.diagnose(workspace).report["unit_kind"].nunique() >= 2
    report = recommender.judge(workspace, workspace.root / "simulated" / "truth")
    table = recommender.compare(report, report)
    assert set(table["report"]) == {0, 1} and {"scorer", "metric", "value"} <= set(table.columns)
    teacher = str(workspace.tables["teachers"]["teacher_id"].iloc[0])
    assert recommender.advise(workspace).teacher_advice(teacher).unit_id == teacher


class _Hours:
    """A researcher's own idea: shorter courses first."""

    def fit(self, x, y):
        self.columns = x.shape[1]
        return self

    def predict(self, x):
        assert x.shape[1] == self.columns and np.isfinite(x).all()
        return -x[:, 0]


def test_a_researchers_scorer_stands_in_the_same_table_and_may_be_the_rival(city) -> None:
    workspace = recommender.load(city.workspace.root)
    truth = workspace.root / "simulated" / "truth"
    judged = recommender.judge(workspace, truth, rival="mine", scorers={"mine": _Hours()})
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
        recommender.judge(workspace, rival="nobody")
    with pytest.raises(UsageError, match="cannot score"):
        recommender.judge(workspace, scorers={"mine": 3})


def test_the_report_of_a_version_is_stored_with_its_data_code_and_libraries(city) -> None:
    workspace = recommender.load(city.workspace.root)
    trained = recommender.fit(workspace, truth=workspace.root / "simulated" / "truth")
    assert "truth" in {row.test for row in trained.report.rows}
    stored = recommender.report(workspace, trained.version)
    assert stored.manifest["code"] and stored.manifest["data"] and stored.manifest["libraries"]["lightgbm"]
    assert len(recommender.compare(trained, stored)) == 2 * len(stored.rows)
    study = recommender.split(workspace)
    assert study.before is not None and study.before.as_of < study.now.as_of


def test_the_value_of_a_new_ranking_from_a_log() -> None:
    rng = np.random.default_rng(0)
    shown = rng.random(2000) < 0.4
    log = pd.DataFrame({
        "outcome": np.where(shown, 0.3, 0.1) + rng.normal(0, 0.1, 2000), "wanted": shown.astype(float),
        "propensity": np.where(shown, 0.4, 0.6), "expected": 0.2, "expected_new": 0.2,
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


@pytest.mark.slow
def test_everything_is_imported_without_modules_that_windows_lacks() -> None:
    lacking = ("fcntl", "grp", "pwd", "resource", "termios")
    code = f"import sys; sys.modules.update(dict.fromkeys({lacking!r})); import recommender.notebook"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
