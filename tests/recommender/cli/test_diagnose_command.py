"""`recommender diagnose`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recommender.cli.main import run as run_command
from recommender.diagnosis import default_as_of, needs_at, unused_evidence
from recommender.workspace.workspace import Workspace


def test_diagnose_prints_a_table_and_exits_0(run) -> None:
    code, out, _ = run("diagnose")
    assert code == 0 and "teacher" in out and "模拟数据" in out


def test_every_kind_that_is_not_used_is_printed_with_its_number_and_what_to_do(
    copy: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    day = default_as_of(copy.tables) - timedelta(days=30)
    assert run_command(["diagnose", "--as-of", day.isoformat(), "--workspace", str(copy.root)]) == 0
    printed = capsys.readouterr().out
    unused = unused_evidence(copy.tables, needs_at(copy, copy.tables, day))
    assert {"later", "by_classes"} <= set(unused["kind"])
    for row in unused.to_dict("records"):
        assert f" {row['count']} 条：" in printed and f", {row['count']} row" in printed
        assert row["examples"] in printed
    assert "Choose a later as-of date to use them." in printed and "要用就把截止日期改晚。" in printed
