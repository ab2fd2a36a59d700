"""What a workspace holds of people now: rows, filled columns, small groups, reads, estimates, measures that are on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pandas as pd
import pyarrow.parquet as pq
import sqlalchemy as sa

from features.disclosure import SCHOOL_MINIMUM
from features.errors import RecommenderError
from features.tables import split_list
from recommender.plans.run_plan import PLANS
from recommender.privacy.data_catalogue import Group, stored_columns
from recommender.privacy.retention import overdue
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import AUDIT
from recommender.records.store_backup import row_counts
from recommender.settings import Settings
from recommender.sign_in.service_tokens import ServiceTokens
from recommender.workspace.import_history import history
from recommender.workspace.tidying import open_paths
from recommender.workspace.workspace import Workspace

YEAR: Final = timedelta(days=365)


@dataclass(frozen=True)
class ImpactFacts:
    """rows: by group and table; None where there is no such table or file yet. filled: share of cells with a value, of
    the imported tables' columns. alone, small: teachers who are the only one of their school and subject, and those in
    departments below the minimum. reads: granted reads of people in a year, by role. bands: teachers' estimates by band.
    measures: code of a measure -> whether it is on. overdue: rows and files past their term.
    """

    teachers: int
    schools: int
    simulated: bool
    newest: date | None
    fingerprint: str
    rows: Mapping[tuple[Group, str], int | None]
    filled: Mapping[tuple[str, str], float]
    alone: int
    small: int
    reads: Mapping[str, int]
    refused: int
    bands: Mapping[str, int]
    measures: Mapping[str, bool]
    overdue: int


def impact_facts(workspace: Workspace, settings: Settings) -> ImpactFacts:
    """Read from the workspace and its records. Raises UsageError where nothing was imported, ReadError for damage."""
    tables = workspace.tables
    store = RecordStore.of(workspace.root, settings)
    try:
        counts, reads, refused = _records(store)
        past = overdue(workspace, store, settings.day()) if store.exists else []
    finally:
        store.close()
    teachers = tables["teachers"][["teacher_id", "school_id", "subject"]]
    departments = teachers.assign(subject=teachers["subject"].map(split_list)).explode("subject")
    sizes = departments.groupby(["school_id", "subject"])["teacher_id"].transform("size")
    smallest = sizes.groupby(departments["teacher_id"]).min()
    listed = stored_columns()
    return ImpactFacts(
        teachers=len(tables["teachers"]),
        schools=int(tables["teachers"]["school_id"].nunique()),
        simulated=tables.made_up,
        newest=tables.latest_evidence(),
        fingerprint=workspace.fingerprint,
        rows=_rows(workspace, counts),
        filled={
            (name, column): float(tables[name][column].notna().mean()) if len(tables[name]) else 0.0
            for name, columns in listed["tables"].items()
            for column in columns
        },
        alone=int((smallest == 1).sum()),
        small=int((smallest < SCHOOL_MINIMUM).sum()),
        reads=reads,
        refused=refused,
        bands=_bands(workspace),
        measures={
            "production": settings.production,
            "https": bool(settings.public_url and settings.public_url.startswith("https://")),
            "provider": settings.oidc_issuer is not None,
            "closed_files": not open_paths(workspace.root),
            "strong_keys": not settings.weak_keys(),
            "contact": bool(settings.operator_name and settings.privacy_contact),
        },
        overdue=sum(one.rows for one in past),
    )


def _records(store: RecordStore) -> tuple[Mapping[str, int], Mapping[str, int], int]:
    """Rows by table; granted reads by role and refused ones of the last year."""
    if not store.exists:
        return {}, {}, 0
    since = store.now() - YEAR
    by_role = sa.select(AUDIT.c.role, AUDIT.c.granted, sa.func.count().label("n")).where(AUDIT.c.at >= since)
    with store.open().reading() as connection:
        rows = connection.execute(by_role.group_by(AUDIT.c.role, AUDIT.c.granted)).all()
    granted = {str(row.role): int(row.n) for row in rows if row.granted}
    return row_counts(store.engine), granted, sum(int(row.n) for row in rows if not row.granted)


def _rows(workspace: Workspace, records: Mapping[str, int]) -> dict[tuple[Group, str], int | None]:
    rows: dict[tuple[Group, str], int | None] = {}
    for group, names in stored_columns().items():
        for name in names:
            if group == "tables":
                rows[group, name] = len(workspace.stored_tables[name])
            elif group == "records":
                rows[group, name] = records.get(name)
            elif group == "scores":
                rows[group, name] = _score_rows(workspace, name)
            elif group == "plans":
                rows[group, name] = _plan_rows(workspace, name)
            else:
                rows[group, name] = _file_rows(workspace, name)
    return rows


def _score_rows(workspace: Workspace, name: str) -> int | None:
    path = workspace.scores / f"{name}.parquet"
    return int(pq.read_metadata(path).num_rows) if path.exists() else None


def _plan_rows(workspace: Workspace, name: str) -> int | None:
    paths = sorted((workspace.root / PLANS).glob(f"P*/{name}.csv"))
    return sum(len(pd.read_csv(path, dtype=str)) for path in paths) if paths else None


def _file_rows(workspace: Workspace, name: str) -> int | None:
    try:
        entries = history(workspace.root) if name == "imports" else ServiceTokens(workspace.root).entries()
    except RecommenderError:
        return None
    return len(entries)


def _bands(workspace: Workspace) -> dict[str, int]:
    path = workspace.scores / "needs.parquet"
    if not path.exists():
        return {}
    needs = pd.read_parquet(path, columns=["unit_kind", "band"])
    counts = needs.loc[needs["unit_kind"] == "teacher", "band"].value_counts()
    return {str(band): int(n) for band, n in counts.items()}
