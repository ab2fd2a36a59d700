"""Files of any shape by command: shown, asked about, kept as a mapping, and read without a question next term."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recommender.cli import data_command, guess_screen

HEADER = "教职工号,姓名,所在学校,任教学段,任教科目\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    place.mkdir()
    (place / "organizations.csv").write_text(
        "org_id,name,kind,parent_id,stage\nD1,示例区,district,,\nS1,示例小学,school,D1,primary\n", "utf-8"
    )
    (place / "competencies.csv").write_text("competency_id,name_zh,name_en,framework,version\nK1,教学设计,Design,F,1\n", "utf-8")
    (place / "2026春名册.csv").write_text("示例区教师名册,,,,\n" + HEADER + "0101,甲,示例小学,小学,语文\n合计,1,,,\n", "utf-8")
    return place


def test_the_mapping_file_can_be_written_read_and_used(run: Any, folder: Path, tmp_path: Path) -> None:
    file, root = tmp_path / "map.toml", tmp_path / "w"
    code, out, _ = run("data", "guess", str(folder / "2026春名册.csv"), "--out", str(file), workspace=root)
    assert code == 0 and "所在学校" in out
    assert run("data", "guess", str(folder), "--out", str(file), workspace=root)[0] == 2  # never overwritten
    code, out, err = run("data", "import", str(folder), "--mapping", str(file), "--yes", workspace=root)
    assert code == 0, (out, err)


def test_what_was_read_once_is_read_so_again(run: Any, folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "w"
    assert run("data", "import", str(folder), "--yes", workspace=root)[0] == 0
    (kept,) = (root / "mappings").glob("*.toml")
    kept.write_text(kept.read_text("utf-8").replace('stage = "任教学段"', 'ladder_step = "任教学段"'), "utf-8")  # by hand
    later = folder / "2026秋名册.csv"
    later.write_text(HEADER + "0102,乙,示例小学,小学,数学\n", "utf-8")
    _, out, _ = run("data", "guess", str(later), "--json", workspace=root)
    (sheet,) = json.loads(out)["guess"]
    columns = {column["header"]: column for column in sheet["columns"]}
    assert columns["任教学段"]["column"] == "ladder_step" and columns["任教学段"]["reason"] == "remembered"


def test_an_uncertain_column_is_not_taken_without_a_person(run: Any, folder: Path, tmp_path: Path) -> None:
    (folder / "2026春名册.csv").write_text("工号,姓名,学校,类型,教什么\n0101,甲,示例小学,小学,语文\n", "utf-8")
    code, _, err = run("data", "import", str(folder), "--yes", workspace=tmp_path / "w")
    assert code == 2 and "data guess 2026春名册.csv --out map.toml" in err and not (tmp_path / "w" / "tables").exists()
    code, out, _ = run("data", "import", str(folder), "--yes", "--json", workspace=tmp_path / "w")
    assert code == 1 and json.loads(out)["written"] is False and json.loads(out)["guess"]


def test_a_person_is_asked_for_what_is_missing(
    run: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "2026春名册.csv").write_text("工号,姓名,在哪里,学科\n0101,甲,示例小学,语文\n", "utf-8")
    replies = iter(["Z", "C", "=primary"])
    monkeypatch.setattr(data_command.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(guess_screen.typer, "prompt", lambda *args, **kwargs: next(replies))
    monkeypatch.setattr(guess_screen.typer, "confirm", lambda *args, **kwargs: True)
    code, out, err = run("data", "import", str(folder), workspace=tmp_path / "w")
    assert code == 0, (out, err)
    assert "Z" in out and list(replies) == []
