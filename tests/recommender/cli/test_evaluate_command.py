"""`recommender evaluate`."""

from __future__ import annotations

import json


def test_evaluate_json(run, city) -> None:
    truth = city.workspace.root / "simulated" / "truth"
    code, out, _ = run("evaluate", "--truth", str(truth), "--json")
    content = json.loads(out)
    assert code == 0 and {row["test"] for row in content["rows"]} >= {"truth"} and content["verdict"]["zh"]
