"""A tiny sound city as files: each test breaks what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

SOUND: Mapping[str, str] = {
    "organizations": "org_id,name,kind,parent_id\nD1,南山区,district,\nS1,南山实验学校,school,D1\n001,第一小学,school,D1\n",
    "teachers": "teacher_id,school_id,role,stage,subject,start_date\nT1,S1,teacher,primary,数学,2015-09-01\n"
    "T2,S1,teacher,primary,语文,2018-09-01\nT3,001,principal,primary,数学,\n",
    "competencies": "competency_id,name_zh,name_en,framework,version\nK1,学情分析,Analysing learning,F,1\n"
    "K2,教学设计,Lesson design,F,1\n",
    "courses": "course_id,title,provider_id,owner_level,mode,form,hours,category,fixed_cost,seat_cost,min_seats,"
    "max_seats,release_days\nC1,看懂学情,D1,district,online,workshop,12,professional,1000,50,10,40,0\n",
    "course_goals": "course_id,competency_id,weight,level\nC1,K1,1,2\n",
}


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A directory with tables that have no problem."""
    return write(tmp_path / "sound", SOUND)


def write(folder: Path, tables: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder


@pytest.fixture
def broken(tmp_path: Path):
    """Writes the sound city with some files replaced or added: broken(teachers="...")."""

    def make(**tables: str) -> Path:
        return write(tmp_path / "broken", {**SOUND, **tables})

    return make


def rows(problems: Sequence[object], severity: str = "problem") -> list[tuple[object, ...]]:
    return [(p.file, p.row, p.letter, p.value) for p in problems if p.severity == severity]  # type: ignore[attr-defined]
