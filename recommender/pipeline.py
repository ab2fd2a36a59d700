"""From tables to advice: the promoted bundle, ready to recommend, and the files of all lists.

Each step first runs the earlier ones that are missing or stale.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from features.errors import DataError
from features.snapshot import Snapshot, take_snapshot
from models.bundles.bundle import Bundle, read_bundle
from recommender.data_age import DataAge, data_age
from recommender.date_of_data import date_of_data
from recommender.diagnosis import Progress, needs_at, run_diagnose
from recommender.hours.recorded_hours import hours_tables
from recommender.lists.recommend import Recommender
from recommender.objections.upheld_effects import leave_out_upheld
from recommender.records.standing_choices import choice_reader
from recommender.settings import Settings
from recommender.training import run_train
from recommender.workspace.effects_file import course_effects
from recommender.workspace.exports import split_out, write_frame, writing
from recommender.workspace.workspace import Workspace

CATALOGUE: Final = ("courses", "course_goals")  # needed here, beside what an import requires


def run_snapshot(workspace: Workspace, as_of: date, progress: Progress = None) -> Snapshot:
    """Everything known at `as_of`, hours that were claimed and recognised here too. Raises DataError where the catalogue is
    missing, UnavailableError and ReadError where the records cannot be read."""
    for name in CATALOGUE:
        if not len(workspace.tables[name]):
            raise DataError("workspace.no_catalogue", table=name)
    needs = needs_at(workspace, workspace.tables, as_of, progress)
    return take_snapshot(hours_tables(workspace, Settings()), needs)


def usable_version(workspace: Workspace, settings: Settings) -> str | None:
    """The promoted version where it was trained on these tables or a person chose it for them (a promotion, a
    rollback, `--no-promote`); None where a version has to be trained first."""
    registry = workspace.registry(settings.bundle_key())
    current, state = registry.current(), workspace.state()
    fresh = workspace.fingerprint in (state["bundles"].get(current), state["decided"].get("tables"))
    if current is None and fresh:  # trained and left to a person: used here, not promoted
        of_these = [v for v in registry.list() if state["bundles"].get(v) == workspace.fingerprint]
        current = of_these[-1] if of_these else None
    return current if fresh and current in registry.list() else None


def run_bundle(workspace: Workspace, settings: Settings, progress: Progress = None) -> Bundle:
    """The usable version, trained and promoted first where there is none."""
    version = usable_version(workspace, settings) or run_train(workspace, settings, progress=progress).version
    key = settings.bundle_key()
    return read_bundle(workspace.registry(key).path(version), key)


def bundle_as_of(workspace: Workspace, settings: Settings, as_of: date, progress: Progress = None) -> Bundle:
    """A version trained on nothing dated after `as_of`.

    The promoted one where it is old enough, else the newest old enough that was trained on these tables, else one
    trained now and not promoted.
    """
    bundle = run_bundle(workspace, settings, progress)
    if bundle.as_of <= as_of:
        return bundle
    key = settings.bundle_key()
    registry, trained_on = workspace.registry(key), workspace.state()["bundles"]
    for version in reversed(registry.list()):
        if trained_on.get(version) == workspace.fingerprint:
            bundle = read_bundle(registry.path(version), key)
            if bundle.as_of <= as_of:
                return bundle
    version = run_train(workspace, settings, as_of, promote=False, progress=progress).version
    return read_bundle(registry.path(version), key)


def run_recommender(
    workspace: Workspace, settings: Settings, as_of: date | None = None, progress: Progress = None
) -> Recommender:
    """A snapshot with its bundle, as of the bundle's date where none is given."""
    leave_out_upheld(workspace, settings)
    if as_of is None:
        bundle = run_bundle(workspace, settings, progress)
    else:
        bundle = bundle_as_of(workspace, settings, as_of, progress)
    return Recommender(run_snapshot(workspace, as_of or bundle.as_of, progress), bundle)


@dataclass(frozen=True)
class Written:
    """What `run_recommend` wrote: the files, the number of rows, and the number of units by outcome status.

    open_on: the day on which all their courses are open. closed_rows: rows with a course that is not open today.
    """

    recommendations: Path
    outcomes: Path
    rows: int
    statuses: dict[str, int]
    as_of: date
    open_on: date
    closed_rows: int
    age: DataAge


def run_recommend(
    workspace: Workspace,
    settings: Settings,
    top: int = 10,
    as_of: date | None = None,
    out: Path | None = None,
    jobs: int = 2,
    progress: Progress = None,
    respect_seats: bool = False,
    open_on: date | None = None,
) -> Written:
    """Lists of all teachers and schools: recommendations, outcomes and course_effects.

    out: the file for recommendations (suffix decides the format of all three) or a directory. respect_seats:
    no course on more teachers' lists than it has seats; lists may then be shorter than `top`. open_on: the day on
    which the courses must be open; as-of by default, as the files' contract says, and the column `closed` marks those
    that are not open today (of the settings; with an explicit `as_of` that day).
    """
    recommender = run_recommender(workspace, settings, as_of, progress)
    snapshot, bundle = recommender.snapshot, recommender.bundle
    run_diagnose(workspace, snapshot.as_of, progress=progress)
    choices = choice_reader(workspace.root, settings)(None)
    folder, stem, suffix = split_out(out or workspace.scores, "recommendations")
    paths = {name: folder / f"{name}{suffix}" for name in ("outcomes", "course_effects")}
    paths["recommendations"] = folder / f"{stem}{suffix}"
    data_on = date_of_data(snapshot.tables, snapshot.as_of)
    age = data_age(snapshot.tables["courses"], data_on, as_of or settings.day(), settings.stale_days)
    age.refuse_expired()
    judged = max(open_on or snapshot.as_of, snapshot.as_of)
    origin = workspace.origin(
        as_of=snapshot.as_of.isoformat(), open_on=judged.isoformat(), model_version=bundle.version
    )
    with_rows: dict[str, list[np.ndarray]] = {"teacher": [], "school": []}
    school_frames: list[pd.DataFrame] = []
    rows, closed, done, total = 0, 0, 0, max(len(snapshot.teacher_ids), 1)
    with writing(paths["recommendations"], "recommendations", origin) as add:
        for teachers, schools in recommender.city(top, jobs, respect_seats, judged, choices):
            frames = [recommender.frame(lists, age.open_on) for lists in (teachers, schools)]
            closed += sum(int(frame["closed"].sum()) for frame in frames)
            add(frames[0])
            school_frames.append(frames[1])
            rows += len(teachers.rows) + len(schools.rows)
            for lists in (teachers, schools):
                with_rows[lists.kind].append(np.unique(lists.rows.unit))
            done += len(np.unique(teachers.rows.unit))
            if progress:
                progress("建议 / Recommending", min(done / total, 1.0))
        for frame in school_frames:
            add(frame)
    units = (np.concatenate([*parts, np.zeros(0, np.intp)]) for parts in with_rows.values())
    outcomes = recommender.outcomes(*units)
    write_frame(paths["outcomes"], "outcomes", outcomes, origin)
    write_frame(paths["course_effects"], "course_effects", course_effects(snapshot, bundle), origin)
    if progress:
        progress("建议 / Recommending", 1.0)
    statuses = {str(status): int(n) for status, n in outcomes.groupby("status").size().items()}
    return Written(
        paths["recommendations"], paths["outcomes"], rows, statuses, snapshot.as_of, judged, closed, age
    )
