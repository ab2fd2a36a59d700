"""Sound documents, workbooks and Parquet files with a few bytes changed: an answer or one known error, never more."""

from __future__ import annotations

import io
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from benchmarks.hostile_files.documents import LIMITS, MAPPING, ORIGIN, PLAN, PROMOTED, STATE
from features.documents import read_json, read_toml
from features.errors import RecommenderError
from features.sources.map.read_mapping import read_mapping
from features.sources.read.isolated.file_reader import read_sheet, sheet_names
from features.sources.read.locate import simulated
from models.bundles.registry import Registry
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_files import read_summary, read_tables
from recommender.workspace.versions import origin_of
from recommender.workspace.workspace import Workspace


class Target(NamedTuple):
    """A sound content, the name of its file, and what reads the file in a directory."""

    content: bytes
    name: str
    read: Callable[[Path], object]


def mutate(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """How many of `count` mutated files were read or refused, and the exceptions that were neither."""
    random = np.random.default_rng(seed)
    counts: Counter[str] = Counter()
    faults: list[str] = []
    targets = _targets()
    with tempfile.TemporaryDirectory() as folder:
        for i in range(count):
            target = targets[i % len(targets)]
            path = Path(folder) / target.name
            content = mutated(target.content, random)
            path.write_bytes(content)
            try:
                target.read(Path(folder))
                counts["read"] += 1
            except RecommenderError as error:
                counts["refused"] += 1
                str(error).encode()
            except Exception as error:
                faults.append(f"{target.name} #{i}: {type(error).__name__}: {error} in {content[:200]!r}")
            path.unlink(missing_ok=True)
    return counts, faults


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """A few bytes changed, removed, doubled, moved or replaced by signs that mean something."""
    data = bytearray(content)
    for _ in range(int(random.integers(1, 6))):
        at, other = (int(n) for n in random.integers(0, max(len(data), 1), 2))
        kind = int(random.integers(0, 6))
        if kind == 0:
            data[at : at + 1] = bytes([int(random.integers(0, 256))])
        elif kind == 1:
            del data[at : at + int(random.integers(1, 9))]
        elif kind == 2:
            data[at:at] = data[other : other + int(random.integers(1, 40))]
        elif kind == 3:
            signs = (
                b"[",
                b"{",
                b'"',
                b"\0",
                b"\xff",
                b"9" * 30,
                b"null",
                b"NaN",
                b"\\ud800",
                b"true",
                b"=",
                b".",
                b"-1",
                b"[]",
            )
            data[at:at] = signs[int(random.integers(0, len(signs)))]
        elif kind == 4:
            data[at : at + 4] = b"\xff\xff\xff\xff"
        elif len(data) > 1:
            data = data[: max(at, 1)]
    return bytes(data)


def _targets() -> list[Target]:
    one: Mapping[str, tuple[str, Callable[[Path], object]]] = {
        MAPPING: ("m.toml", lambda folder: read_mapping(folder / "m.toml")),
        LIMITS: ("limits.toml", lambda folder: Limits.read(folder / "limits.toml")),
        STATE: ("state.json", lambda folder: Workspace(folder).state()),
        ORIGIN: ("origin.json", lambda folder: (simulated([folder]), origin_of(folder))),
        PROMOTED: ("promoted.json", lambda folder: Registry(folder).current()),
        PLAN: ("plan.json", read_tables),
        '{"a": [1, {"b": "x"}]}': ("a.json", lambda folder: read_json(folder / "a.json")),
        '{"id": "P1", "budget": 5}': ("summary.json", read_summary),
        "[a]\nb = [1, {c = 2}]\n": ("a.toml", lambda folder: read_toml(folder / "a.toml")),
    }
    targets = [Target(text.encode(), name, read) for text, (name, read) in one.items()]
    targets.append(Target(_workbook(), "a.xlsx", _read_workbook))
    targets.append(Target(_parquet(), "a.parquet", lambda folder: read_sheet(folder / "a.parquet")))
    return targets


def _read_workbook(folder: Path) -> object:
    names = sheet_names(folder / "a.xlsx")
    return [read_sheet(folder / "a.xlsx", name) for name in names]


def _workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("teachers")
        for row in range(5):
            sheet.write_row(row, 0, ["教师", row, 0.5, True])
    return out.getvalue()


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"teacher_id": ["T1", "T2", "T2"], "n": [1, 2, None], "x": [0.5, None, 1.0]}), out)
    return out.getvalue()
