"""Rows and estimates that do not count any more, as the last diagnosis took them from the records.

WORKSPACE/left-out.json
{"objections": [1, 7], "rows": {"observations": ["93af..."]}, "needs": [["5e01...", "C3", "2026-07-01"]]}

The file says it for all that is computed until the next diagnosis, so that a server, its plans and its files agree. It names
nobody: a row stands there as the hash of its cells, a teacher as the hash of her id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.documents import DocumentError
from features.errors import ReadError
from features.needs.needs import Needs
from features.schema import TABLES
from features.tables import Tables
from models.bundles.checked_json import read_checked, write_checked
from models.bundles.signing import canonical, sha256

LEFT_OUT: Final = "left-out.json"
REGISTER: Final = "teachers"
NAMES: Final = "name"


@dataclass(frozen=True)
class LeftOut:
    """rows: by table, hashes of rows. needs: hash of the teacher's id, competency, and the day of the answer, up to which
    evidence does not count. objections: numbers of those that all this comes from."""

    objections: tuple[int, ...] = ()
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needs: tuple[tuple[str, str, date], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows or self.needs)

    @property
    def n_rows(self) -> int:
        """Rows of all tables."""
        return sum(map(len, self.rows.values()))

    def as_json(self) -> dict[str, Any]:
        """The content of the file."""
        needs = [[person, competency, day.isoformat()] for person, competency, day in self.needs]
        return {"objections": list(self.objections), "rows": {k: list(v) for k, v in self.rows.items()}, "needs": needs}

    def digest(self) -> str:
        """Stands for what is left out; empty where nothing is."""
        return sha256(canonical({**self.as_json(), "objections": []})) if self else ""


NOTHING_LEFT_OUT: Final = LeftOut()


def read_left_out(root: Path) -> LeftOut:
    """What is left out; nothing where no diagnosis said so. Raises ReadError for a damaged file: rows would count in silence."""
    path = root / LEFT_OUT
    try:
        content = read_checked(path)
        if content is None:
            return NOTHING_LEFT_OUT
        return LeftOut(
            tuple(int(n) for n in content["objections"]),
            {str(name): tuple(map(str, hashes)) for name, hashes in content["rows"].items()},
            tuple((str(p), str(c), date.fromisoformat(day)) for p, c, day in content["needs"]),
        )
    except (DocumentError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReadError("objections.damaged_file", path=path) from error


def write_left_out(root: Path, left_out: LeftOut) -> None:
    """Replaces the file."""
    write_checked(root / LEFT_OUT, left_out.as_json())


def row_hashes(frame: pd.DataFrame) -> NDArray[np.object_]:
    """(rows,) a hash of each row's cells, the same in every table that has the row."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return np.array([f"{one:016x}" for one in hashes.tolist()], dtype=object)


def person_hash(teacher_id: str) -> str:
    """Stands for a teacher."""
    return hashlib.sha256(teacher_id.encode()).hexdigest()


def without_rows(tables: Tables, rows: Mapping[str, Iterable[str]]) -> Tables:
    """The tables without these rows.

    A row of the register stays, or its teacher would have no page: what is optional in it counts as empty, but her name.
    """
    if not rows:
        return tables
    frames = dict(tables.frames)
    for name, hashes in rows.items():
        if name not in frames:
            continue
        frame = frames[name]
        mask = np.isin(row_hashes(frame), list(hashes))
        if name == REGISTER:
            frame = frame.copy()
            frame.loc[mask, [c.name for c in TABLES[name].columns if not c.required and c.name != NAMES]] = None
            frames[name] = frame
        else:
            frames[name] = frame[~mask].reset_index(drop=True)
    return Tables(frames, tables.made_up)


def without_needs(needs: Needs, withheld: Iterable[tuple[str, str, date]]) -> Needs:
    """The needs as if no target matched these teachers in these competencies, unless there is evidence newer than the answer."""
    wanted = {(person, competency): day for person, competency, day in withheld}
    if not wanted:
        return needs
    people = {person for person, _ in wanted}
    hashes = {teacher: one for teacher in needs.teacher_ids if (one := person_hash(teacher)) in people}
    report = needs.report
    own = (report["unit_kind"] == "teacher") & report["unit_id"].isin(hashes)
    pairs, drop = [], []
    for index, row in report[own].iterrows():
        day = wanted.get((hashes[row["unit_id"]], str(row["competency_id"])))
        if day is not None and not (pd.notna(row["latest_on"]) and pd.Timestamp(row["latest_on"]).date() > day):
            pairs.append((row["unit_id"], row["competency_id"]))
            drop.append(index)
    if not pairs:
        return needs
    at = {teacher: n for n, teacher in enumerate(needs.teacher_ids)}
    leaf = {competency: n for n, competency in enumerate(needs.competency_ids)}
    cells = tuple(np.array(one, dtype=np.intp) for one in zip(*((at[t], leaf[c]) for t, c in pairs), strict=True))
    changed: dict[str, Any] = {}
    for name in ("applies", "gap_mean", "expected_gap", "p_need", "weight"):
        changed[name] = np.array(getattr(needs, name))
        changed[name][cells] = 0
    return replace(needs, report=report.drop(index=drop).reset_index(drop=True), **changed)
