"""A small city as files, which a test may change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

ORGANIZATIONS = "org_id,name,kind,parent_id\nD1,南山区,district,\nS1,实验学校,school,D1\n"
TEACHERS = "teacher_id,school_id,role,stage,subject\nT1,S1,teacher,primary,数学\nT2,S1,teacher,primary,语文\n"
COMPETENCIES = "competency_id,name_zh,name_en,framework,version\nK1,学情分析,Analysing learning,F,1\n"


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small city: files(teachers="...")."""

    def write(**tables: str) -> Path:
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        city = {"organizations": ORGANIZATIONS, "teachers": TEACHERS, "competencies": COMPETENCIES, **tables}
        for name, text in city.items():
            (folder / f"{name}.csv").write_text(text, "utf-8")
        return folder

    return write


@pytest.fixture
def one(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes one table: one("teachers", "...")."""

    def write(table: str, text: str) -> Path:
        file = tmp_path / f"{table}.csv"
        file.write_text(text, "utf-8")
        return file

    return write
