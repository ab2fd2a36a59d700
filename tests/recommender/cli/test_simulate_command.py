"""`recommender data simulate`."""

from __future__ import annotations

from pathlib import Path

import typer
from typer.testing import CliRunner

from features.errors import UsageError
from recommender.cli.simulate_command import simulate

app = typer.Typer()
app.command()(simulate)


def test_it_writes_a_city_with_progress_apart_from_output(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [str(tmp_path / "city"), "--teachers", "200", "--seed", "2"])
    assert done.exit_code == 0
    assert (tmp_path / "city/tables/teachers.csv").exists()
    assert (tmp_path / "city/truth/abilities.parquet").exists()
    assert "100%" in done.stderr and "%" not in done.stdout
    assert "made up" in done.stdout


def test_an_unknown_scenario_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [str(tmp_path / "city"), "--scenario", "sunny"])
    assert isinstance(done.exception, UsageError) and "sunny" in str(done.exception)
