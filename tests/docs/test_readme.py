"""The README's links, its drawing of the layers and its commands for notebooks."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) > 10 and not [link for link in links if not (ROOT / link).exists()]


def test_the_layers_drawn_are_those_of_the_import_contract() -> None:
    drawn = re.findall(r"^ {4}( *)([\w/]+)/ {2,}", README.split("## Layers")[1].split("## ")[0], re.MULTILINE)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert [name for indent, name in drawn if not indent] == layers
    inside = [name.replace("/", ".") for indent, name in drawn if indent]
    assert inside == [module for c in contracts if c["type"] == "forbidden" for module in c["source_modules"]]
    assert all((ROOT / name).is_dir() for _, name in drawn)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_open_by_the_command_of_the_readme(notebook: Path, tmp_path: Path) -> None:
    (line,) = re.findall(r"^ {4}\.venv/bin/(jupytext .+)$", README, re.MULTILINE)
    program, *words = shlex.split(line.replace("notebooks/data.py", str(notebook)))
    subprocess.run(
        [sys.executable, "-m", program, *words, "--output", str(tmp_path / "out.ipynb")],
        check=True,
        capture_output=True,
    )
    assert '"cell_type": "code"' in (tmp_path / "out.ipynb").read_text("utf-8")
