"""`recommender data export tables`: what leaves a workspace comes back as the same tables; nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.schema import TABLES
from features.sources.read_tables import read_tables
from recommender.records.audit_lines import audit_lines
from recommender.records.record_store import RecordStore
from recommender.workspace.workspace import Workspace


@pytest.mark.parametrize("name", ["out.xlsx", "out"])
def test_tables_come_back_the_same(run, copy: Workspace, city, tmp_path: Path, name: str) -> None:
    out = tmp_path / "new" / name
    code, said, err = run("data", "export", "tables", str(out), workspace=copy.root)
    assert code == 0, err
    assert str(out.name) in said.replace("\n", "")
    reading = read_tables([out])
    assert reading.accepted and reading.tables.made_up
    for table in TABLES:
        pd.testing.assert_frame_equal(reading.tables[table], copy.tables[table], obj=table)
    store = RecordStore.of(copy.root, city.settings).open()
    try:
        people = {line.unit_id for line in audit_lines(store) if line.purpose == "export"}
    finally:
        store.close()
    assert people == set(copy.tables["teachers"]["teacher_id"])
    before = {file: file.stat().st_mtime_ns for file in out.parent.rglob("*")}
    code, _, err = run("data", "export", "tables", str(out), workspace=copy.root)
    assert code == 2 and ("从不覆盖" in err or "never overwrites" in err)
    assert before == {file: file.stat().st_mtime_ns for file in out.parent.rglob("*")}


def test_other_suffixes_are_refused(run, tmp_path: Path) -> None:
    code, _, err = run("data", "export", "tables", str(tmp_path / "out.csv"))
    assert code == 2 and "OUT.xlsx" in err and not list(tmp_path.iterdir())
