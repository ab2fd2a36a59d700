"""`recommender diagnose`."""

from __future__ import annotations


def test_diagnose_prints_a_table_and_exits_0(run) -> None:
    code, out, _ = run("diagnose")
    assert code == 0 and "teacher" in out and "模拟数据" in out
