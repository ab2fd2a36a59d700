"""`recommender research-export`: the risk in words, and a line in the audit trail."""

from __future__ import annotations

import json
from pathlib import Path

from recommender.workspace.workspace import Workspace


def test_the_risk_is_said_and_the_export_is_recorded(run, copy: Workspace, tmp_path: Path, one_line) -> None:
    code, out, _ = run("research-export", str(tmp_path / "out"), workspace=copy.root)
    assert code == 0 and "Chance of naming a person's row" in out and (tmp_path / "out" / "risk.json").exists()
    code, _, err = run("research-export", str(tmp_path / "more"), "--k", "5", "--max-risk", "0.01", workspace=copy.root)
    assert code == 1 and "nothing was exported" in err and not (tmp_path / "more").exists()
    assert run("research-export", str(tmp_path / "out"), workspace=copy.root)[0] == 2
    _, out, _ = run("audit", "--json", workspace=copy.root)
    assert [row["purpose"] for row in json.loads(out)][1:] == ["research export"] * 3
    people = str(len(copy.tables["teachers"]))
    assert {(row["unit_kind"], row["unit_id"]) for row in json.loads(out)[1:]} == {("teachers", people)}
