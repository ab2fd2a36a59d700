"""Parquet columns of any type become the text of a spreadsheet."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import FileReadError
from features.sources.read.parquet_reader import read_parquet


def test_every_type_becomes_text(tmp_path: Path) -> None:
    table = pa.table({
        "n": pa.array([1.5, float("nan"), None]), "i": pa.array([1, None, 3]),
        "l": pa.array([["a", "b"], [], None]), "c": pa.array(["x", "y", None]).dictionary_encode(),
        "d": pa.array([date(2026, 9, 1)] * 3), "t": pa.array([datetime(2026, 9, 1)] * 3),
        "h": pa.array([datetime(2026, 9, 1, 8, 30)] * 3, pa.timestamp("s")),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet")
    sheet = read_parquet(tmp_path / "a.parquet")
    assert dict(zip(sheet.header, (c.to_pylist() for c in sheet.columns), strict=True)) == {
        "n": ["1.5", "", ""], "i": ["1", "", "3"], "l": ["a;b", "", ""], "c": ["x", "y", ""],
        "d": ["2026-09-01"] * 3, "t": ["2026-09-01"] * 3, "h": ["2026-09-01 08:30:00.000"] * 3,
    }  # fmt: skip
    assert sheet.rows.tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("column", "code"),
    [
        (pa.array([b"\xff\xfe"]).view(pa.string()), "damaged_parquet"),
        (pa.nulls(6_000_000, pa.string()), "too_many_cells"),
    ],
)
def test_what_no_table_holds_is_refused(tmp_path: Path, column: pa.Array, code: str) -> None:
    pq.write_table(pa.table({"a": column}), tmp_path / "a.parquet")
    with pytest.raises(FileReadError) as refused:
        read_parquet(tmp_path / "a.parquet")
    assert refused.value.message.code == f"sources.{code}"
