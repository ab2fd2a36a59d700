"""Keys and digests of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.row_identity import as_cells, key_of, row_digest


def test_a_digest_stands_for_the_content() -> None:
    row = {"observation_id": "O1", "score": 3, "date": "2026-05-01", "note": None}
    assert row_digest(row) == row_digest({"date": "2026-05-01", "score": 3, "observation_id": "O1"})
    assert row_digest(row) != row_digest(row | {"score": 4}) != row_digest(row | {"score": 4.5})


def test_cells_are_the_same_however_they_were_stored() -> None:
    stored = pd.DataFrame({"date": pd.to_datetime(["2026-05-01"]), "score": [3.0], "n": [np.nan]}).to_dict("records")[0]
    assert as_cells(stored) == {"date": "2026-05-01", "score": 3, "n": None}
    assert as_cells({"half": np.float64(2.5), "yes": np.bool_(True)}) == {"half": 2.5, "yes": True}


def test_a_key_is_text_without_empty_cells() -> None:
    row = {"teacher_id": "T1", "course_id": "K1", "requested_on": "2026-05-01", "status": "completed"}
    assert key_of("enrolments", row) == {"teacher_id": "T1", "course_id": "K1", "requested_on": "2026-05-01"}
    assert key_of("enrolments", row | {"course_id": None}) == {"teacher_id": "T1", "requested_on": "2026-05-01"}
