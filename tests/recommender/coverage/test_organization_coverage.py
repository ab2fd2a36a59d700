"""Who handed in what: shares by hand, small schools together, imports that are in place, reliability with and without."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from features.errors import UnknownIdError
from features.tables import Tables
from recommender.coverage.last_imports import effective, last_import
from recommender.coverage.organization_coverage import Coverage, coverage_of
from recommender.coverage.reliability_cost import reliability_cost
from recommender.coverage.source_rows import SOURCES, source_rows
from recommender.organization_tree import OrganizationTree
from recommender.workspace.import_history import history, undo
from recommender.workspace.importing import import_tables
from recommender.workspace.versions import load_tables

DAY = date(2026, 6, 30)
SIZES = {"S1": 20, "S2": 12, "S3": 4, "S4": 7, "S5": 11}  # S5 is in another district
OBSERVATION = "observation_id,item,teacher_id,rater_id,lesson_id,date,score,scale_min,scale_max\n"


def teachers(school: str) -> list[str]:
    return [f"{school}-{i:02}" for i in range(SIZES[school])]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two districts; in the first, S1 has five teachers observed and a class with results, S3 one teacher observed."""
    folder = tmp_path_factory.mktemp("files")
    observed = [*teachers("S1")[:5], teachers("S3")[0]]
    texts = {
        "organizations": "org_id,name,kind,parent_id\nD1,东区,district,\nD2,西区,district,\n"
        + "".join(f"{s},{s}校,school,{'D2' if s == 'S5' else 'D1'}\n" for s in SIZES),
        "teachers": "teacher_id,school_id,role,stage,subject\n"
        + "".join(f"{t},{s},teacher,primary,语文\n" for s in SIZES for t in teachers(s)),
        "competencies": "competency_id,name_zh,name_en,framework,version\nK1,学情分析,Analysing,F,1\n",
        "classes": "class_id,subject,term,teacher_id,school_id,grade\n"
        + "".join(f"K{t},语文,2025-2,{t},S1,1\n" for t in teachers("S1")[:10]),
        "assessments": "assessment_id,name,programme,date,stage,subject\nA1,期末,district_exam,2026-01-10,primary,语文\n"
        "A2,明年,district_exam,2027-01-10,primary,语文\n",
        "assessment_dimensions": "assessment_id,dimension,scale_mean,scale_sd\nA1,K1,500,100\nA2,K1,500,100\n",
        "results": "assessment_id,dimension,unit_kind,unit_id,n,mean\nA1,K1,class,KS1-00,30,510\nA2,K1,class,KS1-01,30,500\n",
        "observations": OBSERVATION
        + "".join(f"O{t},K1,{t},X,L{t},2026-0{3 + i % 2}-01,3,1,4\n" for i, t in enumerate(observed)),
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    workspace = tmp_path_factory.mktemp("w")
    import_tables(workspace, [folder], by="city")
    return workspace


@pytest.fixture(scope="module")
def of(root: Path) -> Callable[[str], Coverage]:
    tables = load_tables(root).until(DAY)
    tree = OrganizationTree(tables["organizations"], list(SIZES))
    return lambda org: coverage_of(org, tree, source_rows(tables), None, history(root), DAY, False)


def test_shares_and_dates_are_those_of_a_count_by_hand(of: Callable[[str], Coverage]) -> None:
    coverage = of("D1")
    first = {state.source: state for state in coverage.schools[0].sources}
    assert coverage.teachers == 43 and [s.school_id for s in coverage.schools] == ["S1", "S2", "S3", "S4"]
    assert {name: state.share for name, state in first.items()} == {
        "classes": 0.5, "results": 0.05, "observations": 0.25, "surveys": 0.0, "training": 0.0
    }  # fmt: skip
    assert first["results"].newest == "2026-01-10"  # what is dated after the day does not count
    assert (first["classes"].newest, first["observations"].newest, first["surveys"].newest) == ("2025-2", "2026-04-01", None)
    totals = {total.source: total for total in coverage.sources}
    assert totals["observations"].share == round(6 / 43, 2) and totals["observations"].newest == "2026-04-01"
    assert {name: total.without for name, total in totals.items()} == {
        "classes": 3, "results": 3, "observations": 2, "surveys": 4, "training": 4
    }  # fmt: skip


def test_of_small_schools_only_whether_they_handed_in_is_told(of: Callable[[str], Coverage]) -> None:
    coverage = of("D1")
    small = [s for s in coverage.schools if s.school_id in ("S3", "S4")]
    assert coverage.small_schools == 2 and [s.teachers for s in small] == [None, None]
    assert all(state.share is None and state.newest is None for s in small for state in s.sources)
    observed = [next(state for state in s.sources if state.source == "observations").handed_in for s in small]
    assert observed == [True, False]
    assert next(t for t in coverage.sources if t.source == "observations").small == round(1 / 11, 2)


def test_one_small_school_follows_from_no_total(of: Callable[[str], Coverage]) -> None:
    """A school alone below the minimum takes the next one with it; an organization of few people has no shares at all."""
    alone = of("S3")
    assert alone.teachers is None and [t.share for t in alone.sources] == [None] * len(SOURCES)
    assert [t.newest for t in alone.sources] == [None] * len(SOURCES)


def test_an_unknown_organization_is_an_error(of: Callable[[str], Coverage]) -> None:
    with pytest.raises(UnknownIdError):
        of("nobody")


def test_the_last_import_is_the_one_in_place_for_the_school(root: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(root, copy, symlinks=True)
    file = tmp_path / "observations.csv"
    file.write_text(f"{OBSERVATION}N1,K1,S2-00,X,L,2026-05-01,3,1,4\n", "utf-8")
    import_tables(copy, [file], scope=["S2"], by="school 2")
    last = last_import(effective(history(copy)), ["observations"], ["S2", "D1"])
    assert last is not None and (last.n, last.by, last.own) == (2, "school 2", True)
    other = last_import(effective(history(copy)), ["observations"], ["S1", "D1"])
    assert other is not None and (other.n, other.by, other.own) == (1, "city", False)
    assert last_import(effective(history(copy)), ["surveys"], ["S2", "D1"]) is None
    undo(copy, "school 2", scope=["S2"])
    last = last_import(effective(history(copy)), ["observations"], ["S2", "D1"])
    assert last is not None and last.n == 1


@pytest.mark.parametrize(("with_rows", "compared"), [(10, True), (9, False), (21, False)])
def test_reliability_is_compared_between_ten_and_ten(with_rows: int, compared: bool) -> None:
    applies = np.ones((30, 2), dtype=bool)
    applies[0] = False  # no competency applies to her: she counts for neither
    covered = np.arange(30) <= with_rows
    reliability = np.where(covered[:, None], [[0.5, 0.7]], [[0.2, 0.3]])
    needs: Any = SimpleNamespace(applies=applies, reliability=reliability)
    cost = reliability_cost(needs, np.arange(30), covered)
    assert (cost is not None) is (compared and with_rows <= 19)
    if cost is not None:
        assert (cost.present, cost.missing, cost.error) == (0.6, 0.25, 0.0)


def test_tables_without_rows_have_no_coverage() -> None:
    rows = source_rows(Tables({}, False))
    assert len(rows.school) == 0 and all(len(covered) == 0 for covered in rows.covered.values())
