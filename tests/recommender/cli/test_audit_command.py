"""`recommender audit`, and the lines that commands leave."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from recommender.workspace.workspace import Workspace


def test_the_trail_of_one_person_in_all_three_forms(run, copy: Workspace, tmp_path: Path, one_line) -> None:
    teachers = copy.tables["teachers"]["teacher_id"]
    one, two = str(teachers[0]), str(teachers[1])
    code, _, err = run("audit", workspace=copy.root)
    assert code == 2 and one_line(err) and not (copy.root / "store.db").exists()
    for teacher in (one, two):
        assert run("recommend", "--teacher", teacher, "--top", "1", workspace=copy.root)[0] == 0
    assert run("recommend", "--teacher", "nobody", workspace=copy.root)[0] == 2
    plan = copy.root / "plans" / "P1"
    plan.mkdir(parents=True)
    (plan / "assignments.csv").write_text(f"teacher_id,course_id\n{two},K1\n", "utf-8")
    code, out, _ = run("audit", "--subject", one, "--json", workspace=copy.root)
    rows = json.loads(out)
    assert code == 0 and [row["purpose"] for row in rows] == ["audit inspected", "list by command"]
    assert {row["unit_id"] for row in rows} == {one} and all(row["purpose_zh"] and row["role"] == "operator" for row in rows)
    file = tmp_path / "audit.csv"
    assert run("audit", "--csv", str(file), workspace=copy.root)[0] == 0
    with open(file, encoding="utf-8-sig", newline="") as lines:
        assert [row["unit_id"] for row in csv.DictReader(lines)] == ["", one, two, one]
    code, out, _ = run("audit", "--since", "2099-01-01", workspace=copy.root)
    assert code == 0 and "0 lines" in out
    code, out, _ = run("audit", workspace=copy.root)
    assert code == 0 and f"teacher {two}" in out and "在服务器上用命令查看" in out


def test_what_is_written_of_all_leaves_one_line_with_the_number_of_people(run, copy: Workspace) -> None:
    people = str(len(copy.tables["teachers"]))
    assert run("diagnose", workspace=copy.root)[0] == 0
    assert run("recommend", "--all", "--top", "1", workspace=copy.root)[0] == 0
    _, out, _ = run("audit", "--json", workspace=copy.root)
    rows = [(row["purpose"], row["unit_kind"], row["unit_id"]) for row in json.loads(out)][1:]
    assert rows == [("lists by command", "teachers", people), ("needs by command", "teachers", people)]
    assert all(row["purpose_zh"] != row["purpose"] for row in json.loads(out))
