"""What a visit is does not depend on how an office numbers its rows."""

from __future__ import annotations

import numpy as np

from features.needs import diagnose
from features.tables import Tables, typed_frame


def test_rows_numbered_one_by_one_are_the_same_visits(district: Tables) -> None:
    rows = district["observations"]
    numbered = typed_frame("observations", rows.assign(observation_id=[f"row-{i:06}" for i in range(len(rows))]))
    assert rows["observation_id"].nunique() < len(rows) / 2
    as_of = district.latest_evidence()
    visits, one_by_one = (
        diagnose(tables, as_of) for tables in (district, Tables({**district.frames, "observations": numbered}))
    )
    np.testing.assert_allclose(one_by_one.mean, visits.mean, atol=1e-9)
    np.testing.assert_allclose(one_by_one.sd, visits.sd, atol=1e-9)
