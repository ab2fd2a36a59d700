"""Submitted self-assessments as rows of the surveys table, brought up to date with the records before each diagnosis.

The rows are dated, of the kind self_report, one survey a submission; of a teacher and a school year the newest. They enter as an
import does, in a version of the tables of their own that the history names. A submission that was replaced or deleted leaves
every version for good. Where the records cannot be read the diagnosis ends with an error: it never leaves out in silence what
somebody said, nor counts what she deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import pandas as pd

from features.errors import UnavailableError
from features.tables import Tables, typed_frame
from recommender.privacy.version_rewriting import rewrite_versions
from recommender.records.record_store import RecordStore
from recommender.records.self_assessment_records import SelfAssessment, SelfAssessmentRecords
from recommender.self_assessments.own_view import PREFIX
from recommender.settings import Settings
from recommender.workspace.atomic import locked
from recommender.workspace.import_history import put_in_place, user_name
from recommender.workspace.row_changes import changes_between
from recommender.workspace.versions import VERSIONS, current_version, read_version, write_version
from recommender.workspace.workspace import Workspace

SURVEYS: Final = "surveys"
SOURCE: Final = "self-assessments"
READ_ONCE: Final = ("tables", "stored_tables", "fingerprint", "_version")


def take_in_submitted(workspace: Workspace, settings: Settings) -> None:
    """Brings the workspace's surveys up to date with the records.

    Raises UnavailableError where the records cannot be read, or are gone while the tables hold rows of theirs; ReadError where
    they are of an earlier version.
    """
    wanted = _surveys(_counting(workspace, settings), workspace.stored_tables)
    stored = _ours(workspace.stored_tables[SURVEYS])
    if stored.equals(wanted):
        return
    stale = frozenset(stored["survey_id"]) - frozenset(wanted["survey_id"])
    if stale:
        rewrite_versions(workspace.root, lambda tables: _without(tables, stale))
    _put(workspace, wanted)
    for name in READ_ONCE:
        workspace.__dict__.pop(name, None)


def number_taken_in(tables: Tables) -> int:
    """How many self-assessments are among the surveys."""
    return int(_ours(tables[SURVEYS])["survey_id"].nunique())


def _counting(workspace: Workspace, settings: Settings) -> tuple[SelfAssessment, ...]:
    store = RecordStore.of(workspace.root, settings)
    try:
        if store.exists:
            return SelfAssessmentRecords(store.open()).counting()
    finally:
        store.close()
    if number_taken_in(workspace.stored_tables):
        raise UnavailableError("self_assessment.records_gone")
    return ()


def _surveys(counting: Iterable[SelfAssessment], tables: Tables) -> pd.DataFrame:
    """Rows of teachers who are in the register."""
    known = frozenset(tables["teachers"]["teacher_id"])
    rows = [
        (f"{PREFIX}{one.assessment_id}", a.item, "self_report", one.teacher_id, pd.Timestamp(one.at.astimezone().date()), 1.0,
         a.score, a.scale_min, a.scale_max)
        for one in counting
        if one.teacher_id in known
        for a in one.answers
    ]  # fmt: skip
    columns = ["survey_id", "item", "kind", "teacher_id", "date", "n", "mean", "scale_min", "scale_max"]
    return typed_frame(SURVEYS, pd.DataFrame(rows, columns=columns))


def _ours(surveys: pd.DataFrame) -> pd.DataFrame:
    return surveys[surveys["survey_id"].str.startswith(PREFIX).to_numpy(dtype=bool)].reset_index(drop=True)


def _without(tables: Tables, survey_ids: Collection[str]) -> Tables:
    surveys = tables[SURVEYS]
    left = surveys[~surveys["survey_id"].isin(list(survey_ids))].reset_index(drop=True)
    return Tables({**tables.frames, SURVEYS: left}, tables.made_up)


def _put(workspace: Workspace, wanted: pd.DataFrame) -> None:
    """The version in place with exactly these rows of ours, where it has others."""
    root = workspace.root
    with locked(root / VERSIONS):
        before = current_version(root)
        tables = read_version(before)
        others = _without(tables, _ours(tables[SURVEYS])["survey_id"])[SURVEYS]
        surveys = typed_frame(SURVEYS, pd.concat([others, wanted], ignore_index=True) if len(wanted) else others)
        changed = Tables({**tables.frames, SURVEYS: surveys}, tables.made_up)
        folder = write_version(root, changed)
        if folder == before:
            return
        changes = changes_between(tables.frames, changed.frames, [SURVEYS])
        put_in_place(
            root, folder, action="import", by=user_name(), mode="add", files=[{"name": SOURCE, "bytes": 0, "sha256": ""}],
            tables={name: change._asdict() for name, change in changes.items()},
        )  # fmt: skip
