"""Planning is a layer inside `recommender`: nothing in it imports the rest of `recommender`."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLANNING = ROOT / "recommender" / "planning"


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_planning_imports_models_and_features_only() -> None:
    for path in sorted(PLANNING.rglob("*.py")):
        above = {
            name
            for name in _imported(path)
            if name.split(".")[0] in ("recommender", "api") and not name.startswith("recommender.planning")
        }
        assert not above, f"{path.relative_to(ROOT)} imports {sorted(above)}"


def test_the_contract_names_every_other_part_of_recommender() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = [c for c in settings["contracts"] if c.get("source_modules") == ["recommender.planning"]]
    siblings = {
        f"recommender.{path.stem}"
        for path in (ROOT / "recommender").iterdir()
        if (path / "__init__.py").exists() or path.suffix == ".py"
    }
    assert set(contract["forbidden_modules"]) == siblings - {"recommender.planning", "recommender.__init__"}
