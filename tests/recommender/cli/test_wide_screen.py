"""Score sheets and questionnaires by command: nobody is asked what the file says, answers may be options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recommender.cli import data_command, guess_screen, wide_screen

SCORES = "班级,学号,姓名,语文,总分\n1班,01,甲,88,88\n1班,02,乙,80,80\n2班,03,丙,70,70\n2班,04,丁,74,74\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    place.mkdir()
    for name, text in {
        "organizations.csv": "org_id,name,kind,parent_id,stage\nD1,示例区,district,,\nS1,示例小学,school,D1,primary\n",
        "competencies.csv": "competency_id,name_zh,name_en,framework,version\n语文,语文,Chinese,F,1\n",
        "teachers.csv": "teacher_id,school_id,role,stage,subject\n0101,S1,teacher,primary,语文\n",
        "classes.csv": "class_id,subject,term,teacher_id,school_id,grade\n1班,语文,2025-2,0101,S1,6\n2班,语文,2025-2,0101,S1,6\n",
        "期末成绩.csv": SCORES,
    }.items():
        (place / name).write_text(text, "utf-8")
    return place


def test_answers_may_be_options_and_are_kept(run: Any, folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "w"
    code, _, err = run("data", "import", str(folder), "--yes", workspace=root)
    assert code == 2 and "date" in err and "stage" in err and not (root / "tables").exists()
    options = ("--answer", "date=2026-06-25", "--answer", "stage=primary")
    code, out, err = run("data", "import", str(folder), "--yes", *options, workspace=root)
    assert code == 0, (out, err)
    (kept,) = (root / "mappings").glob("*.toml")
    text = kept.read_text("utf-8")
    kept.write_text(text.replace('"语文" = "语文"', '"语文" = "总分"'), "utf-8")  # by hand
    (folder / "期末成绩.csv").rename(folder / "2026-2027第一学期期末2027-01-15.csv")
    _, out, _ = run("data", "guess", str(folder / "2026-2027第一学期期末2027-01-15.csv"), "--json", workspace=root)
    (sheet,) = json.loads(out)["guess"]
    assert [q["name"] for q in sheet["questions"]] == ["assessment", "date"] and sheet["missing"] == []
    file = tmp_path / "map.toml"
    run("data", "guess", str(folder), "--out", str(file), workspace=root)
    assert 'date = "2027-01-15"' in file.read_text("utf-8") and '"语文" = "总分"' in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("option", "word"), [("date=later", "later"), ("data=1", "data"), ("date", "NAME=VALUE"), ("stage=x", "x")]
)
def test_an_answer_that_cannot_be_is_refused(run: Any, folder: Path, tmp_path: Path, option: str, word: str) -> None:
    code, _, err = run("data", "guess", str(folder), "--answer", option, workspace=tmp_path / "w")
    assert code == 2 and word in err


def test_only_what_the_file_does_not_say_is_asked(
    run: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = iter(["someday", "2026-06-25", "primary"])
    monkeypatch.setattr(data_command.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(wide_screen.typer, "prompt", lambda *args, **kwargs: next(replies))
    monkeypatch.setattr(guess_screen.typer, "confirm", lambda *args, **kwargs: True)
    code, out, err = run("data", "import", str(folder), workspace=tmp_path / "w")
    assert code == 0, (out, err)
    assert "someday" in out and list(replies) == [] and "results" in out
