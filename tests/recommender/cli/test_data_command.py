"""`recommender data`: check writes nothing, import writes after a confirmation, template is a workbook."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture
def tables(city) -> str:
    return str(city.workspace.root / "simulated" / "tables")


def test_check_lists_issues_and_writes_nothing(run, tables: str, tmp_path: Path) -> None:
    code, out, _ = run("data", "check", tables, "--json", workspace=tmp_path)
    content = json.loads(out)
    assert code == 0 and content["made_up"] is True and content["tables"]["teachers"] == 200
    assert list(tmp_path.iterdir()) == []


def test_import_asks_first_and_then_changes_nothing_twice(run, tables: str, tmp_path: Path) -> None:
    code, _, err = run("data", "import", tables, workspace=tmp_path)
    assert code == 2 and "--yes" in err.splitlines()[-1] and list(tmp_path.iterdir()) == []
    code, out, _ = run("data", "import", tables, "--yes", workspace=tmp_path)
    assert code == 0 and "Imported" in out
    code, out, _ = run("data", "import", tables, "--yes", workspace=tmp_path)
    assert code == 0 and "nothing to write" in out


def test_import_with_problems_is_refused(run, tables: str, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    for file in Path(tables).iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    lines = (folder / "teachers.csv").read_text("utf-8").splitlines()
    broken = lines[1].replace(lines[1].split(",")[1], "NO_SUCH_SCHOOL")
    (folder / "teachers.csv").write_text("\n".join([lines[0], broken, *lines[2:]]), "utf-8")
    code, out, err = run("data", "import", str(folder), "--yes", workspace=tmp_path / "w")
    assert code == 1 and "--accept-good-rows" in err.splitlines()[-1] and "NO_SUCH_SCHOOL" in out


def test_the_template_is_a_workbook(tmp_path: Path) -> None:
    from recommender.cli import main

    assert main.run(["data", "template", str(tmp_path / "tables.xlsx"), "--lang", "en"]) == 0
    assert (tmp_path / "tables.xlsx").read_bytes()[:2] == b"PK"
    assert main.run(["data", "template", str(tmp_path / "tables.csv")]) == 2
    assert not (tmp_path / "tables.csv").exists()


def test_a_template_for_a_role(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from recommender.cli import main

    assert main.run(["data", "template", str(tmp_path / "school.xlsx"), "--for", "school"]) == 0
    assert (tmp_path / "school.xlsx").read_bytes()[:2] == b"PK"
    assert main.run(["data", "template", str(tmp_path / "x.xlsx"), "--for", "street"]) == 2
    assert "provider" in capfd.readouterr().err and not (tmp_path / "x.xlsx").exists()


def test_a_template_never_overwrites(run, tmp_path: Path) -> None:
    from recommender.cli import main

    book = tmp_path / "tables.xlsx"
    book.write_bytes(b"filled in for a week")
    assert main.run(["data", "template", str(book)]) == 2
    assert book.read_bytes() == b"filled in for a week" and [p.name for p in tmp_path.iterdir()] == ["tables.xlsx"]
    (tmp_path / "link.xlsx").symlink_to(tmp_path / "nowhere.xlsx")
    assert main.run(["data", "template", str(tmp_path / "link.xlsx")]) == 2


def _one_teacher(tables: str, folder: Path) -> str:
    header, first = (Path(tables) / "teachers.csv").read_text("utf-8").splitlines()[:2]
    file = folder / "teachers.csv"
    file.write_text(f"{header}\nNEW1,{first.split(',', 1)[1]}\n", "utf-8")
    return str(file)


def test_adding_replacing_undoing_and_the_history_as_json(run, tables: str, tmp_path: Path) -> None:
    root = tmp_path / "w"
    assert run("data", "import", tables, "--yes", workspace=root)[0] == 0
    file = _one_teacher(tables, tmp_path)
    code, out, _ = run("data", "import", file, "--json", "--yes", workspace=root)
    added = json.loads(out)
    assert code == 0 and added["written"] and added["mode"] == "add"
    assert added["tables"]["teachers"] == {"rows": 1, "left_out": 0, "new": 1, "changed": 0, "same": 200, "gone": 0}
    code, out, _ = run("data", "import", file, "--mode", "replace", workspace=root)
    assert code == 2 and "200 rows will be removed" in out
    code, out, _ = run("data", "undo", "--json", workspace=root)
    assert code == 0 and json.loads(out)["tables"]["teachers"]["gone"] == 1
    code, out, err = run("data", "undo", workspace=root)
    assert code == 2 and out == "" and "no earlier import" in err
    code, out, _ = run("data", "undo", "--to", "2", workspace=root)
    assert code == 0 and "after import 2" in out
    code, out, _ = run("data", "history", "--json", workspace=root)
    entries = json.loads(out)
    assert [(e["action"], e["mode"]) for e in entries] == [
        ("import", "add"), ("import", "add"), ("undo", None), ("undo", None)
    ]  # fmt: skip
    assert entries[1]["files"][0]["name"] == "teachers.csv" and entries[1]["restorable"]
    code, out, _ = run("data", "history", workspace=root)
    assert code == 0 and "teachers +1 ~0 -0" in out and entries[1]["files"][0]["sha256"][:12] in out


def test_a_refused_import_as_json_is_exit_1_and_writes_nothing(run, tables: str, tmp_path: Path) -> None:
    root = tmp_path / "w"
    run("data", "import", tables, "--yes", workspace=root)
    file = tmp_path / "teachers.csv"
    file.write_text("teacher_id,school_id,role,stage,subject\nNEW1,NOWHERE,teacher,primary,数学\n", "utf-8")
    code, out, _ = run("data", "import", str(file), "--json", "--yes", workspace=root)
    content = json.loads(out)
    assert code == 1 and not content["written"] and content["problems"][0]["value"] == "NOWHERE"
    assert len(json.loads(run("data", "history", "--json", workspace=root)[1])) == 1


def test_there_is_no_history_before_an_import(run, tmp_path: Path) -> None:
    assert run("data", "history", "--json", workspace=tmp_path)[:2] == (0, "[]\n")
    assert run("data", "undo", workspace=tmp_path)[0] == 2


def test_a_file_of_one_school_leaves_the_others_alone(run, tables: str, tmp_path: Path) -> None:
    root, file = tmp_path / "w", tmp_path / "teachers.csv"
    assert run("data", "import", tables, "--yes", workspace=root)[0] == 0
    teachers = pd.read_csv(Path(tables) / "teachers.csv", dtype=str)
    school = teachers["school_id"].iloc[0]
    other = teachers[teachers["school_id"] != school].iloc[[0]]
    pd.concat([teachers.iloc[[0]], other, other.assign(school_id=school)]).to_csv(file, index=False)
    code, out, _ = run("data", "check", str(file), "--scope", school, "--json", workspace=root)
    problems = [issue for issue in json.loads(out)["problems"] if issue["severity"] == "problem"]
    assert code == 1 and [issue["row"] for issue in problems] == [4]
    teachers.iloc[[0]].assign(teacher_id="NEW-1").to_csv(file, index=False)
    code, out, _ = run("data", "import", str(file), "--scope", school, "--yes", "--json", workspace=root)
    assert code == 0 and json.loads(out)["scope"] == [school]
    assert run("data", "undo", "--scope", "nobody", "--yes", workspace=root)[0] == 2
    assert run("data", "undo", "--scope", school, "--yes", workspace=root)[0] == 0
    assert school in run("data", "history", workspace=root)[1]
