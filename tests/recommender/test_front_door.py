"""`import recommender`: the functions of the road, and a guard against hidden siblings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import recommender


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
