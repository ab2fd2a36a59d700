"""`recommender retention`: listed first, deleted with --apply."""

from __future__ import annotations

import json

from recommender.workspace.workspace import Workspace


def test_listed_and_then_deleted(run, copy: Workspace, monkeypatch) -> None:
    monkeypatch.setenv("RECOMMENDER_TODAY", "2028-06-30")
    code, out, _ = run("retention", workspace=copy.root)
    assert code == 0 and "nothing was changed" in out and (copy.scores / "needs.parquet").exists()
    code, out, _ = run("retention", "--apply", "--json", workspace=copy.root)
    content = json.loads(out)
    rows = {one["place"]: one["rows"] for one in content["overdue"]}
    assert code == 0 and content["applied"] and rows["scores/"] and rows["tables/surveys"]
    assert not (copy.scores / "needs.parquet").exists()
    code, out, _ = run("retention", workspace=copy.root)
    assert code == 0 and "0 rows or files are past" in out
