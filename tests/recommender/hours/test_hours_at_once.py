"""Two processes on one database, SQLite and PostgreSQL: 200 operations; the benchmark of the name does 10,000."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.hours_at_once import run_at_once


@pytest.mark.slow
def test_ledgers_agree_after_operations_of_two_processes(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    report = run_at_once(store_url, tmp_path, 200)
    assert report.findings == [] and report.readers_agree and report.hours == report.expected > 0
    assert report.claims > 30 and report.decisions > 20
