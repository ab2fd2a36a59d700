"""Rules of the layers that import-linter cannot check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("features", "models", "recommender", "api")
SOURCES = [p for layer in LAYERS for p in sorted((ROOT / layer).rglob("*.py"))]


def _imports(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.split(".")[0])
    return modules


@pytest.mark.parametrize(
    ("layers", "forbidden"),
    [
        (("features", "models"), {"fastapi", "starlette", "sqlalchemy", "typer", "pydantic_settings", "os"}),
        (("api",), {"pandas", "lightgbm", "numpy", "sklearn", "pyarrow"}),
        (LAYERS, {"pickle", "cloudpickle", "dill", "shelve", "requests", "urllib3"}),
    ],
)
def test_layers_do_not_import_what_belongs_to_others(layers: tuple[str, ...], forbidden: set[str]) -> None:
    allowed_os = {"features/sources", "features/simulate", "features/documents.py", "models/bundles"}
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(layers):
            continue
        violations = _imports(path) & forbidden
        if any(name.startswith(place) for place in allowed_os):
            violations -= {"os"}
        assert not violations, f"{name} imports {sorted(violations)}"


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "helpers", "common", "core", "misc", "manager"}
    assert not [p for p in SOURCES if p.stem in vague]


def test_tests_are_no_packages() -> None:
    """A `tests/features/__init__.py` would become a second `features` at the top level."""
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_every_package_says_that_it_is_typed() -> None:
    assert all((ROOT / layer / "py.typed").exists() for layer in LAYERS)


def test_the_wheel_holds_exactly_the_four_packages(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(LAYERS)


def test_no_machine_path_and_no_registry_host_is_named() -> None:
    forbidden = re.compile(r"/(work|opt|root|home)/\w|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian")
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    for name in names:
        path = ROOT / name
        if "/vendor/" in name or path.suffix in {".png", ".ipynb"} or not path.exists():
            continue
        if path == Path(__file__):
            continue
        match = forbidden.search(path.read_text("utf-8"))
        assert not match, f"{name} names {match.group()}"
