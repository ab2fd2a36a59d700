"""Files to take away: whole or not at all, and harmless in a spreadsheet."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import python_calamine

from features.errors import UsageError
from recommender.workspace.exports import SCHEMAS, harmless, write_frame, writing

ORIGIN = {"made_up": True, "tables": "0a", "notice": "=made up"}
RISKY = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\0x", "＝1"]


def _school_views(ids: list[str], mean: float = -1.5) -> pd.DataFrame:
    return pd.DataFrame({"org_id": ids, "competency_id": "k", "view": "level", "mean": mean, "sd": 0.5})


@pytest.mark.parametrize("cell", RISKY)
def test_cells_that_would_run_are_neutralised(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


def test_numbers_and_plain_text_stay() -> None:
    assert harmless(-1.5) == -1.5
    assert harmless("语文-1") == "语文-1"


def test_csv_neutralises_text_and_leaves_negative_numbers(tmp_path: Path) -> None:
    write_frame(tmp_path / "v.csv", "school_views", _school_views(RISKY), ORIGIN)
    read = pd.read_csv(tmp_path / "v.csv", encoding="utf-8")
    assert list(read.columns) == SCHEMAS["school_views"].names
    assert (read["mean"] == -1.5).all()
    assert read["org_id"].str.startswith("'").all()


def test_excel_holds_text_as_text_and_numbers_as_numbers(tmp_path: Path) -> None:
    write_frame(tmp_path / "v.xlsx", "school_views", _school_views(["=1+1", "A"]), ORIGIN)
    book = python_calamine.CalamineWorkbook.from_path(tmp_path / "v.xlsx")
    rows = book.get_sheet_by_name("school_views").to_python()
    assert rows[1][:4] == ["'=1+1", "k", "level", -1.5]
    reported = dict(book.get_sheet_by_name("origin").to_python())
    assert reported["made_up"] is True or reported["made_up"] == "True"
    assert str(reported["notice"]).startswith("'=")


def test_parquet_keeps_every_byte_and_says_made_up(tmp_path: Path) -> None:
    write_frame(tmp_path / "v.parquet", "school_views", _school_views(RISKY), ORIGIN)
    assert list(pd.read_parquet(tmp_path / "v.parquet")["org_id"]) == RISKY
    assert json.loads((tmp_path / "origin.json").read_text())["made_up"] is True


def test_dates_travel(tmp_path: Path) -> None:
    row = {name: None for name in SCHEMAS["needs"].names}
    frame = pd.DataFrame([row | {"unit_kind": "teacher", "unit_id": "T1", "as_of": date(2026, 6, 30)}])
    for suffix in (".csv", ".xlsx", ".parquet"):
        write_frame(tmp_path / f"n{suffix}", "needs", frame, ORIGIN)
    assert pd.read_csv(tmp_path / "n.csv")["as_of"].iloc[0] == "2026-06-30"
    assert pd.read_parquet(tmp_path / "n.parquet")["as_of"].iloc[0] == date(2026, 6, 30)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"v{suffix}"
    write_frame(path, "school_views", _school_views(["A"]), ORIGIN)
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt), writing(path, "school_views", ORIGIN) as add:
        add(_school_views(["B"]))
        raise KeyboardInterrupt
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["origin.json", path.name]


def test_an_unknown_suffix_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.parquet"):
        write_frame(tmp_path / "v.pickle", "school_views", _school_views(["A"]), ORIGIN)


def test_the_mark_of_simulated_files_cannot_be_taken_off(tmp_path: Path) -> None:
    frame = _school_views(["A"])
    write_frame(tmp_path / "a.csv", "school_views", frame, ORIGIN)
    with pytest.raises(UsageError, match="another directory"):
        write_frame(tmp_path / "b.csv", "school_views", frame, {"made_up": False, "tables": "0b"})
    (tmp_path / "origin.json").write_text('{"made_up": true, "generator": "x"}', "utf-8")
    with pytest.raises(UsageError, match="another directory"):
        write_frame(tmp_path / "b.csv", "school_views", frame, ORIGIN)
    assert not (tmp_path / "b.csv").exists()
