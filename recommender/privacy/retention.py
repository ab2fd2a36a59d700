"""What is past its term, by place, and its deletion: records, self-reports in all versions of the tables, expired estimates."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final, Literal

import pandas as pd

from features.documents import DocumentError, read_json
from features.tables import Tables
from recommender.privacy.data_catalogue import data_catalogue
from recommender.privacy.terms import months_after, need_expires_on
from recommender.privacy.version_rewriting import rewrite_versions, stored_versions
from recommender.records.deletion_records import compact, count_older, delete_older, record_deletion
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import METADATA
from recommender.workspace.versions import read_intact
from recommender.workspace.workspace import Workspace

Kind = Literal["records", "tables", "scores", "cache"]
SELF_REPORT: Final = "self_report"
CACHED: Final = re.compile(r"(\d{4}-\d{2}-\d{2})-[0-9a-f]+")


@dataclass(frozen=True)
class Overdue:
    """What of one place is past its term. before: older rows go; for estimates the date of their data. rows: of the tables all
    versions added up; files where the place is files."""

    kind: Kind
    place: str
    months: int
    before: date
    rows: int


def overdue(workspace: Workspace, store: RecordStore, today: date) -> list[Overdue]:
    """Every place with a term, with what is past it; nothing is changed. today: for tables and estimates, records go by the
    clock. Raises UnavailableError, ReadError."""
    return [*_records(store), _self_reports(workspace, today), *_estimates(workspace, today)]


def apply_retention(workspace: Workspace, store: RecordStore, today: date, author: Author) -> list[Overdue]:
    """Deletes what `overdue` lists, records that, and returns it. Again: finishes what an earlier run did not."""
    listed = overdue(workspace, store, today)
    tables, scores, cache = ([one for one in listed if one.kind == kind] for kind in ("tables", "scores", "cache"))
    limits = {one.place: _moment(one.before) for one in listed if one.kind == "records"}
    delete_older(store, author, limits, METADATA.tables)
    if any(one.rows for one in tables):
        rewrite_versions(workspace.root, lambda stored: _without_old_reports(stored, tables[0].before))
    for path in (*_expired_scores(workspace, today), *_expired_cache(workspace, today), *_expired_lists(workspace, today)):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if any(one.rows for one in scores):
        for name in workspace.state()["scores"]:
            workspace.note("scores", name, None)
    with store.writing() as connection:
        for one in (*tables, *scores, *cache):
            before = _moment(one.before)
            record_deletion(connection, author, store.now(), "retention", one.place, one.rows, before)
    compact(store)
    return listed


def _records(store: RecordStore) -> Iterator[Overdue]:
    now = store.now().date()
    with store.reading() as connection:
        for name, table in METADATA.tables.items():
            months = data_catalogue().months("records", name)
            if months is not None:
                before = months_after(now, -months)
                yield Overdue("records", name, months, before, count_older(connection, table, _moment(before)))


def _self_reports(workspace: Workspace, today: date) -> Overdue:
    months = data_catalogue().months("tables", "surveys") or 0
    before = months_after(today, -months)
    rows = 0
    for folder in stored_versions(workspace.root):
        surveys = read_intact(folder).frames.get("surveys")
        rows += 0 if surveys is None else int(_old_reports(surveys, before).sum())
    return Overdue("tables", "tables/surveys", months, before, rows)


def _old_reports(surveys: pd.DataFrame, before: date) -> pd.Series:
    return (surveys["kind"] == SELF_REPORT) & (surveys["date"] < pd.Timestamp(before))


def _without_old_reports(tables: Tables, before: date) -> Tables:
    surveys = tables["surveys"]
    left = surveys[~_old_reports(surveys, before)].reset_index(drop=True)
    return Tables({**tables.frames, "surveys": left}, tables.made_up)


def _estimates(workspace: Workspace, today: date) -> Iterator[Overdue]:
    months = data_catalogue().months("scores", "needs") or 0
    before = months_after(today, -months)
    yield Overdue("scores", "scores/", months, before, len(_expired_scores(workspace, today)))
    yield Overdue("cache", "cache/needs/", months, before, len(_expired_cache(workspace, today)))
    yield Overdue("cache", "cache/lists/", months, before, len(_expired_lists(workspace, today)))


def _expired_scores(workspace: Workspace, today: date) -> list[Path]:
    """All files of `scores/` where their data are too old: one `origin.json` is about all of them."""
    try:
        as_of = date.fromisoformat(str(read_json(workspace.scores / "origin.json").get("as_of")))
    except (DocumentError, ValueError):
        return []
    if today <= need_expires_on(as_of):
        return []
    return sorted(path for path in workspace.scores.iterdir() if path.is_file())


def _expired_cache(workspace: Workspace, today: date) -> list[Path]:
    folder = workspace.root / "cache" / "needs"
    dated = [(path, CACHED.fullmatch(path.name)) for path in sorted(folder.iterdir())] if folder.is_dir() else []
    return [path for path, match in dated if match and today > need_expires_on(date.fromisoformat(match[1]))]


def _expired_lists(workspace: Workspace, today: date) -> list[Path]:
    """All prepared lists, once the data of the promoted version, by which they were made, are too old."""
    folder, current = workspace.root / "cache" / "lists", workspace.registry().current()
    if current is None or not folder.is_dir() or today <= need_expires_on(date.fromisoformat(current[:10])):
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
