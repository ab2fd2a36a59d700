"""Each file of a workspace damaged in several ways: every command answers with a sentence, never a traceback."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.cli import serve_command
from recommender.workspace.workspace import Workspace

FILES = (
    "state.json", "imports.json", "bundles/promoted.json", "bundles/*/manifest.json", "bundles/*/need_rule.json",
    ".tables/*/origin.json", ".tables/*/teachers.parquet", ".tables/*/results.parquet", "cache/needs/*/ids.json",
    "cache/needs/*/arrays.npz", "cache/needs/*/report.parquet", "cache/needs/*/digests.json", "scores/origin.json",
    "scores/needs.parquet",
)  # fmt: skip
WITH_COPY = ("state.json", "imports.json", "bundles/promoted.json", ".tables/*/origin.json")


def _flipped(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


WAYS = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) * 2 // 3],
    "flipped": _flipped,
    "list": lambda data: b"[1, 2]",
    "deep": lambda data: b'{"a": ' * 100_000,
    "digits": lambda data: b'{"history": [' + b"9" * 5_000 + b"]}",
}


@pytest.fixture
def commands(city, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, ...]]:
    monkeypatch.setattr(serve_command, "run", lambda *args, **kwargs: None)
    tables = city.workspace.tables
    organizations = tables["organizations"].set_index("org_id")
    district = organizations.index[organizations["kind"] == "district"][0]
    return [
        ("doctor",), ("models", "list"), ("data", "history"), ("diagnose",), ("serve", "--port", "48123"),
        ("recommend", "--teacher", str(tables["teachers"]["teacher_id"].iloc[0])),
        ("plan", "--district", str(district), "--budget", "0", "--draws", "0", "--out", str(tmp_path / "plan")),
    ]  # fmt: skip


def _answers(run, root: Path, words: tuple[str, ...]) -> Iterator[str]:
    code, out, err = run(*words, workspace=root)
    assert "Traceback" not in err and "report the lines above" not in err, (words, err)
    assert code in (0, 1, 3), (words, code, err)
    if code:
        assert words == ("doctor",) or re.search(r"^recommender: .{20,}", err, re.MULTILINE), (words, err)
    yield out + err


@pytest.mark.parametrize("pattern", FILES)
@pytest.mark.slow
def test_a_damaged_file_is_answered_with_a_sentence(run, copy: Workspace, commands, pattern: str) -> None:
    file = sorted(copy.root.glob(pattern))[-1]
    original = file.read_bytes()
    for number, damage in enumerate(WAYS.values()):
        file.write_bytes(damage(original))
        assert all(_answers(run, copy.root, commands[number % 3]))
    file.write_bytes(_flipped(original))
    assert all(_answers(run, copy.root, commands[3 + FILES.index(pattern) % 4]))
    file.unlink(missing_ok=True)
    file.mkdir()
    assert all(_answers(run, copy.root, commands[FILES.index(pattern) % 3]))
    if file.is_dir():
        shutil.rmtree(file)


@pytest.mark.parametrize("pattern", WITH_COPY)
def test_damaged_with_its_copy_too(run, copy: Workspace, commands, pattern: str) -> None:
    file = sorted(copy.root.glob(pattern))[-1]
    twin = file.with_name(f".{file.name}.copy")
    assert twin.read_bytes() == file.read_bytes()
    for words in commands[:4]:
        file.write_bytes(b"{")
        twin.write_bytes(b"")
        (answer,) = _answers(run, copy.root, words)
        if words == ("doctor",):
            assert file.name in answer


def test_doctor_names_every_damage_and_the_cure(run, copy: Workspace) -> None:
    for pattern in (".tables/*/teachers.parquet", "cache/needs/*/arrays.npz", "bundles/promoted.json", "imports.json"):
        path = sorted(copy.root.glob(pattern))[-1]
        path.write_bytes(_flipped(path.read_bytes()))
    code, out, _ = run("doctor", "--json", workspace=copy.root)
    assert code == 1
    for part in ("teachers.parquet", "data undo", "promoted.json.damaged", "imports.json.damaged", "next diagnosis"):
        assert part in out, part
