"""Preparing the lists of a day from a workspace as a server would load it: nothing is trained or promoted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from recommender.date_of_data import date_of_data
from recommender.diagnosis import Progress
from recommender.prepared.prepared_lists import PreparedLists
from recommender.privacy.terms import refuse_expired_needs
from recommender.served_version import usable_recommender
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace


@dataclass(frozen=True)
class Prepared:
    """Where the lists of how many teachers are, and for the courses of which day."""

    folder: Path
    teachers: int
    open_on: date
    bytes: int


def run_prepare(
    workspace: Workspace, settings: Settings, top: int = 10, open_on: date | None = None, progress: Progress = None
) -> Prepared:
    """Lists of all teachers with the courses that are open on a day, today by default; those that are there stay.

    top: places of a list. Raises DataError where a version has to be trained first, or the needs have expired on that day.
    """
    recommender = usable_recommender(workspace, settings)
    day = max(open_on or settings.day(), recommender.snapshot.as_of)
    refuse_expired_needs(date_of_data(recommender.snapshot.tables, recommender.snapshot.as_of), day)
    folder = PreparedLists(workspace, recommender).prepare(day, top, progress)
    size = sum(file.stat().st_size for file in folder.iterdir())
    return Prepared(folder, len(recommender.snapshot.teacher_ids), day, size)
