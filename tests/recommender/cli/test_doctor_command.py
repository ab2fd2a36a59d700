"""`recommender doctor`."""

from __future__ import annotations

import json


def test_doctor_finds_this_city_fit(run) -> None:
    code, out, _ = run("doctor", "--json")
    findings = {finding["check"]: finding for finding in json.loads(out)}
    assert code == 0 and findings["tables"]["state"] == findings["model"]["state"] == "ok"
    assert findings["signing key"]["found"] == "local, mode 0600"
