"""`recommender data`: check writes nothing, import writes after a confirmation, template is a workbook."""

from __future__ import annotations

import json
from pathlib import Path

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
