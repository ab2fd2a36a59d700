"""`recommender erase`: listed first, erased with --apply, and what is beyond reach is said."""

from __future__ import annotations

import json

from recommender.workspace.workspace import Workspace


def test_listed_erased_and_gone(run, copy: Workspace) -> None:
    teacher = str(copy.tables["teachers"]["teacher_id"][2])
    code, out, _ = run("erase", teacher, workspace=copy.root)
    assert code == 0 and "Nothing was changed" in out and "scores/needs.parquet" in out
    assert (Workspace(copy.root).tables["teachers"]["teacher_id"] == teacher).any()
    (copy.root / "list.txt").write_text(teacher, "utf-8")
    code, out, _ = run("erase", teacher, "--apply", workspace=copy.root)
    assert code == 1 and "list.txt" in out and "make backups anew" in out
    (copy.root / "list.txt").unlink()
    code, out, _ = run("erase", teacher, "--json", workspace=copy.root)
    assert code == 0 and json.loads(out) == {"tables": {}, "records": {}, "files": {}}
    code, out, _ = run("erase", teacher, workspace=copy.root)
    assert code == 0 and "Nothing in the workspace holds this id" in out
    assert not (Workspace(copy.root).tables["teachers"]["teacher_id"] == teacher).any()
    assert run("recommend", "--teacher", teacher, workspace=copy.root)[0] == 2
    assert run("erase", " ", workspace=copy.root)[0] == 2
