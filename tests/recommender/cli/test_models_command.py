"""`recommender models`."""

from __future__ import annotations

import json


def test_models_list_marks_the_served_one(run, city) -> None:
    code, out, _ = run("models", "list", "--json")
    rows = json.loads(out)
    assert code == 0 and [row["version"] for row in rows if row["served"]] == [
        city.workspace.registry().current()
    ]
