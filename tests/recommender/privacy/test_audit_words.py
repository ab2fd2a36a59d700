"""Every purpose and role of the program has words; the CSV is safe in a spreadsheet."""

from __future__ import annotations

import ast
import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.auth import GRANTS
from recommender.privacy.audit_words import COLUMNS, purpose_words, role_words, write_csv
from recommender.records.audit_lines import OPERATOR
from recommender.records.audit_trail import AuditLine
from recommender.tokens import ROLES

ROOT = Path(__file__).parents[3]


def _command_purposes() -> set[str]:
    """The last argument of `record_command`, wherever a command calls it."""
    purposes = set()
    for path in sorted((ROOT / "recommender" / "cli").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record_command":
                last = node.args[-1]
                assert isinstance(last, ast.Constant), f"{path.name}: a purpose is written out"
                purposes.add(str(last.value))
    return purposes


@pytest.mark.parametrize("purpose", sorted({grant.purpose for grant in GRANTS.values() if grant.purpose} | _command_purposes()))
def test_every_purpose_has_words(purpose: str) -> None:
    words = purpose_words(purpose)
    entry = f"purpose_{purpose.replace(' ', '_').replace('-', '_')}"
    assert words.zh != purpose and words.en, f"add [{entry}] with zh and en to recommender/text/privacy.toml"


@pytest.mark.parametrize("role", (*ROLES, OPERATOR))
def test_every_role_has_words(role: str) -> None:
    assert role_words(role).zh != role


def test_what_the_program_no_longer_knows_stays_as_it_is() -> None:
    assert purpose_words("an old purpose").en == "an old purpose"


def test_no_cell_of_the_csv_is_a_formula(tmp_path: Path) -> None:
    line = AuditLine(
        datetime(2026, 6, 30, 8, tzinfo=UTC), "=1+1", "school", "/v1", "teacher", "@T1", "own needs", granted=False
    )
    out = tmp_path / "audit.csv"
    assert write_csv(out, [line, line]) == 2
    with open(out, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS and len(rows) == 2
    assert (rows[0]["actor"], rows[0]["unit_id"], rows[0]["granted"]) == ("'=1+1", "'@T1", "False")
    assert rows[0]["at"] == "2026-06-30T08:00:00+00:00" and rows[0]["purpose_zh"] == "本人查看自己的需求"
    assert out.stat().st_mode & 0o077 == 0
