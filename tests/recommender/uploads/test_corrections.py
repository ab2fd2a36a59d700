"""Names of sheets in corrections."""

from __future__ import annotations

import pytest

from recommender.uploads.corrections import named_place, sheet_place


@pytest.mark.parametrize(
    ("file", "sheet"), [("教师.xlsx", "在编"), ("教师[1].xlsx", "在编"), ("教师[1].csv", None), ("a.csv", None), ("a].csv", None)]
)
def test_a_place_is_its_file_and_sheet(file: str, sheet: str | None) -> None:
    """A browser that saves a file again calls it `教师[1].xlsx`."""
    assert named_place(sheet_place(file, sheet)) == (file, sheet)
