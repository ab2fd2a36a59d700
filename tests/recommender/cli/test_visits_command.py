"""`recommender visits`: sentences in both languages, JSON alone, counts by school, a school's own list with its audit line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from recommender.records.audit_lines import audit_lines
from recommender.records.record_store import RecordStore
from recommender.visits.visit_store import read_visits
from recommender.workspace.workspace import Workspace


def test_counts_on_the_screen_and_kept_for_pages(run, copy: Workspace) -> None:
    code, out, _ = run("visits", "--budget", "10", workspace=copy.root)
    assert code == 0 and "建议先做 10 次" in out and "as many visits at random" in out and "ranks no teacher" in out
    kept = read_visits(copy.root, "")
    assert kept is not None and sum(kept.visits) == 10 and kept.tables == copy.fingerprint
    teachers = copy.tables["teachers"]["teacher_id"]
    assert not [t for t in teachers if str(t) in out]


def test_json_alone_and_a_file_of_counts(run, copy: Workspace, tmp_path: Path) -> None:
    out_file = tmp_path / "o" / "counts.csv"
    code, out, _ = run("visits", "--budget", "10", "--json", "--out", str(out_file), workspace=copy.root)
    content = json.loads(out)
    frame = pd.read_csv(out_file)
    assert code == 0 and content["made_up"] is True and list(frame.columns) == ["school_id", "kind", "visits", "as_of"]
    assert frame["visits"].sum() == sum(sum(s["visits"]) for s in content["schools"]) == 10
    assert json.loads((out_file.parent / "origin.json").read_text("utf-8"))["made_up"] is True


def test_a_schools_own_list_leaves_an_audit_line_for_each_person(run, city, copy: Workspace, tmp_path: Path) -> None:
    school = str(copy.tables["teachers"]["school_id"].value_counts().index[0])
    out_file = tmp_path / "o" / "own.csv"
    code, _, _ = run("visits", "--budget", "5", "--school", school, "--out", str(out_file), workspace=copy.root)
    frame = pd.read_csv(out_file, dtype=str)
    assert code == 0 and len(frame) and "teacher_id" in frame and read_visits(copy.root, school) is None
    assert not {"gain", "value", "mean", "sd", "gap", "score"} & set(frame.columns)
    store = RecordStore.of(copy.root, city.settings).open()
    try:
        lines = [line for line in audit_lines(store) if line.purpose == "list of visits"]
    finally:
        store.close()
    named = set(frame["teacher_id"].dropna())
    assert {(line.unit_kind, line.unit_id) for line in lines} == {("teacher", t) for t in named} and len(lines) == len(named)


@pytest.mark.parametrize(
    "words",
    [
        ("visits",),
        ("visits", "--budget", "0"),
        ("visits", "--budget", "5", "--kind", "exam"),
        ("visits", "--budget", "5", "--out", "x.xlsx"),
        ("visits", "--budget", "5", "--district", "nowhere"),
        ("visits", "--budget", "5", "--school", "440300"),
        ("visits", "--budget", "5", "--school", "440300", "--district", "440300"),
    ],
)
def test_wrong_use_exits_2(run, words: tuple[str, ...], one_line) -> None:
    code, out, err = run(*words)
    assert code == 2 and out == "" and one_line(err)
